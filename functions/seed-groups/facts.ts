// Reads the facts of a seeding: a fleet's groups, their members and launch templates, and its sets of snapshots. All of it is read, or nothing.
import { type AutoScalingGroup, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import {
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type LaunchTemplate,
  type LaunchTemplateVersion,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import { catchRefusal } from '../../shared/aws/refusals.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { nodesLately } from '../../shared/guardrails/fleet-view.ts';
import { SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import { readSnapshots } from '../../shared/snapshots/inventory.ts';
import type { SnapshotFact } from '../../shared/snapshots/model.ts';
import { rankForNewNode } from '../../shared/snapshots/new-node.ts';
import type { SeedRecord } from '../../shared/snapshots/seeds.ts';
import { readOwners, setsOf } from '../../shared/snapshots/sets.ts';
import type { SeedContext } from './context.ts';
import type { GroupFact, MemberFact, SeedFacts } from './decide.ts';
import {
  type Follows,
  keyOfVersion,
  launchesOf,
  snapshotsLaunched,
  type Template,
  templateOf,
  versionOf,
  versionsOf,
} from './templates.ts';

/** "AutoScalingGroupNames … By default, you can only specify up to 50 names"; a fleet of 500 nodes has a handful of groups. */
const GROUPS_MAX = 50;
/** Newest versions that are looked at: our own of a week, and those that people made between them. */
const VERSIONS_SEEN = 20;
/** Values of a filter (FilterLimitExceeded, "Error codes for the Amazon EC2 API"). */
const FILTER_VALUES = 200;
const A_PAGE = 500;
const MAX_PAGES = 10;
const TEMPLATE_TAGS = { id: 'aws:ec2launchtemplate:id', version: 'aws:ec2launchtemplate:version' } as const;

/** @throws Error where a fleet has more groups than `GROUPS_MAX`: a selection that is half read is refused */
export async function readFacts(
  { clients, store }: Pick<SeedContext, 'clients' | 'store'>,
  fleet: Fleet,
  record: Pick<SeedRecord, 'groups' | 'keys' | 'failed'>,
  nowMs: number,
): Promise<SeedFacts> {
  const { ec2 } = clients;
  const nodes = await discoverNodes(ec2, fleet, store);
  const names = [...new Set([...record.groups, ...nodes.flatMap(({ tags }) => tags[SCALING_GROUP_TAG] ?? [])])].sort();
  if (names.length > GROUPS_MAX)
    throw new Error(`fleet ${fleet.name} has ${names.length} Auto Scaling groups, limit ${GROUPS_MAX}: none is seeded`);
  if (names.length === 0)
    return { nowMs, fleet, groups: [], keys: [], sets: { good: [], refused: [] }, failed: record.failed };
  const [groups, { observations, watch }, owners] = await Promise.all([
    readGroups(clients, names),
    store.readFleetReading(fleet.name),
    readOwners(ec2, fleet, nodes),
  ]);
  const observed = nodesLately(observations, nowMs);
  const members = nodes.filter(({ tags }) => names.includes(tags[SCALING_GROUP_TAG] ?? ''));
  const data = [...owners].flatMap(([volumeId, { role }]) => (role === null ? [] : [volumeId]));
  const [snapshots, keys, templates, launched] = await Promise.all([
    readSnapshots(ec2, fleet, data),
    readKeys(ec2, members, record.keys),
    readTemplates(ec2, groups),
    readLaunched(ec2, groups),
  ]);
  const volumes = { fleet, volumes: owners, nodeNames: new Set(nodes.map(({ name }) => name)) };
  return {
    ...{ nowMs, fleet, failed: record.failed, keys: [...keys].sort() },
    groups: groups.map((group) => groupFact(group, { templates, launched, nodes: members, observed })),
    sets: rankForNewNode(
      { fleet, nodes, observed, watch, nowMs, unusableKeys: strangeKeys(snapshots, keys) },
      setsOf(snapshots, volumes),
    ),
  };
}

async function readGroups(
  { autoscaling }: SeedContext['clients'],
  names: readonly string[],
): Promise<readonly AutoScalingGroup[]> {
  const pages = paginateDescribeAutoScalingGroups({ client: autoscaling }, { AutoScalingGroupNames: [...names] });
  return readAllPages(pages, ({ AutoScalingGroups }) => AutoScalingGroups, MAX_PAGES, 'Auto Scaling groups');
}

interface Read {
  readonly templates: ReadonlyMap<string, Template | null>;
  /** Snapshots, by the version that names them. */
  readonly launched: ReadonlyMap<string, readonly string[]>;
  readonly nodes: readonly FleetNode[];
  readonly observed: readonly ObservedNode[];
}

function groupFact(group: AutoScalingGroup, { templates, launched, nodes, observed }: Read): GroupFact {
  const { AutoScalingGroupName: name = '' } = group;
  const launches = launchesOf(group);
  const template = 'unfit' in launches ? null : templates.get(keyOf(launches));
  const members = nodes.filter(({ tags }) => tags[SCALING_GROUP_TAG] === name);
  return {
    name,
    launches:
      'unfit' in launches
        ? launches
        : template
          ? { template }
          : { unfit: `launch template ${launches.templateName} (${launches.templateId}) is not there` },
    names: snapshotsLaunched(group, launched, template?.base),
    members: members.map((node) => memberFact(node, observed)),
  };
}

function memberFact(
  { instanceId, name, role, launchedAtMs, tags }: FleetNode,
  observed: readonly ObservedNode[],
): MemberFact {
  const [templateId, version] = [tags[TEMPLATE_TAGS.id], Number(tags[TEMPLATE_TAGS.version])];
  return {
    ...{ instanceId, name, role, launchedAtMs },
    launchedWith: templateId !== undefined && Number.isSafeInteger(version) ? { templateId, version } : null,
    health: observed.find((node) => node.instanceId === instanceId)?.health ?? null,
  };
}

const keyOf = ({ templateId, follows }: { readonly templateId: string; readonly follows: Follows }): string =>
  `${templateId} ${follows}`;

/** By template and the version that is followed. null: it does not exist. */
async function readTemplates(
  ec2: EC2Client,
  groups: readonly AutoScalingGroup[],
): Promise<ReadonlyMap<string, Template | null>> {
  const followed = new Map(
    groups.flatMap((group) => {
      const launches = launchesOf(group);
      return 'unfit' in launches ? [] : [[keyOf(launches), launches] as const];
    }),
  );
  const read = [...followed].map(
    async ([key, { templateId, follows }]) => [key, await readTemplate(ec2, templateId, follows)] as const,
  );
  return new Map(await Promise.all(read));
}

/** What every version names that a group may launch: also where the group cannot be seeded, it needs these snapshots. */
async function readLaunched(
  ec2: EC2Client,
  groups: readonly AutoScalingGroup[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const versions = new Map(groups.flatMap(versionsOf).map((named) => [keyOfVersion(named), named]));
  const read = [...versions].map(async ([key, { templateId, version }]) => {
    const found = await readVersions(ec2, templateId, { Versions: [version] });
    return [key, found.flatMap((one) => versionOf(one).snapshotIds)] as const;
  });
  return new Map(await Promise.all(read));
}

/** @returns null where there is no such template */
async function readTemplate(ec2: EC2Client, id: string, follows: Follows): Promise<Template | null> {
  const answer = await catchRefusal(() => ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] })));
  if ('refused' in answer) {
    if (answer.code.startsWith('InvalidLaunchTemplateId.')) return null;
    throw new Error(`launch template ${id}: ${answer.code}: ${answer.refused}`);
  }
  const [template] = answer.LaunchTemplates ?? [];
  if (!template) return null;
  const { DefaultVersionNumber = 0, LatestVersionNumber = 0 } = template;
  const newest = await readVersions(ec2, id, {
    MinVersion: String(Math.max(1, LatestVersionNumber - VERSIONS_SEEN + 1)),
  });
  const versions = [...newest, ...(await readOthers(ec2, template, newest, DefaultVersionNumber))].map(versionOf);
  return templateOf(template, follows, versions);
}

