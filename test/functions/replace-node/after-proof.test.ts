// After the proof: what comes off and is stopped before it is kept, which pieces are left, and which end a well node has.
import { describe, expect, it } from '@jest/globals';
import { decide, nextCleanup } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { CleanupPiece, LadderState } from '../../../shared/heal/memory.ts';
import { LOCKED_BY_TAG } from '../../../shared/model/tags.ts';
import { DATA_VOLUME, INSTANCE, instanceNow } from '../../fixtures/builders/node.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { copy, FLEET, facts, ladderState, machine, newReplacement, YOUNG } from '../../fixtures/replace-facts.ts';

const proved = (more: Partial<LadderState>): LadderState =>
  ladderState({ proved: 'height 1050', hold: 'none', ...more });
const free = volumeNow({ state: 'available', attachment: null });
const after = (more: Partial<Facts>, has: Partial<LadderState>): Decision =>
  nextCleanup(facts({ volumes: [free], ...more }), proved(has));

/** What is cleared up, piece by piece, and then the end. */
function all(more: Partial<Facts>, has: Partial<LadderState>): readonly string[] {
  const cleared: CleanupPiece[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const act = after(more, { ...has, cleared });
    if (act.do !== 'clean-up') return [...cleared.map(({ kind, target }) => `${kind} ${target}`.trim()), wordOf(act)];
    cleared.push(act.piece);
  }
  throw new Error('no end of the clearing up');
}
function wordOf(act: Decision): string {
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do !== 'end') return act.do;
  return act.end.as === 'escalated' ? act.end.code : act.end.as;
}

describe('the volumes of before', () => {
  const swapped = { rung: 'swap', restoredVolumes: copy({ mounted: 'restored' }) } as const;
  const is = (state: 'attached' | 'detaching' | 'detached' | 'attaching') => ({
    volumes: [volumeNow({ attachment: { ...attachedAt('/dev/sdf'), state } })],
  });
  const waited = (ms: number) => ({ waitingSinceMs: NOON_MS - 15 * MINUTE_MS - ms });
  const pending = { pending: { call: 'DetachVolume', target: DATA_VOLUME, atMs: NOON_MS - 1_000 } } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['come off', is('attached'), {}, 'detach'],
    ['are waited for while that may be on its way', is('attached'), pending, `wait: ${DATA_VOLUME} is attached`],
    ['are waited for while they come off', is('detaching'), {}, `wait: ${DATA_VOLUME} is detaching`],
    ['for a quarter of an hour', is('detaching'), waited(0), `wait: ${DATA_VOLUME} is detaching`],
    ['and are left then', is('detaching'), waited(1), 'clean-up'],
    ['are off', is('detached'), {}, 'clean-up'],
  ])('%s', (_, more, has, word) => {
    expect(wordOf(after(more, { ...swapped, ...has }))).toBe(word);
  });
});

describe('the instance of before', () => {
  const replaced = {
    rung: 'replace',
    replacement: newReplacement(),
    cleared: [{ kind: 'hand-over', target: YOUNG }],
  } as const;
  const at = (state: 'running' | 'stopping' | 'stopped' | 'terminated') => ({ original: machine({ state }) });
  const waited = (ms: number) => ({ waitingSinceMs: NOON_MS - 20 * MINUTE_MS - ms });
  const pending = { pending: { call: 'StopInstances', target: INSTANCE, atMs: NOON_MS - 1_000 } } as const;
  const spent = { setback: { act: 'stop original', count: 3, reason: 'no', atMs: NOON_MS } } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['is stopped', at('running'), {}, 'stop-instance'],
    ['is not stopped twice', at('running'), pending, 'wait: the old instance is running'],
    ['is waited for while it stops', at('stopping'), {}, 'wait: the old instance is stopping'],
    ['for twenty minutes', at('stopping'), waited(0), 'wait: the old instance is stopping'],
    ['and is left then', at('stopping'), waited(1), 'clean-up'],
    ['is left where it does not stop', at('running'), spent, 'clean-up'],
    ['is kept once it is stopped', at('stopped'), {}, 'clean-up'],
    ['is not waited for where a person has terminated it', at('terminated'), {}, 'clean-up'],
  ])('%s', (_, more, has, word) => {
    expect(wordOf(after(more, { ...replaced, ...has }))).toBe(word);
  });
});

