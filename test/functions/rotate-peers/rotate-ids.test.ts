// The owner of a peer id: a node may claim any id, and takes no other node's place by it.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeIds, type PeerIdClaim } from '../../../functions/rotate-peers/ids.ts';
import {
  type ChooseFacts,
  choosePeers,
  type NodeList,
  type PeerCandidate,
} from '../../../functions/rotate-peers/peer-selection.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import type { Role } from '../../../shared/fleet/model.ts';
import type { PinnedIds } from '../../../shared/guardrails/rotation.ts';
import { ConfigError, peersIn, withPeers } from '../../../shared/peers/config.ts';
import { parseEntry } from '../../../shared/peers/entry.ts';
import { tries } from '../../fixtures/any.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { fileOf, peerConfig } from '../../fixtures/peer-configs.ts';
import { chooseFacts, member } from '../../fixtures/peer-facts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const idOf = (seed: string | number): string => Buffer.from(String(seed)).toString('hex').padStart(40, '0').slice(-40);
const entryOf = (id: string, index: number): string => `${id}@10.0.0.${index}:26656`;
const outside = (index: number): string => `${idOf(`x${index}`)}@203.0.113.${index}:26656`;

const file = fileOf(chainClients.cometbft);
const privateIds = (text: string): readonly string[] =>
  /^private_peer_ids = "([^"]*)"$/m
    .exec(text)?.[1]
    ?.split(',')
    .filter((id) => id !== '') ?? [];

/** Node 1 says that it is `id`, the others what they are. */
function claims(id: string, others: number): readonly PeerIdClaim[] {
  return [
    { instanceId: 'i-1', id },
    ...Array.from({ length: others }, (_, at) => ({
      instanceId: `i-${at + 2}`,
      id: idOf(at + 2),
    })),
  ];
}

const runningOf = (all: readonly PeerIdClaim[]): ReadonlySet<string> =>
  new Set(all.map(({ instanceId }) => instanceId));
const judge = (pinned: PinnedIds, all: readonly PeerIdClaim[], nowMs = NOON_MS) =>
  judgeIds(pinned, all, { present: runningOf(all), running: runningOf(all), nowMs });

const memberOf = ({ instanceId, id }: PeerIdClaim, role: Role): PeerCandidate => {
  const index = Number(instanceId.slice(2));
  return member(index, { role, availabilityZone: 'a', entry: entryOf(id, index) });
};
const factsOf = (members: readonly PeerCandidate[], more: Partial<ChooseFacts> = {}) =>
  chooseFacts(members, { maximum: 20, ...more });

describe('a validator that changes its id with every look', () => {
  it('does not fill the lists of its sentries, and is told once', () => {
    let pinned: PinnedIds = {};
    let text = peerConfig('cometbft.toml');
    const told: string[] = [];
    for (let round = 0; round < 200; round++) {
      const all = claims(idOf(`round ${round}`), 2);
      const { verdicts, next } = judge(pinned, all, NOON_MS + round * 5 * MINUTE);
      pinned = next;
      const members = all
        .filter(({ instanceId }) => verdicts.get(instanceId)?.is === 'own')
        .map((claim) => memberOf(claim, claim.instanceId === 'i-1' ? 'validator' : 'sentry'));
      told.push(verdicts.get('i-1')?.is ?? '');
      const now: NodeList = { instanceId: 'i-2', peers: peersIn(text, file).peers, owned: [], connected: new Set() };
      const { peers, hiddenIds } = choosePeers(factsOf(members), { role: 'sentry' }, now);
      text = withPeers(text, file, { peers, hiddenIds });
    }
    expect(privateIds(text)).toEqual([idOf('round 0')]);
    expect(told.slice(0, 2)).toEqual(['own', 'changed']);
    expect(new Set(told.slice(1))).toEqual(new Set(['changed']));
  });

  it('is taken at its word when it stays with the new one for a day, and then not again for a week', () => {
    const first = judge({}, claims(idOf('a'), 0)).next;
    const seen = judge(first, claims(idOf('b'), 0), NOON_MS);
    expect(seen.verdicts.get('i-1')).toEqual({ is: 'changed', from: idOf('a'), untilMs: NOON_MS + DAY });
    const soon = judge(seen.next, claims(idOf('b'), 0), NOON_MS + DAY - 1);
    expect(soon.verdicts.get('i-1')?.is).toBe('changed');
    const later = judge(soon.next, claims(idOf('b'), 0), NOON_MS + DAY);
    expect(later.verdicts.get('i-1')?.is).toBe('own');
    const again = judge(later.next, claims(idOf('c'), 0), NOON_MS + DAY + HOUR);
    expect(again.verdicts.get('i-1')).toMatchObject({ is: 'changed', untilMs: NOON_MS + 8 * DAY });
    expect(judge(again.next, claims(idOf('c'), 0), NOON_MS + 8 * DAY).verdicts.get('i-1')?.is).toBe('own');
  });

  it('begins to wait anew when it shows a third one', () => {
    const first = judge({}, claims(idOf('a'), 0)).next;
    const second = judge(first, claims(idOf('b'), 0), NOON_MS).next;
    const third = judge(second, claims(idOf('c'), 0), NOON_MS + 23 * HOUR);
    expect(third.verdicts.get('i-1')).toMatchObject({ untilMs: NOON_MS + 47 * HOUR });
    expect(judge(third.next, claims(idOf('b'), 0), NOON_MS + DAY).verdicts.get('i-1')?.is).toBe('changed');
  });

  it('is itself again at once when it goes back', () => {
    const first = judge({}, claims(idOf('a'), 0)).next;
    const second = judge(first, claims(idOf('b'), 0)).next;
    const back = judge(second, claims(idOf('a'), 0));
    expect(back.verdicts.get('i-1')?.is).toBe('own');
    expect(back.next).toEqual(first);
  });

  it('a list that is as long as any may be is refused, and left as it is', () => {
    const full = Array.from({ length: 100 }, (_, at) => idOf(`h${at}`)).join(',');
    const text = peerConfig('cometbft.toml').replace('private_peer_ids = ""', `private_peer_ids = "${full}"`);
    const wish = { peers: [], hiddenIds: [idOf('one more')] };
    expect(() => withPeers(text, file, wish)).toThrow(ConfigError);
    expect(() => withPeers(text, file, wish)).toThrow('private_peer_ids would name 101 ids, expected at most 100');
    expect(withPeers(text, file, { peers: [], hiddenIds: [idOf('h7')] })).toContain(full);
  });
});

