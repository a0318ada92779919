// The peers that are chosen for each node of any fleet, and those that never are.
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AbsentNode,
  type ChooseFacts,
  choosePeers,
  type NodeList,
  type PeerCandidate,
} from '../../../functions/rotate-peers/peer-selection.ts';
import type { Role } from '../../../shared/fleet/model.ts';
import type { Health } from '../../../shared/fleet/observation.ts';
import { parseEntry } from '../../../shared/peers/entry.ts';
import { tries } from '../../fixtures/any.ts';

const NOW = Date.UTC(2026, 0, 15);
const healths: readonly Health[] = ['synced', 'behind', 'starting', 'stuck', 'forked', 'unreachable', 'unknown'];
const roles: readonly Role[] = ['follower', 'validator', 'sentry', 'bootnode', 'unknown'];

const idOf = (index: number): string => (index + 1).toString(16).padStart(40, '0');
const entryOf = (index: number): string => `${idOf(index)}@10.0.0.${index + 1}:26656`;
const stranger = (index: number): string =>
  `${'f'.repeat(38)}${String(index).padStart(2, '0')}@203.0.113.${index + 1}:26656`;

interface World {
  readonly facts: ChooseFacts;
  readonly nodes: readonly { readonly self: PeerCandidate; readonly now: NodeList }[];
}

const node = fc.record({
  role: fc.constantFrom(...roles),
  zone: fc.constantFrom('a', 'b', 'c'),
  health: fc.oneof({ weight: 3, arbitrary: fc.constant<Health>('synced') }, fc.constantFrom(...healths)),
  hours: fc.integer({ min: 0, max: 100 }),
  answers: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.boolean()),
  named: fc.array(fc.nat(40), { maxLength: 14 }),
  connected: fc.array(fc.nat(40), { maxLength: 8 }),
});

const world = fc
  .record({
    nodes: fc.array(node, { minLength: 1, maxLength: 12 }),
    withSentries: fc.boolean(),
    seeds: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
    maximum: fc.integer({ min: 3, max: 10 }),
  })
  .map(({ nodes, withSentries, seeds, maximum }): World => {
    const roleOf = (role: Role): Role => (!withSentries && role === 'sentry' ? 'follower' : role);
    const all = nodes.map((one, index): PeerCandidate & { answers: boolean } => ({
      instanceId: `i-${index}`,
      name: `node${index}`,
      role: roleOf(one.role),
      availabilityZone: one.zone,
      health: one.health,
      upSinceMs: NOW - one.hours * 3_600_000,
      entry: entryOf(index),
      // A node that does not answer has no id, and an unreachable node does not answer.
      answers: one.answers && one.health !== 'unreachable',
    }));
    const textOf = (pick: number): string =>
      pick < 20
        ? entryOf(pick % nodes.length)
        : pick < 30
          ? stranger(pick)
          : pick < 36
            ? stranger(pick % 10)
            : `10.9.9.${pick}:26656`;
    const members = all.filter(({ answers }) => answers).map(({ answers: _, ...member }) => member);
    const absent = all.flatMap(({ answers, instanceId, role, health }, index): AbsentNode[] =>
      answers ? [] : [{ instanceId, role, health, host: `10.0.0.${index + 1}` }],
    );
    const facts: ChooseFacts = {
      nowMs: NOW,
      members,
      absent,
      hasSentries: all.some(({ role }) => role === 'sentry'),
      seeds: seeds.map(stranger),
      maximum,
    };
    return {
      facts,
      nodes: all.map((self, index) => {
        const { named = [], connected = [] } = nodes[index] ?? {};
        const heard = connected.flatMap((pick) => parseEntry(textOf(pick))?.id ?? []);
        const now = { instanceId: self.instanceId, peers: named.map(textOf), owned: [], connected: new Set(heard) };
        return { self, now };
      }),
    };
  });

const holds = (property: (world: World) => boolean, runs = 1_000) =>
  fc.assert(fc.property(world, property), tries('rotate-choose', runs));
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

