import { describe, expect, it } from '@jest/globals';
import {
  checkEnd,
  checkEnding,
  checkIdentities,
  checkInFlight,
  checkMounts,
  checkMutation,
  checkNames,
  checkPages,
  checkPeers,
  checkSigning,
  checkSizes,
  type EndFacts,
  INVARIANTS,
  type InvariantName,
  type MutationFacts,
  type NamesFacts,
  type Violation,
} from '../../../local/scenarios/checks/invariants.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const mutation = (more: Partial<MutationFacts> = {}): MutationFacts => ({
  atMs: NOON_MS,
  operation: 'ModifyVolume',
  resource: DATA_VOLUME,
  instanceId: INSTANCE,
  by: ME,
  holder: ME,
  pauses: [],
  intentJournalled: true,
  size: { fromGiB: 500, toGiB: 900, ceilingGiB: 2000 },
  modificationsMs: [NOON_MS],
  ...more,
});
const end = (more: Partial<EndFacts> = {}): EndFacts => ({
  atMs: NOON_MS,
  unjournalled: [],
  leases: [{ instanceId: INSTANCE, owner: null, open: false }],
  made: [{ id: 'vol-0b1b2c3d4e5f60718', accountedFor: true }],
  leftStopped: [],
  ...more,
});
const machines = (...identities: string[]) =>
  identities.map((identity, i) => ({ identity, instanceId: `i-0123456789abcde0${i}` }));
const hoursAgo = (...hours: number[]) => hours.map((h) => NOON_MS - h * HOUR_MS);

const names = (more: Partial<NamesFacts> = {}): NamesFacts => ({
  atMs: NOON_MS,
  zone: 'bitcoin.internal',
  changes: [{ action: 'DELETE', name: 'node1.bitcoin.internal', type: 'A' }],
  marked: new Set(['node1.bitcoin.internal']),
  poolsGone: [],
  pauses: [],
  intentJournalled: true,
  ...more,
});

