// What a throw-away client shows of its data, and what keeps a drill from beginning.

import { describe, expect, it } from '@jest/globals';
import {
  buildsSeconds,
  endsAtMs,
  judgeLook,
  judgeSilent,
  type LookInput,
  limitsOf,
  refusalOf,
} from '../../../functions/audit-snapshots/judge.ts';
import { waitSeconds } from '../../../functions/audit-snapshots/proof.ts';
import { type DrillFacts, NO_CLIMB } from '../../../functions/audit-snapshots/state.ts';
import { type NodeStatus, UNSAID } from '../../../shared/chains/client.ts';
import { noDrill } from '../../../shared/heal/drill.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { standing } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const TIP = 931_064;
const chain = { tip: TIP, canonical: { height: TIP - 2, hash: 'aa' }, chainId: 'main', haltedSinceMs: null };
const status = (height: number, more: Partial<NodeStatus> = {}): NodeStatus => ({
  ...{ ...UNSAID, height, peerCount: 8, chainId: 'main' },
  hashes: height >= chain.canonical.height ? [chain.canonical] : [],
  ...more,
});
const look = (more: Partial<LookInput> = {}) =>
  judgeLook({
    ...{
      nowMs: NOON_MS,
      upSinceMs: NOON_MS - 10 * MINUTE_MS,
      endsAtMs: NOON_MS + HOUR_MS,
      askedAtMs: NOON_MS - HOUR_MS,
    },
    health: { behindBlocks: 3, startGraceSeconds: 600, patienceSeconds: 900 },
    ...{ set: { height: 930_000, blockHash: 'cc' }, chain, heard: { is: 'facts', status: status(930_500) }, heals: [] },
    ...{ climb: NO_CLIMB, asked: null },
    ...more,
  });
const verdict = (more: Partial<LookInput>) => {
  const judged = look(more);
  return 'verdict' in judged
    ? `${judged.verdict.is}: ${judged.verdict.reason}`
    : 'silent' in judged
      ? 'silent'
      : 'waits';
};
const heard = (height: number, more: Partial<NodeStatus> = {}) =>
  ({ is: 'facts', status: status(height, more) }) as const;

describe('a set is verified', () => {
  it('when its client is at the tip, with the block that the fleet and its references have', () => {
    expect(verdict({ heard: heard(TIP) })).toBe(`verified: it has caught up to ${TIP}, on the blocks of the fleet`);
    expect(verdict({ heard: heard(TIP - 3, { hashes: [chain.canonical] }) })).toMatch(/^verified/);
  });

  it('whose chain is named with capital letters: the fleet’s view has small ones', () => {
    expect(verdict({ heard: heard(TIP, { chainId: 'Main' }) })).toMatch(/^verified/);
  });

  it('by the block that it was asked for, where the fleet looks at a higher one by the time that it answers', () => {
    const asked = { height: TIP - 5, hash: 'ee' };
    const answer = heard(TIP - 1, { hashes: [asked] });
    expect(verdict({ heard: answer, asked })).toMatch(/^verified/);
    expect(verdict({ heard: answer, asked: { ...asked, hash: 'ff' } })).toBe('waits');
    expect(verdict({ heard: heard(TIP - 1, { hashes: [{ ...chain.canonical, hash: 'ff' }, asked] }), asked })).toMatch(
      /^unfit: wrong chain/,
    );
  });

  it.each<[string, Partial<LookInput>]>([
    ['while it is further behind than a synced node may be', { heard: heard(TIP - 4, { hashes: [chain.canonical] }) }],
    ['without a hash to compare', { heard: heard(TIP, { hashes: [] }) }],
    ['while nobody knows which blocks are the fleet’s', { heard: heard(TIP), chain: { ...chain, canonical: null } }],
    ['while nobody has looked at the chain lately', { heard: heard(TIP), chain: null }],
  ])('not %s', (_, more) => {
    expect(verdict(more)).toBe('waits');
  });
});

