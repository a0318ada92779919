// watch-fleet: asks every node of every fleet each minute, and explains the health of each. It changes nothing, so neither a pause nor a mode stops
// it: other functions decide by its observations.
import { setTimeout } from 'node:timers/promises';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import middy from '@middy/core';
import pMap from 'p-map';
import { metricsClients as awsClients, type MetricsClients as Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged, logWarn } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { keptFleets } from '../../shared/fleet/kept-file.ts';
import { type Fleet, heightProbeOf, seesClientsOnly } from '../../shared/fleet/model.ts';
import { discoverByClaim, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { GoneNode, ObservedNode } from '../../shared/fleet/observation.ts';
import { brokenFile, readSettings, type Settings } from '../../shared/fleet/settings.ts';
import type { FleetReading } from '../../shared/guardrails/fleet-view.ts';
import { createStore } from '../../shared/heal/store.ts';
import { suiteOfPrefix } from '../../shared/model/suite.ts';
import { NODE_HEALTH } from '../../shared/model/trigger.ts';
import { PROBE_REQUEST_TIMEOUT_MS } from '../../shared/probe/protocol.ts';
import { awsFailureIn, SweepPages } from './aws-outage.ts';
import { heightsBeside, heightsOfReferences, heightsToAsk } from './chain.ts';
import { looksDue } from './client-look.ts';
import { runsDue } from './client-run.ts';
import { ENVIRONMENT, type FleetFacts, type LookReading, type WatchContext } from './context.ts';
import { type Fates, readFates } from './fates.ts';
import { darkZonesOf, type FleetHealth, judgeFleet } from './fleet-health.ts';
import { readScheduledEvents, type ScheduledEvents } from './instance-events.ts';
import { keepMachines } from './machines.ts';
import { publishMetrics } from './metrics.ts';
import { isUntold, maySetAside, readEmptyMatch } from './missing.ts';
import { OVERDUE_MS } from './node-health.ts';
import { hintRegister, journalChanges, notifyPeople, poolMayChange } from './notify.ts';
import { storeObservations } from './observations.ts';
import { followPages } from './open-pages.ts';
import { recordPaging } from './pages.ts';
import { sentenceOf } from './phrases.ts';
import { probeClients } from './probes/clients.ts';
import { probeMetric } from './probes/metric.ts';
import { askReferences, type ProbeResult, questionOf, unprobed } from './probes/probe.ts';
import { probeSsm } from './probes/ssm.ts';
import { probeVpc } from './probes/vpc.ts';
import { lateNodes, withSecondLook } from './second-look.ts';
import { type FailedChecks, readFailedChecks } from './status-checks.ts';
import { asksVotes } from './votes.ts';

export { awsClients };

export function createHandler({ clients }: { readonly clients: Clients }) {
  const watch = async (event: unknown): Promise<void> => {
    if (typeof event !== 'object' || event === null || !('kind' in event) || event.kind !== 'sweep')
      throw new EventError('kind', event, '{"kind":"sweep"}');
    const environment = readEnvironment(ENVIRONMENT);
    await sweep({ clients, environment, store: createStore(clients.dynamodb, environment.TABLE_NAME) });
  };
  return middy<unknown, void>().use(logged()).handler(watch);
}

export const handler = createHandler({ clients: awsClients() });

/**
 * Fleets wait for answers independently: of an exchange's twenty-five fleets, none waits for another whose nodes are silent. As many as the SDK has
 * sockets.
 */
const FLEETS_AT_ONCE = 50;

/** A second look is at nodes that have just answered: a command of SSM takes the longest, some eight seconds. */
const SECOND_LOOK_MS = 12_000;

/** No node is waited for longer: pages and records must also be written within the function's minute. */
export const ASK_FOR_MS = 48_000;

/**
 * Every fleet; one that fails does not stop the others. All failures are thrown together at the end, so that they reach the on-failure
 * queue and an alarm. A fleet whose file does not parse is watched as its last readable version says, and people are told; the dispatcher's sweep counts
 * such files.
 */
export async function sweep(context: WatchContext): Promise<void> {
  const { clients, environment, store } = context;
  const untilMs = Date.now() + ASK_FOR_MS;
  const settings = await readSettings(
    clients.ssm,
    environment.PARAMETER_PREFIX,
    keptFleets(clients.ssm, environment.PARAMETER_PREFIX, store.readFileVersion),
  );
  const { fleets } = settings;
  const failures: unknown[] = [];
  const pages = new SweepPages();
  const scheduled = readScheduledEvents(clients.ec2).catch((cause: unknown): ScheduledEvents => {
    failures.push(new Error(`scheduled events: ${sentenceOf(cause)}`, { cause }));
    return 'unknown';
  });
  const failedChecks = once(() =>
    readFailedChecks(clients.ec2).catch((cause: unknown) => {
      failures.push(new Error(`status checks: ${sentenceOf(cause)}`, { cause }));
      return undefined;
    }),
  );
  if (fleets.some(({ metrics }) => metrics === 'otlp')) void failedChecks();
  const readings = new Map<string, Promise<FleetReading>>();
  const readBefore = (fleet: string): Promise<FleetReading> => {
    const reading = readings.get(fleet) ?? store.readFleetReading(fleet);
    readings.set(fleet, reading);
    return reading;
  };
  const watch = async (fleet: Fleet): Promise<void> => {
    try {
      await watchFleet(context, fleet, { settings, scheduled, failedChecks, readBefore }, failures, untilMs, pages);
    } catch (cause) {
      failures.push(new Error(`fleet ${fleet.name}: ${sentenceOf(cause)}`, { cause }));
    }
  };
  await pMap(fleets, watch, { concurrency: FLEETS_AT_ONCE });
  try {
    // A sweep counts as complete even if parts of it failed: the function's own errors report those.
    await clients.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: suiteOfPrefix(environment.PARAMETER_PREFIX),
        MetricData: [{ MetricName: 'Watches', Value: 1, Unit: 'Count' }],
      }),
    );
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `the sweep went on, but: ${failures.map(sentenceOf).join('; ')}`);
}

