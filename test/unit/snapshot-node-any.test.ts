import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideNext } from '../../functions/snapshot-node/decide.ts';
import { abandon } from '../../functions/snapshot-node/endings.ts';
import { learn } from '../../functions/snapshot-node/learn.ts';
import { type Act, initial, type Progress } from '../../functions/snapshot-node/model.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import { tries } from '../support/any.ts';
import {
  answer,
  ended,
  facts,
  HOLDER,
  observed,
  operation,
  SNAPSHOT,
  stopped,
  wellDone,
} from '../support/donor-facts.ts';
import { MINUTE_MS, NOON_MS } from '../support/heal-facts.ts';

const FAILS = Symbol('the step keeps failing');
const refusal = { refuse: 'paused', reason: 'paused', page: false, lookAgainMs: MINUTE_MS } as const;
const intent = { call: 'CreateSnapshots', target: '7f3a0c1d-3', atMs: NOON_MS };
const silent = { over: 'not answered' };

/** Everything that an act may come to, the good first. `what` chooses. */
function anyResult(act: Act, progress: Progress, open: SnapshotOperation | null, what: number): unknown {
  const good = wellDone(act, progress);
  const memory = 'operation' in act ? act.operation.memory : operation().memory;
  const of: Partial<Record<Act['do'], readonly unknown[]>> = {
    claim: [good, { end: 'another’s' }],
    look: [facts({ open }), facts({ open, nodes: [observed('node2', { health: 'stuck' })] }), refusal, FAILS],
    ask: [good, refusal, FAILS],
    lease: [{ holder: HOLDER, operation: open }, { busy: 'another' }, FAILS],
    inspect: [
      good,
      silent,
      refusal,
      { lost: true },
      { answer: answer({ result: 'stale', fence: 9, after: null }) },
      FAILS,
    ],
    'leave-pool': [good, refusal, { lost: true }, FAILS],
    stop: [
      good,
      silent,
      { ...refusal, down: true },
      { ...refusal, down: false },
      { lost: true },
      { answer: stopped({ result: 'failed' }, { exitStatus: 137, clean: false }) },
      { answer: answer({ result: 'late', after: null }) },
      FAILS,
    ],
    take: [
      good,
      { interrupted: 'died', memory: { ...memory, intent } },
      { whole: false, memory: { ...memory, intent, snapshotIds: [SNAPSHOT] } },
      { failed: 'AWS refused', page: false },
      refusal,
      { lost: true },
      FAILS,
    ],
    start: [
      good,
      { ...silent, memory },
      { answer: answer({ result: 'failed', after: ended }), memory: { ...memory, upSinceMs: NOON_MS } },
      refusal,
      { lost: true },
      FAILS,
    ],
    reconcile: [good, { none: true }, { lost: true }, FAILS],
    prove: [good, { unproved: 'unreachable', blames: true }, { unproved: 'unknown', blames: false }, FAILS],
    settle: [good, { lost: true }, FAILS],
    await: [good, { failed: 'error' }, FAILS],
    release: [good, FAILS],
    register: [good, FAILS],
    quarantine: [good, FAILS],
  };
  const results = of[act.do] ?? [good];
  return results[what % results.length];
}

interface Run {
  readonly acts: readonly { readonly act: Act; readonly result: unknown; readonly after: Progress }[];
  readonly ending: Ending | null;
  readonly lost: boolean;
}

function run(choices: readonly number[], mode: Mode, open: SnapshotOperation | null): Run {
  const acts: { act: Act; result: unknown; after: Progress }[] = [];
  const payload = {
    node: 'node2',
    instanceId: operation().memory.found.instanceId,
    incidentId: '7f3a0c1d',
    attempt: 3,
    mode,
    asked: 'schedule',
  } as const;
  let progress = initial;
  for (let count = 0; count < 60; count++) {
    const act = decideNext(progress, payload);
    if (act.do === 'end') return { acts, ending: act.ending, lost: progress.lost };
    // Half of all choices are the good one, so that the long ways are gone, too.
    const choice = choices[count] ?? 0;
    const result = anyResult(act, progress, open, choice % 2 === 0 ? 0 : choice >> 1);
    progress = result === FAILS ? abandon(progress, act, 'no answer', false) : learn(progress, act, result);
    acts.push({ act, result, after: progress });
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
      const held = acts.some(({ after }) => after.holder !== null);
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
      const { operation: at, running } = release.after;
      if (at?.phase !== 'down' || running) return;
      const told = ending !== null && 'page' in ending && ending.page;
      const isKept = release.act.keepOperation || release.result === FAILS;
      const soonOver = ending?.outcome === 'refused' && isKept;
      expect(told || soonOver).toBe(true);
      expect(ending && 'lookAgainMs' in ending && ending.lookAgainMs).toBeLessThanOrEqual(5 * MINUTE_MS);
    });
  });

  it('a snapshot is asked for once at most, only after evidence, and never by a successor or in mode plan', () => {
    always(({ acts, mode, open }) => {
      const takes = acts.filter(({ act }) => act.do === 'take');
      expect(takes.length).toBeLessThanOrEqual(1);
      const stops = acts.filter(({ act }) => act.do === 'stop');
      expect(stops.length).toBeLessThanOrEqual(1);
      if (open !== null || mode === 'plan') expect([takes.length, stops.length]).toEqual([0, 0]);
      for (const { act } of takes) if (act.do === 'take') expect(act.operation.memory.clean).not.toBeNull();
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
      const last = acts.at(-1)?.after;
      expect(last?.completed).toBe(true);
      expect(last?.spoiled).toBeNull();
      if (acts.some(({ act }) => act.do === 'stop')) expect(last?.proof).not.toBeNull();
    });
  });

  it('what is spoiled is marked so before the node is given back, where that can be done', () => {
    always(({ acts, lost }) => {
      const release = acts.find(({ act }) => act.do === 'release');
      if (lost || !release || release.act.do !== 'release' || release.act.keepOperation) return;
      const { spoiled, operation: at, running, quarantined } = release.after;
      if (spoiled !== null && running && (at?.memory.snapshotIds.length ?? 0) > 0) expect(quarantined).toBe(true);
    });
  });
});