/** Each invariant, broken in the smallest way, and the message for it. */
const BROKEN: { readonly [Name in InvariantName]: readonly [() => Violation[], string] } = {
  'modifications-per-day': [
    () => checkMutation(mutation({ modificationsMs: hoursAgo(23.99, 10, 5, 0) })),
    `${DATA_VOLUME}: 4 in 24 h`,
  ],
  'size-only-up': [
    () => checkMutation(mutation({ size: { fromGiB: 500, toGiB: 499, ceilingGiB: 2000 } })),
    `${DATA_VOLUME}: 500 → 499 GiB`,
  ],
  'size-within-ceiling': [
    () => checkMutation(mutation({ size: { fromGiB: 500, toGiB: 2001, ceilingGiB: 2000 } })),
    `${DATA_VOLUME}: 2001 GiB, ceiling 2000`,
  ],
  'journalled-before': [() => checkMutation(mutation({ intentJournalled: false })), `ModifyVolume ${DATA_VOLUME}`],
  'journalled-after': [
    () => checkEnd(end({ unjournalled: [`ModifyVolume ${DATA_VOLUME}`] })),
    `ModifyVolume ${DATA_VOLUME}`,
  ],
  'nothing-while-paused': [
    () => checkMutation(mutation({ pauses: ['everything: audit', 'bitcoin: upgrade'] })),
    `ModifyVolume ${DATA_VOLUME} while everything: audit and bitcoin: upgrade`,
  ],
  'no-lease-left': [
    () => checkEnd(end({ leases: [{ instanceId: INSTANCE, owner: ME, open: false }] })),
    `${INSTANCE}: held by ${ME}`,
  ],
  'one-writer': [
    () => checkMutation(mutation({ holder: OTHER })),
    `ModifyVolume ${DATA_VOLUME} by ${ME}, held by ${OTHER}`,
  ],
  'one-identity': [
    () => checkIdentities(NOON_MS, machines('bitcoin/node1', 'bitcoin/node2', 'bitcoin/node1')),
    'bitcoin/node1 runs on i-0123456789abcde00 and i-0123456789abcde02',
  ],
  'one-mount': [
    () =>
      checkMounts(NOON_MS, [
        { volumeId: DATA_VOLUME, instanceId: 'i-1' },
        { volumeId: DATA_VOLUME, instanceId: 'i-2' },
      ]),
    `${DATA_VOLUME} on i-1 and i-2`,
  ],
  'one-replacement': [
    () =>
      checkInFlight(NOON_MS, [
        { fleet: 'bitcoin', node: 'node1' },
        { fleet: 'bitcoin', node: 'node2' },
      ]),
    'bitcoin: node1 and node2',
  ],
  'signing-state-only-up': [
    () => checkSigning(NOON_MS, [{ node: 'irita/validator1', before: 4_180_000, height: 4_179_999 }]),
    'irita/validator1: 4180000 → 4179999',
  ],
  'client-left-stopped': [() => checkEnd(end({ leftStopped: ['bitcoin/node2'] })), 'bitcoin/node2'],
  'nothing-deleted': [
    () => checkMutation({ ...mutation({ operation: 'DeleteSnapshot', resource: 'snap-1' }) }),
    'DeleteSnapshot snap-1',
  ],
  'names-only-ours': [() => checkNames(names({ marked: new Set() })), 'DELETE node1.bitcoin.internal A'],
  'pool-never-empty': [() => checkNames(names({ poolsGone: ['pool.bitcoin.internal'] })), 'pool.bitcoin.internal'],
  'peers-never-fewer': [
    () => checkPeers(NOON_MS, [{ node: 'bitcoin/node2', before: 8, after: 3 }]),
    'bitcoin/node2: 8 → 3',
  ],
  'no-orphan': [
    () => checkEnd(end({ made: [{ id: 'vol-0b1b2c3d4e5f60718', accountedFor: false }] })),
    'vol-0b1b2c3d4e5f60718',
  ],
  ends: [
    () =>
      checkEnding({ atMs: NOON_MS, attempts: [{ incident: 'bitcoin/node2 f9d5', count: 6, hours: 0 }], running: [] }),
    'bitcoin/node2 f9d5: 6 attempts',
  ],
  'told-once': [
    () => checkPages(NOON_MS, Array(3).fill('bitcoin/node2 node-stuck'), 3),
    'bitcoin/node2 node-stuck: 3 pages',
  ],
};

describe('an invariant that is broken is told by name, with the time and what broke it', () => {
  it.each(Object.keys(INVARIANTS) as InvariantName[])('%s', (invariant) => {
    const [broken, detail] = BROKEN[invariant];
    expect(broken()).toEqual([{ invariant, at: '2026-01-01T12:00:00.000Z', detail }]);
  });

  it('and has a sentence of its own', () => {
    for (const [name, sentence] of Object.entries(INVARIANTS)) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(sentence).toMatch(/^[A-Z].{10,100}\.$/);
    }
  });
});

