// A stop whose timer may start the client by itself: what is still asked for, and which snapshots count, by the node's own word.
import { describe, expect, it } from '@jest/globals';
import { ACTS } from '../../../functions/snapshot-node/acts.ts';
import { decideNext } from '../../../functions/snapshot-node/decide.ts';
import { upSinceOf, wasUp } from '../../../functions/snapshot-node/judge.ts';
import { downSince, endingAtRelease, isSettled } from '../../../functions/snapshot-node/progress.ts';
import { take } from '../../../functions/snapshot-node/snapshots.ts';
import type { ClientDown, SnapshotActContext } from '../../../functions/snapshot-node/state.ts';
import { ME, snapshotPayload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { clientState, nodeState } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { patientContext, shell } from '../../fixtures/heal-shell.ts';
import { answer, ended, facts, HOLDER, operation, SNAPSHOT } from '../../fixtures/snapshot-node-facts.ts';

const CLEAN = { exitStatus: 0, lastLine: 'Shutdown: done' };
const TIMED = { ...CLEAN, untilMs: NOON_MS - 60_000 };
const UP = nodeState({ clients: [clientState({ state: 'running' })] });
const HELD = { holder: HOLDER, ordinal: 2, commandsOver: true, seenFence: 4 };

describe('since when a client runs again', () => {
  const sent = { memory: { upSinceMs: NOON_MS }, sentAtMs: NOON_MS };
  const since = (
    told: Parameters<typeof answer>[0],
    clean: typeof CLEAN | null = TIMED,
    upSinceMs: number | null = null,
  ) => upSinceOf(answer({ before: ended, ...told }), { clean, upSinceMs }, sent);

  it.each([
    ['nothing was started before our command: from then on', since({ ran: null }), NOON_MS],
    ['the timer has started it ten minutes before: since then', since({ ran: 600 }), NOON_MS - 601_000],
    ['somebody has done something: nobody knows', since({ ran: 'unknown' }), 0],
    ['the node has booted and forgotten its stop: nobody knows', since({}), 0],
    ['there was no timer, and it did not run: from our command on', since({}, CLEAN), NOON_MS],
    ['there was no timer, and it ran already: nobody knows', since({ before: UP }, CLEAN), 0],
    ['it ran since our command before, whose answer was lost', since({ before: UP }, TIMED, NOON_MS - 5_000), NOON_MS],
    ['the command came too late, and tells nothing', since({ result: 'late', before: null }), NOON_MS],
  ])('%s', (_, told, expected) => expect(told).toBe(expected));

  it('a snapshot counts only where AWS began it before that', () => {
    expect(wasUp({ takenAtMs: NOON_MS - 2_000, upSinceMs: NOON_MS })).toBe(false);
    expect(wasUp({ takenAtMs: NOON_MS, upSinceMs: NOON_MS })).toBe(true);
    expect(wasUp({ takenAtMs: NOON_MS, upSinceMs: 0 })).toBe(true);
    expect(wasUp({ upSinceMs: 0 })).toBe(false);
  });
});

describe('a set whose client its own node has started', () => {
  const down = (takenAtMs: number): ClientDown =>
    downSince(HELD, operation({}, { clean: TIMED, snapshotIds: [SNAPSHOT], takenAtMs }), {
      by: 'this attempt',
      facts: facts(),
    });
  const startedAfter = (ran: number | null, takenAtMs: number) => {
    const from = down(takenAtMs);
    const memory = { ...from.operation.memory, upSinceMs: NOON_MS };
    const result = { answer: answer({ ran, startSeconds: null }), memory, sentAtMs: NOON_MS };
    return ACTS.start.reduce(from, { do: 'start', from, reason: '' }, result, snapshotPayload()) as ClientDown;
  };

  it('is quarantined where AWS began it after that, whenever we have asked for it', () => {
    expect(startedAfter(600, NOON_MS - 300_000)).toMatchObject({
      spoiled: { why: expect.stringContaining('as its node tells'), quarantined: false },
      ending: { code: 'snapshot-failed' },
    });
  });

  it('is clean where AWS began it before', () => {
    expect(startedAfter(600, NOON_MS - 700_000)).toMatchObject({ spoiled: null, ending: null });
    expect(startedAfter(null, NOON_MS - 500)).toMatchObject({ spoiled: null, ending: null });
  });
});

describe('a client that somebody has stopped after its timer had started it', () => {
  const from = downSince(HELD, operation({}, { clean: TIMED, snapshotIds: [SNAPSHOT], takenAtMs: NOON_MS }), {
    by: 'this attempt',
    facts: facts(),
  });
  const result = {
    answer: answer({ result: 'failed', fault: 'person', ran: 600, reason: 'somebody has stopped it', before: ended }),
    memory: { ...from.operation.memory, upSinceMs: NOON_MS },
    sentAtMs: NOON_MS,
  };

  it('is left to them: its set is judged, the node is given back, and nobody starts it', () => {
    let down = ACTS.start.reduce(from, { do: 'start', from, reason: '' }, result, snapshotPayload()) as ClientDown;
    const act = decideNext(down, snapshotPayload());
    expect(act).toMatchObject({ do: 'quarantine' });
    down = { ...down, spoiled: { why: '', quarantined: true } };
    expect(decideNext(down, snapshotPayload())).toMatchObject({ do: 'release', keepOperation: false });
    expect(isSettled(down)).toBe(true);
    expect(endingAtRelease(down, false)).toMatchObject({ outcome: 'failed', code: 'snapshot-failed' });
  });
});

describe('a client whose node does not answer at the end', () => {
  it.each([
    ['its stop was sent, and not answered', { clean: null }, 'may be stopped'],
    ['its node told that it ended, and has no timer', { clean: CLEAN }, 'is stopped'],
    ['the timer of its node starts it', { clean: TIMED }, 'may be stopped'],
    ['a start was sent, and not answered', { clean: CLEAN, upSinceMs: NOON_MS }, 'may be stopped'],
  ])('is told as it is known: %s', (_, memory, state) => {
    const from = downSince(HELD, operation({}, memory), { by: 'this attempt', facts: facts() });
    const unheard = { silent: 'its SSM agent is ConnectionLost' };
    const ending = endingAtRelease({ ...from, client: { is: 'stopped', failedStarts: 0, unheard } }, true);
    expect(ending).toMatchObject({
      reason: `its client ${state}, and the node does not answer (${unheard.silent}): another attempt goes on`,
    });
  });
});

describe('a snapshot that is asked for late', () => {
  it('is not asked for: the timer on the node starts the client, or has', async () => {
    const begun = operation({}, { clean: { ...TIMED, untilMs: Date.now() - 1 } });
    const here = shell(snapshotPayload() as never, nodeRecord({ owner: ME, fence: 4, operation: begun }));
    here.answers['CreateSnapshotsCommand'] = () => ({ Snapshots: [{ SnapshotId: SNAPSHOT, VolumeId: DATA_VOLUME }] });
    const { ctx, step } = patientContext();
    const from = downSince(HELD, begun, { by: 'this attempt', facts: facts() });
    const context = { ...here.tools, durable: ctx, step, place: '07' } as unknown as SnapshotActContext;
    expect(await take(context, { do: 'take', from, facts: facts() })).toMatchObject({
      failed: expect.stringContaining('timer'),
      isPassing: true,
    });
    expect(here.changes()).toEqual([]);
  });
});
