// Which volumes are the node's, and whether a copy could stand in for them.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { RUNGS } from '../../../functions/replace-node/ladder.ts';
import type { Layer } from '../../../shared/node-commands/node-answer.ts';
import { foundVolume } from '../../fixtures/builders/volume.ts';
import { client, facts, ladderState, seen } from '../../fixtures/replace-facts.ts';

const DATA = foundVolume().volumeId;
const bare = (kind: Layer, volumeId = DATA) => ({
  ...seen([client('failed')]),
  volumes: [],
  layered: [{ volumeId, kind }],
});

describe('a node whose volume is a part of something that has to be opened first', () => {
  it.each<[Layer, string]>([
    ['LVM2_member', 'a part of LVM (LVM2_member)'],
    ['linux_raid_member', 'a part of RAID (linux_raid_member)'],
    ['crypto_LUKS', 'a part of LUKS (crypto_LUKS)'],
    ['zfs_member', 'a part of ZFS (zfs_member)'],
  ])('%s: no copy stands in for it, and a person hears what to do', (kind, words) => {
    const told = RUNGS.swap.cannotBegin(facts({ seen: bare(kind) }), null);
    expect(told).toContain(`nothing is mounted at ${foundVolume().path}, and ${DATA} is ${words}`);
    expect(told).toContain('Activate and mount it on the node');
  });

  it('another volume of the machine says nothing of its data', () => {
    expect(RUNGS.swap.cannotBegin(facts({ seen: bare('LVM2_member', 'vol-0fedcba9876543210') }), null)).toBeNull();
  });

  it('nor does one that is mounted', () => {
    expect(
      RUNGS.swap.cannotBegin(facts({ seen: { ...bare('LVM2_member'), volumes: facts().seen?.volumes ?? [] } }), null),
    ).toBeNull();
  });

  it('is remembered by the heal, since only the first answer of the node tells it', () => {
    const found = { ...ladderState().found, volumes: [foundVolume({ wasUnmounted: true, layer: 'LVM2_member' })] };
    const state = ladderState({ found });
    for (const rung of ['swap', 'replace'] as const)
      expect(RUNGS[rung].cannotBegin(facts(), state)).toContain('a copy of it could not be mounted');
    expect(RUNGS.restart.cannotBegin(facts(), state)).toBeNull();
  });
});

it('a node whose volumes nobody can tell is not called silent where it has answered: a person reads which place has none', () => {
  const bareState = ladderState({ found: { ...ladderState().found, volumes: [] } });
  const why = (answer: Facts['seen']) => RUNGS.replace.cannotBegin(facts({ seen: answer }), bareState);
  const answered = why({ ...seen([client('failed')]), volumes: [] });
  expect(answered).toContain(`not each of ${foundVolume().path} (data) has an EBS volume mounted`);
  expect(why(null)).toContain('the node has not told it');
});