/** What Parameter Store has of all fleets, and what EC2 says of all instances of the account: read once in a sweep. */
interface OfAccount {
  readonly settings: Settings;
  readonly scheduled: Promise<ScheduledEvents>;
  /** Asked for by the first fleet that needs it. */
  readonly failedChecks: () => Promise<FailedChecks | undefined>;
  /** What the sweep before has kept of a fleet, read once. */
  readonly readBefore: (fleet: string) => Promise<FleetReading>;
}

/** undefined where it is not there in time: a sweep has to be written down within its minute. */
const within = async <T>(reading: Promise<T>, waitMs: number): Promise<T | undefined> => {
  const over = new AbortController();
  const late = setTimeout(Math.max(0, waitMs), undefined, { signal: over.signal }).catch(() => undefined);
  try {
    return await Promise.race([reading, late]);
  } finally {
    over.abort();
  }
};

const once = <T>(read: () => T): (() => T) => {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: read() };
    return result.value;
  };
};

/**
 * One sweep of one fleet: discover, ask, judge, publish, notify, keep. Nothing is published, sent or kept before everything of the fleet was read. A
 * later failure stops nothing else, and goes to `failures` with the failures of asking.
 *
 * @param untilMs when asking must be over, ms since the epoch
 * @throws when the fleet could not be read
 */