describe('the peers that are chosen for a node', () => {
  it('are never the node itself, and nobody twice', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const { peers } = choosePeers(facts, self, now);
        return !peers.includes(self.entry) && new Set(peers).size === peers.length;
      }),
    );
  });

  it('are not more than the limit', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => choosePeers(facts, self, now).peers.length <= facts.maximum),
    );
  });

  it('are chosen again once they are there: nothing changes any more', () => {
    holds(
      ({ facts, nodes }) =>
        nodes.every(({ self, now }) => {
          const { peers } = choosePeers(facts, self, now);
          return same(choosePeers(facts, self, { ...now, peers }).peers, peers);
        }),
      5_000,
    );
  });

  it('are the same, in the same order, in whatever order the fleet and the list are told of', () => {
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    const told = world.chain((one) =>
      fc.tuple(
        fc.constant(one),
        shuffled(one.facts.members),
        shuffled(one.facts.absent),
        fc.tuple(...one.nodes.map(({ now }) => shuffled(now.peers))),
      ),
    );
    fc.assert(
      fc.property(told, ([{ facts, nodes }, members, absent, lists]) =>
        nodes.every(({ self, now }, index) =>
          same(
            choosePeers({ ...facts, members, absent }, self, { ...now, peers: lists[index] ?? [] }).peers,
            choosePeers(facts, self, now).peers,
          ),
        ),
      ),
      tries('rotate-choose', 400),
    );
  });

  it('are the same nodes whether a list has them by address or by their own DNS names, and stay as they are named', () => {
    const both = world.chain((one) =>
      fc.tuple(fc.constant(one), fc.array(fc.boolean(), { minLength: 12, maxLength: 12 })),
    );
    fc.assert(
      fc.property(both, ([{ facts, nodes }, isNamed]) => {
        const members = facts.members.map((one) => ({
          ...one,
          named: one.entry.replace(/@.*:/, `@${one.name}.zone:`),
        }));
        const names = new Map(members.filter((_, at) => isNamed[at]).map(({ entry, named }) => [entry, named]));
        return nodes.every(({ self, now }) => {
          const peers = now.peers.map((peer) => names.get(peer) ?? peer);
          const expected = choosePeers(facts, self, now).peers.map((peer) =>
            now.peers.includes(peer) ? (names.get(peer) ?? peer) : peer,
          );
          return same(choosePeers({ ...facts, members }, self, { ...now, peers }).peers, expected);
        });
      }),
      tries('rotate-choose', 400),
    );
  });

  it('keep a validator behind sentries among these, both ways', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        if (!facts.hasSentries) return true;
        const { peers } = choosePeers(facts, self, now);
        const everybody = nodes.map((one) => one.self);
        const named = everybody.filter(({ entry }) => peers.includes(entry));
        if (self.role === 'validator')
          return named.every(({ role }) => role === 'sentry') && named.length === peers.length;
        return self.role === 'sentry' || named.every(({ role }) => role !== 'validator');
      }),
    );
  });

  it('hide a validator on its sentries, whose ids these keep to themselves', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const { hiddenIds } = choosePeers(facts, self, now);
        const validators = facts.members
          .filter(({ role }) => role === 'validator')
          .map(({ entry }) => entry.slice(0, 40));
        return self.role === 'sentry' ? same([...hiddenIds].sort(), validators.sort()) : hiddenIds.length === 0;
      }),
    );
  });

  it('have every bootnode that is not on another chain, but for a validator behind sentries', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const bootnodes = facts.members.filter(
          ({ role, health, instanceId }) =>
            role === 'bootnode' && health !== 'forked' && instanceId !== self.instanceId,
        );
        const { peers } = choosePeers(facts, self, now);
        if (self.role === 'validator' && facts.hasSentries) return true;
        const mandatory =
          bootnodes.length + facts.members.filter(({ role }) => role === 'validator').length + facts.seeds.length;
        return mandatory > facts.maximum || bootnodes.every(({ entry }) => peers.includes(entry));
      }),
    );
  });

  it('are never forked, and stuck ones only where nobody is synced', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const { peers } = choosePeers(facts, self, now);
        const anySynced = facts.members.some(({ health }) => health === 'synced');
        const named = facts.members.filter(({ entry }) => peers.includes(entry));
        const mandatory = ({ role }: PeerCandidate): boolean =>
          role === 'bootnode' ||
          (facts.hasSentries && (self.role === 'validator' || (self.role === 'sentry' && role === 'validator')));
        return named.every(
          (one) => one.health !== 'forked' && (!anySynced || one.health !== 'stuck' || mandatory(one)),
        );
      }),
    );
  });

  it('leave out the unreachable: who does not answer is not added', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const { peers } = choosePeers(facts, self, now);
        return facts.absent.every(({ instanceId }) => {
          const entry = nodes.find((one) => one.self.instanceId === instanceId)?.self.entry ?? '';
          return !peers.includes(entry) || now.peers.includes(entry);
        });
      }),
    );
  });

  it('are three at least where three are alive', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        if (facts.hasSentries) return true;
        const alive = facts.members.filter(
          ({ instanceId, health }) =>
            instanceId !== self.instanceId && !['forked', 'stuck', 'unreachable'].includes(health),
        );
        return choosePeers(facts, self, now).peers.length >= Math.min(3, alive.length);
      }),
    );
  });

  it('stay where they are synced and named already, as long as there is room', () => {
    holds(({ facts, nodes }) =>
      nodes.every(({ self, now }) => {
        const { peers, dropped } = choosePeers(facts, self, now);
        const good = facts.members.filter(({ health, role }) => health === 'synced' && role === 'follower');
        const lost = good.filter(
          ({ entry }) => now.peers.includes(entry) && !peers.includes(entry) && entry !== self.entry,
        );
        const hidden = facts.hasSentries && self.role === 'validator';
        return (
          hidden ||
          lost.length === 0 ||
          peers.length >= facts.maximum ||
          dropped.some(({ why }) => why.includes('better'))
        );
      }),
    );
  });
});
