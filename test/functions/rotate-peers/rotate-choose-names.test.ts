// Lists that name siblings by the suite's DNS names, in an operator's words.
import { describe, expect, it } from '@jest/globals';
import { connectedOf } from '../../../functions/rotate-peers/facts.ts';
import {
  type ChooseFacts,
  choosePeers,
  isConnected,
  type PeerCandidate,
} from '../../../functions/rotate-peers/peer-selection.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { chooseFacts, idOf, member } from '../../fixtures/peer-facts.ts';

const addressOf = (index: number): string => `10.0.0.${index}:19444`;
const nameOf = (index: number): string => `node${index}.litecoin.internal:19444`;
const keyed = (index: number, at: string): string => `${idOf(index)}@${at}`;

const litecoin = (index: number, health: Health = 'synced') =>
  member(index, { availabilityZone: 'a', health, entry: addressOf(index), named: nameOf(index) });
/** The same for a chain whose nodes have ids. */
const irita = (index: number, health: Health = 'synced'): PeerCandidate => ({
  ...litecoin(index, health),
  entry: keyed(index, addressOf(index)),
  named: keyed(index, nameOf(index)),
});

const fleet = (members: readonly PeerCandidate[], more: Partial<ChooseFacts> = {}) =>
  chooseFacts(members, { maximum: 8, ...more });

/** The new list of node1, from its current list (some of it by its owner) and its connections. */
const chosen = (
  facts: ChooseFacts,
  peers: readonly string[],
  { owned = [], connected = [] }: { readonly owned?: readonly string[]; readonly connected?: readonly string[] } = {},
) =>
  choosePeers(facts, facts.members[0] ?? litecoin(1), {
    instanceId: 'i-1',
    peers,
    owned,
    connected: new Set(connected),
  });

const three = [1, 2, 3].map((index) => litecoin(index));

describe('siblings that are named by their own DNS names', () => {
  it('stay named so, and nobody is named again by an address', () => {
    const list = [nameOf(2), nameOf(3)];
    expect(chosen(fleet(three), list)).toMatchObject({ peers: list, dropped: [], reachable: 2, exist: 2 });
    expect(chosen(fleet(three), list, { owned: list })).toMatchObject({ peers: list, dropped: [], reachable: 2 });
  });

  it('one that is not named yet is named by its address', () => {
    expect(chosen(fleet(three), [nameOf(3)]).peers).toEqual([addressOf(2), nameOf(3)]);
  });

  it.each(['NODE2.Litecoin.Internal:19444', 'node2.litecoin.internal.:19444', 'node2.litecoin.internal'])(
    '%s is node2, and stays as it is written',
    (text) => expect(chosen(fleet(three), [text, nameOf(3)]).peers).toEqual([text, nameOf(3)]),
  );

  it('with ids: the name stays where the id is the node’s own, and gets the new one where it is not', () => {
    const facts = fleet([1, 2, 3].map((index) => irita(index)));
    const list = [2, 3].map((index) => keyed(index, nameOf(index)));
    expect(chosen(facts, list)).toMatchObject({ peers: list, dropped: [] });
    const before = keyed(9, nameOf(2));
    expect(chosen(facts, [before, keyed(3, nameOf(3))])).toMatchObject({
      peers: list,
      dropped: [{ peer: before, why: `node2 is ${keyed(2, nameOf(2))} now`, forbidden: true }],
    });
  });

  it('as an enode, too', () => {
    const enode = (index: number, at: string) => `enode://${String(index).repeat(128)}@${at}`;
    const facts = fleet(
      three.map((one, at) => ({ ...one, entry: enode(at + 1, one.entry), named: enode(at + 1, nameOf(at + 1)) })),
    );
    const list = [2, 3].map((index) => `${enode(index, nameOf(index))}?discport=0`);
    expect(chosen(facts, list)).toMatchObject({ peers: list, dropped: [] });
  });

  it('another port is not where it listens', () => {
    expect(chosen(fleet(three), ['node2.litecoin.internal:9', nameOf(3)])).toMatchObject({
      peers: [nameOf(2), nameOf(3)],
      dropped: [{ why: `node2 is ${nameOf(2)} now` }],
    });
  });

  it('a name of another zone is a stranger’s', () => {
    const other = 'node2.dogecoin.internal:19444';
    expect(chosen(fleet(three), [other], { connected: ['node2.dogecoin.internal'] }).peers).toEqual([
      addressOf(2),
      addressOf(3),
      other,
    ]);
  });

  it('a fleet without a zone has no names', () => {
    const nameless = three.map(({ named: _, ...one }) => one);
    expect(chosen(fleet(nameless), [nameOf(2)], { connected: ['10.9.9.9'] })).toMatchObject({
      peers: [addressOf(2), addressOf(3)],
      dropped: [{ peer: nameOf(2), why: 'nobody is there' }],
    });
  });
});

