// Copies of another region: when people are told that none comes, how often one is opened, and what a client shows that has not opened its data.

import { describe, expect, it } from '@jest/globals';
import {
  asCopied,
  copiesIn,
  copiesLate,
  hoursUntilDue,
  withoutRoots,
} from '../../../functions/audit-snapshots/copies.ts';
import { decideNext } from '../../../functions/audit-snapshots/decide.ts';
import { judgeLook, refusalOf } from '../../../functions/audit-snapshots/judge.ts';
import { type CopiesFacts, type DrillFacts, NO_CLIMB } from '../../../functions/audit-snapshots/state.ts';
import { UNSAID } from '../../../shared/chains/client.ts';
import { type DrillRecord, noDrill } from '../../../shared/heal/drill.ts';
import type { SnapshotFact, SnapshotSet } from '../../../shared/snapshots/model.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { standing } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({
  ...{ dns: undefined, role: 'follower' },
  health: { references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'] },
  snapshots: { copiesFrom: { region: 'eu-west-1', maxAgeHours: 6 } },
  replace: { launchTemplate: 'lt-0123456789abcdef0' },
  drills: { securityGroup: 'sg-0d0000000000000d1', subnet: 'subnet-0123456789abcdef0' },
});
const ago = (hours: number): number => NOON_MS - hours * HOUR_MS;
const copies = (more: Partial<CopiesFacts> = {}): CopiesFacts => ({
  ...{ newestAtMs: ago(1), failed: [], instanceType: 'm6i.large' },
  ...more,
});
const set = {
  ...{
    setId: 'snap-1',
    node: 'node2-data',
    takenAtMs: ago(1),
    untilMs: ago(1),
    rank: 'crash-consistent',
    height: null,
  },
  parts: { data: { snapshotId: 'snap-1', sizeGiB: 120, ledger: { blockHash: null } } },
} as unknown as SnapshotSet;
const facts = (more: object = {}): DrillFacts =>
  ({
    ...{ nowMs: NOON_MS, fleet, record: noDrill, role: 'follower', pattern: null, launchTemplate: { id: 'lt-1' } },
    shapes: [
      {
        role: 'data',
        path: '/node-data',
        device: '/dev/sdf',
        sizeGiB: 120,
        type: 'gp3',
        iops: null,
        throughputMiBps: null,
      },
    ],
    ...{ subnetIds: ['subnet-1'], breaker: { open: false, sentence: '' }, haltedSinceMs: null, tip: 931_000 },
    ...{ heals: [], usdPerHour: 0.1, good: [set], refused: [], copies: copies() },
    ...more,
  }) as unknown as DrillFacts;
const decide = (more: object = {}, requestedBy: 'schedule' | 'person' = 'schedule') =>
  decideNext(
    { at: 'planning', facts: facts(more), approved: null },
    {
      ...{ fleet: 'bitcoin', node: 'copies', incidentId: 'd0000001', attempt: 1, mode: 'act', requestedBy },
    },
    'arn',
  );
const provedAt = (atMs: number): DrillRecord => ({
  ...noDrill,
  proved: { setId: 'snap-0', takenAtMs: ago(30), height: 930_900, atMs, minutes: 9, usd: 0.02 },
});

describe('a copy is opened', () => {
  it('like no node: with the type of its template, and as large as it is', () => {
    const begun = decide();
    expect(begun).toMatchObject({ do: 'begin', drill: { instanceType: 'm6i.large', subnetIds: ['subnet-1'] } });
    if (begun.do !== 'begin') throw new Error('it does not begin');
    expect(begun.drill.set.parts).toMatchObject([{ snapshotId: 'snap-1', device: '/dev/sdf', sizeGiB: 120 }]);
    expect(begun.reason).toContain('copied from eu-west-1 60 min ago');
  });

  it('not more often than drills are asked for, although one comes each hour', () => {
    expect(decide({ record: provedAt(ago(5)) })).toMatchObject({ do: 'defer', ending: { outcome: 'healed' } });
    expect(decide({ record: provedAt(ago(25)) }).do).toBe('begin');
    expect(decide({ record: provedAt(ago(5)) }, 'person').do).toBe('begin');
  });

  it('not where the template names no type', () => {
    const why = refusalOf(facts({ copies: copies({ instanceType: null }) }), { requestedBy: 'schedule' });
    expect(why).toMatchObject({ refuse: 'drill-waits', reason: expect.stringContaining('instance type') });
  });
});