describe('a throw-away client is asked', () => {
  it.each([
    [0, 10],
    [3 * MINUTE_MS, 30],
    [30 * MINUTE_MS, 120],
    [2 * HOUR_MS, 300],
  ])('%d ms after its start and later %d seconds after the last answer', (upForMs, seconds) => {
    expect(waitSeconds(upForMs)).toBe(seconds);
    if (upForMs > 0) expect(waitSeconds(upForMs - 1)).toBeLessThan(seconds);
  });
});

describe('a set is unfit', () => {
  it.each<[string, Partial<LookInput>, RegExp]>([
    ['on another chain', { heard: heard(930_500, { chainId: 'test' }) }, /wrong chain: it is on test/],
    [
      'with other blocks than its ledger says',
      { heard: heard(930_500, { hashes: [{ height: 930_000, hash: 'dd' }] }) },
      /its block at 930000 is dd, its ledger says cc/,
    ],
    [
      'with other blocks than the fleet and its references have',
      { heard: heard(TIP, { hashes: [{ height: TIP - 2, hash: 'bb' }] }) },
      /the fleet and its references have aa/,
    ],
    [
      'with older data than its ledger says',
      { heard: heard(929_996) },
      /stale: it opened at height 929996, its ledger says 930000/,
    ],
  ])('%s', (_, more, why) => {
    expect(verdict(more)).toMatch(/^unfit: /);
    expect(verdict(more)).toMatch(why);
  });

  it('that stands still after it gained blocks, for as long as its chain is waited for', () => {
    const stood = (minutes: number, more: Partial<LookInput> = {}) =>
      verdict({
        heard: heard(930_200),
        climb: {
          first: 930_000,
          firstAtMs: 0,
          best: 930_200,
          track: standing(930_200, NOON_MS - minutes * MINUTE_MS),
          heardAtMs: NOON_MS,
          times: 9,
        },
        ...more,
      });
    expect(stood(29)).toBe('waits');
    expect(stood(31)).toBe('unfit: it gained 200 blocks and has stood at 930200 for 31 min, 864 blocks behind');
    expect(stood(31, { chain: { ...chain, haltedSinceMs: NOON_MS - HOUR_MS } })).toBe('waits');
  });

  it.each<[string, Partial<NodeStatus>]>([
    ['whose stages move while its height stands (reth#12073)', { counters: { Execution: 8 } }],
    ['whose state is healed (go-ethereum, SyncProgress)', { syncing: true, counters: { healedTrienodes: 8 } }],
    ['that takes a snapshot of state', { syncing: true, syncHeight: 930_900 }],
    ['that says which stage it is in, and of which nothing moves', { works: 'stage Execution' }],
  ])('by no standstill of a client %s', (_, more) => {
    const moved = standing(930_200, NOON_MS - 90 * MINUTE_MS, { counters: { Execution: 7, healedTrienodes: 7 } });
    const climb = { first: 930_000, firstAtMs: 0, best: 930_200, track: moved, heardAtMs: NOON_MS, times: 9 };
    expect(verdict({ heard: heard(930_200, more), climb })).toBe('waits');
    expect(verdict({ heard: heard(930_200), climb })).toMatch(/^unfit/);
    const endsAtMs = NOON_MS - 1;
    expect(verdict({ heard: heard(930_200, more), climb, endsAtMs })).toMatch(/^unproved: it has not caught up/);
  });

  it('neither by a block or three that were read a minute before the stop, nor by a single 0 of a client that opens', () => {
    expect(verdict({ heard: heard(929_997) })).toBe('waits');
    expect(verdict({ heard: heard(0) })).toBe('waits');
    expect(verdict({ heard: heard(0), climb: { ...NO_CLIMB, first: 0, firstAtMs: 0, best: 0, times: 1 } })).toMatch(
      /^unfit: stale/,
    );
  });

  it('by no ledger that says nothing', () => {
    expect(verdict({ set: { height: null, blockHash: null }, heard: heard(1_000) })).toBe('waits');
  });
});

