import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SNAPSHOT as SNAPSHOT_HEAL } from '../../../functions/snapshot-node/acts.ts';
import { decideNext } from '../../../functions/snapshot-node/decide.ts';
import type { Act, Acts, Progress } from '../../../functions/snapshot-node/state.ts';
import type { Ending } from '../../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../../shared/heal/records.ts';
import { tries } from '../../fixtures/any.ts';
import { snapshotPayload } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import {
  answer,
  ended,
  FAILS,
  facts,
  HOLDER,
  operation,
  type Replies,
  SNAPSHOT,
  stopped,
  type Told,
  turn,
  wellDone,
} from '../../fixtures/snapshot-node-facts.ts';

const refusal = { refuse: 'paused', reason: 'paused', page: false, retryAfterMs: MINUTE_MS } as const;
const intent = { call: 'CreateSnapshots', target: '7f3a0c1d-3', atMs: NOON_MS };
const silent = { over: 'not answered' };
const lost = { lost: true } as const;

/** Every possible result of an act, the good one first. `what` chooses. */
function anyReplies(open: SnapshotOperation | null, what: number): Replies {
  const any = <Name extends keyof Acts>(...ways: readonly [Told<Name>, ...Told<Name>[]]): Told<Name> =>
    ways[what % ways.length] ?? ways[0];
  return {
    claim: () => any<'claim'>({ mine: true, owesStart: false }, { mine: true, owesStart: true }, { end: 'another’s' }),
    look: () =>
      any<'look'>(facts({ open }), facts({ open, nodes: [observedNode({ health: 'stuck' })] }), refusal, FAILS),
    ask: () => any<'ask'>(wellDone.ask(), { ...refusal, by: null }, FAILS),
    lease: () => any<'lease'>({ holder: HOLDER, operation: open }, { busy: 'another' }, FAILS),
    inspect: () =>
      any<'inspect'>(
        wellDone.inspect(),
        silent,
        refusal,
        lost,
        { answer: answer({ result: 'stale', fence: 9, after: null }) },
        FAILS,
      ),
    'leave-pool': () => any<'leave-pool'>({ left: true }, refusal, lost, FAILS),
    stop: () =>
      any<'stop'>(
        wellDone.stop(),
        silent,
        { ...refusal, down: true },
        { ...refusal, down: false },
        lost,
        { answer: stopped({ result: 'failed' }, { exitStatus: 137, clean: false }) },
        { answer: answer({ result: 'late', after: null }) },
        FAILS,
      ),
    take: (act) => {
      const { memory } = act.from.operation;
      return any<'take'>(
        wellDone.take(act),
        { interrupted: 'died', memory: { ...memory, intent } },
        { whole: false, memory: { ...memory, intent, snapshotIds: [SNAPSHOT] } },
        { failed: 'AWS refused', page: false },
        refusal,
        lost,
        FAILS,
      );
    },
    start: (act) => {
      const { memory } = act.from.operation;
      return any<'start'>(
        wellDone.start(act),
        { ...silent, memory, sentAtMs: NOON_MS },
        {
          answer: answer({ result: 'failed', after: ended }),
          memory: { ...memory, upSinceMs: NOON_MS },
          sentAtMs: NOON_MS,
        },
        refusal,
        lost,
        FAILS,
      );
    },
    reconcile: (act) => any<'reconcile'>(wellDone.reconcile(act), { none: true }, lost, FAILS),
    prove: () =>
      any<'prove'>(
        wellDone.prove(),
        { unproved: 'unreachable', blames: true },
        { unproved: 'unknown', blames: false },
        FAILS,
      ),
    settle: () => any<'settle'>({ written: true }, lost, FAILS),
    await: () => any<'await'>(wellDone.await(), { failed: 'error' }, FAILS),
    release: () => any<'release'>({ done: true }, FAILS),
    register: () => any<'register'>({ done: true }, FAILS),
    quarantine: () => any<'quarantine'>({ done: true }, FAILS),
    conclude: () => ({ written: true }),
  };
}

interface Run {
  readonly acts: readonly {
    readonly act: Act;
    readonly result: Told;
    readonly before: Progress;
    readonly after: Progress;
  }[];
  readonly ending: Ending | null;
  readonly lost: boolean;
}

function run(choices: readonly number[], mode: Mode, open: SnapshotOperation | null): Run {
  const acts: { act: Act; result: Told; before: Progress; after: Progress }[] = [];
  const payload = snapshotPayload({ mode });
  let progress = SNAPSHOT_HEAL.start;
  for (let count = 0; count < SNAPSHOT_HEAL.turnLimit; count++) {
    const act = decideNext(progress, payload);
    if (act.do === 'end') return { acts, ending: act.ending, lost: progress.at === 'lost' };
    // Half of all choices are the good one, so that long paths are tested, too.
    const choice = choices[count] ?? 0;
    const before = progress;
    const { result, after } = turn(anyReplies(open, choice % 2 === 0 ? 0 : choice >> 1), progress, act, 1, payload);
    progress = after ?? { at: 'lost' };
    acts.push({ act, result, before, after: progress });
  }
  throw new Error(`no end: ${acts.map(({ act }) => act.do).join(' ')}`);
}

