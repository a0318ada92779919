// Which peers a node should name, in an operator's words.
import { describe, expect, it } from '@jest/globals';
import { type ChooseFacts, choosePeers } from '../../../functions/rotate-peers/peer-selection.ts';
import type { Role } from '../../../shared/fleet/model.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { chooseFacts, entryOf, idOf, member } from '../../fixtures/peer-facts.ts';

/** The new list of node `index`, from its current list and its connections. */
function chosen(
  facts: ChooseFacts,
  index: number,
  peers: readonly string[] = [],
  connected: readonly string[] = [],
  owned: readonly string[] = [],
) {
  const self = facts.members.find(({ instanceId }) => instanceId === `i-${index}`) ?? member(index);
  return choosePeers(facts, self, { instanceId: `i-${index}`, peers, owned, connected: new Set(connected) });
}

describe('the consortium of four validators', () => {
  const four = [1, 2, 3, 4].map((index) => member(index, { role: 'validator' }));

  it.each(['starting', 'unknown'] as const)(
    'fresh, all %s: each names the three others, in the order of their names',
    (health) => {
      const facts = chooseFacts(four.map((one) => ({ ...one, health })));
      expect([1, 2, 3, 4].map((index) => chosen(facts, index).peers)).toEqual([
        [2, 3, 4].map(entryOf),
        [1, 3, 4].map(entryOf),
        [1, 2, 4].map(entryOf),
        [1, 2, 3].map(entryOf),
      ]);
    },
  );

  it('fresh, with the addresses of the machine that made the files: these give way, since nobody is there', () => {
    const facts = chooseFacts(four.map((one) => ({ ...one, health: 'starting' as const })));
    const stale = [1, 2, 3, 4].map((index) => `${idOf(index)}@192.167.10.${index}:26656`);
    const { peers, dropped } = chosen(facts, 1, [...stale, `${'e'.repeat(40)}@192.167.10.9:26656`]);
    expect(peers).toEqual([2, 3, 4].map(entryOf));
    expect(dropped.map(({ why }) => why)).toEqual([
      'it is the node itself',
      `node2 is ${entryOf(2)} now`,
      `node3 is ${entryOf(3)} now`,
      `node4 is ${entryOf(4)} now`,
      'nobody is there',
    ]);
  });

  it('halted, all stuck: they still name each other, or the chain would never go on', () => {
    const facts = chooseFacts(four.map((one) => ({ ...one, health: 'stuck' as const })));
    expect(chosen(facts, 2).peers).toEqual([1, 3, 4].map(entryOf));
  });
});