async function watchFleet(
  context: WatchContext,
  fleet: Fleet,
  ofAccount: OfAccount,
  failures: unknown[],
  untilMs: number,
  pages: SweepPages,
): Promise<void> {
  const { clients, environment, store } = context;
  const reading = ofAccount.readBefore(fleet.name);
  const [{ nodes, contested }, { observations, watch }, upgrade] = await Promise.all([
    discoverByClaim(clients.ec2, fleet, { readWatch: async () => (await reading).watch }),
    reading,
    fleet.client && store.readUpgrade(fleet.name),
  ]);
  const known = observations.flatMap((observation) => observation.nodes);
  const gone = watch?.gone ?? [];
  const fates = await fatesOfAbsent(context, fleet, [...nodes, ...contested], { known, gone }, failures);
  // With copies alone here, the references tell where the chain is.
  const match =
    nodes.length > 0 || fleet.copiesFrom !== undefined
      ? 'found'
      : readEmptyMatch({
          ...{ known, gone, expected: fleet.nodes.expected, fates },
          isHealed: known.length > 0 && maySetAside(await store.readIncidents(fleet.name), Date.now()),
        });
  if (match === 'nobody') return;
  if (match === 'not-now')
    return warn(fleet, `discovery found none of the ${known.length} nodes that were there: nothing is kept`);
  const askedHeights = heightsToAsk(fleet, watch, known);
  const heights = [...askedHeights, ...heightsBeside(askedHeights, known, watch?.tip ?? null)];
  const before = new Map(known.map((node) => [node.instanceId, node]));
  const [probed, looked, references] = await Promise.all([
    probeNodes(context, fleet, nodes, { heights, votes: asksVotes(fleet, known, watch, Date.now()) }, untilMs),
    lookAtClients(context, fleet, nodes, before, untilMs),
    askReferences(fleet, heightsOfReferences(fleet, heights, known)),
  ]);
  const unasked = [...probed.failures, ...(looked?.failures ?? [])];
  failures.push(...unasked);
  const awsFailure = awsFailureIn(unasked);
  const needsChecks =
    fleet.metrics === 'otlp' || isAnySilent(nodes, probed, looked, before) || isAnyDown(probed, known);
  const failedChecks = needsChecks ? await within(ofAccount.failedChecks(), untilMs - Date.now()) : undefined;
  const looks = looked?.readings ?? (await askRuns(context, fleet, nodes, probed, before, untilMs));
  const darkZones =
    isAnySilent(nodes, probed, looked, before) || isAnyDown(probed, known) ? await darkElsewhere(fleet, ofAccount) : [];
  const { settings } = ofAccount;
  const fileProblem = brokenFile(environment.PARAMETER_PREFIX, settings, fleet.name);
  const facts: FleetFacts = {
    fleet,
    nodes,
    ...(contested.length > 0 && { contested }),
    ...(fates && { fates }),
    ...(match === 'unexplained' && { unexplained: known }),
    readings: probed.readings,
    ...(looks && { looks }),
    references,
    scheduled: await ofAccount.scheduled,
    ...(failedChecks && { failedChecks }),
    ...(darkZones.length > 0 && { darkZones }),
    ...(known.some(isDown) && { stopped: await stoppedByPeople(store, fleet, before) }),
    before: { nodes: before, watch },
    askedHeights,
    ...(fileProblem !== undefined && { fileProblem }),
    ...(upgrade?.state === 'under-way' && upgrade.atHeight !== undefined && { upgradeHeight: upgrade.atHeight }),
    ...(awsFailure !== undefined && { awsFailure }),
    nowMs: Date.now(),
  };
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  const health = await lookAgain(context, facts, judgeFleet(facts), { heights, untilMs });
  await attempt(() => publishMetrics(clients.cloudwatch, facts, health));
  const sent = await notifyPeople(context, facts, health, attempt, pages);
  await attempt(() => journalChanges(context, facts, health));
  const paged = recordPaging(health, sent, facts.nowMs);
  const { nodes: judged } = paged;
  const open = followPages(facts, paged, sent);
  const fileVersion = settings.versions.get(fleet.name) ?? watch?.fileVersion;
  const next = {
    ...paged.watch,
    ...(open.length > 0 && { pages: open }),
    ...(fileVersion !== undefined && { fileVersion }),
  };
  const observed = judged.map(({ node }) => node);
  const seen = await keepMachines(context, facts, observed, attempt);
  await attempt(async () => {
    const kept = await storeObservations(context, {
      fleet: fleet.name,
      // Of nodes that nobody finds, and that have not ended, what was seen last becomes stale, and stale is unknown.
      nodes: match === 'unexplained' ? null : seen,
      watch: next,
      before: observations,
    });
    if (!kept) return warn(fleet, 'a newer sweep has been kept already');
    // register-nodes reads the stored observation.
    if (poolMayChange(facts, seen)) await hintRegister(context, fleet.name);
  });
}

