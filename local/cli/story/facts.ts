// The facts of a story: gathered from a run that has ended, from its journal, its trace and its region.
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import { FLEET_TAG, hasTags, NODE_TAG } from '../../../shared/model/tags.ts';
import type { Halt } from '../../nodes/chain.ts';
import type { OutageCause } from '../../nodes/client.ts';
import { START_MS } from '../../region.ts';
import { callsOfDispatch, callsOfExecution } from '../../scenarios/report/calls.ts';
import { type JournalLine, readJournal } from '../../scenarios/report/journal.ts';
import type { Report } from '../../scenarios/report/report.ts';
import type { Run } from '../../scenarios/run.ts';
import type { World } from '../../scenarios/world/world.ts';
import { isMutating } from '../../simulator/request-faults.ts';
import type { CallRecord } from '../../simulator/trace.ts';
import { type AlarmTransition, alarmTransitions } from './alarm-history.ts';
import { type NodeName, nameOf } from './lines.ts';

export interface Requested {
  readonly atMs: number;
  readonly actor: string;
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly outcome: string;
  readonly about?: NodeName;
}

/** A durable execution: its requests, and its end as Lambda reports it. */
export interface HealFact {
  readonly arn: string;
  readonly kind: string;
  readonly about: NodeName;
  readonly incidentId: string;
  readonly attempt: number;
  readonly status: string;
  readonly endedAtMs: number | undefined;
  readonly requests: readonly Requested[];
  /** The dispatcher's requests that started it. */
  readonly dispatch: readonly Requested[];
}

export interface OutageFact {
  readonly about: NodeName;
  readonly cause: OutageCause;
  readonly fromMs: number;
  readonly toMs?: number;
  /** The machine was new: its client had never run. */
  readonly isNew?: true;
}

export interface HaltFact {
  readonly chain: string;
  readonly cause: Halt['cause'];
  /** Whether validators of our own make its blocks. */
  readonly madeHere: boolean;
  /** Whether nodes that cannot reach each other count as absent. */
  readonly needsPeers: boolean;
  /** The chain had not made a block yet. */
  readonly isNew: boolean;
  readonly fromMs: number;
  readonly toMs?: number;
}

export interface StoryFacts {
  readonly report: Report;
  /** Entries since the story began, and entries written while its world was set up. */
  readonly journal: readonly JournalLine[];
  readonly before: readonly JournalLine[];
  /** Runs of the functions that look after fleets: watch-fleet, register-nodes and rotate-peers. */
  readonly runs: readonly FunctionRun[];
  readonly alarms: readonly AlarmTransition[];
  readonly heals: readonly HealFact[];
  /** People's API requests since the story began, and the requests for the dispatcher. */
  readonly people: readonly Requested[];
  readonly dispatcher: readonly Requested[];
  readonly outages: readonly OutageFact[];
  readonly halts: readonly HaltFact[];
  readonly unmet: readonly string[];
}

export function gatherFacts({ report, world, unmet }: Run): StoryFacts {
  const { region } = world;
  const since = region.gateway.trace.calls.filter(({ at }) => at >= START_MS);
  const journal = readJournal(region, world.tableName);
  return {
    report,
    unmet,
    journal: journal.filter(({ atMs }) => atMs >= START_MS),
    before: journal.filter(({ atMs }) => atMs < START_MS),
    runs: functionRuns(world, (call) => requested(world, call)),
    alarms: alarmTransitions(world),
    heals: region.lambda.executions().flatMap((execution): readonly HealFact[] => {
      const { kind = '', fleet, node, incidentId, attempt } = JSON.parse(execution.payload) as Partial<HealPayload>;
      // A person who invokes a heal by hand may send anything; such an execution ends immediately.
      if (typeof incidentId !== 'string' || attempt === undefined) return [];
      const about = `${fleet}/${node}`;
      const asked = (calls: readonly CallRecord[]) => calls.map((call) => ({ ...requested(world, call), about }));
      return [
        {
          arn: execution.arn,
          kind,
          about,
          incidentId,
          attempt,
          status: execution.status,
          endedAtMs: execution.endedAtMs,
          requests: asked(callsOfExecution(region, execution.arn)),
          dispatch: asked(callsOfDispatch(region, incidentId, attempt)),
        },
      ];
    }),
    people: since
      .filter(({ actor, operation }) => actor === 'person' && isMutating(operation))
      .map((call) => requested(world, call)),
    dispatcher: since
      .filter(({ actor }) => actor.startsWith('chainmend-dispatch-heal'))
      .map((call) => requested(world, call)),
    outages: world.nodes.flatMap((placed) => {
      const instance = region.ec2.instances().find(({ instanceId }) => instanceId === placed.instanceId);
      return placed.machine.client.outages.map(({ cause, fromMs, toMs }) => ({
        about: nameOf(placed),
        cause,
        fromMs,
        ...(toMs !== undefined && { toMs }),
        ...(fromMs === instance?.launchedAtMs && { isNew: true as const }),
      }));
    }),
    halts: world.chains
      .flatMap(({ spec, halts }) =>
        halts.map((halt, at) => ({
          chain: spec.name,
          madeHere: spec.consensus === 'here',
          needsPeers: spec.needsPeers === true,
          isNew: spec.heightAtStart === 0 && at === 0,
          ...halt,
        })),
      )
      // Validators that are put into the world one by one do not halt a chain.
      .filter(({ fromMs, toMs }) => fromMs !== toMs),
  };
}

