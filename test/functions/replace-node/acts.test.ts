// What the ladder remembers of an act before it is made, and of its result. A successor has nothing else.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../../functions/replace-node/acts/act.ts';
import {
  type Act,
  doesRecover,
  intendAct,
  reduceAct,
  statusAfterAct,
} from '../../../functions/replace-node/acts/table.ts';
import { phaseOf } from '../../../functions/replace-node/state.ts';
import type { CleanupPiece, LadderState } from '../../../shared/heal/memory.ts';
import { RUNGS } from '../../../shared/model/rungs.ts';
import { UNOPENED } from '../../../shared/snapshots/anew.ts';
import { DATA_VOLUME, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import {
  besideNode,
  COPY_VOLUME,
  client,
  copy,
  ladderState,
  newReplacement,
  seen,
} from '../../fixtures/replace-facts.ts';

const done = (more: object = {}): Outcome => ({ is: 'done', atMs: NOON_MS, ...more });
const failed = (more: object = {}): Outcome => ({ is: 'failed', atMs: NOON_MS, reason: 'it ended', ...more });
const unknown: Outcome = { is: 'unknown', atMs: NOON_MS, reason: 'no answer' };

const swap: Act = { do: 'swap', to: 'restored', reason: '' };
const back: Act = { do: 'swap', to: 'found', reason: '' };
const stopOld: Act = { do: 'stop-instance', which: 'original', reason: '' };
const detachRoot: Act = { do: 'detach', volumeId: ROOT_VOLUME, which: 'original', device: '/dev/xvda', reason: '' };
const swapping = { rung: 'swap', restoredVolumes: copy() } as const;
const replacing = { rung: 'replace', replacement: newReplacement() } as const;

describe('before an act', () => {
  const DOWN = { client: 'mayBeDown' } as const;
  it.each<[string, Act, Partial<LadderState>, Partial<LadderState>]>([
    ['that takes the client down it is written', swap, swapping, DOWN],
    ['a restart may leave it down', { do: 'restart', reason: '' }, { rung: 'restart' }, DOWN],
    ['a stop owes a start', stopOld, { rung: 'stop-start' }, { ...DOWN, original: 'stopIntended' }],
    ['one that EC2 was asked for stays that', stopOld, { original: 'stopRequested' }, DOWN],
    [
      'a member that may be on standby is to be taken back',
      { do: 'standby', group: 'nodes' },
      swapping,
      { standby: 'entering', standbyIn: 'nodes' },
    ],
    [
      'a client that may be masked is to be unmasked',
      { do: 'mask-original', reason: '' },
      replacing,
      { ...DOWN, replacement: newReplacement({ fencingBegun: true, originalMask: 'intended' }) },
    ],
    [
      'a new client that may be unmasked is to be silenced',
      { do: 'take-over', reason: '' },
      replacing,
      { ...DOWN, replacement: newReplacement({ takeOver: 'intended' }) },
    ],
    [
      'what discovery may have been told is to be taken back',
      { do: 'join' },
      replacing,
      { ...DOWN, replacement: newReplacement({ membership: 'joining' }) },
    ],
    [
      'a volume that may be made is to be asked for',
      { do: 'create', at: 0, reason: '' },
      swapping,
      { restoredVolumes: copy({ creating: [0] }) },
    ],
  ])('%s', (_, act, has, change) => {
    const before = ladderState({ ...has, waitingSinceMs: null });
    const { ran, ...after } = intendAct(before, act, NOON_MS);
    const { ran: ranBefore, ...found } = before;
    expect({ ...after, pending: null }).toEqual({ ...found, ...change, waitingSinceMs: NOON_MS });
    expect(ran).toBe(change.client === 'mayBeDown' ? undefined : ranBefore);
  });

  it('asking the node is nothing to write', () => {
    const before = ladderState(swapping);
    expect(intendAct(before, { do: 'inspect', which: 'original' }, NOON_MS)).toBe(before);
  });

  it('stopping the replacement owes the node nothing', () => {
    const before = ladderState(replacing);
    const after = intendAct(before, { ...stopOld, which: 'replacement' }, NOON_MS);
    expect({ ...after, pending: null }).toEqual(before);
  });

  it('which volume was the old root is written before it comes off', () => {
    const after = intendAct(ladderState(replacing), detachRoot, NOON_MS);
    expect(after.replacement?.originalRoot).toEqual({ device: '/dev/xvda', volumeId: ROOT_VOLUME });
    const data = intendAct(ladderState(replacing), { ...detachRoot, volumeId: DATA_VOLUME }, NOON_MS);
    expect(data.replacement?.originalRoot).toBeNull();
  });

  it.each<[string, Partial<LadderState>, string]>([
    ['nothing is owed before anything is touched', { restoredVolumes: copy({ creating: [0] }) }, 'preparing'],
    ['a client that may be down is', { client: 'mayBeDown' }, 'down'],
    ['an instance that was stopped is', { original: 'stopIntended' }, 'down'],
    ['one that runs again is not', { original: 'started' }, 'preparing'],
    ['a member on standby is', { standby: 'entering' }, 'down'],
    ['one that its group does not set aside is not', { standby: 'refused' }, 'preparing'],
    ['only the cleanup is left after the proof', { client: 'mayBeDown', proved: 'it follows' }, 'proved'],
    [
      'a member on standby serves nobody, however well it is',
      { rung: 'swap', standby: 'entered', proved: 'it follows' },
      'down',
    ],
    ['one that was replaced stays there', { rung: 'replace', standby: 'entered', proved: 'it follows' }, 'proved'],
  ])('%s', (_, has, phase) => {
    expect(phaseOf(ladderState(has))).toBe(phase);
  });
});

describe('what is mounted is what the node says', () => {
  const ended = seen([client('failed')], COPY_VOLUME);
  const empty = { ...seen([client('stopped')]), volumes: [] };
  const swapped = { ...swapping, restoredVolumes: copy({ mounted: 'restored' }) };

  it.each<[string, Act, Outcome, Partial<LadderState>, 'restored' | 'found']>([
    ['after a swap', swap, done(), swapping, 'restored'],
    ['after a swap that was put back', swap, failed({ putBack: true, seen: seen() }), swapping, 'found'],
    [
      'after one whose place stays empty, as it was found',
      swap,
      failed({ putBack: true, seen: empty }),
      swapping,
      'found',
    ],
    ['after a way back to an empty place', back, failed({ putBack: true, seen: empty }), swapped, 'found'],
    [
      'after a way back that left the copy',
      back,
      failed({ putBack: true, seen: seen([], COPY_VOLUME) }),
      swapped,
      'restored',
    ],
    ['after a way back that did not say so', back, failed({ seen: empty }), swapped, 'restored'],
    ['after one that could not be put back', swap, failed({ putBack: false, seen: null }), swapping, 'restored'],
    ['after the way back', back, done(), { ...swapping, restoredVolumes: copy({ mounted: 'restored' }) }, 'found'],
    [
      'after the way back to a client that ends, as it did when it was found',
      back,
      failed({ seen: seen([client('failed')]) }),
      { ...swapping, restoredVolumes: copy({ mounted: 'restored' }) },
      'found',
    ],
    [
      'after a way back that did not come off',
      back,
      failed({ seen: ended }),
      { ...swapping, restoredVolumes: copy({ mounted: 'restored' }) },
      'restored',
    ],
    [
      'when an attempt has died behind its command',
      { do: 'inspect', which: 'original' },
      done({ seen: seen([client('running')], COPY_VOLUME) }),
      swapping,
      'restored',
    ],
    [
      'when an attempt has died before it',
      { do: 'inspect', which: 'original' },
      done({ seen: seen() }),
      { ...swapping, restoredVolumes: copy({ mounted: 'restored' }) },
      'found',
    ],
  ])('%s', (_, act, result, has, mounted) => {
    expect(reduceAct(ladderState(has), act, result).restoredVolumes?.mounted).toBe(mounted);
  });
});

describe('whose fault it was', () => {
  it.each<[string, Act, Outcome, string]>([
    ['data that cannot be mounted', { do: 'check', at: 0 }, failed({ fault: 'data' }), 'mount'],
    ['a check that failed on the node', { do: 'check', at: 0 }, failed({ fault: 'node' }), 'other'],
    [
      'a client that ends on them and not on its own',
      swap,
      failed({ fault: 'data', putBack: true, seen: seen() }),
      'mount',
    ],
    [
      'a client that ends on both',
      swap,
      failed({ fault: 'none', putBack: true, seen: seen([client('failed')]) }),
      'open',
    ],
    ['a mount that was busy', swap, failed({ fault: 'node', putBack: true, seen: seen() }), 'other'],
    [
      'an attachment that EC2 refuses',
      { do: 'attach', volumeId: COPY_VOLUME, which: 'original', device: '/dev/sdg', reason: '' },
      failed(),
      'other',
    ],
  ])('%s: %s', (_, act, result, fault) => {
    expect(reduceAct(ladderState(swapping), act, result).restoredVolumes?.givenUp?.fault).toBe(fault);
  });
});

describe('an answer that never came', () => {
  it.each<[string, Act, Partial<LadderState>]>([
    ['to a check blames no data', { do: 'check', at: 0 }, swapping],
    ['to a restart ends no rung', { do: 'restart', reason: '' }, { rung: 'restart' }],
  ])('%s', (_, act, has) => {
    const after = reduceAct(ladderState(has), act, unknown);
    expect(after).toMatchObject({ failed: [], setback: { count: 1 } });
    expect(after.restoredVolumes?.givenUp ?? null).toBeNull();
  });

  it('is counted, and forgotten with the next answer', () => {
    const ask: Act = { do: 'inspect', which: 'original' };
    const nothing = { seen: null, unanswered: null };
    const once = statusAfterAct(ask, nothing, unknown);
    const twice = statusAfterAct(ask, once, { ...unknown, isStale: true });
    expect([once.unanswered?.count, twice.unanswered]).toEqual([
      1,
      { count: 2, reason: unknown.reason, isStale: true },
    ]);
    expect(statusAfterAct(ask, twice, done({ seen: seen() })).unanswered).toBeNull();
  });
});

describe('a client that the node cannot follow', () => {
  const gone = seen([client('unknown', { exitStatus: null })]);
  it('is no failed restart', () => {
    const after = reduceAct(
      ladderState({ rung: 'restart', client: 'mayBeDown' }),
      { do: 'restart', reason: '' },
      failed({ seen: gone }),
    );
    expect(after).toMatchObject({ rung: 'restart', failed: [], client: 'untouched' });
  });
  it('is nothing that the data are to blame for', () => {
    const after = reduceAct(
      ladderState({ ...swapping, client: 'mayBeDown' }),
      swap,
      failed({ fault: 'node', seen: gone }),
    );
    expect(after.restoredVolumes?.givenUp).toBeNull();
    expect(after).toMatchObject({ client: 'untouched' });
  });
});

describe('a rung ends', () => {
  it('where its instance could not be started, and goes on where that is possible later', () => {
    const started: Act = { do: 'start-instance', reason: '' };
    const ended = reduceAct(ladderState({ rung: 'stop-start', original: 'stopIntended' }), started, failed());
    expect(ended).toMatchObject({ rung: null, failed: [{ rung: 'stop-start', code: 'not-started' }] });
    const later = { ...ended, failed: [...ended.failed, { rung: 'replace', reason: 'no room either' } as const] };
    expect(reduceAct(later, started, done())).toMatchObject({
      rung: 'stop-start',
      original: 'started',
      failed: [{ rung: 'replace' }],
    });
  });

  it('and what it owes stays owed', () => {
    const after = reduceAct(
      ladderState({ rung: 'stop-start', hold: 'held', client: 'mayBeDown', original: 'stopIntended' }),
      { do: 'start-instance', reason: '' },
      failed(),
    );
    expect(after).toMatchObject({
      rung: null,
      hold: 'held',
      client: 'untouched',
      original: 'stopIntended',
      failed: [{ rung: 'stop-start', reason: 'it ended' }],
    });
    expect(phaseOf(after)).toBe('down');
  });

  it('not by what comes of its consensus client, which is restarted while another rung waits for its proof', () => {
    const of = ladderState({ ...swapping, client: 'untouched', upSinceMs: NOON_MS - 1 });
    const beacon: Act = { do: 'restart', only: 'beacon', reason: '' };
    expect(intendAct(of, beacon, NOON_MS).client).toBe('untouched');
    const ends = seen([client('failed')]);
    for (const result of [done({ seen: ends }), failed({ seen: ends }), failed({ seen: null })])
      expect(reduceAct(of, beacon, result)).toMatchObject({ rung: 'swap', failed: [], restartedOnly: 'beacon' });
    // Its own client is proved anew, and on the rung of restarts it is as it was.
    expect(reduceAct(of, beacon, done())).toMatchObject({ upSinceMs: NOON_MS });
    expect(reduceAct(ladderState({ rung: 'restart' }), beacon, failed())).toMatchObject({ rung: null });
  });

  it('by a restart whose client ends again', () => {
    const after = reduceAct(
      ladderState({ rung: 'restart' }),
      { do: 'restart', reason: '' },
      done({ seen: seen([client('failed')]) }),
    );
    expect(after.failed).toEqual([{ rung: 'restart', reason: 'its client ends again: failed, exit status 1' }]);
  });

  it('by an instance of no use, but not by a subnet without capacity', () => {
    const drop: Act = { do: 'drop-replacement' };
    expect(reduceAct(ladderState(replacing), drop, done()).rung).toBeNull();
    const none = reduceAct(
      ladderState({ rung: 'replace', replacement: newReplacement({ instanceId: '' }) }),
      drop,
      done(),
    );
    expect(none).toMatchObject({ rung: 'replace', replacement: null, exhausted: ['subnet-0a'] });
  });

  it('by an instance on which its own data do not open: that instance is no use, and its subnet is', () => {
    const moved = newReplacement({ takeOver: 'intended', identity: 'none' });
    const reason = 'its last line is "Corrupted block database detected"';
    const taken = (has: Partial<LadderState>, result = failed({ reason })) =>
      reduceAct(ladderState({ rung: 'replace', replacement: moved, ...has }), { do: 'take-over', reason: '' }, result);
    const after = reduceAct(taken({}), { do: 'drop-replacement' }, done());
    expect(after).toMatchObject({ exhausted: [], failed: [{ rung: 'replace', reason, badData: 'own' }] });
    const anew = { do: 'give-up-replacement', reason: `it is at height 4: ${UNOPENED}`, isUnopened: true } as const;
    const unopened = (has: Partial<LadderState>) =>
      reduceAct(ladderState({ rung: 'replace', replacement: moved, ...has }), anew, done());
    expect(unopened({}).replacement).toMatchObject({ badData: 'own' });
    expect(unopened({ restoredVolumes: copy() }).replacement).toMatchObject({ badData: 'copy' });
    expect(reduceAct(unopened({}), { do: 'drop-replacement' }, done()).failed).toMatchObject([
      { rung: 'replace', code: 'unopened', badData: 'own' },
    ]);
    // Words alone say nothing: they are for people.
    expect(taken({}, failed({ reason: UNOPENED })).replacement).not.toHaveProperty('badData');
    expect(taken({}, failed({ reason: 'its unit is not there' })).replacement).not.toHaveProperty('badData');
    expect(taken({ restoredVolumes: copy() }).replacement).toMatchObject({ badData: 'copy' });
    expect(taken({ beside: besideNode() }).replacement).not.toHaveProperty('badData');
  });

  it('a copy that was given up is not tried again', () => {
    const given = copy({ givenUp: { door: 'data', fault: 'open', reason: 'it ended' } });
    const after = reduceAct(
      ladderState({ rung: 'swap', restoredVolumes: given, generation: 1 }),
      { do: 'drop-volumes' },
      done(),
    );
    expect(after).toMatchObject({
      restoredVolumes: null,
      tried: [{ source: 'set-0', snapshotIds: ['snap-00'], fault: 'open' }],
    });
  });
});

describe('the same act in vain', () => {
  it('is counted, until it comes off', () => {
    const once = reduceAct(ladderState(), stopOld, unknown);
    const twice = reduceAct(once, stopOld, unknown);
    expect([once.setback?.count, twice.setback?.count]).toEqual([1, 2]);
    expect(reduceAct(twice, stopOld, done()).setback).toBeNull();
    expect(reduceAct(twice, detachRoot, unknown).setback?.count).toBe(1);
  });

  it('a call that was refused for good is not waited out', () => {
    const intended = intendAct(ladderState(replacing), detachRoot, NOON_MS);
    expect(reduceAct(intended, detachRoot, failed()).pending).toBeNull();
    expect(reduceAct(intended, detachRoot, unknown).pending).toMatchObject({
      call: 'DetachVolume',
      target: ROOT_VOLUME,
    });
  });
});

describe('under a pause', () => {
  const start: Act = { do: 'start-instance', reason: '' };
  const stoppedFor = (result: Outcome): LadderState =>
    reduceAct(intendAct(ladderState(replacing), stopOld, NOON_MS), stopOld, result);
  const attach: Act = { do: 'attach', volumeId: DATA_VOLUME, which: 'replacement', device: '/dev/sdf', reason: '' };

  const PROVED: Partial<LadderState> = { ...swapping, proved: 'it follows' };
  const cleaning = (kind: CleanupPiece['kind'], target: string): Act => ({
    do: 'clean-up',
    piece: { kind, target },
    volumes: [],
  });

  it.each<[string, Act, Partial<LadderState>, boolean]>([
    ['no volumes are exchanged', swap, swapping, false],
    ['those of before are put back', back, swapping, true],
    ['no instance is launched', { do: 'launch', reason: '' }, replacing, false],
    ['no client is restarted', { do: 'restart', reason: '' }, { rung: 'restart' }, false],
    ['no client is masked', { do: 'mask-original', reason: '' }, replacing, false],
    ['what this heal has stopped is started', { do: 'start-instance', reason: '' }, {}, true],
    ['no volume is attached', attach, swapping, false],
    [
      'one of a node that is fenced on both sides is',
      attach,
      { rung: 'replace', replacement: newReplacement({ fencedBy: 'root-detached' }) },
      true,
    ],
    ['no instance is stopped', stopOld, { rung: 'stop-start' }, false],
    ['none that is only to be fenced', stopOld, replacing, false],
    [
      'but one whose client may have ended without saying so is',
      stopOld,
      { rung: 'replace', replacement: newReplacement({ originalMask: 'unconfirmed' }) },
      true,
    ],
    [
      'no root volume comes off where a guard forbade the stop',
      detachRoot,
      { ...replacing, hold: 'none', original: 'stopIntended' },
      false,
    ],
    ['it does where the instance was stopped for that', detachRoot, stoppedFor(done()), true],
    ['and where nobody has answered', detachRoot, stoppedFor(unknown), true],
    ['not where EC2 has refused the stop', detachRoot, stoppedFor(failed()), false],
    ['nor once it was started again', detachRoot, reduceAct(stoppedFor(done()), start, done()), false],
    [
      'but a new one that is given up is',
      { ...stopOld, which: 'replacement' },
      { rung: 'replace', replacement: newReplacement({ givenUp: 'x' }) },
      true,
    ],
    ['no old volume comes off after the proof', { ...detachRoot, volumeId: DATA_VOLUME }, PROVED, false],
    ['no replaced instance is stopped after the proof', stopOld, { ...PROVED, rung: 'replace' }, false],
    ['and nothing is put away', cleaning('keep', DATA_VOLUME), PROVED, false],
    ['other functions are asked: they heed the pause themselves', cleaning('register', 'bitcoin'), PROVED, true],
    ['but a member is taken back into service', cleaning('leave-standby', 'nodes'), PROVED, true],
  ])('%s', (_, act, has, allowed) => {
    expect(doesRecover(act, ladderState(has))).toBe(allowed);
  });
});

/** Constructors by the kind of their act, and the file that defines each. */
const ACT_FILES = ['beside', 'cleanup', 'decisions', 'instances', 'node-commands', 'volumes'] as const;
const FUNCTION = new URL('../../../functions/replace-node/', import.meta.url);

/** The code without comments, which are for people. */
const codeOf = (file: string): string =>
  readFileSync(new URL(file, FUNCTION), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');

async function constructors(): Promise<ReadonlyMap<string, string>> {
  const named = new Map<string, string>();
  for (const file of ACT_FILES) {
    const exported = (await import(new URL(`acts/${file}.ts`, FUNCTION).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exported))
      if (typeof value === 'function' && 'kind' in value) named.set(String(value.kind), name);
  }
  return named;
}

/** Finds an act by its constructor, imported from a file of acts, or by its kind in quotes. A rung has the name of an act: there only `do` counts. */
function isNamed(code: string, kind: string, maker: string): boolean {
  const imports = [...code.matchAll(/import \{([^}]*)\} from '\.{1,2}\/(?:acts\/)?([\w-]+)\.ts'/g)];
  const isImported = imports.some(
    ([, names = '', file]) => ACT_FILES.some((one) => one === file) && new RegExp(`\\b${maker}\\b`).test(names),
  );
  const quoted = RUNGS.some((rung) => rung === kind)
    ? `(do: |\\.do ={3} |\\.do !={2} |defineAct<.*\\('?)'${kind}'`
    : `'${kind}'`;
  return isImported || new RegExp(quoted).test(code) || code.includes(`export const ${maker} = defineAct`);
}

describe('an act of the ladder', () => {
  const files = readdirSync(FUNCTION, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

  it('is named in two files at most: its own, and the one that decides on it', async () => {
    const acts = await constructors();
    const defined = files.flatMap((file) => [...codeOf(file).matchAll(/= defineAct</g)]);
    expect(acts.size).toBe(defined.length);
    const named = [...acts].map(([kind, maker]) => ({
      kind,
      files: files.filter((file) => isNamed(codeOf(file), kind, maker)).sort(),
    }));
    expect(named.filter(({ files: of }) => of.length !== 2)).toEqual([]);
  });

  it('that a third file would name is found there', () => {
    expect(isNamed("import { attach } from './acts/volumes.ts';", 'attach', 'attach')).toBe(true);
    expect(isNamed("import { attach } from '../../../shared/aws/volumes.ts';", 'attach', 'attach')).toBe(false);
    expect(isNamed("return { do: 'swap', to };", 'swap', 'swap')).toBe(true);
    expect(isNamed("if (kind === 'take-over')", 'take-over', 'takeOver')).toBe(true);
    expect(isNamed("return ['swap', 'replace'];", 'swap', 'swap')).toBe(false);
  });
});