/** Zones that other fleets show to be dark. What cannot be read of one says nothing: its own sweep tells of it. */
async function darkElsewhere({ name }: Fleet, { settings, readBefore }: OfAccount) {
  const others = settings.fleets.filter((other) => other.name !== name);
  const read = others.map(async (other) => ({ fleet: other.name, watch: (await readBefore(other.name)).watch }));
  const settled = await Promise.allSettled(read);
  const watches = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return darkZonesOf(watches, Date.now());
}

/** What EC2 says of the nodes that were there and are not found; undefined where all are found, or EC2 could not be asked. */
async function fatesOfAbsent(
  { clients }: WatchContext,
  fleet: Fleet,
  found: readonly { readonly instanceId: string }[],
  before: { readonly known: readonly ObservedNode[]; readonly gone: readonly GoneNode[] },
  failures: unknown[],
): Promise<Fates | undefined> {
  const ids = new Set(found.map(({ instanceId }) => instanceId));
  const untold = before.gone.filter(isUntold);
  const absent = [...before.known, ...untold].map(({ instanceId }) => instanceId).filter((id) => !ids.has(id));
  if (absent.length === 0) return undefined;
  try {
    return await readFates(clients.ec2, fleet, [...new Set(absent)]);
  } catch (cause) {
    failures.push(new Error(`the nodes of ${fleet.name} that are not found: ${sentenceOf(cause)}`, { cause }));
    return undefined;
  }
}

/** The health of the first look, with what a second one at the nodes that are late adds to it. There is none where the sweep has no time left. */
async function lookAgain(
  context: WatchContext,
  facts: FleetFacts,
  first: FleetHealth,
  sweep: { readonly heights: readonly number[]; readonly untilMs: number },
): Promise<FleetHealth> {
  const late = lateNodes(facts, first);
  if (late.length === 0 || Date.now() + OVERDUE_MS + SECOND_LOOK_MS > sweep.untilMs) return first;
  await setTimeout(OVERDUE_MS);
  const untilMs = Date.now() + PROBE_REQUEST_TIMEOUT_MS + SECOND_LOOK_MS;
  const asked = probeNodes(context, facts.fleet, late, sweep, untilMs);
  // Whatever fails here says nothing of a node: the next sweep asks all of them again.
  const failed = (cause: unknown): void => warn(facts.fleet, `the second look failed: ${sentenceOf(cause)}`);
  const probed = await Promise.race([asked.catch(failed), setTimeout(SECOND_LOOK_MS, undefined)]);
  return probed === undefined ? first : withSecondLook(facts, first, probed, Date.now());
}

function probeNodes(
  { clients, environment }: WatchContext,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  { heights, votes = false }: { readonly heights: readonly number[]; readonly votes?: boolean },
  untilMs: number,
): Promise<ProbeResult> {
  const by = heightProbeOf(fleet);
  if (by === undefined) return Promise.resolve(unprobed(nodes, 'nobody asks it where it stands'));
  if (by.by === 'metric') return probeMetric(clients.cloudwatch, by, nodes, Date.now(), untilMs);
  const question = questionOf(fleet, heights, votes);
  if (question === null) return Promise.resolve(unprobed(nodes, 'its fleet file does not say how its RPC is asked'));
  return by.by === 'vpc'
    ? probeVpc(clients, environment.PROBE_FUNCTION_PREFIX, by.vpcId, question, nodes, untilMs)
    : probeSsm(clients.ssm, environment.ASK_NODE_DOCUMENT, fleet, question, nodes, untilMs);
}