describe('nothing is proved', () => {
  const stood = {
    first: 930_000,
    firstAtMs: 0,
    best: 930_000,
    track: standing(930_000, NOON_MS - 40 * MINUTE_MS),
    heardAtMs: NOON_MS,
    times: 9,
  };
  it.each<[string, Partial<LookInput>, RegExp]>([
    [
      'where it never gained a block: the cause may lie outside',
      { heard: heard(930_000), climb: stood },
      /gained 0 blocks/,
    ],
    ['where it has no peers', { heard: heard(930_000, { peerCount: 0 }), climb: stood }, /drills.securityGroup/],
    [
      'when its time is over',
      { endsAtMs: NOON_MS - 1 },
      /its time or its dollars were over: at height 930500, 564 behind/,
    ],
    ['when a heal begins', { heals: ['node2 (node:health)'] }, /gives way/],
  ])('%s', (_, more, why) => {
    expect(verdict(more)).toMatch(/^unproved: /);
    expect(verdict(more)).toMatch(why);
  });

  it('and a heal that begins goes before a good ending', () => {
    expect(verdict({ heard: heard(TIP), heals: ['node2 (node:health)'] })).toMatch(/^unproved: it gives way/);
  });
});

describe('a client that is silent', () => {
  const silent = { is: 'silent', reason: 'nothing listens there' } as const;
  it('is asked about on its node after two minutes, and then every five', () => {
    expect(verdict({ heard: silent, upSinceMs: NOON_MS - MINUTE_MS })).toBe('waits');
    expect(verdict({ heard: silent })).toBe('silent');
    expect(verdict({ heard: silent, askedAtMs: NOON_MS - 4 * MINUTE_MS })).toBe('waits');
  });

  it('is not one that could not be asked, or that is starting', () => {
    expect(verdict({ heard: { is: 'unasked', reason: 'SSM' } })).toBe('waits');
    expect(verdict({ heard: { is: 'starting', reason: 'loading' } })).toBe('waits');
  });

  const node = (state: 'running' | 'failed', lastLine: string): NodeState =>
    ({
      clients: [{ state, exitStatus: state === 'failed' ? 1 : null, lastLine, masked: false, asked: null }],
    }) as unknown as NodeState;
  const at = { nowMs: NOON_MS, upSinceMs: NOON_MS - 5 * MINUTE_MS, graceSeconds: 600 };
  it('that has ended over its data has found them bad, in its own words', () => {
    expect(judgeSilent(node('failed', 'Corrupted block database detected'), at)).toMatchObject({
      is: 'unfit',
      reason: 'its client ends: failed, exit status 1, "Corrupted block database detected"',
    });
  });

  it('that has ended over something else says nothing of them', () => {
    expect(judgeSilent(node('failed', 'unsupported option'), at)).toMatchObject({ is: 'unproved', isTold: true });
  });

  it('that runs has its grace', () => {
    expect(judgeSilent(node('running', ''), at)).toBeNull();
    expect(judgeSilent(node('running', ''), { ...at, graceSeconds: 200 })).toMatchObject({ is: 'unproved' });
  });
});

describe('a drill ends', () => {
  const { drills } = bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1', hours: 12 } });
  it('at its limit, or when the dollars of the month are spent', () => {
    expect(endsAtMs({ drills }, { startedAtMs: NOON_MS, usdPerHour: 0.5, leftUsd: 100 })).toBe(NOON_MS + 12 * HOUR_MS);
    expect(endsAtMs({ drills }, { startedAtMs: NOON_MS, usdPerHour: 0.5, leftUsd: 1 })).toBe(NOON_MS + 2 * HOUR_MS);
  });
});

const facts = (more: Partial<DrillFacts> = {}): DrillFacts =>
  ({
    nowMs: NOON_MS,
    fleet: bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1', dollarsPerMonth: 10 } }),
    ...{ record: noDrill, role: 'follower', pattern: { state: 'running' }, shapes: [], launchTemplate: { id: 'lt-1' } },
    ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, tip: TIP, heals: [], usdPerHour: 0.4 },
    ...more,
  }) as DrillFacts;
