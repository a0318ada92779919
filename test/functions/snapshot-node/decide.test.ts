// What the heal that takes a clean snapshot does next: what it finds of earlier attempts, what it writes down, and what it says.
import { describe, expect, it } from '@jest/globals';
import { decideNext } from '../../../functions/snapshot-node/decide.ts';
import { downSince } from '../../../functions/snapshot-node/progress.ts';
import type {
  ClientDown,
  Preparing,
  Progress,
  Released,
  SnapshotFacts,
  TakenSnapshot,
} from '../../../functions/snapshot-node/state.ts';
import { refused } from '../../../shared/heal/outcome.ts';
import type { SnapshotOperation } from '../../../shared/heal/records.ts';
import { snapshotPayload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { mountedVolume, nodeState, observedNode } from '../../fixtures/builders/observation.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { attachedAt, DATA_PATH, foundVolume, volumeNow } from '../../fixtures/builders/volume.ts';
import { facts, HOLDER, operation, SNAPSHOT, snapshotFleet } from '../../fixtures/snapshot-node-facts.ts';

const OTHER = 'snap-0fedcba9876543210';
const held = { holder: HOLDER, ordinal: 2, commandsOver: true, seenFence: 4 };
const next = (progress: Progress, mode: 'act' | 'ask' | 'plan' = 'act') =>
  decideNext(progress, snapshotPayload({ mode }));

const planning = (more: Partial<SnapshotFacts> = {}): Progress => ({
  at: 'planning',
  facts: facts(more),
  approved: null,
});

describe('a snapshot of an earlier attempt', () => {
  const taken = (more: Partial<TakenSnapshot> = {}): TakenSnapshot => ({
    ...{ snapshotId: SNAPSHOT, volumeId: DATA_VOLUME, setId: 'a-1', parts: 1, state: 'completed' },
    ...{ startedAtMs: NOON_MS, quarantined: null },
    ...more,
  });
  const awaited = (...all: readonly TakenSnapshot[]) => {
    const act = next(planning({ taken: all }));
    return act.do === 'await' ? act.snapshots : act.do;
  };

  it('is waited for, whether it is completed or still copied, and its roles are in the ledger already', () => {
    for (const state of ['completed', 'pending'] as const)
      expect(awaited(taken({ state }))).toEqual([{ snapshotId: SNAPSHOT, role: null }]);
  });

  it('counts as a whole set, and only where nothing of it is bad', () => {
    const half = taken({ parts: 2 });
    expect(awaited(half)).toBe('lease');
    expect(awaited(half, taken({ parts: 2, snapshotId: OTHER }))).toHaveLength(2);
    expect(awaited(half, taken({ parts: 2, snapshotId: OTHER, state: 'error' }))).toBe('lease');
    expect(awaited(half, taken({ parts: 2, snapshotId: OTHER, quarantined: 'bad' }))).toBe('lease');
    // Two halves of two sets are no set.
    expect(awaited(half, taken({ parts: 2, snapshotId: OTHER, setId: 'a-2' }))).toBe('lease');
  });
});

describe('what a person approves', () => {
  const terms = (more: Partial<SnapshotFacts> = {}) => {
    const act = next(planning(more), 'ask');
    if (act.do !== 'ask') throw new Error(act.do);
    return act.terms;
  };

  it('is the act, the paths, all volumes but the root in their order, and the cost', () => {
    const volumes = [
      volumeNow({ volumeId: 'vol-b', sizeGiB: 20 }),
      volumeNow({ volumeId: ROOT_VOLUME, attachment: attachedAt('/dev/xvda') }),
      volumeNow({ volumeId: 'vol-a', sizeGiB: 10 }),
    ];
    expect(terms({ volumes })).toEqual([
      ['act', 'stop the client cleanly, take a snapshot of its data volumes, and start it again'],
      ['paths', `${DATA_PATH} (data)`],
      ['volumes attached', 'vol-a (10 GiB), vol-b (20 GiB)'],
      ['cost', 'the storage of what has changed since the snapshot before'],
    ]);
    expect(terms({ volumes: [] })).toContainEqual(['volumes attached', 'none']);
  });

  it('is asked again in a minute where it has changed, and nobody is paged', () => {
    const approved = terms({ volumes: [] });
    expect(next({ at: 'planning', facts: facts(), approved }, 'ask')).toMatchObject({
      do: 'conclude',
      ending: { code: 'approval-exceeded', page: false, retryAfterMs: 60_000 },
    });
  });

  it('names how many others serve meanwhile: those that are synced', () => {
    const nodes = [
      observedNode(),
      observedNode({ name: 'node3' }),
      observedNode({ name: 'node4' }),
      observedNode({ name: 'node5', health: 'stuck' }),
    ];
    const act = next(planning({ nodes, fleet: snapshotFleet({ breaker: { unhealthyMinimum: 4 } }) }), 'ask');
    expect(act).toMatchObject({ sentence: expect.stringMatching(/; 2 synced nodes serve meanwhile$/) });
  });
});

describe('the record of a node, before it is touched', () => {
  const prepared = (more: Partial<SnapshotFacts>, written: SnapshotOperation | null = null, seen = nodeState()) => {
    const from: Preparing = { at: 'preparing', held, facts: facts(more), seen, operation: written };
    return next(from);
  };
  const written = operation({ phase: 'preparing' });

  it('has each volume as EC2 shows it, with the tags of its owner alone', () => {
    const tags = { Name: 'data', 'aws:cloudformation:stack-name': 'nodes', 'chainmend:fleet': 'bitcoin' };
    expect(prepared({ volumes: [volumeNow({ tags, sizeGiB: 700, iops: 6000 })] })).toMatchObject({
      do: 'leave-pool',
      operation: {
        memory: {
          found: {
            ...{ availabilityZone: 'eu-west-1a', client: 'running' },
            volumes: [{ ...foundVolume({ sizeGiB: 700, iops: 6000, kmsKeyId: null }), tags: { Name: 'data' } }],
          },
        },
      },
    });
  });

  it('has no tag of AWS, nor of ours', () => {
    const tags = { Name: 'data', 'aws:cloudformation:stack-name': 'nodes', 'chainmend:fleet': 'bitcoin' };
    const act = prepared({ volumes: [volumeNow({ tags })] });
    if (act.do !== 'leave-pool') throw new Error(act.do);
    expect(act.operation.memory.found.volumes.map((volume) => volume.tags)).toEqual([{ Name: 'data' }]);
  });

  it('is not written where EC2 has detached a volume since the node has told of it', () => {
    expect(prepared({ volumes: [volumeNow({ attachment: null })] })).toMatchObject({
      do: 'conclude',
      ending: {
        ...{ outcome: 'refused', code: 'volume-changed', page: false, retryAfterMs: 300_000 },
        reason: `${DATA_PATH} was on ${DATA_VOLUME} a moment ago, and is not any more`,
      },
    });
  });

  it('holds for each volume under its own path right before the stop', () => {
    const fleet = snapshotFleet({
      volumes: { data: '/a', ancient: '/b' },
    });
    const volumes = ['vol-a', 'vol-b'].map((volumeId) => volumeNow({ volumeId }));
    const at = (a: string, b: string) =>
      nodeState({
        devices: ['vol-a', 'vol-b'],
        volumes: [mountedVolume({ path: '/a', volumeId: a }), mountedVolume({ path: '/b', volumeId: b })],
      });
    const found = [
      foundVolume({ path: '/a', volumeId: 'vol-a' }),
      foundVolume({ role: 'ancient', path: '/b', volumeId: 'vol-b' }),
    ];
    const both = operation({ phase: 'preparing' }, { found: { ...written.memory.found, volumes: found } });
    expect(prepared({ fleet, volumes }, both, at('vol-a', 'vol-b'))).toMatchObject({ do: 'stop' });
    expect(prepared({ fleet, volumes }, both, at('vol-b', 'vol-a'))).toMatchObject({
      do: 'conclude',
      ending: { code: 'volume-changed' },
    });
  });
});

describe('a client that is down', () => {
  const origin = { by: 'this attempt', facts: facts() } as const;
  const before = { by: 'an attempt before', heard: true } as unknown as ClientDown['origin'];
  const down = (more: Partial<ClientDown> = {}, memory: object = {}): ClientDown => ({
    ...downSince(held, operation({}, memory), origin),
    ...more,
  });
  const paused = refused({ refuse: 'paused', reason: 'works', page: false, retryAfterMs: 60_000 });

  it('is started with the reason why', () => {
    const clean = { exitStatus: 0, lastLine: 'done', seconds: 3 };
    const reasonOf = (from: ClientDown) => next(from);
    expect(reasonOf(down({ origin: before }))).toMatchObject({
      ...{ do: 'start', reason: 'start the client again, which an attempt before this one had stopped' },
    });
    expect(reasonOf(down({ ending: paused }))).toMatchObject({
      ...{ do: 'start', reason: 'start the client again: works' },
    });
    const whole = { clean, intent: { call: 'CreateSnapshots', target: 'a', atMs: NOON_MS } };
    for (const ending of [null, paused])
      expect(reasonOf(down({ ending }, whole))).toMatchObject({
        ...{ do: 'start', reason: 'mount the volumes and start the client again' },
      });
  });

  it('is started, and no snapshot is taken, where the attempt that stopped it cleanly has died', () => {
    const clean = { exitStatus: 0, lastLine: 'done', seconds: 3 };
    expect(next(down({}, { clean })).do).toBe('take');
    expect(next(down({ origin: before }, { clean })).do).toBe('start');
  });

  it.each(['throttled', 'unreadable', 'fleet-file-invalid'] as const)(
    'that could not be started is left to one more attempt where %s says nothing of the node',
    (code) => {
      const ending = refused({ refuse: code, reason: 'AWS', page: false, retryAfterMs: 60_000 } as never);
      const stuck = down({ ending, client: { is: 'stopped', failedStarts: 3, unheard: null } });
      expect(next(stuck)).toMatchObject({ do: 'release', keepOperation: true });
      expect(next({ ...stuck, ending: paused })).toMatchObject({ do: 'release', keepOperation: false });
    },
  );

  it('that is silent is left to one more attempt by the one that has stopped it, and to replace-node after that', () => {
    const silent = { is: 'stopped', failedStarts: 3, unheard: { silent: 'nothing came' } } as const;
    expect(next(down({ client: silent }))).toMatchObject({ do: 'release', keepOperation: true });
    expect(next(down({ client: silent, origin: before }))).toMatchObject({ do: 'release', keepOperation: false });
  });

  it('is not told to start where AWS says that its machine or its agent is away: whoever revives a machine comes sooner', () => {
    const away = (refuse: string) => ({
      ...({ is: 'stopped', failedStarts: 0 } as const),
      unheard: { refusal: { refuse, reason: 'away', page: true, retryAfterMs: 60_000 } as never },
    });
    for (const code of ['node-silent', 'instance-stopped', 'instance-gone']) {
      expect(next(down({ client: away(code), ending: paused }))).toMatchObject({ do: 'release', keepOperation: true });
      expect(next(down({ client: away(code), ending: paused, origin: before }))).toMatchObject({
        ...{ do: 'release', keepOperation: false },
      });
    }
    expect(next(down({ client: away('aws-refused'), ending: paused })).do).toBe('start');
  });

  it('quarantines what was spoiled, where there is a snapshot of it', () => {
    const spoiled = { why: 'it ran', quarantined: false };
    const up = { client: { is: 'started' } as never, proof: { proved: 'synced' }, spoiled };
    expect(next(down(up, { snapshotIds: [SNAPSHOT] }))).toMatchObject({ do: 'quarantine', why: 'it ran' });
    expect(next(down(up))).toMatchObject({ do: 'settle' });
  });
});

describe('a node that is released', () => {
  it('and nothing of the lease is kept', () => {
    expect(next({ at: 'releasing', held } as unknown as Progress)).toMatchObject({
      do: 'release',
      keepOperation: false,
    });
  });

  const released = (memory: object): Released =>
    ({
      at: 'released',
      pool: 'in',
      remaining: { is: 'copying', memory: operation({}, memory).memory },
    }) as unknown as Released;
  const two = [foundVolume(), foundVolume({ role: 'ancient', volumeId: 'vol-b', path: '/b' })];
  const { found } = operation().memory;
  const roles = (volumes: typeof two, ids: readonly string[]) => {
    const act = next(released({ found: { ...found, volumes }, snapshotIds: ids }));
    return act.do === 'await' ? act.snapshots.map(({ role }) => role) : act.do;
  };

  it('waits for its copies, each with its role where there are several, in the order of the volumes', () => {
    expect(roles(two, [SNAPSHOT, OTHER])).toEqual(['data', 'ancient']);
    expect(roles(two.slice(0, 1), [SNAPSHOT])).toEqual([null]);
    expect(roles(two, [SNAPSHOT])).toEqual([null]);
  });

  it('and has no snapshot is tried again after an hour', () => {
    expect(next(released({ snapshotIds: [] }))).toMatchObject({
      ...{ do: 'conclude', ending: { outcome: 'failed', retryAfterMs: 60 * 60_000 } },
    });
  });
});