describe('people are told that no copies come', () => {
  const told = (more: object) => copiesLate(facts(more))?.ending;

  it('once the newest is older than the file allows, with its age and where it comes from', () => {
    expect(told({ copies: copies({ newestAtMs: ago(6) }) })).toBeUndefined();
    expect(told({ copies: copies({ newestAtMs: ago(7) }) })).toMatchObject({
      ...{ outcome: 'escalated', code: 'copies-old' },
      reason: expect.stringMatching(/^the newest copy from eu-west-1 came 7 h ago, and the fleet file allows 6 h/),
    });
  });

  it('from another account with the policy that is asked for, whose id may be another one by now', () => {
    const account = { id: '444455556666', policy: 'policy-0123456789abcdef0' };
    const shared = { ...fleet, copiesFrom: { region: 'eu-west-1', maxAgeHours: 6, account } };
    const late = told({ fleet: shared, copies: copies({ newestAtMs: ago(7) }) })?.reason;
    expect(late).toMatch(/^the newest copy from account 444455556666 came 7 h ago/);
    expect(late).toContain('whether policy-0123456789abcdef0 is enabled there and names this account');
    const begun = decide({ fleet: shared });
    expect(begun).toMatchObject({ do: 'begin', reason: expect.stringContaining('taken in account 444455556666') });
  });

  it('where none has ever come, once it was looked for so long', () => {
    const none = copies({ newestAtMs: null });
    expect(told({ copies: none })).toBeUndefined();
    const first = decide({ copies: none, good: [] });
    expect(first).toMatchObject({ do: 'defer', note: { copiesSinceMs: NOON_MS } });
    expect(told({ copies: none, record: { ...noDrill, copiesSinceMs: ago(7) } })?.reason).toContain(
      'no copy has come from eu-west-1 for the 7 h',
    );
  });

  it('with the copies that have failed since', () => {
    const failed = copies({ newestAtMs: ago(7), failed: ['snap-9', 'snap-8'] });
    expect(told({ copies: failed })?.reason).toContain('snap-9, snap-8 ended in error');
  });

  it('once a day, and the newest one is opened all the same', () => {
    const old = { copies: copies({ newestAtMs: ago(7) }), record: { ...noDrill, copiesToldAtMs: ago(1) } };
    expect(told(old)).toBeUndefined();
    expect(decide(old).do).toBe('begin');
    expect(told({ ...old, record: { ...noDrill, copiesToldAtMs: ago(24) } })).toBeDefined();
  });

  it('whatever keeps a drill from beginning', () => {
    const old = { copies: copies({ newestAtMs: ago(7) }), tip: null };
    expect(decide(old)).toMatchObject({
      do: 'defer',
      ending: { code: 'copies-old' },
      note: { copiesToldAtMs: NOON_MS },
    });
  });

  it('not to a person who asks for a drill: it is made', () => {
    expect(decide({ copies: copies({ newestAtMs: ago(7) }) }, 'person').do).toBe('begin');
  });
});

describe('the next look', () => {
  it('comes before the newest copy is too old', () => {
    expect(hoursUntilDue(fleet, { takenAtMs: ago(1) }, NOON_MS)).toBeCloseTo(5, 1);
    expect(hoursUntilDue(fleet, { takenAtMs: ago(20) }, NOON_MS)).toBeGreaterThan(0);
    expect(decide({ record: provedAt(ago(2)) })).toMatchObject({ againMs: 5 * HOUR_MS + MINUTE_MS });
  });

  it('is the file’s own where a node is imitated', () => {
    const own = bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1', everyHours: 12 } });
    expect(hoursUntilDue(own, { takenAtMs: ago(40) }, NOON_MS)).toBe(12);
  });
});

