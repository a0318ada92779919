// docs/decisions.md: what each act may do, what unknown does, and waits, from the tables of the code.
import { ASKS_FOR_HEAL } from '../../../functions/dispatch-heal/candidates.ts';
import { desiredNames } from '../../../functions/register-nodes/records.ts';
import type { ActParts } from '../../../functions/replace-node/acts/act.ts';
import { CLEANUP_ACTS } from '../../../functions/replace-node/acts/cleanup.ts';
import { DECISIONS } from '../../../functions/replace-node/acts/decisions.ts';
import { INSTANCE_ACTS } from '../../../functions/replace-node/acts/instances.ts';
import { NODE_COMMANDS } from '../../../functions/replace-node/acts/node-commands.ts';
import { VOLUME_ACTS } from '../../../functions/replace-node/acts/volumes.ts';
import { BOUND_MS } from '../../../functions/replace-node/rungs/rung.ts';
import { CURABLE } from '../../../functions/rotate-peers/schedule.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { HEALTH_VALUE, poolName } from '../../../shared/fleet/resource-names.ts';
import { readBreaker } from '../../../shared/guardrails/breaker.ts';
import { nodesNow, OBSERVATION_VALID_MS } from '../../../shared/guardrails/fleet-view.ts';
import { OUTAGE_TRIES, PATIENT_WAITS_SECONDS } from '../../../shared/heal/context.ts';
import {
  ALARM_LAG_MS,
  DEATHS_TO_PAGE,
  FLAP_WINDOW_MS,
  INVOKE_AGAIN_MS,
  MAX_FAILURES,
  MAX_REFUSAL_PAUSE_MS,
} from '../../../shared/heal/incident.ts';
import { BINDINGS } from '../../../shared/model/conditions.ts';
import { runLimitsSeconds, startBySeconds } from '../../../shared/node-commands/command.ts';
import { READ_BY_DOCTOR } from '../../../shared/readiness/judge.ts';
import { PRECONDITIONS, type Precondition } from '../../../shared/readiness/preconditions.ts';
import { applied, DNS, factsOf, healthOf, idOf, nodeOf, valuesIn } from '../../fixtures/register-facts.ts';
import { bitcoin } from '../support.ts';

/** The tables of the page, by the name of their place. */
export const ruleTables = (): Readonly<Record<string, readonly string[]>> => ({
  health: table(
    ['health', 'asks for a heal', 'counts for the breaker', 'in the pool beside a synced node', 'its peers change'],
    Object.keys(HEALTH_VALUE).map((health) => healthRow(health as Health)),
  ),
  conditions: table(
    ['condition', 'forbids', 'because'],
    Object.entries(BINDINGS)
      .filter(([, { forbids }]) => forbids.length > 0)
      .map(([condition, { whom, forbids, because }]) => [
        code(condition) + (whom === 'fleet' ? '' : ' (its nodes)'),
        forbids.map(code).join(', '),
        because,
      ]),
  ),
  preconditions: table(
    ['what must be so', 'before which act of which heal', 'asked of', '`doctor` asks'],
    Object.values<Precondition>(PRECONDITIONS).map(({ needs, before, asked, unknown, reads, heals, doctor }) => [
      needs,
      heldBefore(before) + (heals === undefined ? '' : `; ${heals}`),
      asked + (unknown === 'stops' ? '; unknown stops' : ''),
      doctor === undefined ? askedByDoctor(reads) : 'yes',
    ]),
  ),
  acts: table(['act', 'under a pause', 'approval'], alike(ACTS.map(actRow))),
  waits: table(['what', 'how long'], waitRows()),
  commands: table(
    ['command on a node', 'may run for'],
    alike(Object.entries(runLimitsSeconds).map(([name, seconds]) => [code(name), lasting(seconds * 1_000)])),
  ),
});

// Preconditions

/** `RunInstances`: replace, blue-green. */
function heldBefore(before: Precondition['before']): string {
  const acts = new Map<string, string[]>();
  for (const [heal, act] of Object.entries(before)) acts.set(act, [...(acts.get(act) ?? []), heal]);
  return [...acts].map(([act, heals]) => `${heals.map(code).join(', ')}: ${act}`).join('; ');
}