const died = fc.constantFrom<SnapshotOperation | null>(
  null,
  null,
  null,
  operation(),
  operation({}, { intent, clean: { exitStatus: 0, lastLine: '' } }),
  operation({}, { intent, clean: { exitStatus: 0, lastLine: '' }, snapshotIds: [SNAPSHOT], upSinceMs: NOON_MS }),
);
type Mode = 'plan' | 'ask' | 'act';
const anyRun = fc.tuple(
  fc.array(fc.nat(31), { maxLength: 40 }),
  fc.constantFrom<Mode>('plan', 'ask', 'act', 'act', 'act'),
  died,
);
type Seen = Run & { readonly mode: Mode; readonly open: SnapshotOperation | null };
const always = (holds: (seen: Seen) => void): void =>
  fc.assert(
    fc.property(anyRun, ([choices, mode, open]) => holds({ mode, open, ...run(choices, mode, open) })),
    tries('snapshot-node', 2_000),
  );

describe('whatever each act comes to', () => {
  it('whoever got the lease gives it back, and says what came of it', () => {
    always(({ acts, ending, lost }) => {
      const dos = acts.map(({ act }) => act.do);
      const held = acts.some(({ after }) => 'held' in after);
      if (lost) return;
      if (held) expect(dos.filter((one) => one === 'release')).toHaveLength(1);
      expect(dos).toContain('conclude');
      expect(ending).not.toBeNull();
    });
  });

  it('a client that may be down is started before the node is given back, or its operation is left open, or a person is told', () => {
    always(({ acts, ending, lost }) => {
      const release = acts.find(({ act }) => act.do === 'release');
      if (lost || !release || release.act.do !== 'release') return;
      const { from } = release.act;
      if (from.at !== 'down' || from.client.is === 'running') return;
      const told = ending !== null && 'page' in ending && ending.page;
      const isKept = release.act.keepOperation || release.result === FAILS;
      const soonOver = ending?.outcome === 'refused' && isKept;
      expect(told || soonOver).toBe(true);
      expect(ending && 'retryAfterMs' in ending && ending.retryAfterMs).toBeLessThanOrEqual(5 * MINUTE_MS);
    });
  });

  it('a snapshot is asked for once at most, only after evidence, and never by a successor or in mode plan', () => {
    always(({ acts, mode, open }) => {
      const takes = acts.filter(({ act }) => act.do === 'take');
      expect(takes.length).toBeLessThanOrEqual(1);
      const stops = acts.filter(({ act }) => act.do === 'stop');
      expect(stops.length).toBeLessThanOrEqual(1);
      if (open !== null || mode === 'plan') expect([takes.length, stops.length]).toEqual([0, 0]);
      for (const { act } of takes) if (act.do === 'take') expect(act.from.operation.memory.clean).not.toBeNull();
      const at = acts.findIndex(({ act }) => act.do === 'take');
      if (at >= 0) expect(acts[at - 1]?.act.do).toBe('stop');
    });
  });

  it('the client is started right after the snapshot was asked for, whatever came of that', () => {
    always(({ acts, lost }) => {
      const at = acts.findIndex(({ act }) => act.do === 'take');
      if (at < 0 || (lost && acts.length === at + 1)) return;
      expect(acts[at + 1]?.act.do).toBe('start');
    });
  });

  it('healed is said only of a client that is proved, or was never touched, and of snapshots that are completed', () => {
    always(({ acts, ending }) => {
      if (ending?.outcome !== 'healed') return;
      const downs = acts.flatMap(({ after }) => (after.at === 'down' ? [after] : []));
      expect(acts.find(({ act }) => act.do === 'await')?.result).toHaveProperty('completed');
      expect(downs.filter(({ spoiled }) => spoiled !== null)).toEqual([]);
      if (acts.some(({ act }) => act.do === 'stop')) expect(downs.at(-1)?.proof).toHaveProperty('proved');
    });
  });

  it('what is spoiled is marked so before the node is given back, where that can be done', () => {
    always(({ acts, lost }) => {
      const release = acts.find(({ act }) => act.do === 'release');
      if (lost || !release || release.act.do !== 'release' || release.act.keepOperation) return;
      const down = acts.flatMap(({ after }) => (after.at === 'down' ? [after] : [])).at(-1);
      if (!down?.spoiled || down.client.is === 'stopped' || down.operation.memory.snapshotIds.length === 0) return;
      expect(down.spoiled.quarantined).toBe(true);
    });
  });
});