function requested(world: World, { at, actor, service, operation, input, outcome = '' }: CallRecord): Requested {
  const known = input as Readonly<Record<string, unknown>>;
  const ids = JSON.stringify(input);
  const placed = world.nodes.find(
    ({ instanceId, volumeIds }) => ids.includes(instanceId) || [...volumeIds.values()].some((id) => ids.includes(id)),
  );
  const about = placed
    ? nameOf(placed)
    : actor === 'person'
      ? terminatedNode(world, known)
      : nodeOfVolume(world, known);
  return {
    atMs: at,
    actor,
    service,
    operation,
    input: known,
    outcome,
    ...(about !== undefined && { about }),
  };
}

/** A node that a person has terminated, by the tags of its instance: AWS shows it for another hour. */
function terminatedNode({ region, fleets }: World, { InstanceIds }: Requested['input']): NodeName | undefined {
  const [instanceId] = Array.isArray(InstanceIds) ? (InstanceIds as string[]) : [];
  if (instanceId === undefined) return undefined;
  const tags = region.ec2.tags(instanceId);
  const fleet = [...fleets.values()].find(({ nodes }) => hasTags(tags, nodes.tags));
  const name = fleet && tags[fleet.nodes.nameTag];
  return fleet && name !== undefined ? `${fleet.name}/${name}` : undefined;
}

/** The node of this volume or instance, by the tags that a heal gave it. */
function nodeOfVolume({ region, fleets }: World, { VolumeId }: Requested['input']): NodeName | undefined {
  if (typeof VolumeId !== 'string') return undefined;
  const { [FLEET_TAG]: fleet = '', [NODE_TAG]: node } = region.ec2.tags(VolumeId);
  return fleets.has(fleet) && node !== undefined ? `${fleet}/${node}` : undefined;
}

/** Functions whose entries belong to no incident: they look after fleets. */
const FUNCTIONS = ['watch-fleet', 'register-nodes', 'rotate-peers', 'check-readiness', 'watch-releases'] as const;

/** Those of them that look once a day, and change nothing. */
export const DAILY: readonly FleetFunction[] = ['check-readiness', 'watch-releases'];

export type FleetFunction = (typeof FUNCTIONS)[number];

/** One invocation. */
export interface FunctionRun {
  readonly name: FleetFunction;
  readonly requests: readonly Requested[];
  /** Which of its requests wrote an entry, by `entryKey`, in the order of writing. */
  readonly wrote: ReadonlyMap<string, number>;
}

/** Whether one of these functions wrote the entry. */
export const isOfFleets = ({ heal }: Pick<JournalLine, 'heal'>): boolean => FUNCTIONS.some((name) => name === heal);

/** A key that is different for each entry of a run. */
export const entryKey = ({ heal, instanceId, atMs, place }: JournalLine): string =>
  [heal, instanceId, atMs, place].join(' ');

/** Runs that were not over when the story began, and that wrote an entry. */
function functionRuns(
  { region: { gateway, spans } }: World,
  requested: (call: CallRecord) => Requested,
): FunctionRun[] {
  return spans.flatMap(({ functionName, actor, fromCall, toCall }): FunctionRun[] => {
    const name = FUNCTIONS.find((candidate) => functionName.endsWith(candidate));
    if (name === undefined) return [];
    const calls = gateway.trace.calls.slice(fromCall, toCall).filter((call) => call.actor === actor);
    const wrote = new Map(calls.flatMap((call, at) => keyWritten(call).map((key) => [key, at] as const)));
    const isOver = (calls.at(-1)?.at ?? 0) < START_MS;
    return wrote.size === 0 || isOver ? [] : [{ name, requests: calls.map(requested), wrote }];
  });
}

function keyWritten({ service, operation, input }: CallRecord): string[] {
  const { Item } = input as { readonly Item?: Parameters<typeof fromItem>[0] };
  if (service !== 'dynamodb' || operation !== 'PutItem' || !Item) return [];
  const { pk, sk, heal, instanceId, at } = fromItem(Item);
  if (!String(pk).startsWith('JOURNAL#')) return [];
  return [[heal, instanceId, Date.parse(String(at)), String(sk).split('#').at(-1)].join(' ')];
}
