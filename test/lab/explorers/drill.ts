// A drill, as its executions go on, die, and are followed by others: the real decisions and reductions of audit-snapshots, and a small world of what RunInstances
// has made and what the record says.
import { DRILL } from '../../../functions/audit-snapshots/acts.ts';
import { decideNext } from '../../../functions/audit-snapshots/decide.ts';
import type { Act, DrillFacts, Progress } from '../../../functions/audit-snapshots/state.ts';
import { type DrillRecord, type DrillVerdict, ended, monthOf, noDrill, spentIn } from '../../../shared/heal/drill.ts';
import type { DrillPayload } from '../../../shared/model/payload.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import type { Emit, Model } from './check.ts';
import { Interner } from './intern.ts';

export interface DrillWorld {
  readonly record: DrillRecord;
  /** Of the execution at work; null: none is. */
  readonly progress: Progress | null;
  readonly attempt: number;
  /** Throw-away instances that exist, by the token of their launch. */
  readonly machines: readonly { readonly token: string; readonly runs: boolean }[];
  /** Tokens of launches whose caller has gone, and that may take effect yet. */
  readonly late: readonly string[];
  readonly faults: number;
}

export const DRILL_NEVER = {
  two: 'two throw-away instances are never there at once',
  written: 'no throw-away instance is there that the record does not name',
  met: 'no client is started before its instance has said, under a fence of its own, that nothing runs',
  dear: 'drills of a month never cost more than their fleet file allows',
  left: 'nothing is left when the record names nothing and nobody is at work',
} as const;
type Never = (typeof DRILL_NEVER)[keyof typeof DRILL_NEVER];

export interface DrillRules {
  /** The record names the drill before it is launched. */
  readonly writtenBefore: boolean;
  /** What the record names is removed first. */
  readonly adopts: boolean;
  /** A launch that was not answered is waited for, before what it made is looked for. */
  readonly waitsForLate: boolean;
  /** A terminated instance is read back until it is gone. */
  readonly readsBack: boolean;
  /** The instance is asked before its client is started. */
  readonly meets: boolean;
  /** What drills have cost this month is in the budget of the next. */
  readonly counts: boolean;
}

export const DRILL_FULL: DrillRules = {
  ...{ writtenBefore: true, adopts: true, waitsForLate: true, readsBack: true, meets: true, counts: true },
};

const ATTEMPTS = 4;
const DOLLARS = 2;
/** One more drill of an hour has room. */
const SPENT_BEFORE = { month: monthOf(NOON_MS), usd: 1.5 };

const payloadOf = (attempt: number): DrillPayload =>
  ({
    ...{ kind: 'audit-snapshots', fleet: 'bitcoin', node: 'node1', instanceId: 'i-1', incidentId: 'd0000001', attempt },
    ...{ mode: 'act', requestedBy: 'schedule' },
  }) as unknown as DrillPayload;
const arnOf = (attempt: number): string => `arn-${attempt}`;

const SET = {
  ...{ setId: 'set-1', node: 'node2', takenAtMs: NOON_MS - HOUR_MS, untilMs: NOON_MS - HOUR_MS },
  ...{ rank: 'clean', height: 930_000, parts: { data: { snapshotId: 'snap-1', sizeGiB: 120, ledger: {} } } },
};
const FLEET = bitcoinFleet({
  role: 'follower',
  drills: { securityGroup: 'sg-0d0000000000000d1', hours: 1, dollarsPerMonth: DOLLARS },
});
const SHAPE = { role: 'data', path: '/node-data', device: '/dev/sdf', sizeGiB: 100, type: 'gp3' };

const READ = [{ path: '/node-data', folder: 'chainstate', mib: 400 }];

const factsOf = (record: DrillRecord): DrillFacts =>
  ({
    ...{ nowMs: NOON_MS, fleet: FLEET, record, role: 'follower', launchTemplate: { id: 'lt-1' } },
    ...{ pattern: { state: 'running', instanceType: 'm6i.large' }, subnetIds: ['subnet-1'], shapes: [SHAPE] },
    ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, tip: 931_000, heals: [], usdPerHour: 0.4 },
    ...{ good: [SET], refused: [] },
  }) as unknown as DrillFacts;

const verdictOf = (is: DrillVerdict['is']): DrillVerdict =>
  ({ is, atMs: NOON_MS, height: 931_000, reason: '', openSeconds: 30, isTold: true }) as unknown as DrillVerdict;

/** What an act may come to: its words, its result, and what it does to the world. */
interface Outcome {
  readonly words: string;
  readonly result: unknown;
  readonly world?: Partial<DrillWorld>;
}

