// What is remembered of an act before it is made, and of what came of it: all that a successor has to go by.
import { describe, expect, it } from '@jest/globals';
import { intending, phaseOf, takesDown } from '../../functions/replace-node/intending.ts';
import { learn } from '../../functions/replace-node/learn.ts';
import type { Act, Result } from '../../functions/replace-node/model.ts';
import { putsBack } from '../../functions/replace-node/putting-back.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { DATA_VOLUME, NOON_MS } from '../support/heal-facts.ts';
import { COPY_VOLUME, client, copy, memory, newInstance, ROOT_VOLUME, seen } from '../support/replace-facts.ts';

type Heard = Exclude<Result, { readonly is: 'refused' | 'lost' }>;
const done = (more: object = {}): Heard => ({ is: 'done', atMs: NOON_MS, ...more });
const failed = (more: object = {}): Heard => ({ is: 'failed', atMs: NOON_MS, reason: 'it ended', ...more });
const unknown: Heard = { is: 'unknown', atMs: NOON_MS, reason: 'no answer' };

const swap: Act = { do: 'swap', to: 'copy', reason: '' };
const back: Act = { do: 'swap', to: 'found', reason: '' };
const stopOld: Act = { do: 'stop-instance', which: 'old', reason: '' };
const detachRoot: Act = { do: 'detach', volumeId: ROOT_VOLUME, which: 'old', device: '/dev/xvda', reason: '' };
const swapping = { rung: 'swap', copy: copy() } as const;
const replacing = { rung: 'replace', machine: newInstance() } as const;

describe('before an act', () => {
  it.each<[string, Act, Partial<ReplaceMemory>, readonly string[]]>([
    ['that takes the client down it is written', swap, swapping, ['down']],
    ['a restart may leave it down', { do: 'restart', reason: '' }, { rung: 'restart' }, ['down']],
    ['a stop owes a start', stopOld, { rung: 'stop-start' }, ['down', 'stopped']],
    [
      'a member that may be on standby is to be taken back',
      { do: 'standby', group: 'nodes' },
      swapping,
      ['standing-by'],
    ],
    [
      'a client that may be masked is to be unmasked',
      { do: 'mask-old', reason: '' },
      replacing,
      ['down', 'fencing', 'masking'],
    ],
    [
      'a new client that may be unmasked is to be silenced',
      { do: 'take-over', reason: '' },
      replacing,
      ['down', 'taking-over'],
    ],
    ['what discovery may have been told is to be taken back', { do: 'join' }, replacing, ['down', 'joining']],
    ['a volume that may be made is to be asked for', { do: 'create', at: 0, reason: '' }, swapping, ['making 0']],
    ['asking the node is nothing to write', { do: 'inspect', which: 'old' }, swapping, []],
    ['stopping the new one owes nobody anything', { ...stopOld, which: 'young' }, replacing, []],
  ])('%s', (_, act, has, marks) => {
    const after = intending(memory({ ...has, done: [] }), act, NOON_MS);
    expect(after.done).toEqual(marks);
    expect(takesDown(act)).toBe(marks.length > 0);
  });

  it('which volume was the old root is written before it comes off', () => {
    const after = intending(memory(replacing), detachRoot, NOON_MS);
    expect(after.machine?.oldRoot).toEqual({ device: '/dev/xvda', volumeId: ROOT_VOLUME });
    const data = intending(memory(replacing), { ...detachRoot, volumeId: DATA_VOLUME }, NOON_MS);
    expect(data.machine?.oldRoot).toBeNull();
  });

  it.each<[string, readonly string[], string | null, string]>([
    ['nothing is owed before anything is touched', ['held', 'making 0'], null, 'preparing'],
    ['a client that may be down is', ['down'], null, 'down'],
    ['an instance that was stopped is', ['stopped'], null, 'down'],
    ['a member on standby is', ['standing-by'], null, 'down'],
    ['only clearing up is left after the proof', ['down'], 'it follows', 'proved'],
  ])('%s', (_, marks, proved, phase) => {
    expect(phaseOf(memory({ done: marks, proved }))).toBe(phase);
  });
});

describe('what is mounted is what the node says', () => {
  const ended = seen([client('failed')], COPY_VOLUME);

  it.each<[string, Act, Heard, Partial<ReplaceMemory>, 'copy' | 'found']>([
    ['after a swap', swap, done(), swapping, 'copy'],
    ['after a swap that was put back', swap, failed({ putBack: true, seen: seen() }), swapping, 'found'],
    ['after one that could not be put back', swap, failed({ putBack: false, seen: null }), swapping, 'copy'],
    ['after the way back', back, done(), { ...swapping, copy: copy({ mounted: 'copy' }) }, 'found'],
    [
      'after the way back to a client that ends, as it did when it was found',
      back,
      failed({ seen: seen([client('failed')]) }),
      { ...swapping, copy: copy({ mounted: 'copy' }) },
      'found',
    ],
    [
      'after a way back that did not come off',
      back,
      failed({ seen: ended }),
      { ...swapping, copy: copy({ mounted: 'copy' }) },
      'copy',
    ],
    [
      'when an attempt has died behind its command',
      { do: 'inspect', which: 'old' },
      done({ seen: seen([client('running')], COPY_VOLUME) }),
      swapping,
      'copy',
    ],
    [
      'when an attempt has died before it',
      { do: 'inspect', which: 'old' },
      done({ seen: seen() }),
      { ...swapping, copy: copy({ mounted: 'copy' }) },
      'found',
    ],
  ])('%s', (_, act, result, has, mounted) => {
    expect(learn(memory(has), act, result).copy?.mounted).toBe(mounted);
  });
});