const askedByDoctor = (reads: Precondition['reads']): string => {
  const ways = reads.map((read) => READ_BY_DOCTOR[read]);
  if (ways.includes(undefined)) return 'no';
  return ways.find((way) => way !== 'always') ?? 'yes';
};

// Health

const NOW_MS = Date.UTC(2026, 0, 1, 12);

function healthRow(health: Health): readonly string[] {
  return [
    code(health),
    ASKS_FOR_HEAL[health],
    counts(health) ? 'yes' : 'no',
    pooled(health),
    CURABLE[health] ? 'yes' : 'no',
  ];
}

/** Whether one such node more opens the breaker of a fleet that is at its limit. */
function counts(health: Health): boolean {
  const nodes = Array.from({ length: 3 }, (_, at) => ({ instanceId: idOf(at), health: at === 0 ? health : 'synced' }));
  const fleet = { ...bitcoin.fleet, breaker: { ...bitcoin.fleet.breaker, unhealthyMinimum: 0, unhealthyPercent: 1 } };
  return readBreaker(fleet, nodesNow([{ observedAtMs: NOW_MS, nodes }] as never, NOW_MS)).open;
}

/** What the pool does with such a node beside a synced one: where it was in, and where it was out. */
function pooled(health: Health): string {
  const nodes = [nodeOf(1), nodeOf(2)];
  const [, other] = nodes;
  const holds = (before: readonly Health[]): boolean => {
    const facts = applied(factsOf({ nodes, health: healthOf(...before) }));
    const after = desiredNames({ ...facts, health: healthOf('synced', health) });
    const pool = after.records.find(({ name }) => name === poolName(DNS))?.values ?? valuesIn(facts, poolName(DNS));
    return pool.includes(other?.privateIp ?? '');
  };
  const [wasIn, wasOut] = [holds(['synced', 'synced']), holds(['synced', 'stuck'])];
  if (wasIn && wasOut) return 'yes';
  return wasIn ? 'stays as it is' : 'no';
}

// Acts

interface NamedAct extends ActParts<never> {
  readonly kind: string;
}

const ACTS = [
  ...DECISIONS,
  ...NODE_COMMANDS,
  ...VOLUME_ACTS,
  ...INSTANCE_ACTS,
  ...CLEANUP_ACTS,
] as unknown as readonly NamedAct[];

function actRow({ kind, recovers, needsApproval }: NamedAct): readonly string[] {
  return [
    code(kind),
    recovers === true ? 'goes on' : recovers === false ? 'refused' : 'puts back',
    needsApproval === false ? 'none' : needsApproval === true ? 'its rung' : 'what it begins or copies',
  ];
}

/** One row for all acts with the same cells. */
function alike(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const groups = Map.groupBy(rows, ([, ...cells]) => cells.join('|'));
  return [...groups.values()].map((group) => [group.map(([act]) => act).join(', '), ...(group[0] ?? []).slice(1)]);
}

// Waits

const waitRows = (): (readonly string[])[] => [
  ['an observation counts for', lasting(OBSERVATION_VALID_MS)],
  [
    'while AWS itself fails, a call waits in the attempt',
    `${PATIENT_WAITS_SECONDS.slice(0, 6).join(', ')} … s; a step is tried ${OUTAGE_TRIES} times`,
  ],
  ['an attempt that nobody claimed is started again after', lasting(INVOKE_AGAIN_MS)],
  ['attempts of an incident that may fail', String(MAX_FAILURES)],
  ['an attempt that is refused again waits twice as long as before, at most', lasting(MAX_REFUSAL_PAUSE_MS)],
  ['attempts that die before a person is paged', String(DEATHS_TO_PAGE)],
  ['the same trouble again is the same incident within', lasting(FLAP_WINDOW_MS)],
  ['an alarm may lag behind the cure by', lasting(ALARM_LAG_MS)],
  ['a command that has not begun is void after', lasting(startBySeconds * 1_000)],
  ...alike(Object.entries(BOUND_MS).map(([what, ms]) => [code(what), lasting(ms)])).map(([acts = '', ...cells]) => [
    `the ladder waits for ${acts}`,
    ...cells,
  ]),
];

// Text

function lasting(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${seconds / 60} min`;
  return seconds < 172_800 ? `${seconds / 3_600} h` : `${seconds / 86_400} days`;
}

const code = (text: string): string => `\`${text}\``;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`,
  );