const refused = (more: Partial<DrillFacts>) => refusalOf(facts(more), { requestedBy: 'schedule' })?.refuse ?? 'none';

describe('a drill does not begin', () => {
  it.each<[string, Partial<DrillFacts>, string]>([
    ['where the file asks for none', { fleet: bitcoinFleet({ role: 'follower' }) }, 'not-due'],
    ['like a validator: a second copy must never run', { role: 'validator' }, 'validator'],
    ['like a node of unknown role', { role: 'unknown' }, 'role-unknown'],
    ['like a sentry', { role: 'sentry' }, 'role-unknown'],
    ['like an instance that is gone', { pattern: null }, 'instance-gone'],
    ['while a heal may need the quota', { heals: ['node2 (disk:data)'] }, 'drill-waits'],
    ['while nobody knows the height of the chain', { tip: null }, 'observation-stale'],
    ['while the chain stands', { haltedSinceMs: NOON_MS - HOUR_MS }, 'chain-standing'],
    ['while the breaker is open', { breaker: { open: true, sentence: 'x' } }, 'breaker-open'],
    ['without a launch template', { launchTemplate: null }, 'drill-waits'],
    ['where the volumes cannot all be told', { shapes: null }, 'volume-not-found'],
    [
      'once the dollars of the month are spent',
      { record: { ...noDrill, spent: { month: '2026-01', usd: 9.99 } } },
      'drill-waits',
    ],
  ])('%s', (_, more, code) => {
    expect(refused(more)).toBe(code);
  });

  it('and pages nobody: the age of the last proof does', () => {
    expect(refusalOf(facts({ tip: null }), { requestedBy: 'schedule' })?.page).toBe(false);
  });

  it('but begins otherwise, also with what another month has cost', () => {
    expect(refused({})).toBe('none');
    expect(refused({ record: { ...noDrill, spent: { month: '2025-12', usd: 9.99 } } })).toBe('none');
  });
});

describe('a client that builds its data again on a copy', () => {
  const { health, replace } = bitcoinFleet({ role: 'follower' });
  const fleet = { health, replace: { ...replace, reindex: { command: '/opt/node/reindex', minutes: 90 } } };
  const began = NOON_MS - 10 * MINUTE_MS;
  const copy = { set: { height: 930_000, blockHash: 'cc' }, startedAtMs: began - HOUR_MS, reindexedAtMs: began };
  const trial = (of: 'roll-back' | 'reindex') =>
    ({ of, isDone: true, proved: { is: 'unfit', atMs: 0, reason: '' } }) as const;
  const inHours = NOON_MS + 12 * HOUR_MS;

  it('has the minutes of the fleet file for it, and stands or is silent for as long', () => {
    const limits = limitsOf(fleet, { drill: copy, trial: trial('reindex') }, inHours);
    expect(limits).toMatchObject({
      health: { patienceSeconds: 5_400 },
      endsAtMs: began + 90 * MINUTE_MS,
      set: { height: null, blockHash: null },
    });
    expect(buildsSeconds(fleet, trial('reindex'))).toBe(5_400);
  });

  it('has no longer than the drill itself', () => {
    expect(limitsOf(fleet, { drill: copy, trial: trial('reindex') }, NOON_MS).endsAtMs).toBe(NOON_MS);
  });

  it('is no other one', () => {
    const { set } = copy;
    expect(limitsOf(fleet, { drill: copy, trial: null }, inHours)).toEqual({ health, set, endsAtMs: inHours });
    expect(limitsOf(fleet, { drill: copy, trial: trial('roll-back') }, inHours)).toEqual({
      ...{ health, endsAtMs: inHours },
      set: { height: null, blockHash: null },
    });
    expect(buildsSeconds(fleet, trial('roll-back'))).toBeNull();
    expect(buildsSeconds(fleet, null)).toBeNull();
  });
});