export function drillModel(rules: DrillRules = DRILL_FULL, faults = 2): Model<DrillWorld> {
  const worlds = new Interner<DrillWorld>();

  const outcomesOf = (world: DrillWorld, act: Act): readonly Outcome[] => {
    const { record, machines, attempt } = world;
    const gone = (words: string): Outcome => ({ words, result: undefined });
    switch (act.do) {
      case 'claim':
        return [{ words: `attempt ${attempt} claims its incident`, result: { mine: true } }];
      case 'look':
        return [{ words: 'it looks', result: factsOf(seenBy(record)) }];
      case 'adopt': {
        const drill = { ...(record.current ?? act.drill), execution: arnOf(attempt) };
        return [
          { words: 'it takes up what is there', result: { drill }, world: { record: { ...record, current: drill } } },
        ];
      }
      case 'begin': {
        const written = rules.writtenBefore ? { record: { ...record, current: act.drill } } : {};
        return [{ words: 'it begins', result: { drill: act.drill }, world: written }];
      }
      case 'launch': {
        const { token } = act.from.drill;
        const known = { ...act.from.drill, instanceId: `i-${token}` };
        const made = { machines: [...machines, { token, runs: false }], record: { ...record, current: known } };
        return [
          { words: 'an instance is launched', result: { instanceId: known.instanceId }, world: made },
          { words: 'no zone has room', result: { failed: '', isTold: false } },
        ];
      }
      case 'boot':
        return [
          { words: 'it is up', result: { up: true } },
          { words: 'it never answers', result: { failed: '', isTold: true } },
        ];
      case 'meet':
        return [
          {
            words: 'it says that nothing runs',
            result: { holder: { execution: arnOf(attempt), fence: 1 }, seen: { state: { clients: [] } } },
          },
          { words: 'nobody answers', result: { failed: '', again: false } },
        ];
      case 'start': {
        const runs = machines.map((one) => ({ ...one, runs: true }));
        return [
          { words: 'its client runs', result: { upSinceMs: NOON_MS, usedBytes: null }, world: { machines: runs } },
          { words: 'its client ends', result: { verdict: verdictOf('unfit') } },
        ];
      }
      case 'prove':
        return (['verified', 'unfit', 'unproved'] as const).map((is) => ({
          ...{ words: `the set is ${is}`, result: { verdict: verdictOf(is) } },
        }));
      case 'learn':
        return [
          { words: 'it says what its client has read', result: { read: READ } },
          { words: 'it cannot tell what its client has read', result: { read: null } },
        ];
      case 'mark':
        return [
          {
            words: 'the verdict is written down',
            result: { verdict: act.verdict },
            world: { record: { ...record, current: { ...act.from.drill, verdict: act.verdict } } },
          },
        ];
      case 'remove':
        return removed(world, act);
      case 'defer':
        return [{ words: 'it is put off', result: { done: true } }];
      case 'conclude':
        return [{ words: 'its end is told', result: { written: true } }];
      default:
        return [gone(act.do)];
    }
  };

  const seenBy = (record: DrillRecord): DrillRecord => ({
    ...record,
    ...(!rules.adopts && { current: null }),
    ...(!rules.counts && { spent: noDrill.spent }),
  });

  /** All of them carry the drill's tag: they are found by it, whatever the record knows. */
  function removed(world: DrillWorld, { from }: Act<'remove'>): readonly Outcome[] {
    const { record } = world;
    const atMs = from.drill.startedAtMs + HOUR_MS;
    const cleared = ended({ ...record, current: null }, from.drill, 24, atMs);
    const everything = { machines: [], record: { ...cleared, dueAtMs: 0 } };
    const late = rules.waitsForLate && from.drill.instanceId === '' ? { late: [] } : {};
    const isGone: Outcome = {
      ...{ words: 'all of it is gone', result: { gone: from.drill, atMs } },
      world: { ...everything, ...late },
    };
    if (world.machines.length === 0) return [isGone];
    const stays: Outcome = rules.readsBack
      ? { words: 'AWS does not remove it', result: { left: { ids: ['i-1'], refused: null } } }
      : { words: 'AWS does not remove it, and nobody looks', result: isGone.result, world: { record: cleared } };
    return world.faults > 0 ? [isGone, stays] : [isGone];
  }

  const reduced = (world: DrillWorld, progress: Progress, act: Act, result: unknown): Progress => {
    const { reduce } = DRILL.acts[act.do] as {
      reduce: (progress: Progress, act: Act, result: unknown, payload: DrillPayload) => Progress;
    };
    return reduce(progress, act, result, payloadOf(world.attempt));
  };

  const next = (world: DrillWorld, emit: Emit<DrillWorld>): void => {
    const step = (words: string, to: DrillWorld, isFault = false, broken = brokenBy(to)): void =>
      emit(words, to, { broken, ...(isFault && { fault: true }) });
    for (const token of world.late) {
      const late = world.late.filter((one) => one !== token);
      step(
        'a late launch takes effect',
        { ...world, late, machines: [...world.machines, { token, runs: false }] },
        true,
      );
    }
    const { progress, attempt, faults: left } = world;
    if (progress === null) {
      if (attempt < ATTEMPTS)
        step('the next attempt begins', { ...world, attempt: attempt + 1, progress: { at: 'unclaimed' } });
      return;
    }
    const decided = decideNext(progress, payloadOf(attempt), arnOf(attempt));
    if (decided.do === 'end') {
      step('the execution ends', { ...world, progress: null });
      return;
    }
    const act = skipping(decided);
    const startsUnmet = act.do === 'start' && (act.from.held === null || act.from.seen === null || !rules.meets);
    for (const { words, result, world: more } of outcomesOf(world, act)) {
      const isCostly = 'left' in ((result ?? {}) as object) || words.includes('nobody looks');
      const after: DrillWorld = {
        ...{ ...world, ...more, progress: reduced(world, progress, act, result) },
        ...(isCostly && { faults: left - 1 }),
      };
      step(words, after, isCostly, startsUnmet ? DRILL_NEVER.met : brokenBy(after));
      if (left > 0)
        step(`${words}, and the execution dies`, { ...world, ...more, progress: null, faults: left - 1 }, true);
    }
    if (left > 0 && act.do === 'launch')
      step(
        'the execution dies at its launch, which is under way',
        { ...world, progress: null, late: [...world.late, act.from.drill.token], faults: left - 1 },
        true,
      );
  };

  /** Without its rule nobody asks the instance. */
  const skipping = (act: Act): Act =>
    act.do === 'meet' && !rules.meets && act.from.held === null ? { do: 'start', from: act.from } : act;

  function brokenBy({ machines, record, progress, late }: DrillWorld): Never | undefined {
    if (spentIn(record, NOON_MS) > DOLLARS) return DRILL_NEVER.dear;
    if (machines.length > 1) return DRILL_NEVER.two;
    if (machines.length === 0) return undefined;
    if (progress === null && record.current === null && late.length === 0) return DRILL_NEVER.left;
    return record.current === null ? DRILL_NEVER.written : undefined;
  }

  return {
    width: 1,
    initial: [noDrill.spent, SPENT_BEFORE].map((spent) => ({
      ...{ record: { ...noDrill, spent }, progress: null, attempt: 0, machines: [], late: [], faults },
    })),
    encode: (world, row) => void row.fill(worlds.idOf(world)),
    decode: ([id = 0]) => worlds.valueOf(id),
    next,
    goal: ({ progress, record, machines, late, attempt }) =>
      attempt > 0 && progress === null && record.current === null && machines.length === 0 && late.length === 0,
    nearTheEnd: ({ attempt }) => attempt >= ATTEMPTS - 1,
  };
}

