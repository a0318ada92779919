// Each function of the suite in a story in which it acts, and a neighbour who claims by a tag what it would act on: then it does nothing with that. One row
// for each function and each kind of thing that it deals in.

import { markerOf } from '../../../../functions/register-nodes/zone.ts';
import { START_MS } from '../../../../local/region.ts';
import { corruptData } from '../../../../local/scenarios/catalog/corrupt-data.ts';
import { dailySnapshot } from '../../../../local/scenarios/catalog/daily-snapshot.ts';
import { diskFull } from '../../../../local/scenarios/catalog/disk-full.ts';
import { drillDaily } from '../../../../local/scenarios/catalog/drills.ts';
import { instanceDead } from '../../../../local/scenarios/catalog/instance-dead.ts';
import { peersLost } from '../../../../local/scenarios/catalog/peers-lost.ts';
import { syncBoost } from '../../../../local/scenarios/catalog/sync-boost.ts';
import { incidentsOf } from '../../../../local/scenarios/report/records.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import { smallFleet } from '../../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { consortium, QUICK_BLOCKS } from '../../../../local/scenarios/world/worlds.ts';
import { readWorld } from '../../../../local/scenarios/world-file/read.ts';
import type { CallRecord } from '../../../../local/simulator/trace.ts';
import { deployedParameterNames } from '../../../../shared/fleet/membership.ts';
import { SCENARIOS as PRUNED } from '../../../functions/prune-retired/cases.ts';
import type { Claim } from '../../../shared/fleet/callers.ts';

const MINUTE_MS = 60_000;
/** By then every function that was at work has read the tags. */
const READ_MINUTES = 0.5;
const READS = /^(Describe|Get|List|Query|Scan|BatchGet)/;
const seedGroup = readWorld(
  new URL('../../../../local/scenarios/worlds/asg-launch-seeded.yaml', import.meta.url).pathname,
);

interface Attack {
  readonly claim: Claim;
  readonly story: Scenario;
  /** When the neighbour tags them; as the story begins unless given. */
  readonly atMinutes?: number;
  /** An hour unless given. */
  readonly hours?: number;
  /** What he does besides. */
  readonly besides?: (world: World) => Promise<void>;
  /** What the neighbour tags. */
  readonly ids: (world: World) => readonly string[];
  /** `any`: all that the functions could act on is claimed, so that they may change nothing at all. */
  readonly nothing: 'any' | 'with these ids';
  /** Instead: what shows that they were left out of account. */
  readonly holds?: (world: World) => boolean;
  readonly callers: readonly string[];
}

/** An exchange's followers and a consortium's validators, whose owner has the peers of all its nodes kept. */
export const twoOwners: Scenario = {
  ...diskFull,
  name: 'two-owners',
  fleets: { bitcoin: { mode: 'act' }, irita: { mode: 'act' } },
  build: (world) => {
    diskFull.build(world);
    consortium(world);
  },
};

/** The newest clean snapshot is an hour old: no other one is due. */
const snapshotOfToday: Scenario = {
  ...dailySnapshot,
  name: 'snapshot-of-today',
  build: (world) => {
    smallFleet(world, { clock: QUICK_BLOCKS });
    snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 1 });
  },
};

const pruned = PRUNED.find(({ name }) => name === 'what heals have kept goes after its date, and nothing else does');
if (!pruned) throw new Error('the cases of prune-retired have no story in which what is due goes');

const instances = (world: World): readonly string[] => world.nodes.map(({ instanceId }) => instanceId);
const volumes = (world: World): readonly string[] => world.nodes.flatMap(({ volumeIds }) => [...volumeIds.values()]);
const snapshots = ({ region }: World): readonly string[] => region.ec2.snapshots().map(({ snapshotId }) => snapshotId);
export const instancesOfBitcoin = (world: World): readonly string[] =>
  world.nodes.flatMap(({ fleet, instanceId }) => (fleet.name === 'bitcoin' ? [instanceId] : []));
export const volumesOfBitcoin = (world: World): readonly string[] =>
  world.current.flatMap(({ fleet, volumeIds }) => (fleet.name === 'bitcoin' ? [...volumeIds.values()] : []));
const kept = ({ region }: World): readonly string[] =>
  region.ec2
    .volumes()
    .flatMap(({ volumeId, tags }) => (tags.some(({ Key }) => Key === 'chainmend:keep-until') ? [volumeId] : []));