describe('a node that says another’s id', () => {
  it('is refused, and whose it is keeps its place', () => {
    const { next } = judge({}, claims(idOf(1), 2));
    const stolen = judge(next, claims(idOf(2), 2));
    expect(stolen.verdicts.get('i-1')).toEqual({ is: 'taken', by: ['i-2'] });
    expect(stolen.verdicts.get('i-2')?.is).toBe('own');
    expect(stolen.next).toEqual(next);
  });

  it('is refused as a newcomer, too, and so are both where nobody knows whose it is', () => {
    const known = judge({}, claims(idOf(1), 1).slice(1)).next;
    const newcomer = judge(known, claims(idOf(2), 1));
    expect(newcomer.verdicts.get('i-1')).toEqual({ is: 'taken', by: ['i-2'] });
    const both = judge({}, claims(idOf(2), 1));
    expect([...both.verdicts.values()].map(({ is }) => is)).toEqual(['taken', 'taken']);
    expect(both.next).toEqual({});
  });

  it('may have it where the other is gone, or does not run: data moves to another instance', () => {
    const { next } = judge({}, claims(idOf(1), 0));
    const young: PeerIdClaim = { instanceId: 'i-9', id: idOf(1) };
    const [old, both] = [new Set(['i-9']), new Set(['i-1', 'i-9'])];
    const gone = judgeIds(next, [young], { present: old, running: old, nowMs: NOON_MS });
    expect(gone.verdicts.get('i-9')?.is).toBe('own');
    const stopped = judgeIds(next, [young], { present: both, running: old, nowMs: NOON_MS });
    expect(stopped.verdicts.get('i-9')?.is).toBe('own');
    const silent = judgeIds(next, [young], { present: both, running: both, nowMs: NOON_MS });
    expect(silent.verdicts.get('i-9')).toEqual({ is: 'taken', by: ['i-1'] });
  });
});

