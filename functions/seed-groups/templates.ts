// The launch templates of groups, as EC2 and Auto Scaling show them, and what a version of ours says of itself. Sources: doc comments of
// AutoScalingGroup in @aws-sdk/client-auto-scaling, and of the launch template commands in @aws-sdk/client-ec2.
import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { LaunchTemplate, LaunchTemplateBlockDeviceMapping, LaunchTemplateVersion } from '@aws-sdk/client-ec2';
import { ROOT_DEVICES } from '../../shared/aws/instances.ts';

/** Which version of a template a group launches: it follows one of two, or it names a number, which only its owner changes. */
export type Follows = '$Latest' | '$Default';

/** The template that a group launches from, or why it cannot be seeded. */
export type Launches =
  | { readonly templateId: string; readonly templateName: string; readonly follows: Follows }
  | { readonly unfit: string };

/** The data volume that a version of a template makes, or why there is none to be seeded. */
export type DataVolume =
  | {
      readonly device: string;
      /** null: it begins empty. */
      readonly snapshotId: string | null;
      /** null: as large as its snapshot. */
      readonly sizeGiB: number | null;
    }
  | { readonly unfit: string };

export interface Version {
  readonly number: number;
  readonly volume: DataVolume;
  /** null: the group, or whoever launches it, says which. */
  readonly instanceType: string | null;
  /** All that its volumes are made from: without them it launches nothing. */
  readonly snapshotIds: readonly string[];
  /** Of a version that seed-groups made; null for those of people. */
  readonly mark: SeedMark | null;
}

/** What a version of ours says: which version of the owner it is a copy of, and which snapshot it adds. null: none, it takes an earlier one back. */
export interface SeedMark {
  readonly base: number;
  readonly snapshotId: string | null;
}

const SEEDED = /^chainmend: version (\d{1,6}) with the data of (snap-[0-9a-f]{8,17})$/;
const PLAIN = /^chainmend: version (\d{1,6}) as it was$/;

/** The description of a version. "The maximum length is 255" (CreateLaunchTemplateVersionRequest.VersionDescription). */
export const describe = ({ base, snapshotId }: SeedMark): string =>
  snapshotId === null
    ? `chainmend: version ${base} as it was`
    : `chainmend: version ${base} with the data of ${snapshotId}`;

export function markOf(description: string | undefined): SeedMark | null {
  const [, base, snapshotId] = SEEDED.exec(description ?? '') ?? [];
  if (base !== undefined && snapshotId !== undefined) return { base: Number(base), snapshotId };
  const [, plain] = PLAIN.exec(description ?? '') ?? [];
  return plain === undefined ? null : { base: Number(plain), snapshotId: null };
}

export function launchesOf({ LaunchTemplate, MixedInstancesPolicy, AutoScalingGroupName }: AutoScalingGroup): Launches {
  const name = AutoScalingGroupName ?? '?';
  if (MixedInstancesPolicy !== undefined)
    return { unfit: `${name} has a mixed instances policy, whose overrides may launch from other templates` };
  const { LaunchTemplateId: templateId, LaunchTemplateName: templateName = '?', Version } = LaunchTemplate ?? {};
  if (templateId === undefined) return { unfit: `${name} launches from no launch template` };
  // "The default value is $Default."
  const follows = Version ?? '$Default';
  if (follows !== '$Latest' && follows !== '$Default')
    return {
      unfit: `${name} launches version ${follows} of ${templateName} by its number: have it launch $Latest or $Default`,
    };
  return { templateId, templateName, follows };
}

/** A version as a group names it: by its number, `$Latest` or `$Default`. */
export interface VersionNamed {
  readonly templateId: string;
  readonly version: string;
}