const retired = ({ region }: World): readonly string[] =>
  region.ec2
    .instances()
    .flatMap(({ instanceId, tags }) => (tags.some(({ Key }) => Key === 'chainmend:retired') ? [instanceId] : []));
const templates = ({ region }: World): readonly string[] =>
  region.ec2.launchTemplates().map(({ launchTemplateId }) => launchTemplateId);
const addresses = ({ region }: World): readonly string[] =>
  region.ec2.addresses().map(({ allocationId }) => allocationId);

const ATTACKS: readonly Attack[] = [
  {
    claim: 'instance',
    story: twoOwners,
    ids: instancesOfBitcoin,
    nothing: 'with these ids',
    callers: ['watch-fleet', 'dispatch-heal'],
  },
  {
    claim: 'instance',
    story: { ...twoOwners, name: 'two-owners-alarms' },
    ids: instancesOfBitcoin,
    nothing: 'with these ids',
    holds: ({ region }) => region.cloudwatch.alarmState('chainmend-irita-node1-stuck') === undefined,
    callers: ['register-nodes'],
  },
  {
    claim: 'instance',
    story: { ...twoOwners, name: 'two-owners-probed' },
    ids: instancesOfBitcoin,
    nothing: 'with these ids',
    holds: (world) => probed(world, instancesOfBitcoin(world)).length === 0,
    callers: ['probe-nodes'],
  },
  { claim: 'instance', story: peersLost, ids: instances, nothing: 'any', callers: ['rotate-peers'] },
  { claim: 'instance', story: diskFull, ids: instances, nothing: 'any', callers: ['resize-volume'] },
  { claim: 'instance', story: corruptData, ids: instances, nothing: 'any', callers: ['replace-node'] },
  {
    claim: 'instance',
    story: dailySnapshot,
    ids: instances,
    nothing: 'any',
    callers: ['plan-snapshots', 'snapshot-node'],
  },
  { claim: 'instance', story: drillDaily, ids: instances, nothing: 'any', callers: ['audit-snapshots'] },
  { claim: 'instance', story: seedGroup, ids: instances, nothing: 'any', callers: ['seed-groups'] },
  { claim: 'volume', story: diskFull, ids: volumes, nothing: 'with these ids', callers: ['resize-volume'] },
  { claim: 'volume', story: corruptData, ids: volumes, nothing: 'with these ids', callers: ['replace-node'] },
  { claim: 'volume', story: dailySnapshot, ids: volumes, nothing: 'any', callers: ['snapshot-node'] },
  {
    claim: 'volume',
    story: syncBoost,
    atMinutes: 60,
    hours: 10,
    ids: volumesOfBitcoin,
    nothing: 'with these ids',
    callers: ['seed-groups'],
  },
  { claim: 'snapshot', story: corruptData, ids: snapshots, nothing: 'with these ids', callers: ['replace-node'] },
  { claim: 'snapshot', story: drillDaily, ids: snapshots, nothing: 'with these ids', callers: ['audit-snapshots'] },
  { claim: 'snapshot', story: seedGroup, ids: snapshots, nothing: 'with these ids', callers: ['seed-groups'] },
  {
    claim: 'snapshot',
    story: snapshotOfToday,
    ids: snapshots,
    nothing: 'any',
    holds: ({ region }) => region.ec2.snapshots().length === 2,
    callers: ['plan-snapshots'],
  },
  { claim: 'instance', story: pruned, hours: 0.5, ids: retired, nothing: 'with these ids', callers: ['prune-retired'] },
  { claim: 'volume', story: pruned, hours: 0.5, ids: kept, nothing: 'with these ids', callers: ['prune-retired'] },
  {
    claim: 'snapshot',
    story: pruned,
    hours: 0.5,
    ids: snapshots,
    nothing: 'with these ids',
    callers: ['prune-retired'],
  },
  {
    claim: 'resource',
    story: instanceDead,
    ids: (world) => [...templates(world), ...addresses(world)],
    nothing: 'with these ids',
    callers: ['replace-node'],
  },
  { claim: 'resource', story: seedGroup, ids: templates, nothing: 'with these ids', callers: ['seed-groups'] },
  { claim: 'resource', story: drillDaily, ids: templates, nothing: 'with these ids', callers: ['audit-snapshots'] },
  ...[
    { story: instanceDead, callers: ['replace-node'] },
    { story: drillDaily, callers: ['audit-snapshots'] },
  ].map(
    (attack): Attack => ({
      ...attack,
      claim: 'named',
      besides: namesTemplateOfNeighbour,
      ids: () => [],
      nothing: 'with these ids',
      holds: ({ region }) => launchedFrom(region, 'irita-nodes').length === 0,
    }),
  ),
  {
    claim: 'alarm',
    story: diskFull,
    besides: async (world) => world.region.ec2.setTag(world.find('bitcoin', 'node2').instanceId, 'Name', 'more-node1'),
    ids: () => [],
    nothing: 'with these ids',
    holds: ({ region }) => region.cloudwatch.alarmState('chainmend-bitcoin-more-node1-status-check') === undefined,
    callers: ['register-nodes'],
  },
  {
    claim: 'record',
    story: diskFull,
    besides: hasNameInZone,
    ids: () => [],
    nothing: 'with these ids',
    holds: ({ region }) =>
      region.route53
        .records('bitcoin.internal')
        .some(({ name, values }) => name.startsWith(THEIRS.name) && values.includes(THEIR_ADDRESS)),
    callers: ['register-nodes'],
  },
];

