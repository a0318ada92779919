import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { desiredNames } from '../../../functions/register-nodes/records.ts';
import { markedBy } from '../../../functions/register-nodes/zone.ts';
import { poolName } from '../../../shared/fleet/resource-names.ts';
import { anyStory, applied, DNS, OWNER, planOf, valuesIn } from '../../fixtures/register-facts.ts';

const POOL = poolName(DNS);

describe('whatever the fleet and whoever else writes into its zone', () => {
  it('diff, then apply, is what is desired, and a second time nothing is left to do', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const after = applied(facts);
        const refused = new Set(planOf(facts).refusals.map(({ subject }) => subject));
        const untouched = desiredNames(facts).untouched;
        for (const record of desiredNames(facts).records) {
          if (refused.has(`${record.name} ${record.type}`) || untouched.has(record.name)) continue;
          expect([...valuesIn(after, record.name, record.type)].sort()).toEqual([...record.values].sort());
        }
        expect(planOf(after).changes).toEqual([]);
      }),
    );
  });

  it('a stranger’s record is in no change and stays to the byte', () => {
    fc.assert(
      fc.property(anyStory, ({ strange, facts }) => {
        const after = applied(facts);
        for (const [key, record] of strange) expect(after.zone.get(key)).toEqual(record);
      }),
    );
  });

  it('the pool is never empty while a node exists that may be in it', () => {
    fc.assert(
      fc.property(anyStory, ({ strange, facts }) => {
        const movable = facts.nodes.filter(({ instanceId }) => !facts.paused.has(instanceId));
        const serving = facts.nodes.filter(({ role }) => role !== 'validator' && role !== 'bootnode');
        const may = (serving.length > 0 ? serving : facts.nodes).filter((node) => movable.includes(node));
        const theirs = [...strange.values()].some(({ name }) => name === POOL || name === `_chainmend.${POOL}`);
        if (may.length > 0 && !theirs) expect(valuesIn(applied(facts), POOL)).not.toEqual([]);
      }),
    );
  });

  it('a pool that held addresses is not taken away while a node exists', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        if (facts.nodes.length > 0 && valuesIn(facts, POOL).length > 0)
          expect(valuesIn(applied(facts), POOL)).not.toEqual([]);
      }),
    );
  });

  it('where too many are missed, no name of a node goes, and nobody who is missed leaves the pool', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const after = applied({ ...facts, keepGone: true });
        const there = new Set(facts.nodes.map(({ name }) => `${name.toLowerCase()}.${DNS.zone}`));
        for (const record of facts.zone.values()) {
          const marked = markedBy(OWNER, record);
          if (marked?.type !== 'A' || marked.name === POOL || there.has(marked.name)) continue;
          const values = valuesIn(facts, marked.name);
          expect(valuesIn(after, marked.name)).toEqual(values);
          for (const ip of values) if (valuesIn(facts, POOL).includes(ip)) expect(valuesIn(after, POOL)).toContain(ip);
        }
      }),
    );
  });

  it('a forked node is in the pool only where nobody else could be, unless it is paused', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const pool = desiredNames(facts).records.find(({ name }) => name === POOL)?.values ?? [];
        const members = facts.nodes.filter(({ privateIp }) => pool.includes(privateIp));
        const forked = (id: string) => facts.health.get(id) === 'forked' && !facts.paused.has(id);
        const running = members.filter(({ instanceId, state }) => forked(instanceId) && state === 'running');
        if (running.length > 0) expect(running).toHaveLength(members.length);
      }),
    );
  });

  it('a node that a heal has taken is in the pool only where nobody is well, unless it is paused', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const pool = desiredNames(facts).records.find(({ name }) => name === POOL)?.values ?? [];
        const isTaken = (id: string) => facts.taken?.has(id) === true && !facts.paused.has(id);
        const others = facts.nodes.filter(({ instanceId }) => !isTaken(instanceId));
        const taken = facts.nodes.filter(({ instanceId }) => isTaken(instanceId));
        const serving = (role: string) => role !== 'validator' && role !== 'bootnode';
        const well = others.filter(
          ({ instanceId, role, state }) =>
            serving(role) &&
            state === 'running' &&
            facts.health.get(instanceId) === 'synced' &&
            !facts.paused.has(instanceId),
        );
        if (well.length === 0) return;
        const addresses = new Set(others.map(({ privateIp }) => privateIp));
        for (const { privateIp } of taken) if (!addresses.has(privateIp)) expect(pool).not.toContain(privateIp);
      }),
    );
  });

  it('no record of ours is left that tells of a node that is gone', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const after = applied(facts);
        const there = new Set(facts.nodes.map(({ name }) => `${name.toLowerCase()}.${DNS.zone}`));
        for (const record of after.zone.values()) {
          const marked = markedBy(OWNER, record);
          if (marked?.type === 'A' && marked.name !== POOL) expect(there).toContain(marked.name);
        }
      }),
    );
  });

  it('the order in which nodes are told of changes nothing', () => {
    fc.assert(
      fc.property(anyStory, ({ facts }) => {
        const reversed = { ...facts, nodes: [...facts.nodes].reverse(), zone: new Map([...facts.zone].reverse()) };
        expect(planOf(reversed).hash).toBe(planOf(facts).hash);
      }),
    );
  });
});
