// An attempt that finishes what another heal had proved: it ends with that where that was asked for, and begins with its own where it was not.
import { describe, expect, it } from '@jest/globals';
import { nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { RequestedAction } from '../../../shared/model/payload.ts';
import { copy, facts, ladderState, newReplacement, seen, shrinking } from '../../fixtures/replace-facts.ts';

const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
const UNDO = { do: 'undo' } as const;
const upgradeTo = (to: string): RequestedAction => ({ do: 'upgrade', to, cleanSinceMs: 0, watchMinutes: 0 });
const BLUE_GREEN = { ...upgradeTo('28.1'), strategy: 'blue-green' } as RequestedAction;
const SHRINK: RequestedAction = { do: 'shrink', toGiB: shrinking().shrink?.toGiB ?? 0 };
const PUT_BACK = {
  ...{ source: 'set-0', from: 'snapshot', rung: 'swap', generation: 0, atMs: 0 },
  ...{
    door: 'person',
    fault: 'unwanted',
    reason: 'another heal had begun with it, and a person has asked for other data',
  },
} as unknown as LadderState['tried'][number];
const version = (to: string) =>
  ({ from: '28.0', to, is: 'to', mayHaveRun: true, at: 0, cleanSinceMs: 0, givenUp: null }) as NonNullable<
    LadderState['upgrade']
  >;

/** What follows on a proof whose pieces are all cleared up. */
function afterwards(want: RequestedAction, has: Partial<LadderState>): Decision {
  let state = ladderState({ proved: 'it follows its chain', incidentId: 'aaaa1111', ...has });
  for (let pieces = 0; pieces < 20; pieces++) {
    const decision = nextCleanup(facts({ incidentId: 'bbbb2222', want, seen: seen() }), state);
    if (decision.do !== 'clean-up') return decision;
    state = { ...state, cleared: [...state.cleared, decision.piece] };
  }
  throw new Error('no end after 20 pieces');
}

describe('what another heal had proved', () => {
  const kept = copy({ from: 'kept', mounted: 'restored' });
  const restored = copy({ mounted: 'restored' });
  it.each<[string, RequestedAction, Partial<LadderState>]>([
    ['a node is well', { do: 'heal' }, {}],
    ['other data, and any were asked for', RESTORE, { restoredVolumes: restored }],
    ['the volumes of before', UNDO, { restoredVolumes: kept }],
    ['what was begun was put back', UNDO, { restoredVolumes: null, tried: [PUT_BACK] }],
    ['this version', upgradeTo('28.1'), { upgrade: version('28.1') }],
    ['a disk of this size', SHRINK, { restoredVolumes: shrinking({}, { mounted: 'restored' }) }],
    ['another instance', { do: 'replace-instance' }, { replacement: newReplacement() }],
    ['a version on another instance', BLUE_GREEN, { replacement: newReplacement() }],
  ])('is the end where it is what was asked for: %s', (_, want, has) => {
    expect(afterwards(want, has)).toMatchObject({ do: 'end', end: { as: 'healed' } });
  });

  it.each<[string, RequestedAction, Partial<LadderState>]>([
    ['other data, of a client that was restarted', RESTORE, {}],
    ['the volumes of before, of a client that was restarted', UNDO, {}],
    ['the volumes of before, and others are mounted', UNDO, { restoredVolumes: restored }],
    ['data of a snapshot, and what was kept is mounted', RESTORE, { restoredVolumes: kept }],
    ['another instance', { do: 'replace-instance' }, {}],
    ['another version', upgradeTo('28.1'), {}],
    ['another version than that', upgradeTo('28.2'), { upgrade: version('28.1') }],
    ['a version on another instance', BLUE_GREEN, {}],
  ])('is not what was asked for, which is begun: %s', (_, want, has) => {
    const next = afterwards(want, has);
    // Of a version nobody knows which one runs: it is judged as at any begin, and nothing of before is kept.
    if (want.do === 'upgrade')
      expect(next).toMatchObject({ end: { refusal: { refuse: 'version-unknown' }, leavesNothing: true } });
    else expect(next.do).toBe('begin');
  });

  it('is the end of its own incident, whatever was asked for', () => {
    expect(afterwards(UNDO, { incidentId: 'bbbb2222' })).toMatchObject({ do: 'end', end: { as: 'healed' } });
  });
});