/** Requests to probe-nodes that name one of these, after the neighbour has tagged them. */
const probed = ({ region }: World, ids: readonly string[]): readonly CallRecord[] =>
  region.gateway.trace.calls.filter(({ at, operation, input }) => {
    const { FunctionName = '', Payload = '' } = input as { readonly FunctionName?: string; readonly Payload?: string };
    const named = Buffer.from(Payload).toString();
    const isLate = at >= START_MS + READ_MINUTES * MINUTE_MS;
    return (
      operation === 'Invoke' && isLate && /-probe-nodes/.test(FunctionName) && ids.some((id) => named.includes(id))
    );
  });

/** Launches of the suite from a template, by its name. */
function launchedFrom({ ec2, gateway }: World['region'], name: string): readonly CallRecord[] {
  const id = ec2.launchTemplates().find((template) => template.name === name)?.launchTemplateId;
  return gateway.trace.calls.filter(
    ({ actor, operation, input }) =>
      actor.startsWith('chainmend-') &&
      operation === 'RunInstances' &&
      (input as { readonly LaunchTemplate?: { readonly LaunchTemplateId?: string } }).LaunchTemplate
        ?.LaunchTemplateId === id,
  );
}

/** A template of the neighbour's, and a file of one's own that names it. */
async function namesTemplateOfNeighbour({ region }: World): Promise<void> {
  const [own] = region.ec2.launchTemplates();
  const { LaunchTemplateVersions } = (await region.call('ec2', 'DescribeLaunchTemplateVersions', {
    LaunchTemplateId: own?.launchTemplateId,
    Versions: ['$Default'],
  })) as { readonly LaunchTemplateVersions: readonly { readonly LaunchTemplateData: object }[] };
  const { LaunchTemplate } = (await region.call('ec2', 'CreateLaunchTemplate', {
    LaunchTemplateName: 'irita-nodes',
    LaunchTemplateData: LaunchTemplateVersions[0]?.LaunchTemplateData,
  })) as { readonly LaunchTemplate: { readonly LaunchTemplateId: string } };
  const Name = '/chainmend/fleets/bitcoin';
  const file = JSON.parse(region.ssm.parameter(Name) ?? '{}') as { readonly replace?: object };
  const replace = { ...file.replace, launchTemplate: LaunchTemplate.LaunchTemplateId };
  await region.call('ssm', 'PutParameter', { Name, Value: JSON.stringify({ ...file, replace }), Overwrite: true });
}

/** What the neighbour's marker stands beside, and leads to. */
const THEIRS = { name: 'node1.bitcoin.internal', type: 'A' } as const;
const THEIR_ADDRESS = '10.9.9.9';