describe('a node that says the ids of peers elsewhere', () => {
  const peers = Array.from({ length: 10 }, (_, at) => outside(at + 1));
  const connectedOf = (list: readonly string[]): ReadonlySet<string> =>
    new Set(list.flatMap((peer) => [parseEntry(peer)?.id ?? '', parseEntry(peer)?.host ?? '']));

  it('removes none of them from the lists of the others, though each time it is believed', () => {
    for (const [at] of peers.entries()) {
      const liar = memberOf({ instanceId: 'i-5', id: idOf(`x${at + 1}`) }, 'follower');
      const self = memberOf({ instanceId: 'i-1', id: idOf(1) }, 'follower');
      const now: NodeList = { instanceId: 'i-1', peers, owned: [], connected: connectedOf(peers) };
      const chosen = choosePeers(factsOf([self, liar]), self, now);
      expect(peers.filter((peer) => !chosen.peers.includes(peer))).toEqual([]);
    }
  });

  it('takes the place of none that is named by a DNS name', () => {
    const seed = `${idOf('x1')}@sentry.example.com:26656`;
    const liar = memberOf({ instanceId: 'i-5', id: idOf('x1') }, 'follower');
    const self = memberOf({ instanceId: 'i-1', id: idOf(1) }, 'follower');
    const connected = new Set([idOf('x1'), '203.0.113.1']);
    const connectedAt = new Map([[idOf('x1'), new Set(['203.0.113.1'])]]);
    const now: NodeList = { instanceId: 'i-1', peers: [seed], owned: [], connected, connectedAt };
    expect(choosePeers(factsOf([self, liar]), self, now).peers).toContain(seed);
  });

  it('whatever a fleet says of itself, nobody who is connected to at another address goes', () => {
    const liars = fc.uniqueArray(fc.record({ index: fc.integer({ min: 2, max: 9 }), claim: fc.nat(12) }), {
      selector: ({ index }) => index,
      maxLength: 8,
    });
    fc.assert(
      fc.property(liars, fc.subarray(peers), (some, named) => {
        const self = memberOf({ instanceId: 'i-1', id: idOf(1) }, 'follower');
        const others = some.map(({ index, claim }) =>
          memberOf({ instanceId: `i-${index}`, id: idOf(`x${claim}`) }, 'follower'),
        );
        const now: NodeList = { instanceId: 'i-1', peers: named, owned: [], connected: connectedOf(named) };
        const chosen = choosePeers(factsOf([self, ...others], { maximum: 30 }), self, now);
        return named.every((peer) => chosen.peers.includes(peer));
      }),
      tries('rotate-ids', 500),
    );
  });

  // CosmosContracts/mainnet#83
  it.each([2, 77])('a sibling with a new key is named by that, whatever its old id at 10.0.0.%d says', (host) => {
    const renewed = memberOf({ instanceId: 'i-2', id: idOf(2) }, 'follower');
    const self = memberOf({ instanceId: 'i-1', id: idOf(1) }, 'follower');
    const old = entryOf(idOf('old'), host);
    const now: NodeList = { instanceId: 'i-1', peers: [old], owned: [old], connected: new Set() };
    expect(choosePeers(factsOf([self, renewed]), self, now).peers).toContain(entryOf(idOf(2), 2));
  });

  it('a sibling that has moved gives way to itself: where it was, nobody is', () => {
    const moved = memberOf({ instanceId: 'i-2', id: idOf(2) }, 'follower');
    const self = memberOf({ instanceId: 'i-1', id: idOf(1) }, 'follower');
    const before = entryOf(idOf(2), 77);
    const connected = new Set([idOf(2), '10.0.0.2']);
    const connectedAt = new Map([[idOf(2), new Set(['10.0.0.2'])]]);
    const now: NodeList = { instanceId: 'i-1', peers: [before], owned: [], connected, connectedAt };
    expect(choosePeers(factsOf([self, moved]), self, now)).toMatchObject({
      peers: [entryOf(idOf(2), 2)],
      dropped: [{ peer: before, why: `node2 is ${entryOf(idOf(2), 2)} now` }],
    });
  });
});

describe('what is remembered of ids', () => {
  it('is no more than the fleet has, and no more than a record holds', () => {
    const many: readonly PeerIdClaim[] = Array.from({ length: 1_500 }, (_, at) => ({
      instanceId: `i-${at}`,
      id: idOf(at),
    }));
    const { next } = judge({}, many);
    expect(Object.keys(next)).toHaveLength(1_000);
    const gone = judge(next, many.slice(0, 2));
    expect(Object.keys(gone.next)).toEqual(['i-0', 'i-1']);
  });

  it('does not depend on the order of the answers', () => {
    const claim = fc.record({ at: fc.integer({ min: 1, max: 6 }), id: fc.integer({ min: 1, max: 4 }) });
    const rounds = fc.array(fc.uniqueArray(claim, { selector: ({ at }) => at, maxLength: 6 }), { maxLength: 6 });
    const play = (all: readonly (readonly { readonly at: number; readonly id: number }[])[]) =>
      all.reduce(
        ({ pinned, said }, round, hour) => {
          const told = round.map(({ at, id }): PeerIdClaim => ({ instanceId: `i-${at}`, id: idOf(id) }));
          const running = new Set([1, 2, 3, 4, 5, 6].map((at) => `i-${at}`));
          const { verdicts, next } = judgeIds(pinned, told, {
            present: running,
            running,
            nowMs: NOON_MS + hour * 30 * HOUR,
          });
          return { pinned: next, said: [...said, [...verdicts].sort()] };
        },
        { pinned: {} as PinnedIds, said: [] as unknown[] },
      );
    fc.assert(
      fc.property(rounds, (all) => {
        const turned = all.map((round) => [...round].reverse());
        expect(play(turned)).toEqual(play(all));
      }),
      tries('rotate-ids', 300),
    );
  });

  it('never calls two nodes by one id', () => {
    const claim = fc.record({ at: fc.integer({ min: 1, max: 5 }), id: fc.integer({ min: 1, max: 3 }) });
    const rounds = fc.array(fc.uniqueArray(claim, { selector: ({ at }) => at, maxLength: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(rounds, (all) => {
        let pinned: PinnedIds = {};
        for (const [hour, round] of all.entries()) {
          const told = round.map(({ at, id }): PeerIdClaim => ({ instanceId: `i-${at}`, id: idOf(id) }));
          const { verdicts, next } = judgeIds(pinned, told, {
            present: runningOf(told),
            running: runningOf(told),
            nowMs: NOON_MS + hour * 30 * HOUR,
          });
          pinned = next;
          const own = told.filter(({ instanceId }) => verdicts.get(instanceId)?.is === 'own').map(({ id }) => id);
          expect(new Set(own).size).toBe(own.length);
        }
      }),
      tries('rotate-ids', 500),
    );
  });
});
