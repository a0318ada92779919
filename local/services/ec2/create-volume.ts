// Makes volumes: empty, or from a snapshot. Sources: doc comments of CreateVolume and its request in @aws-sdk/client-ec2; "Initialize Amazon EBS
// volumes" (EBS user guide); "Ensuring idempotency" (EC2 developer guide).
import type { CreateVolumeRequest, Volume as DescribedVolume } from '@aws-sdk/client-ec2';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { canonical } from '../../simulator/trace.ts';
import { kmsKey } from '../kms/key-ids.ts';
import { modified, type Performance, type VolumeRequest } from './limits.ts';
import type { KeyUse, Snapshot, Volume } from './model.ts';
import { refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { specifiedTags } from './tag-specifications.ts';
import { makeVolume } from './volume-lifecycle.ts';
import { describedNew } from './volume-views.ts';

const ZONES = ['a', 'b', 'c'] as const;
/** "Valid range: 100 - 300 MiB/s" (VolumeInitializationRate) */
const RATE_MIBPS = [100, 300] as const;
/** "up to 64 ASCII characters" ("Ensuring idempotency in Amazon EC2 API requests") */
const TOKEN_LENGTH_MAX = 64;

export function volumeCreationOperations(state: Ec2State): Record<string, Operation> {
  return {
    CreateVolume: (input: CreateVolumeRequest, call: Call): DescribedVolume => {
      const known = repeated(state, 'CreateVolume', input);
      if (known) return describedNew(state, known);
      refuseElsewhere(input);
      const availabilityZone = zoneOf(state, input);
      const snapshot = input.SnapshotId === undefined ? undefined : usable(state.ebs.snapshot(input.SnapshotId));
      const performance = performanceOf(input, snapshot?.volumeSizeGiB);
      const rateMiBps = rateOf(state, input);
      const { encrypted, kmsKeyArn, uses } = encryptionOf(state, input, snapshot);
      const tags = specifiedTags(input.TagSpecifications, 'volume');
      refuseDryRun(input);
      state.quotas.askForStorage(state, performance.type, performance.sizeGiB);
      const volume = makeVolume(state, {
        availabilityZone,
        performance,
        encrypted,
        kmsKeyArn,
        content: snapshot?.content,
        bytes: snapshot?.fullBytes ?? 0,
        initialization: snapshot && { type: rateMiBps === undefined ? 'default' : 'provisioned-rate', rateMiBps },
        snapshotId: snapshot?.snapshotId ?? '',
        sourceVolumeId: undefined,
        mayUseKey: uses.every((use) => state.ebs.mayUse(call, use.kmsKeyArn, use.uses)),
        tags,
      });
      remember(state, 'CreateVolume', input, volume);
      return describedNew(state, volume);
    },
  };
}

/**
 * The volume of an earlier request with this token, as it is now; undefined: no such request. If the volume is gone, because its creation failed or
 * it was deleted, it is shown as it was. EC2's answer for that is not documented.
 */
export function repeated(
  state: Ec2State,
  operation: string,
  input: { readonly ClientToken?: string | undefined; readonly DryRun?: boolean | undefined },
): Volume | undefined {
  const { ClientToken: token = '' } = input;
  if (token.length > TOKEN_LENGTH_MAX) {
    throw new AwsError('InvalidParameterValue', `ClientToken must be at most ${TOKEN_LENGTH_MAX} characters long`);
  }
  const before = token === '' ? undefined : state.ebs.tokens.get(`${operation}/${token}`);
  if (!before) return undefined;
  if (before.request !== requestOf(input)) {
    throw new AwsError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  }
  refuseDryRun(input);
  return state.volumes.get(before.volume.volumeId) ?? before.volume;
}

export function remember(
  state: Ec2State,
  operation: string,
  input: { readonly ClientToken?: string | undefined },
  volume: Volume,
): void {
  const { ClientToken: token = '' } = input;
  if (token !== '') state.ebs.remember(`${operation}/${token}`, { request: requestOf(input), volume });
}

function requestOf(input: object): string {
  const { ClientToken: _token, DryRun: _dry, ...request } = input as CreateVolumeRequest;
  return canonical(request);
}

function zoneOf(state: Ec2State, { AvailabilityZone, AvailabilityZoneId }: CreateVolumeRequest): string {
  const { regionName } = state.kernel;
  // "Either AvailabilityZone or AvailabilityZoneId must be specified, but not both."
  if (AvailabilityZone !== undefined && AvailabilityZoneId !== undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'Specify either AvailabilityZone or AvailabilityZoneId, not both',
    );
  }
  const given = AvailabilityZone ?? AvailabilityZoneId;
  if (given === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter zone');
  const letter = ZONES.find(
    (zone, at) => given === (AvailabilityZone === undefined ? `euw1-az${at + 1}` : `${regionName}${zone}`),
  );
  if (letter === undefined) throw new AwsError('InvalidZone.NotFound', `The zone '${given}' does not exist.`);
  return `${regionName}${letter}`;
}

/** "You must specify either a snapshot ID or a volume size." */
export function performanceOf(
  input: Pick<CreateVolumeRequest, 'Size' | 'VolumeType' | 'Iops' | 'Throughput'>,
  leastGiB: number | undefined,
): Performance {
  const { Size, VolumeType: type = 'gp2', Iops, Throughput } = input;
  const sizeGiB = Size ?? leastGiB;
  if (sizeGiB === undefined)
    throw new AwsError('MissingParameter', 'The request must contain the parameter size or snapshotId');
  if (leastGiB !== undefined && sizeGiB < leastGiB) {
    throw new AwsError(
      'InvalidParameterValue',
      `The size of ${sizeGiB} GiB is smaller than that of its source, ${leastGiB} GiB`,
    );
  }
  // "Required for io1 and io2 volumes."
  if ((type === 'io1' || type === 'io2') && Iops === undefined) {
    throw new AwsError('InvalidParameterCombination', `The parameter iops must be specified for ${type} volumes.`);
  }
  const wish: VolumeRequest = {
    type,
    sizeGiB,
    ...(Iops === undefined ? {} : { iops: Iops }),
    ...(Throughput === undefined ? {} : { throughputMiBps: Throughput }),
  };
  return modified(undefined, wish);
}

function usable(snapshot: Snapshot): Snapshot {
  if (snapshot.state === 'completed') return snapshot;
  throw new AwsError('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
}

/**
 * "If you exceed the quota, the request fails": the rates of all volumes that are initialized at a rate of their own count together. The error code
 * is ours, as AWS names none.
 */
export function rateOf(
  state: Ec2State,
  { VolumeInitializationRate: rate, SnapshotId }: Pick<CreateVolumeRequest, 'VolumeInitializationRate' | 'SnapshotId'>,
): number | undefined {
  if (rate === undefined) return undefined;
  if (SnapshotId === undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'VolumeInitializationRate is supported only for volumes created from snapshots',
    );
  }
  const [least, most] = RATE_MIBPS;
  if (rate < least || rate > most) {
    throw new AwsError(
      'InvalidParameterValue',
      `VolumeInitializationRate must be ${least} to ${most} MiB/s, not ${rate}`,
    );
  }
  const nowMs = state.kernel.clock.now();
  const taken = state.volumes
    .all()
    .filter(({ initialization }) => initialization && initialization.dueAtMs > nowMs)
    .reduce((sum, { initialization }) => sum + (initialization?.rateMiBps ?? 0), 0);
  const { initializationQuotaMiBps: quota } = state.ebs;
  if (taken + rate > quota) {
    throw new AwsError('VolumeInitializationRateLimitExceeded', `${taken} of ${quota} MiB/s are in use in this Region`);
  }
  return rate;
}

/** What a caller does with a key. */
export interface UseOfKey {
  readonly kmsKeyArn: string;
  readonly uses: readonly KeyUse[];
}

/**
 * "Volumes that are created from encrypted snapshots are also automatically encrypted": with the snapshot's key, or, where another account owns the
 * snapshot, with the default key of this one ("The encryption state of the volume depends on … its ownership", CreateVolumeRequest). The region's account
 * encrypts by default. The caller's permissions: "Required permissions" for EBS encryption, and "Share the KMS key" for the other account's (EBS user
 * guide).
 */
export function encryptionOf(
  state: Ec2State,
  { Encrypted, KmsKeyId }: Pick<CreateVolumeRequest, 'Encrypted' | 'KmsKeyId'>,
  source:
    | { readonly encrypted: boolean; readonly kmsKeyArn?: string | undefined; readonly ownerId?: string }
    | undefined,
): { encrypted: boolean; kmsKeyArn: string | undefined; uses: readonly UseOfKey[] } {
  if (Encrypted === false && source?.encrypted) {
    throw new AwsError('InvalidParameterCombination', 'A volume made from something encrypted cannot be unencrypted');
  }
  // "If KmsKeyId is specified, the encrypted state must be true."
  if (KmsKeyId !== undefined && Encrypted === false) {
    throw new AwsError(
      'InvalidParameterDependency',
      'The parameter KmsKeyId requires the parameter Encrypted to be set.',
    );
  }
  const encrypted = Encrypted ?? true;
  if (!encrypted) return { encrypted, kmsKeyArn: undefined, uses: [] };
  const { accountId } = state.kernel;
  const isShared = source?.ownerId !== undefined && source.ownerId !== accountId;
  const inherited = isShared ? undefined : source?.kmsKeyArn;
  const kmsKeyArn = kmsKey(KmsKeyId ?? inherited ?? 'alias/aws/ebs', state.kernel).arn;
  const from = source?.encrypted === true && source.kmsKeyArn !== kmsKeyArn ? source.kmsKeyArn : undefined;
  if (from === undefined) {
    const uses: KeyUse[] = ['CreateGrant', source?.encrypted ? 'Decrypt' : 'GenerateDataKeyWithoutPlaintext'];
    return { encrypted, kmsKeyArn, uses: [{ kmsKeyArn, uses }] };
  }
  const uses: UseOfKey[] = [{ kmsKeyArn, uses: ['CreateGrant', 'ReEncryptTo'] }];
  if (isShared) uses.push({ kmsKeyArn: from, uses: ['CreateGrant', 'Decrypt', 'ReEncryptFrom'] });
  return { encrypted, kmsKeyArn, uses };
}

function refuseElsewhere({ OutpostArn, MultiAttachEnabled, Operator }: CreateVolumeRequest): void {
  if (OutpostArn !== undefined) throw notEmulated('volumes on Outposts');
  if (MultiAttachEnabled) throw notEmulated('MultiAttachEnabled of CreateVolume');
  if (Operator !== undefined) throw notEmulated('Operator of CreateVolume');
}