/** Every version that a group may launch, with those of its mixed instances policy: it may be seeded or not. */
export function versionsOf({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup): readonly VersionNamed[] {
  const { LaunchTemplate: mixed } = MixedInstancesPolicy ?? {};
  const overrides = (mixed?.Overrides ?? []).map(({ LaunchTemplateSpecification }) => LaunchTemplateSpecification);
  return [LaunchTemplate, mixed?.LaunchTemplateSpecification, ...overrides].flatMap((one) =>
    one?.LaunchTemplateId === undefined
      ? []
      : [{ templateId: one.LaunchTemplateId, version: one.Version ?? '$Default' }],
  );
}

export const keyOfVersion = ({ templateId, version }: VersionNamed): string => `${templateId} ${version}`;

/**
 * The snapshots without which a group launches nothing: of every version that it may launch, and of its owner's own, which it launches again when ours is
 * taken back.
 *
 * @param launched snapshots by `keyOfVersion`
 */
export const snapshotsLaunched = (
  group: AutoScalingGroup,
  launched: ReadonlyMap<string, readonly string[]>,
  base: Version | undefined,
): readonly string[] => {
  const now = versionsOf(group).flatMap((version) => launched.get(keyOfVersion(version)) ?? []);
  return [...new Set([...now, ...(base?.snapshotIds ?? [])])].sort();
};

export const versionOf = ({
  VersionNumber = 0,
  VersionDescription,
  LaunchTemplateData,
}: LaunchTemplateVersion): Version => ({
  number: VersionNumber,
  instanceType: LaunchTemplateData?.InstanceType ?? null,
  volume: dataVolumeOf(LaunchTemplateData?.BlockDeviceMappings ?? []),
  snapshotIds: (LaunchTemplateData?.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  mark: markOf(VersionDescription),
});

function dataVolumeOf(mappings: readonly LaunchTemplateBlockDeviceMapping[]): DataVolume {
  const data = mappings.filter(
    ({ DeviceName = '', Ebs, NoDevice }) =>
      Ebs !== undefined && NoDevice === undefined && !ROOT_DEVICES.has(DeviceName),
  );
  const [only, another] = data;
  if (only === undefined)
    return { unfit: 'it makes no data volume: give it one in its block device mappings, beside the root' };
  if (another !== undefined)
    return {
      unfit: `it makes ${data.length} volumes beside the root, and one was expected: nobody can say which has the data`,
    };
  const { DeviceName: device = '', Ebs } = only;
  return { device, snapshotId: Ebs?.SnapshotId ?? null, sizeGiB: Ebs?.VolumeSize ?? null };
}

/** A launch template as one or more groups follow it. */
export interface Template {
  readonly id: string;
  readonly name: string;
  readonly follows: Follows;
  readonly latest: number;
  /** What its groups launch now. */
  readonly launched: Version;
  /** The owner's own: the version that they launched before, or have made since. */
  readonly base: Version;
  /** Versions of ours that exist, newest first: one that was made and is not launched yet need not be made again. */
  readonly made: readonly { readonly number: number; readonly mark: SeedMark }[];
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Pure. @param versions the newest ones, and the default one with its base
 * @returns null where the version that is launched is not among them
 */
export function templateOf(
  {
    LaunchTemplateId = '',
    LaunchTemplateName = '',
    DefaultVersionNumber = 0,
    LatestVersionNumber = 0,
    Tags = [],
  }: LaunchTemplate,
  follows: Follows,
  versions: readonly Version[],
): Template | null {
  const at = (number: number): Version | undefined => versions.find((version) => version.number === number);
  const launched = at(follows === '$Latest' ? LatestVersionNumber : DefaultVersionNumber);
  if (!launched) return null;
  // Somebody may have made a version between ours and the one that ours is a copy of: where the group follows the newest, theirs counts.
  const theirs =
    follows === '$Latest'
      ? versions.filter(({ mark }) => mark === null).toSorted((a, b) => b.number - a.number)[0]
      : launched.mark === null
        ? launched
        : undefined;
  // Where its base was deleted, ours is all that is left of it.
  const told = (launched.mark === null ? undefined : at(launched.mark.base)) ?? launched;
  const base = theirs && (told === launched || theirs.number > told.number) ? theirs : told;
  return {
    ...{ id: LaunchTemplateId, name: LaunchTemplateName, follows, latest: LatestVersionNumber, launched, base },
    made: versions
      .flatMap(({ number, mark }) => (mark === null ? [] : [{ number, mark }]))
      .toSorted((a, b) => b.number - a.number),
    tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