export interface DrillRule {
  readonly sentence: string;
  readonly naive: string;
  readonly without: DrillRules;
}

export const DRILL_RULES: Readonly<Record<string, DrillRule>> = {
  'drill-written': {
    sentence: 'the record names a drill before its instance is launched',
    naive: 'the record is written once there is an instance',
    without: { ...DRILL_FULL, writtenBefore: false },
  },
  'drill-adopted': {
    sentence: 'what an attempt before has left is removed before anything is made',
    naive: 'each attempt makes its own',
    without: { ...DRILL_FULL, adopts: false },
  },
  'drill-in-flight': {
    sentence: 'a launch that nobody has answered is waited for before what it made is removed',
    naive: 'what is not there will not come',
    without: { ...DRILL_FULL, waitsForLate: false },
  },
  'drill-read-back': {
    sentence: 'what is removed is read back until it is gone',
    naive: 'a call that was accepted has its effect',
    without: { ...DRILL_FULL, readsBack: false },
  },
  'drill-budget': {
    sentence: 'a drill that would cost more than is left of the month does not begin',
    naive: 'each drill is cheap',
    without: { ...DRILL_FULL, counts: false },
  },
  'drill-met': {
    sentence: 'a client is started only once its instance has answered under a fence that nothing runs',
    naive: 'a client that was to be masked does not run',
    without: { ...DRILL_FULL, meets: false },
  },
};