describe('of copies', () => {
  const fact = (more: Partial<SnapshotFact>): SnapshotFact =>
    ({
      snapshotId: 'snap-1',
      state: 'completed',
      startedAtMs: ago(2),
      tags: {},
      policyId: null,
      ...more,
    }) as SnapshotFact;

  it('the newest that is complete counts, and the failed ones after it', () => {
    expect(
      copiesIn([
        fact({ snapshotId: 'snap-4', state: 'pending', startedAtMs: ago(0) }),
        fact({ snapshotId: 'snap-3', state: 'error', startedAtMs: ago(1) }),
        fact({}),
        fact({ snapshotId: 'snap-0', state: 'error', startedAtMs: ago(3) }),
      ]),
    ).toEqual({ newestAtMs: ago(2), failed: ['snap-3'] });
    expect(copiesIn([])).toEqual({ newestAtMs: null, failed: [] });
  });

  it('a root volume’s, which carries the same tags, is not opened', () => {
    const [root, grown, old] = [
      fact({ snapshotId: 'snap-3', sizeGiB: 16 }),
      fact({ snapshotId: 'snap-2', sizeGiB: 900 }),
      fact({ snapshotId: 'snap-1', sizeGiB: 225 }),
    ];
    const { data, roots } = withoutRoots([root, grown, old]);
    expect(data).toEqual([grown, old]);
    expect(roots).toEqual([{ setId: 'snap-3', why: expect.stringContaining('16 GiB where the largest is of 900') }]);
    expect(withoutRoots([root])).toEqual({ data: [root], roots: [] });
    expect(withoutRoots([])).toEqual({ data: [], roots: [] });
  });

  it('what a policy made is a policy’s, and its tags’ ledger is not believed', () => {
    expect(asCopied(fact({ tags: { 'dlm:managed': 'true' } })).policyId).toBe('copied');
    expect(asCopied(fact({})).policyId).toBeNull();
    expect(asCopied(fact({ policyId: 'policy-1' })).policyId).toBe('policy-1');
    expect(asCopied(fact({}), true).policyId).toBe('copied');
  });
});

describe('a client on a copy', () => {
  const chain = { tip: 931_064, canonical: { height: 931_062, hash: 'aa' }, chainId: 'main', haltedSinceMs: null };
  const look = (height: number, more: object = {}) =>
    judgeLook({
      ...{ nowMs: NOON_MS, upSinceMs: NOON_MS - MINUTE_MS, endsAtMs: NOON_MS + HOUR_MS, askedAtMs: NOON_MS },
      health: { behindBlocks: 3, startGraceSeconds: 600, patienceSeconds: 900 },
      ...{ set: { height: null, blockHash: null }, chain, asked: null, heals: [], whose: 'its references' },
      heard: {
        is: 'facts',
        status: { ...UNSAID, height, hashes: height >= chain.canonical.height ? [chain.canonical] : [] },
      },
      climb: {
        ...NO_CLIMB,
        first: height,
        firstAtMs: NOON_MS,
        best: height,
        track: standing(height, NOON_MS),
        times: 1,
      },
      ...more,
    });

  it('is proved by the blocks of its references', () => {
    expect(look(931_064)).toMatchObject({
      verdict: { is: 'verified', reason: 'it has caught up to 931064, on the blocks of its references' },
    });
  });

  it('that begins with the first blocks has not opened its data', () => {
    expect(look(112)).toMatchObject({
      verdict: { is: 'unfit', reason: expect.stringContaining('as if there were no data') },
    });
    expect(look(930_000)).toHaveProperty('climb');
  });

  it('is not judged by its first word: it may still be opening them', () => {
    expect(look(0, { climb: NO_CLIMB })).toHaveProperty('climb');
  });

  it('is not judged so where a node is imitated: nobody knows how old such a set may be', () => {
    expect(look(112, { whose: undefined })).toHaveProperty('climb');
  });
});