describe('a heal as it should be breaks none', () => {
  it('a modification, the third of its day, up to the ceiling', () => {
    expect(checkMutation(mutation())).toEqual([]);
    expect(checkMutation(mutation({ modificationsMs: hoursAgo(24, 10, 5, 0) }))).toEqual([]);
    expect(checkMutation(mutation({ size: { fromGiB: 500, toGiB: 2000, ceilingGiB: 2000 } }))).toEqual([]);
  });

  it('a command, which has no size', () => {
    const { size: _, ...command } = mutation({ operation: 'SendCommand', resource: INSTANCE, modificationsMs: [] });
    expect(checkMutation(command)).toEqual([]);
  });

  it('an end at which all is free and accounted for', () => {
    expect(checkEnd(end())).toEqual([]);
  });

  it('five attempts of each of two incidents; an execution that still runs is told', () => {
    const attempts = ['a', 'b'].map((incident) => ({ incident, count: 5, hours: 0.9 }));
    expect(checkEnding({ atMs: NOON_MS, attempts, running: [] })).toEqual([]);
    const many = (count: number, hours: number, attemptsAtMost?: number) =>
      checkEnding({ atMs: NOON_MS, attempts: [{ incident: 'a', count, hours }], attemptsAtMost, running: [] }).length;
    expect([many(7, 0, 7), many(8, 9, 7)]).toEqual([0, 1]);
    // What is refused for hours is looked at each hour.
    expect([many(6, 0.9), many(6, 1), many(10, 5), many(11, 5)]).toEqual([1, 0, 0, 1]);
    expect(checkEnding({ atMs: NOON_MS, attempts, running: ['execution 7'] })).toEqual([
      { invariant: 'ends', at: '2026-01-01T12:00:00.000Z', detail: 'execution 7 still runs' },
    ]);
  });

  it('two pages for each of two causes where so many were promised; one more than promised is told', () => {
    expect(checkPages(NOON_MS, ['a', 'b', 'a', 'b'], 4)).toEqual([]);
    expect(checkPages(NOON_MS, ['a', 'b', 'c'], 2).map(({ detail }) => detail)).toEqual([
      '3 pages, 2 expected at most: a, b, c',
    ]);
  });

  it('a batch that changes a record with its marker, while no pool is empty', () => {
    expect(checkNames(names())).toEqual([]);
    const marker = { action: 'CREATE', name: '_chainmend.node9.bitcoin.internal', type: 'TXT' };
    expect(checkNames(names({ changes: [marker] }))).toEqual([]);
  });

  it('a rotation that takes half of a long list, or nothing of a short one', () => {
    expect(
      checkPeers(NOON_MS, [
        { node: 'a', before: 8, after: 4 },
        { node: 'b', before: 1, after: 1 },
      ]),
    ).toEqual([]);
  });

  it('what prune-retired may take away; what it may not is told like anybody’s', () => {
    const deletion = mutation({ operation: 'DeleteVolume' });
    expect(checkMutation({ ...deletion, mayGo: true })).toEqual([]);
    expect(checkMutation({ ...deletion, mayGo: false }).map(({ invariant }) => invariant)).toEqual(['nothing-deleted']);
  });

  it('each volume on a machine of its own, a replacement in each of two fleets, a signature that goes on', () => {
    expect(
      checkMounts(NOON_MS, [
        { volumeId: DATA_VOLUME, instanceId: 'i-1' },
        { volumeId: 'vol-2', instanceId: 'i-1' },
      ]),
    ).toEqual([]);
    expect(
      checkInFlight(NOON_MS, [
        { fleet: 'bitcoin', node: 'node1' },
        { fleet: 'irita', node: 'node1' },
      ]),
    ).toEqual([]);
    expect(checkSigning(NOON_MS, [{ node: 'a', before: 7, height: 7 }])).toEqual([]);
  });

  it('a volume in the place of one that is as large; a smaller one is told as one that shrank', () => {
    const at = (toGiB: number) => checkSizes(NOON_MS, [{ of: 'bitcoin/node2 /node-data', fromGiB: 500, toGiB }]);
    expect(at(500)).toEqual([]);
    expect(at(499)).toMatchObject([{ invariant: 'size-only-up', detail: 'bitcoin/node2 /node-data: 500 → 499 GiB' }]);
  });

  it('nodes that are each themselves', () => {
    expect(checkIdentities(NOON_MS, machines('bitcoin/node1', 'bitcoin/node2', 'irita/node1'))).toEqual([]);
  });
});

describe('several at once', () => {
  it('are all told, of one mutation', () => {
    const worst = mutation({
      operation: 'TerminateInstances',
      holder: null,
      pauses: ['everything: audit'],
      intentJournalled: false,
    });
    expect(checkMutation(worst).map(({ invariant }) => invariant)).toEqual([
      'journalled-before',
      'nothing-while-paused',
      'one-writer',
      'nothing-deleted',
    ]);
  });

  it('are told of each node that is left held, or with something begun', () => {
    const leases = [
      { instanceId: 'i-1', owner: null, open: true },
      { instanceId: 'i-2', owner: null, open: false },
      { instanceId: 'i-3', owner: ME, open: true },
    ];
    expect(checkEnd(end({ leases })).map(({ detail }) => detail)).toEqual([
      'i-1: held by nobody, an operation is open',
      `i-3: held by ${ME}, an operation is open`,
    ]);
  });
});