describe('the pieces', () => {
  const stopped = { original: machine({ state: 'stopped' }) };
  const replaced = { rung: 'replace', replacement: newReplacement() } as const;
  const copied = copy({ mounted: 'restored' });
  const was = { instance: instanceNow(), clientVersion: null };
  const two = [foundVolume(), foundVolume({ role: 'wal', volumeId: 'vol-wal' })];
  const again = { found: { ...ladderState().found, volumes: two, machine: was } };
  const other = volumeNow({ volumeId: 'vol-other', state: 'available', attachment: null });
  const used = volumeNow({ volumeId: 'vol-wal' });

  it.each<[string, Partial<Facts>, Partial<LadderState>, readonly string[]]>([
    [
      'of a swap that nobody observes: its snapshot is not verified',
      { fleet: { ...FLEET, probe: undefined } },
      { rung: 'swap', restoredVolumes: copied },
      [`keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin', 'healed'],
    ],
    [
      'of a fleet that rotates no peers',
      { ...stopped, fleet: { ...FLEET, peers: undefined } as unknown as Facts['fleet'] },
      replaced,
      [`hand-over ${YOUNG}`, `retire ${INSTANCE}`, 'register bitcoin', 'healed'],
    ],
    [
      'of a node that was made again from other data: what is left of its volumes, and nobody uses',
      { ...stopped, volumes: [free, used, other] },
      { ...replaced, ...again, restoredVolumes: copied },
      [
        ...['verify snap-00', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, `hand-over ${YOUNG}`],
        ...['register bitcoin', 'rotate bitcoin', 'healed'],
      ],
    ],
    [
      'of a node that was made again, of whose volumes nothing is left',
      { ...stopped, volumes: [other] },
      { ...replaced, ...again, restoredVolumes: copied },
      ['verify snap-00', `hand-over ${YOUNG}`, 'register bitcoin', 'rotate bitcoin', 'healed'],
    ],
    [
      'of a swap after another instance that did not help: the node keeps its own',
      {},
      { rung: 'swap', restoredVolumes: copied, replacement: newReplacement() },
      ['verify snap-00', `keep ${DATA_VOLUME}`, `untarget ${DATA_VOLUME}`, 'register bitcoin', 'healed'],
    ],
    [
      'of a member that is on standby: it comes back first',
      { original: machine({ autoScalingGroup: 'nodes' }) },
      { rung: 'stop-start', standby: 'entered' },
      ['leave-standby nodes', 'register bitcoin', 'healed'],
    ],
    [
      'of a member that is on standby, and that one reading does not show: nobody knows its group',
      { original: null },
      { rung: 'stop-start', standby: 'entered' },
      ['register bitcoin', 'healed'],
    ],
    [
      'of a restart, beside a copy that was made before: its volumes are in use',
      {},
      { rung: 'restart', restoredVolumes: copied },
      ['verify snap-00', 'register bitcoin', 'healed'],
    ],
  ])('%s', (_, more, has, list) => {
    expect(all(more, has)).toEqual(list);
  });
});

describe('the end of a well node', () => {
  const cleared: readonly CleanupPiece[] = [{ kind: 'register', target: 'bitcoin' }];
  const type = machine().instance.instanceType;
  const end = (more: Partial<Facts>, has: Partial<LadderState>) => {
    const act = after(more, { rung: 'stop-start', cleared, ...has });
    return act.do === 'end' ? act.end : act;
  };
  const back = { from: type, to: 'm6i.xlarge' } as const;
  const stays = (why: string) =>
    `its instance keeps ${type}, the type of its first sync, and does not become m6i.xlarge: ${why}. The node is well (height 1050)`;

  it.each<[string, Partial<Facts>, Partial<LadderState>, object]>([
    ['healed', {}, {}, { as: 'healed', reason: 'height 1050' }],
    [
      'told where its type stays',
      {},
      { retypes: back },
      { as: 'escalated', code: 'boost-stays', reason: stays('it could not be set'), asFound: true },
    ],
    [
      'told with why it stays',
      {},
      { retypes: { ...back, stays: 'no capacity' } },
      { as: 'escalated', code: 'boost-stays', reason: stays('no capacity'), asFound: true },
    ],
    [
      'told with why it stays, though a guard has forbidden it since',
      {},
      { retypes: { ...back, stays: 'no capacity', held: true } },
      { as: 'escalated', code: 'boost-stays', reason: stays('no capacity'), asFound: true },
    ],
    [
      'healed, for now, where a guard has forbidden another type',
      {},
      { retypes: { ...back, held: true } },
      { as: 'healed', reason: `its instance keeps ${type} for now: a guard forbade another type (height 1050)` },
    ],
    [
      'healed where it has another type',
      {},
      { retypes: { from: 'm6i.xlarge', to: type } },
      { as: 'healed', reason: 'height 1050' },
    ],
    [
      'healed where one reading does not show it',
      { original: null },
      { retypes: back },
      { as: 'healed', reason: 'height 1050' },
    ],
    [
      'told where it was rolled back, with what the upgrade has met',
      {},
      {
        failed: [
          { rung: 'restart', reason: 'it stands' },
          { rung: 'upgrade', reason: 'it has other blocks' },
        ],
        upgrade: { from: '28.0', to: '28.1', is: 'from', mayHaveRun: true, givenUp: 'x', at: 0, cleanSinceMs: 0 },
      },
      {
        ...{ as: 'escalated', code: 'upgrade-failed', asFound: true },
        reason: '28.1 did not prove itself (it has other blocks): 28.0 runs again, on its earlier data (height 1050)',
      },
    ],
    [
      'healed where the version was never on it',
      {},
      { failed: [{ rung: 'upgrade', reason: 'no such unit' }] },
      { as: 'healed', reason: 'height 1050' },
    ],
  ])('is %s', (_, more, has, expected) => {
    expect(end(more, has)).toEqual(expected);
  });
});

it('a snapshot is held with the tag that says who has locked it, and with no other', () => {
  const { data } = snapshotSet().parts;
  const locked = { ...data, tags: { ...data?.tags, [LOCKED_BY_TAG]: 'chainmend' } } as NonNullable<typeof data>;
  const sources = { good: [snapshotSet(0, { parts: { data: locked } })], refused: [], sibling: null, kept: null };
  const act = decide(facts({ sources }), ladderState({ hold: 'none' }));
  expect(act).toMatchObject({ do: 'hold-snapshots' });
  expect(act.do === 'hold-snapshots' && act.snapshots.map(({ tags }) => tags)).toEqual([
    { [LOCKED_BY_TAG]: 'chainmend' },
  ]);
});
