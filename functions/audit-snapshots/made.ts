// Whether what carries a drill's tag was made by a drill. Who may tag can write that tag on anything, and what a drill removes is gone for ever: so it has to
// be a drill's by what nobody can write afterwards (ADR 18). Pure.
import type { Instance, Volume } from '@aws-sdk/client-ec2';
import type { Drill } from '../../shared/heal/drill.ts';

/** A token is of one subnet: EC2 refuses it for another. */
export const tokenOf = ({ token }: Pick<Drill, 'token'>, at: number): string => `${token}-${at}`;

/** As `decideNext` and `tokenOf` make them, of every drill. */
const TOKEN = /-\d+-drill-\d+$/;

/** By the record, or by the client token of its launch, which EC2 shows and no tag changes. */
export const isLaunchedByDrill = (
  { InstanceId, ClientToken = '' }: Pick<Instance, 'InstanceId' | 'ClientToken'>,
  { instanceId, subnetIds, token }: Pick<Drill, 'instanceId' | 'subnetIds' | 'token'>,
): boolean =>
  InstanceId === instanceId ||
  TOKEN.test(ClientToken) ||
  subnetIds.some((_, at) => tokenOf({ token }, at) === ClientToken);

/** The clocks of AWS and of a function are no further apart. */
const SKEW_MS = 60_000;

/** Made of a snapshot of its set, since it began. */
export const isVolumeOfDrill = (
  { SnapshotId, CreateTime }: Pick<Volume, 'SnapshotId' | 'CreateTime'>,
  { set, startedAtMs }: Pick<Drill, 'set' | 'startedAtMs'>,
): boolean =>
  set.parts.some(({ snapshotId }) => snapshotId === SnapshotId) &&
  CreateTime !== undefined &&
  CreateTime.getTime() >= startedAtMs - SKEW_MS;
