// Runs of rotate-peers as heals of the report: no durable execution stands behind them, so the journal tells what each one did.
import { START_MS } from '../../region.ts';
import type { World } from '../world/world.ts';
import { callsOfSpan, countCalls } from './calls.ts';
import type { JournalLine } from './journal.ts';
import { awsWorkMs, outageMs, seconds } from './measures.ts';
import type { HealOutcome, HealReport } from './report.ts';

const HEAL = 'rotate-peers';

/** One for each run that made a mutation; a run may have changed several nodes, one after the other. */
export function peerHeals(world: World, journal: readonly JournalLine[]): HealReport[] {
  const lines = journal.filter(({ heal, atMs }) => heal === HEAL && atMs >= START_MS);
  const writers = new Set(lines.filter(({ kind }) => kind === 'intent').map(({ writer }) => writer));
  return [...writers].map((writer) => {
    const own = lines.filter((line) => line.writer === writer);
    return healOf(
      world,
      // A node that was only looked at appears nowhere.
      own.filter(({ instanceId }) => own.some((line) => line.kind === 'intent' && line.instanceId === instanceId)),
    );
  });
}

function healOf(world: World, own: readonly JournalLine[]): HealReport {
  const { region } = world;
  const startedMs = Math.min(...own.map(({ atMs }) => atMs));
  const ids = new Set(own.map(({ instanceId }) => instanceId));
  const ends = [...ids].map((id) => own.findLast((line) => line.instanceId === id && isEnd(line)));
  const outcome = worst(ends);
  const proofMs = Math.max(
    ...own.filter(({ kind }) => kind === 'proof').map(({ atMs }) => atMs),
    Number.NEGATIVE_INFINITY,
  );
  const endMs = outcome === 'healed' ? proofMs : Math.max(...own.map(({ atMs }) => atMs));
  const placed = world.nodes.filter(({ instanceId }) => ids.has(instanceId));
  // The client is stopped and started by one command: all of the outage is the client's own.
  const outage = seconds(placed.reduce((sum, node) => sum + outageMs(node, startedMs, endMs), 0));
  const span = region.spans.find(
    ({ functionName, startedAtMs, endedAtMs }) =>
      functionName.endsWith(HEAL) && startedAtMs <= startedMs && startedMs <= (endedAtMs ?? Number.POSITIVE_INFINITY),
  );
  return {
    kind: HEAL,
    fleet: own[0]?.fleet ?? '',
    node: [...new Set(own.map(({ node }) => node))].join(', '),
    incident: own[0]?.incidentId ?? '',
    attempt: own[0]?.attempt ?? 1,
    outcome,
    reason: ends.map((end) => (end ? `${end.node}: ${end.sentence}` : 'it broke off')).join('; '),
    startedAtSeconds: seconds(startedMs - START_MS),
    // No alarm is behind it: from the moment at which it had seen what is wrong.
    alarmToHealedSeconds: outcome === 'healed' ? seconds(endMs - startedMs) : null,
    awsSeconds: seconds(awsWorkMs(world, ids, startedMs, endMs)),
    outageSeconds: outage,
    clientSeconds: outage,
    caughtUpSeconds: seconds(Math.max(0, ...placed.map((node) => world.caughtUpMs(node, startedMs, endMs)))),
    ...countCalls(span ? callsOfSpan(region, span) : []),
  };
}

const isEnd = ({ kind }: JournalLine): boolean => kind === 'outcome' || kind === 'refusal';

const WORST_FIRST = ['unfinished', 'escalated', 'restored', 'healed'] as const satisfies readonly HealOutcome[];

/** Of all its nodes: a run is as good as its worst one. */
function worst(ends: readonly (JournalLine | undefined)[]): HealOutcome {
  const outcomes = ends.map((end): HealOutcome => {
    if (!end) return 'unfinished';
    if (end.kind === 'refusal') return 'restored';
    return WORST_FIRST.find((outcome) => outcome === end.act) ?? 'escalated';
  });
  return WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? 'unfinished';
}