/** Whether nothing came from the machine of a node in this sweep, or when it was last looked at: EC2's checks say whether anybody reaches it. */
const isAnySilent = (
  nodes: readonly FleetNode[],
  probed: ProbeResult,
  looked: ProbeResult<LookReading> | undefined,
  before: ReadonlyMap<string, ObservedNode>,
): boolean =>
  nodes.some(({ instanceId }) => {
    const look = looked?.readings.get(instanceId);
    const isLookSilent =
      look === undefined
        ? looked !== undefined && before.get(instanceId)?.memory?.look?.silent?.machine === true
        : look.kind === 'unasked' && look.silent === true;
    const reading = probed.readings.get(instanceId);
    return isLookSilent || (reading?.kind === 'unasked' && reading.silent === true);
  });

const isDown = ({ health }: ObservedNode): boolean => health === 'unreachable';

/** Whether a node answers nobody, now or in the sweep before: EC2's checks say whether its machine is dead. */
const isAnyDown = ({ readings }: ProbeResult, known: readonly ObservedNode[]): boolean =>
  known.some(({ health }) => health === 'unreachable') ||
  [...readings.values()].some((reading) => reading.kind === 'read' && reading.reading.status.kind === 'error');

/** A heal has asked the node and was told so, and its client has not come on since. What cannot be read proves nothing. */
async function stoppedByPeople(
  store: WatchContext['store'],
  { name }: Fleet,
  before: ReadonlyMap<string, ObservedNode>,
): Promise<ReadonlySet<string>> {
  const incidents = await store.readIncidents(name);
  const stopped = incidents.filter(({ instanceId, trigger, state, refusedCodes, onsetMs }) => {
    const node = before.get(instanceId);
    return (
      trigger === NODE_HEALTH &&
      state === 'open' &&
      refusedCodes.includes('client-stopped') &&
      node !== undefined &&
      isDown(node) &&
      (node.heightSinceMs ?? onsetMs) <= onsetMs
    );
  });
  return new Set(stopped.map(({ instanceId }) => instanceId));
}

/** Asks the nodes whose turn it is whether their clients run; undefined where the fleet's probe asks more, or nothing. */
async function lookAtClients(
  { clients, environment }: WatchContext,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  before: ReadonlyMap<string, ObservedNode>,
  untilMs: number,
): Promise<ProbeResult<LookReading> | undefined> {
  if (!seesClientsOnly(fleet)) return undefined;
  const due = looksDue(nodes, before, Date.now());
  return probeClients(clients.ssm, environment.SEE_CLIENTS_DOCUMENT, fleet, due, untilMs);
}

/** A second look within one sweep takes no longer. */
const RUNS_MS = 12_000;

/** Asks the nodes whose turn it is since when their clients run. What fails here leaves that unknown, and says nothing of a node. */
async function askRuns(
  { clients, environment }: WatchContext,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  { readings }: ProbeResult,
  before: ReadonlyMap<string, ObservedNode>,
  untilMs: number,
): Promise<FleetFacts['looks']> {
  const nowMs = Date.now();
  const due = runsDue(nodes, readings, before, nowMs);
  if (due.length === 0 || fleet.units.length === 0 || nowMs + RUNS_MS > untilMs) return undefined;
  try {
    const told = await probeClients(clients.ssm, environment.SEE_CLIENTS_DOCUMENT, fleet, due, nowMs + RUNS_MS);
    for (const failure of told.failures) warn(fleet, `since when clients run: ${sentenceOf(failure)}`);
    return told.readings;
  } catch (cause) {
    warn(fleet, `since when clients run: ${sentenceOf(cause)}`);
    return undefined;
  }
}

const warn = (fleet: Fleet, left: string): void => logWarn({ fleet: fleet.name, left });