describe('a sibling that stands there twice', () => {
  it('keeps its name, and the duplicate by address goes', () => {
    expect(chosen(fleet(three), [addressOf(2), nameOf(2), nameOf(3)])).toMatchObject({
      peers: [nameOf(2), nameOf(3)],
      dropped: [{ peer: addressOf(2), why: `node2 is named ${nameOf(2)} already`, forbidden: true }],
    });
  });

  it('keeps the line that its owner wrote, whichever it is', () => {
    const list = [addressOf(2), nameOf(2)];
    expect(chosen(fleet(three), list, { owned: [addressOf(2)] }).peers).toEqual([addressOf(2), addressOf(3)]);
    expect(chosen(fleet(three), list, { owned: [nameOf(2)] }).peers).toEqual([nameOf(2), addressOf(3)]);
  });

  it('keeps both where its owner wrote both, and is one peer all the same', () => {
    const list = [addressOf(2), nameOf(2), nameOf(3)];
    const { peers, dropped, reachable } = chosen(fleet(three), list, {
      owned: list,
      connected: ['10.0.0.2', 'node2.litecoin.internal'],
    });
    expect({ peers: [...peers].sort(), dropped, reachable }).toEqual({ peers: list, dropped: [], reachable: 2 });
  });

  it('is not named by address beside a seed of the fleet file that is its name', () => {
    const facts = fleet(three, { seeds: [nameOf(2)] });
    expect(chosen(facts, [addressOf(2), addressOf(3)]).peers).toEqual([nameOf(2), addressOf(3)]);
  });
});

describe('a bad one that is named by its DNS name', () => {
  const five = (health: Health) => fleet([...[1, 2, 3, 4].map((index) => litecoin(index)), litecoin(5, health)]);
  const list = [2, 3, 4, 5].map(nameOf);

  it.each<[Health, boolean]>([
    ['forked', false],
    ['stuck', false],
    ['behind', false],
    ['starting', true],
    ['unknown', true],
  ])('and is %s stays: %s', (health, stays) => {
    // It is connected to that peer, as forked nodes are.
    const { peers, dropped } = chosen(five(health), list, { connected: ['node5.litecoin.internal'] });
    expect(peers).toEqual(list.slice(0, stays ? 4 : 3));
    expect(dropped).toMatchObject(stays ? [] : [{ peer: nameOf(5), why: `node5 is ${health}` }]);
  });

  it('goes, when its instance has ended and nobody answers there', () => {
    const four = fleet([1, 2, 3, 4].map((index) => litecoin(index)));
    expect(chosen(four, list, { connected: ['10.0.0.2'] })).toMatchObject({
      peers: list.slice(0, 3),
      dropped: [{ peer: nameOf(5), why: 'nobody is there' }],
    });
  });

  it('goes, when it does not answer and is known to be down; and stays while nothing is known', () => {
    const without = (health: Health) =>
      fleet(
        [1, 2, 3, 4].map((index) => litecoin(index)),
        {
          absent: [
            { instanceId: 'i-5', role: 'follower', host: '10.0.0.5', dnsName: 'node5.litecoin.internal', health },
          ],
        },
      );
    expect(chosen(without('unreachable'), list).peers).toEqual(list.slice(0, 3));
    expect(chosen(without('unknown'), list).peers).toEqual(list);
  });

  it('stays where its owner wrote it, as one that is named by address does', () => {
    expect(chosen(five('forked'), list, { owned: [nameOf(5)] }).peers).toEqual(list);
  });

  it('where others are wanting, one that is behind stays by its name', () => {
    const facts = fleet([litecoin(1), litecoin(2), litecoin(3, 'behind')]);
    expect(chosen(facts, [nameOf(2), nameOf(3)]).peers).toEqual([nameOf(2), nameOf(3)]);
  });
});

describe('roles and names', () => {
  const validator = { ...irita(1), role: 'validator' as const };
  const sentry = { ...irita(2), role: 'sentry' as const };
  const behind = fleet([irita(3), validator, sentry]);

  it('a validator behind sentries is found out by its name', () => {
    const { dropped, peers } = choosePeers(behind, irita(3), {
      instanceId: 'i-3',
      peers: [keyed(1, nameOf(1)), keyed(2, nameOf(2))],
      owned: [],
      connected: new Set(),
    });
    expect(peers).toEqual([keyed(2, nameOf(2))]);
    expect(dropped).toMatchObject([{ why: 'a validator is not for a follower to name', forbidden: true }]);
  });

  it('a sentry names its validator by name, and keeps its id to itself', () => {
    const now = { instanceId: 'i-2', peers: [keyed(1, nameOf(1))], owned: [], connected: new Set<string>() };
    expect(choosePeers(behind, sentry, now)).toMatchObject({ hiddenIds: [idOf(1)], dropped: [] });
  });

  it('a node does not name itself; a configuration of its owner that all nodes share may', () => {
    const all = [1, 2, 3].map(nameOf);
    expect(chosen(fleet(three), all)).toMatchObject({
      peers: all.slice(1),
      dropped: [{ peer: nameOf(1), why: 'it is the node itself' }],
    });
    const shared = chosen(fleet(three), all, { owned: all });
    expect({ ...shared, peers: [...shared.peers].sort() }).toMatchObject({ peers: all, dropped: [], reachable: 2 });
  });
});

describe('a connection', () => {
  const aliases = new Map([
    ['10.0.0.2', 'node2.litecoin.internal'],
    ['node2.litecoin.internal', '10.0.0.2'],
  ]);
  const connectedTo = (host: string) =>
    connectedOf(
      {
        kind: 'ok',
        facts: {
          ownPeerId: undefined,
          peers: [{ id: undefined, address: { host, port: 19444 }, inbound: false, connectedSeconds: 1 }],
        },
      },
      aliases,
    );

  it.each(['10.0.0.2', 'node2.litecoin.internal', 'Node2.litecoin.internal.'])(
    'to %s counts for the node’s address and for its name, however it is written',
    (host) => {
      for (const peer of [addressOf(2), nameOf(2), 'NODE2.litecoin.internal.:19444'])
        expect(isConnected(peer, connectedTo(host))).toBe(true);
      expect(isConnected(nameOf(3), connectedTo(host))).toBe(false);
    },
  );
});