describe('whose fault it was', () => {
  it.each<[string, Act, Heard, string]>([
    ['data that cannot be mounted', { do: 'check', at: 0 }, failed({ fault: 'data' }), 'mount'],
    ['a check that failed on the node', { do: 'check', at: 0 }, failed({ fault: 'node' }), 'other'],
    ['a check that nobody answered', { do: 'check', at: 0 }, unknown, 'other'],
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
      { do: 'attach', volumeId: COPY_VOLUME, which: 'old', device: '/dev/sdg', reason: '' },
      failed(),
      'other',
    ],
  ])('%s: %s', (_, act, result, fault) => {
    expect(learn(memory(swapping), act, result).copy?.givenUp?.fault).toBe(fault);
  });
});

describe('a rung ends', () => {
  it('and what it owes stays owed', () => {
    const after = learn(
      memory({ rung: 'stop-start', done: ['held', 'down', 'stopped'] }),
      { do: 'start-instance', reason: '' },
      failed(),
    );
    expect(after).toMatchObject({
      rung: null,
      done: ['held', 'stopped'],
      failed: [{ rung: 'stop-start', reason: 'it ended' }],
    });
    expect(phaseOf(after)).toBe('down');
  });

  it('by a restart whose client ends again', () => {
    const after = learn(
      memory({ rung: 'restart' }),
      { do: 'restart', reason: '' },
      done({ seen: seen([client('failed')]) }),
    );
    expect(after.failed).toEqual([{ rung: 'restart', reason: 'its client ends again: failed, exit status 1' }]);
  });

  it('by an instance of no use, but not by a subnet without capacity', () => {
    const drop: Act = { do: 'drop-machine' };
    expect(learn(memory(replacing), drop, done()).rung).toBeNull();
    const none = learn(memory({ rung: 'replace', machine: newInstance({ instanceId: '' }) }), drop, done());
    expect(none).toMatchObject({ rung: 'replace', machine: null, exhausted: ['subnet-0a'] });
  });

  it('a copy that was given up is not tried again', () => {
    const given = copy({ givenUp: { fault: 'open', reason: 'it ended' } });
    const after = learn(memory({ rung: 'swap', copy: given, generation: 1 }), { do: 'drop-copy' }, done());
    expect(after).toMatchObject({ copy: null, tried: [{ source: 'set-0', snapshotIds: ['snap-00'], fault: 'open' }] });
  });
});

describe('the same act in vain', () => {
  it('is counted, until it comes off', () => {
    const once = learn(memory(), stopOld, unknown);
    const twice = learn(once, stopOld, unknown);
    expect([once.setback?.count, twice.setback?.count]).toEqual([1, 2]);
    expect(learn(twice, stopOld, done()).setback).toBeNull();
    expect(learn(twice, detachRoot, unknown).setback?.count).toBe(1);
  });

  it('a call that was refused for good is not waited out', () => {
    const intended = intending(memory(replacing), detachRoot, NOON_MS);
    expect(learn(intended, detachRoot, failed()).intent).toBeNull();
    expect(learn(intended, detachRoot, unknown).intent).toMatchObject({ call: 'DetachVolume', target: ROOT_VOLUME });
  });
});

describe('under a pause', () => {
  const start: Act = { do: 'start-instance', reason: '' };
  const stoppedFor = (result: Heard): ReplaceMemory =>
    learn(intending(memory(replacing), stopOld, NOON_MS), stopOld, result);
  const attach: Act = { do: 'attach', volumeId: DATA_VOLUME, which: 'young', device: '/dev/sdf', reason: '' };

  it.each<[string, Act, Partial<ReplaceMemory>, boolean]>([
    ['no volumes are exchanged', swap, swapping, false],
    ['those of before are put back', back, swapping, true],
    ['no instance is launched', { do: 'launch', reason: '' }, replacing, false],
    ['no client is restarted', { do: 'restart', reason: '' }, { rung: 'restart' }, false],
    ['no client is masked', { do: 'mask-old', reason: '' }, replacing, false],
    ['what this heal has stopped is started', { do: 'start-instance', reason: '' }, {}, true],
    ['no volume is attached', attach, swapping, false],
    [
      'one of a node that is fenced on both sides is',
      attach,
      { rung: 'replace', machine: newInstance({ fencedBy: 'root-detached' }) },
      true,
    ],
    ['no instance is stopped', stopOld, { rung: 'stop-start' }, false],
    ['none that is only to be fenced', stopOld, replacing, false],
    [
      'but one whose client may have ended without saying so is',
      stopOld,
      { ...replacing, done: ['mask-failed'] },
      true,
    ],
    ['no root volume comes off where a guard forbade the stop', detachRoot, { ...replacing, done: ['stopped'] }, false],
    ['it does where the instance was stopped for that', detachRoot, stoppedFor(done()), true],
    ['and where nobody has answered', detachRoot, stoppedFor(unknown), true],
    ['not where EC2 has refused the stop', detachRoot, stoppedFor(failed()), false],
    ['nor once it was started again', detachRoot, learn(stoppedFor(done()), start, done()), false],
    [
      'but a new one that is given up is',
      { ...stopOld, which: 'young' },
      { rung: 'replace', machine: newInstance({ givenUp: 'x' }) },
      true,
    ],
  ])('%s', (_, act, has, allowed) => {
    expect(putsBack(act, memory(has))).toBe(allowed);
  });
});