/** The default version, and the one that it or the newest is a copy of, where they are older than the newest ones. */
async function readOthers(
  ec2: EC2Client,
  { LaunchTemplateId: id = '' }: LaunchTemplate,
  newest: readonly LaunchTemplateVersion[],
  byDefault: number,
): Promise<readonly LaunchTemplateVersion[]> {
  const here = (number: number): boolean => newest.some(({ VersionNumber }) => VersionNumber === number);
  const older = here(byDefault) ? [] : await readVersions(ec2, id, { Versions: [String(byDefault)] });
  const bases = [...newest, ...older].flatMap((version) => versionOf(version).mark?.base ?? []);
  const missing = [...new Set(bases)].filter((number) => !here(number)).slice(0, VERSIONS_SEEN);
  const found = await Promise.all(missing.map((number) => readVersions(ec2, id, { Versions: [String(number)] })));
  return [...older, ...found.flat()];
}

/** None where the template, or a version that is asked for, was deleted. */
async function readVersions(
  ec2: EC2Client,
  LaunchTemplateId: string,
  which: { readonly Versions: string[] } | { readonly MinVersion: string },
): Promise<readonly LaunchTemplateVersion[]> {
  const answer = await catchRefusal(() =>
    ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, ...which })),
  );
  if (!('refused' in answer)) return answer.LaunchTemplateVersions ?? [];
  if (answer.code.startsWith('InvalidLaunchTemplateId.')) return [];
  throw new Error(`versions of launch template ${LaunchTemplateId}: ${answer.code}: ${answer.refused}`);
}

/** Keys of the members' volumes: the group can launch with them. @param before those of the last members, where there is none now */
async function readKeys(
  ec2: EC2Client,
  members: readonly FleetNode[],
  before: readonly string[],
): Promise<ReadonlySet<string>> {
  const ids = members.map(({ instanceId }) => instanceId).slice(0, FILTER_VALUES);
  if (ids.length === 0) return new Set(before);
  const Filters = [{ Name: 'attachment.instance-id', Values: ids }];
  const pages = paginateDescribeVolumes({ client: ec2, pageSize: A_PAGE }, { Filters });
  const volumes = await readAllPages(pages, ({ Volumes }) => Volumes, MAX_PAGES, 'volumes of the members');
  return new Set(volumes.flatMap(({ KmsKeyId }) => KmsKeyId ?? []));
}

/**
 * A group launches as Auto Scaling's own role, and nobody here can ask what that may do with a key: a launch whose key it may not use ends at once
 * ("Client.InternalError").
 */
function strangeKeys(snapshots: readonly SnapshotFact[], known: ReadonlySet<string>): ReadonlyMap<string, string> {
  const strange = snapshots.flatMap(({ kmsKeyId }) => (kmsKeyId === null || known.has(kmsKeyId) ? [] : [kmsKeyId]));
  return new Map(
    strange.map((key) => [key, `${key}: no member’s volume has it, so the group may not be allowed to use it`]),
  );
}