/** Fleets of one zone: the neighbour has a name in it. */
async function hasNameInZone({ region }: World): Promise<void> {
  const { HostedZones } = (await region.call('route53', 'ListHostedZonesByName', { DNSName: 'bitcoin.internal' })) as {
    readonly HostedZones: readonly { readonly Id: string }[];
  };
  const marker = markerOf({ suite: 'chainmend', fleet: 'irita', region: region.kernel.regionName }, THEIRS);
  const Changes = [{ ...THEIRS, ttlSeconds: 5, values: [THEIR_ADDRESS] }, marker].map(
    ({ name: Name, type: Type, ttlSeconds: TTL, values }) => ({
      Action: 'UPSERT',
      ResourceRecordSet: { Name, Type, TTL, ResourceRecords: values.map((Value) => ({ Value })) },
    }),
  );
  await region.call('route53', 'ChangeResourceRecordSets', {
    HostedZoneId: HostedZones[0]?.Id,
    ChangeBatch: { Changes },
  });
}

/** Incidents of plan-snapshots are opened by the dispatcher; a function that only reads has reached what another one does for it. */
const DONE_BY: Readonly<Record<string, string>> = { 'plan-snapshots': 'snapshot-node' };

/** What a function has changed, or sent, of these things since then; and incidents of the dispatcher on them. */
function reached(world: World, caller: string, { nothing }: Attack, ids: readonly string[]): readonly string[] {
  const names = (text: unknown): boolean => nothing === 'any' || ids.some((id) => JSON.stringify(text)?.includes(id));
  const acts = ({ actor, at, service, operation, input }: CallRecord): boolean =>
    actor.startsWith(`chainmend-${DONE_BY[caller] ?? caller}`) &&
    at >= START_MS + READ_MINUTES * MINUTE_MS &&
    ['ec2', 'ssm', 'autoscaling', 'elasticloadbalancing', 'cloudwatch'].includes(service) &&
    !READS.test(operation) &&
    (input as { readonly DryRun?: boolean }).DryRun !== true &&
    names(input);
  return [
    ...world.region.gateway.trace.calls.filter(acts).map(({ operation }) => operation),
    ...(caller === 'dispatch-heal'
      ? incidentsOf(world)
          .filter(({ instanceId, state }) => ids.includes(instanceId) && state !== 'escalated')
          .map(({ trigger }) => trigger)
      : []),
  ];
}

/** The neighbours are deployed, beside what is. They have no files: nobody reads more of them. */
async function deployNeighbours({ region }: World): Promise<void> {
  const [Name = ''] = deployedParameterNames('/chainmend');
  const known = JSON.parse(region.ssm.parameter(Name) ?? '') as { readonly of: number; readonly fleets: object };
  const neighbours = { irita: [{ Project: 'irita' }, { data: 0 }], 'bitcoin-more': [{ Project: 'more' }, { data: 0 }] };
  const Value = JSON.stringify({ ...known, fleets: { ...neighbours, ...known.fleets } });
  await region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

export const rowOf = (caller: string, claim: Claim): string =>
  `${caller} leaves each ${claim} alone that a neighbour claims, too`;

const played = (attack: Attack): Scenario => {
  const { claim, story, ids, callers } = attack;
  const claimed = new WeakMap<World, readonly string[]>();
  return {
    ...story,
    name: `${story.name}: a neighbour claims each ${claim}`,
    people: (world) => {
      world.at(attack.atMinutes ?? 0, async () => {
        await deployNeighbours(world);
        await attack.besides?.(world);
        claimed.set(world, ids(world));
        for (const id of ids(world)) world.region.ec2.setTag(id, 'Project', 'irita');
      });
      story.people?.(world);
    },
    done: () => false,
    hours: attack.hours ?? Math.min(1, story.hours),
    pagesAtMost: Number.POSITIVE_INFINITY,
    attemptsAtMost: Number.POSITIVE_INFINITY,
    meanwhile: [],
    expect: callers.map((caller) => ({
      sentence: rowOf(caller, claim),
      holds: (_, world) =>
        attack.holds?.(world) ?? reached(world, caller, attack, claimed.get(world) ?? []).length === 0,
    })),
  };
};

/** Each row, by the story that shows it. */
export const ROWS: readonly { readonly caller: string; readonly claim: Claim; readonly story: string }[] =
  ATTACKS.flatMap((attack) =>
    attack.callers.map((caller) => ({ caller, claim: attack.claim, story: played(attack).name })),
  );

export const SCENARIOS: readonly Scenario[] = ATTACKS.map(played);