describe('good and bad peers', () => {
  it.each<[Health, boolean]>([
    ['synced', true],
    ['starting', true],
    ['unknown', true],
    ['behind', false],
    ['stuck', false],
    ['forked', false],
  ])('one that is %s and named already stays: %s', (health, stays) => {
    const facts = chooseFacts([member(1), member(2), member(3), member(4), member(5, { health })]);
    expect(chosen(facts, 1, [entryOf(5), entryOf(2)]).peers.includes(entryOf(5))).toBe(stays);
  });

  it('a node that was replaced goes, when nobody answers at its address any more', () => {
    const facts = chooseFacts([member(1), member(2), member(3), member(4)]);
    const gone = `${'d'.repeat(40)}@10.0.0.99:26656`;
    const { peers, dropped } = chosen(facts, 1, [gone, entryOf(2)], [idOf(2)]);
    expect(peers).toEqual([2, 3, 4].map(entryOf));
    expect(dropped).toMatchObject([{ peer: gone, why: 'nobody is there' }]);
  });

  it.each([
    [5, 0, 3],
    [10, 0, 3],
    [30, 0, 3],
    [10, 1, 3],
    [10, 9, 1],
    [10, 10, 0],
  ])(
    'of %d strangers that fill its list, %d of them connected: it names %d siblings that are well, and who is connected stays',
    (count, met, siblings) => {
      const facts = chooseFacts([member(1, { health: 'behind' }), member(2), member(3), member(4)], { maximum: 10 });
      const idAt = (index: number): string => index.toString(16).padStart(40, 'f');
      const strangers = Array.from({ length: count }, (_, at) => `${idAt(at)}@198.51.100.${at + 1}:26656`);
      const { peers } = chosen(
        facts,
        1,
        strangers,
        strangers.slice(0, met).map((_, at) => idAt(at)),
      );
      expect(peers.filter((peer) => [2, 3, 4].map(entryOf).includes(peer))).toHaveLength(siblings);
      expect(strangers.slice(0, met).every((peer) => peers.includes(peer))).toBe(true);
      // Who has connections knows who is dead.
      expect(peers).toHaveLength(met > 0 ? met + siblings : Math.min(10, count + siblings));
    },
  );

  it('of strangers that it has not met none gives way to siblings that are not well either', () => {
    const facts = chooseFacts(
      [member(1), member(2, { health: 'behind' }), member(3, { health: 'behind' }), member(4)],
      { maximum: 10 },
    );
    const strangers = Array.from(
      { length: 10 },
      (_, at) => `${String(at).padStart(40, 'e')}@198.51.100.${at + 1}:26656`,
    );
    expect(chosen(facts, 1, strangers).peers.filter((peer) => [2, 3].map(entryOf).includes(peer))).toEqual([]);
    expect(chosen(facts, 1, strangers).peers).toContain(entryOf(4));
  });

  it('a stranger that it is connected to stays', () => {
    const friend = `${'d'.repeat(40)}@203.0.113.9:26656`;
    expect(chosen(chooseFacts([member(1), member(2)]), 1, [friend], ['d'.repeat(40)]).peers).toEqual([
      entryOf(2),
      friend,
    ]);
  });

  it('a node that is connected to nobody cannot tell who is dead', () => {
    const friend = `${'d'.repeat(40)}@203.0.113.9:26656`;
    expect(chosen(chooseFacts([member(1), member(2)]), 1, [friend]).peers).toEqual([entryOf(2), friend]);
  });

  it('a line that its owner wrote stays, whoever it names', () => {
    expect(
      chosen(chooseFacts([member(1), member(2)]), 1, ['10.9.9.9:8333'], [idOf(2)], ['10.9.9.9:8333']).peers,
    ).toEqual([entryOf(2), '10.9.9.9:8333']);
  });

  it('where only two are well, one that is behind makes the third', () => {
    const facts = chooseFacts([
      member(1),
      member(2),
      member(3),
      member(4, { health: 'behind' }),
      member(5, { health: 'stuck' }),
    ]);
    expect(chosen(facts, 1).peers).toEqual([2, 3, 4].map(entryOf));
  });

  it('seeds of the fleet file are in every list', () => {
    const seed = `${'5'.repeat(40)}@seed.example.com:26656`;
    const facts = chooseFacts([member(1), member(2)], { seeds: [seed] });
    expect(chosen(facts, 1).peers).toEqual([entryOf(2), seed]);
  });

  it('of many, those that run for long come first, and every zone has one', () => {
    const young = { upSinceMs: NOON_MS - HOUR_MS };
    const old = [1, 4, 7].map((index) => member(index));
    const facts = chooseFacts([...old, member(2, young), member(3, young), member(5, young)], { maximum: 3 });
    const { peers } = chosen(facts, 1);
    expect(peers).toHaveLength(3);
    // 4 and 7 are in the same zone as 1; 2, 3 and 5 in two others.
    expect(peers.filter((peer) => [entryOf(4), entryOf(7)].includes(peer))).toHaveLength(1);
    expect(peers).toContain(entryOf(3));
  });
});

describe('roles', () => {
  const validator = (index: number, health: Health = 'synced') => member(index, { role: 'validator', health });
  const sentry = (index: number, health: Health = 'synced') => member(index, { role: 'sentry', health });
  const seed = `${'5'.repeat(40)}@seed.example.com:26656`;
  const facts = chooseFacts(
    [validator(1), sentry(2), sentry(3), member(4), member(6, { role: 'bootnode', health: 'behind' })],
    {
      seeds: [seed],
    },
  );

  it('a validator behind sentries names these and nobody else, whoever it named before', () => {
    const { peers, dropped } = chosen(facts, 1, [entryOf(4), entryOf(6), seed], [idOf(4)]);
    expect(peers).toEqual([2, 3].map(entryOf));
    expect(dropped.every(({ forbidden }) => forbidden)).toBe(true);
  });

  it('a sentry names the validator, and keeps its id to itself', () => {
    expect(chosen(facts, 2)).toMatchObject({ peers: [...[1, 3, 4, 6].map(entryOf), seed], hiddenIds: [idOf(1)] });
  });

  it('a follower does not learn of the validator, and forgets it', () => {
    const { peers, dropped } = chosen(facts, 4, [entryOf(1)]);
    expect(peers).toEqual([...[2, 3, 6].map(entryOf), seed]);
    expect(dropped).toMatchObject([{ why: 'a validator is not for a follower to name', forbidden: true }]);
  });

  it('a bootnode is in every list, though it need not follow the chain', () => {
    for (const index of [2, 3, 4]) expect(chosen(facts, index).peers).toContain(entryOf(6));
  });

  it.each<Role>(['validator', 'follower', 'unknown'])('without sentries, a %s names everybody', (role) => {
    const plain = chooseFacts([member(1, { role }), validator(2), member(3)]);
    expect(chosen(plain, 1)).toMatchObject({ peers: [2, 3].map(entryOf), hiddenIds: [] });
  });

  it('a sentry that does not answer stays in the list of its validator', () => {
    const absent = [{ instanceId: 'i-3', role: 'sentry' as const, host: '10.0.0.3', health: 'unreachable' as const }];
    const alone = { ...chooseFacts([validator(1), sentry(2)]), absent };
    expect(chosen(alone, 1, [entryOf(2), entryOf(3)]).peers).toEqual([entryOf(2), entryOf(3)]);
  });
});
