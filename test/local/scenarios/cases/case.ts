// A case of the matrix: the exchange's fleet, with one unusual property of its second node.
import { readFileSync } from 'node:fs';
import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { healed } from '../../../../local/scenarios/checks/expectations.ts';
import { readJournal } from '../../../../local/scenarios/report/journal.ts';
import type { Report } from '../../../../local/scenarios/report/report.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import type { PlacedNode, World, WorldNode, WorldVolume } from '../../../../local/scenarios/world/world.ts';
import { exchange } from '../../../../local/scenarios/world/worlds.ts';
import type { FleetDocument } from '../../../../shared/fleet/schema.ts';

export type Check = (report: Report, world: World) => boolean;

export interface Case {
  /** The volume in question: 500 GiB of gp3, 90.95 % full, its alarm at 91 %, unless given. */
  readonly volume?: Partial<WorldVolume>;
  readonly node?: Partial<WorldNode> & { readonly gibPerHour?: number };
  readonly fleet?: Partial<FleetDocument>;
  /** Additional resources when the story begins. */
  readonly also?: (world: World, node: PlacedNode) => void;
  readonly people?: (world: World, node: PlacedNode) => void;
  /** When the run is over: after the first heal has healed, unless given. */
  readonly done?: (world: World) => boolean;
  readonly hours?: number;
  /** How many attempts its sentence promises; five by default. */
  readonly attemptsAtMost?: number;
  readonly expect: Readonly<Record<string, Check>>;
}

export function scenarioOf(name: string, told: Case): Scenario {
  const { volume, node, fleet, also, people, done = (world) => healed(world, 1), hours = 6 } = told;
  const { attemptsAtMost, expect } = told;
  const placed = (world: World): PlacedNode => world.find('bitcoin', node?.name ?? 'node2');
  return {
    name,
    sentence: name,
    ...(fleet && { fleets: { bitcoin: fleet } }),
    build: (world) => {
      exchange(world, volume, { ...node, clock: everySeconds(30) });
      also?.(world, placed(world));
    },
    ...(people && { people: (world: World) => people(world, placed(world)) }),
    done,
    hours,
    ...(attemptsAtMost !== undefined && { attemptsAtMost }),
    expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds })),
  };
}

export interface Modification {
  readonly VolumeId: string;
  readonly Size: number;
  readonly Iops?: number;
  readonly Throughput?: number;
}

/** Every ModifyVolume of the suite that AWS accepted. */
export const modifications = ({ region }: World): readonly Modification[] =>
  region.gateway.trace.calls
    .filter(({ actor, operation }) => actor.startsWith('chainmend-') && operation === 'ModifyVolume')
    .filter(({ outcome }) => outcome === 'ok')
    .map(({ input }) => input as Modification);

/** The same, including those that AWS did not accept. */
export const modificationsTried = ({ region }: World): number =>
  region.gateway.trace.calls.filter(
    ({ actor, operation }) => actor.startsWith('chainmend-') && operation === 'ModifyVolume',
  ).length;

const HEAL = 'resize-volume';

/** Whether a heal was refused. A pause, for example, also stops names and peers, and each reports its own refusal. */
export const refused = ({ region, tableName }: World, code: string): boolean =>
  readJournal(region, tableName).some((line) => line.kind === 'refusal' && line.heal === HEAL && line.code === code);

/** A person invokes the dispatcher. */
export const invoke = (world: World, payload: string): Promise<unknown> =>
  world.region.call('lambda', 'Invoke', {
    FunctionName: 'chainmend-dispatch-heal',
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from(payload)),
  });

export const sample = (name: string): string =>
  readFileSync(new URL(`../../../../events/${name}.json`, import.meta.url), 'utf8');

/** A fleet whose nodes keep old blocks on a separate volume. */
export const TWO_VOLUMES = {
  data: { path: '/node-data', tag: { Component: 'nodes/bitcoin', Volume: 'data' } },
  ancient: { path: '/ancient', tag: { Component: 'nodes/bitcoin', Volume: 'ancient' } },
};

export const GIB = 2 ** 30;

export const volumeOf = (world: World, role = 'data', name = 'node2') =>
  world
    .find('bitcoin', name)
    .machine.report()
    .volumes.find((volume) => volume.role === role);

// The checks at the end of most cases.

export const healedOnce: Check = ({ heals }) => heals.length === 1 && heals[0]?.outcome === 'healed';
export const nothingModified: Check = (_, world) => modifications(world).length === 0;
export const modifiedOnce: Check = (_, world) => modifications(world).length === 1;
export const filesystemHas =
  (gib: number, role = 'data'): Check =>
  (_, world) =>
    (volumeOf(world, role)?.sizeBytes ?? 0) > gib * GIB * 0.99;
export const clientRuns: Check = (_, world) => world.nodes.every(({ machine }) => machine.client.state === 'running');
export const nobodyPaged: Check = ({ pages }) => pages.length === 0;
export const pagedOnly =
  (...codes: readonly string[]): Check =>
  ({ pages }) =>
    JSON.stringify(pages.map(({ code }) => code)) === JSON.stringify(codes);
/** The first attempt paged, and no other did. */
export const toldOnce =
  (code: string, sentence: RegExp): Check =>
  ({ pages }, { region, tableName }) => {
    const own = pages.filter((page) => page.code === code);
    const first = readJournal(region, tableName).find((line) => line.kind === 'page' && line.code === code);
    return own.length === 1 && own.every((page) => sentence.test(page.sentence)) && first?.attempt === 1;
  };
/** The refusals of heals; separate cases test those of names and peers. */
export const refusedOnly =
  (...codes: readonly string[]): Check =>
  ({ refusals }) =>
    JSON.stringify(refusals.filter(({ kind }) => kind === HEAL).map(({ guardrail }) => guardrail)) ===
    JSON.stringify(codes);

/** The agent has no metric of inodes in per cent: people make their alarm of two metrics, by an expression. */
export function alarmOnInodes(world: World, { instanceId }: PlacedNode): void {
  const dimensions = { InstanceId: instanceId, path: '/node-data', fstype: 'ext4' };
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const query = (Id: string, MetricName: string) => {
    const Metric = { Namespace: 'CWAgent', MetricName, Dimensions };
    return { Id, MetricStat: { Metric, Period: 60, Stat: 'Maximum' }, ReturnData: false };
  };
  world.beforehand(() =>
    world.region.call('monitoring', 'PutMetricAlarm', {
      AlarmName: 'chainmend-bitcoin-node2-inodes',
      Metrics: [
        query('used', 'disk_inodes_used'),
        query('total', 'disk_inodes_total'),
        { Id: 'percent', Expression: '100 * used / total', ReturnData: true },
      ],
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );
}
