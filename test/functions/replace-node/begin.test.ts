// How a heal of a node begins: what it refuses before it does anything, and what it records of the node as found.
import { describe, expect, it } from '@jest/globals';
import { begin, decide, stateBegun } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { nextRung } from '../../../functions/replace-node/ladder.ts';
import { DATA_VOLUME, INSTANCE, ROOT_VOLUME } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { volumeNow } from '../../fixtures/builders/volume.ts';
import { client, facts, impaired, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const restore = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;

/** The result: the code of a refusal, or the first act. */
function beginning(more: Partial<Facts>): string {
  const act = begin(facts(more));
  if (act.do !== 'end') return act.do;
  return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as;
}

describe('a question that the node left open', () => {
  const open = { seen: null, unanswered: { count: 1, reason: 'late: start-by has passed', isStale: false } };
  const asked = (more: Partial<Facts>, state: Parameters<typeof decide>[1]): string => {
    const act = decide(facts({ ...open, ...more }), state);
    if (act.do !== 'end') return act.do;
    return act.end.as === 'refused' ? act.end.refusal.refuse : act.end.as;
  };
  const often = { unanswered: { ...open.unanswered, count: 3 } };
  const stale = { unanswered: { count: 1, reason: 'stale', isStale: true } };

  it.each<[string, Partial<Facts>, string]>([
    ['is asked again', {}, 'inspect'],
    ['is told where it was asked three times, and nothing is done to the node', often, 'node-silent'],
    [
      'is asked again while the node may be busy with what was sent before',
      { ...often, openUntilMs: NOON_MS },
      'inspect',
    ],
    ['is told after that', { ...often, openUntilMs: NOON_MS - 1 }, 'node-silent'],
    ['is left to the next attempt, with a higher fence, where the node obeys a later heal', stale, 'node-silent'],
  ])('%s', (_, more, does) => {
    expect(asked(more, null)).toBe(does);
    for (const rung of ['restart', 'swap'] as const) expect(asked(more, ladderState({ rung }))).toBe(does);
  });

  it('is put again later each time, unless the client is down because of the heal', () => {
    const minutes = (age: number, state: Parameters<typeof decide>[1]): number => {
      const act = decide(facts({ ...open, ...often, onsetMs: NOON_MS - age * MINUTE_MS }), state);
      if (act.do !== 'end' || act.end.as !== 'refused') throw new Error(`expected a refusal, got ${act.do}`);
      return act.end.refusal.retryAfterMs / MINUTE_MS;
    };
    expect([1, 20, 60, 1000].map((age) => minutes(age, null))).toEqual([15, 40, 120, 360]);
    expect(minutes(60, ladderState({ rung: 'restart', client: 'mayBeDown' }))).toBe(15);
  });

  it('is no reason for a stop of the instance', () => {
    expect(nextRung(facts(often), { failed: [] })).toBe('restart');
  });
});

it('remembers of a volume that nothing was mounted in its place, where the node has said so', () => {
  const foundBy = (more: Partial<Facts>) => {
    const act = begin(facts(more));
    return act.do === 'begin' ? act.state.found.volumes.map(({ wasUnmounted }) => wasUnmounted === true) : act.do;
  };
  const bare = { ...seen([client('failed')]), volumes: [] };
  expect(foundBy({ seen: bare })).toEqual([true]);
  expect(foundBy({})).toEqual([false]);
  expect(foundBy({ seen: null, original: machine({}, { agentOnline: false }) })).toEqual([false]);
});

describe('a heal begins', () => {
  it.each<[string, Partial<Facts>, string]>([
    ['with a word to the node that it can reach', { seen: null }, 'inspect'],
    ['without one where the agent is silent', { seen: null, original: machine({}, { agentOnline: false }) }, 'begin'],
    ['at once where the node has answered', {}, 'begin'],
    ['on a client that has failed', { seen: seen([client('failed')]) }, 'begin'],
    [
      'on one that was killed, and nobody knows by whom',
      { seen: seen([client('failed', { exitStatus: 137 })]) },
      'begin',
    ],
    ['on one whose failure took the other one down', { seen: seen([client('failed'), client('stopped')]) }, 'begin'],
    ['on an instance whose checks fail', { seen: null, original: impaired('instance') }, 'begin'],
    [
      'on an impaired instance although its client was synced a minute ago',
      { seen: null, original: impaired('system'), watched: watched('synced') },
      'begin',
    ],
    ['where a person wants it, on a healthy node', { want: restore, watched: watched('synced') }, 'begin'],
    ['where a person wants it, on a stopped client', { want: restore, seen: seen([client('stopped')]) }, 'begin'],
    [
      'where a person wants it, on a full disk',
      { want: restore, seen: seen([client('running')], DATA_VOLUME, 490) },
      'begin',
    ],
  ])('%s', (_, more, does) => {
    expect(beginning(more)).toBe(does);
  });

  it('on no client that runs again, where nobody asks more than whether it does', () => {
    const unit = { fleet: { ...facts().fleet, probe: { by: 'unit' } } } as const;
    const gone = { ...unit, watched: watched('unreachable') };
    expect(beginning({ ...gone, seen: seen([client('running')]) })).toBe('healed');
    expect(beginning({ ...gone, seen: seen([client('running'), client('failed')]) })).toBe('begin');
    expect(beginning({ ...gone, seen: null })).toBe('inspect');
    expect(beginning({ ...gone, seen: seen([client('running')]), original: impaired('instance') })).toBe('begin');
    // A client whose RPC is silent runs, too, and a restart helps it.
    expect(beginning({ watched: watched('unreachable'), seen: seen([client('running')]) })).toBe('begin');
    const again = decide(facts({ ...gone, seen: seen([client('running')]) }), ladderState({ rung: 'restart' }));
    expect(again).toMatchObject({ do: 'prove' });
  });

  it.each<[string, Partial<Facts>, string]>([
    ['the node follows its chain again', { watched: watched('synced') }, 'healed'],
    ['EC2 does not know the instance', { original: null }, 'instance-gone'],
    ['somebody has stopped the instance', { original: machine({ state: 'stopped' }) }, 'instance-stopped'],
    ['somebody is stopping the instance', { original: machine({ state: 'stopping' }) }, 'instance-stopped'],
    ['it was silent, and answers again', { watched: watched('busy') }, 'not-confirmed'],
    ['the instance is only starting', { original: machine({ state: 'pending' }) }, 'busy'],
    [
      'the instance cannot reach a volume, which no stop would help',
      { seen: null, original: impaired('attachedEbs') },
      'ebs-impaired',
    ],
    [
      'one of its volumes completes no I/O, in which a restart would hang',
      { seen: null, impairedVolumes: [{ volumeId: DATA_VOLUME, isIoDisabled: false }] },
      'ebs-impaired',
    ],
    ['the client was stopped by somebody, and ended well', { seen: seen([client('stopped')]) }, 'client-stopped'],
    [
      'the client was stopped by somebody, and nothing tells its status',
      { seen: seen([client('stopped', { exitStatus: null })]) },
      'client-stopped',
    ],
    [
      'the container was stopped, and SIGTERM ended it',
      { seen: seen([client('failed', { exitStatus: 143, asked: true })]) },
      'client-stopped',
    ],
    [
      'one of two clients was stopped by somebody',
      { seen: seen([client('running'), client('stopped')]) },
      'client-stopped',
    ],
    ['the container is not there', { seen: seen([client('unknown', { exitStatus: null })]) }, 'client-unknown'],
    [
      'the disk is full, which is another heal’s',
      { seen: seen([client('failed')], DATA_VOLUME, 490) },
      'disk-full-first',
    ],
    // geth stops itself cleanly, with status 0, when its disk is nearly full (--datadir.minfreedisk): nobody has stopped it.
    [
      'the disk is full and the client has ended itself well for it',
      { seen: seen([client('stopped')], DATA_VOLUME, 490) },
      'disk-full-first',
    ],
  ])('but not where %s', (_, more, code) => {
    expect(beginning(more)).toBe(code);
  });

  it('another heal has left its client stopped: no person has', () => {
    expect(beginning({ seen: seen([client('stopped')]), leftStopped: true })).not.toBe('client-stopped');
    expect(beginning({ seen: seen([client('unknown', { exitStatus: null })]), leftStopped: true })).toBe(
      'client-unknown',
    );
  });

  it('its first boot still runs: it is told after six hours, and a client that failed is none that is still to come', () => {
    const booting = (
      state: 'stopped' | 'unknown' | 'failed' | 'running',
      minutes = 20,
      cloudInit = 'running' as const,
    ) =>
      begin(
        facts({
          seen: { ...seen([client(state)]), cloudInit },
          onsetMs: NOON_MS - minutes * MINUTE_MS,
        }),
      );
    for (const state of ['stopped', 'unknown'] as const)
      expect(booting(state)).toMatchObject({ end: { refusal: { refuse: 'first-boot', page: false } } });
    expect(booting('stopped', 360)).toMatchObject({ end: { refusal: { refuse: 'first-boot', page: true } } });
    expect('end' in booting('failed')).toBe(false);
  });

  it('a client that is down behind a first boot that failed may never have run: people are wanted, and told that', () => {
    const failed = { seen: { ...seen([client('stopped')]), cloudInit: 'error' as const } };
    expect(begin(facts(failed))).toMatchObject({
      end: { refusal: { refuse: 'client-unknown', reason: expect.stringContaining('the first boot has failed') } },
    });
  });

  it('a client that failed beside one that was stopped is not taken for stopped by a person', () => {
    expect(beginning({ seen: seen([client('stopped'), client('failed')]) })).toBe('begin');
  });

  it('a full disk that nothing has grown for a quarter of an hour pages, and is looked at less and less often', () => {
    const full = { seen: seen([client('failed')], DATA_VOLUME, 490) };
    const refusedAfter = (minutes: number) => begin(facts({ ...full, onsetMs: NOON_MS - minutes * MINUTE_MS }));
    expect(refusedAfter(14)).toMatchObject({ end: { refusal: { page: false, retryAfterMs: 5 * MINUTE_MS } } });
    expect(refusedAfter(16)).toMatchObject({
      end: { refusal: { page: true, reason: expect.stringMatching(/is full, but .*CloudWatch agent/) } },
    });
    expect(refusedAfter(60)).toMatchObject({ end: { refusal: { page: true, retryAfterMs: 120 * MINUTE_MS } } });
  });

  it('a yes that waits for a full disk is told, where the growth of the disk is refused', () => {
    const full = { seen: seen([client('failed')], DATA_VOLUME, 490) };
    const disk = { incidentId: 'c4245734', waits: false };
    const pages = (more: Partial<Facts>) => begin(facts({ ...full, ...more }));
    expect(pages({ disk: { ...disk, refused: true }, approved: true })).toMatchObject({
      end: {
        refusal: { refuse: 'disk-full-first', page: true, reason: expect.stringContaining('by incident c4245734') },
      },
    });
    for (const more of [{ disk, approved: true }, { disk: { ...disk, refused: true } }] as const)
      expect(pages(more)).toMatchObject({ end: { refusal: { refuse: 'disk-full-first', page: false } } });
  });

  it('a stopped client pages after a quarter of an hour, since a person may have forgotten it', () => {
    expect(begin(facts({ seen: seen([client('stopped')]) }))).toMatchObject({ end: { refusal: { page: false } } });
    const act = begin(
      facts({ onsetMs: NOON_MS - 16 * MINUTE_MS, seen: seen([client('stopped', { lastLine: 'Shutdown: done' })]) }),
    );
    expect(act).toMatchObject({
      end: { refusal: { page: true, reason: expect.stringContaining('"Shutdown: done"') } },
    });
  });
});

const noted = (more: Partial<Facts>) => {
  const act = begin(facts(more));
  if (act.do !== 'begin') throw new Error(`${act.do} instead of a beginning`);
  return act.state.found;
};

describe('what a heal notes of the node', () => {
  it('is the volume that the node itself says is mounted, with all that makes one like it', () => {
    expect(noted({})).toMatchObject({
      instanceId: INSTANCE,
      availabilityZone: 'eu-west-1a',
      height: 1000,
      lagBlocks: 50,
      client: 'running',
      volumes: [
        { volumeId: DATA_VOLUME, device: '/dev/sdf', type: 'gp3', iops: 3000, throughputMiBps: 125, encrypted: true },
      ],
    });
  });

  it('is the only volume that fits, where the node is silent', () => {
    const root = volumeNow({ volumeId: ROOT_VOLUME });
    expect(noted({ seen: null, original: impaired('instance'), volumes: [root, volumeNow()] }).volumes).toHaveLength(1);
  });

  it('is no volume where two fit and the node is silent: then nothing is exchanged', () => {
    const another = volumeNow({ volumeId: 'vol-0b1b2c3d4e5f60718' });
    expect(noted({ seen: null, original: impaired('instance'), volumes: [volumeNow(), another] }).volumes).toEqual([]);
  });

  it('is no volume where the node has something else mounted', () => {
    expect(noted({ seen: seen([client('running')], 'vol-0eeeeeeeeeeeeeeee') }).volumes).toEqual([]);
  });

  it('leaves out tags of AWS and our own, which a new volume gets anew', () => {
    const tags = { Component: 'nodes/bitcoin', 'aws:cloudformation:stack-name': 'x', 'chainmend:retired': '2026' };
    expect(noted({ volumes: [volumeNow({ tags })] }).volumes[0]?.tags).toEqual({ Component: 'nodes/bitcoin' });
  });
});

describe('the words and the page of a beginning', () => {
  const up = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
  const since = (minutes: number) => ({ onsetMs: NOON_MS - minutes * MINUTE_MS });
  const minutesOf = (minutes: number) => ({ retryAfterMs: minutes * MINUTE_MS });
  it.each<[string, Partial<Facts>, object]>([
    ['nobody knows the instance', { original: null }, { refuse: 'instance-gone', ...minutesOf(60) }],
    ['nobody has known it for an hour', { original: null, ...since(60) }, minutesOf(120)],
    [
      'it is shutting down',
      { original: machine({ state: 'shutting-down' }) },
      { refuse: 'instance-gone', reason: 'the instance was terminated', page: false, ...minutesOf(60) },
    ],
    [
      'somebody has stopped it',
      { original: machine({ state: 'stopped' }) },
      { refuse: 'instance-stopped', page: false, ...minutesOf(20) },
    ],
    [
      'an upgrade of a node that does not tell its version',
      { want: up, spared: null },
      { refuse: 'version-unknown', page: true },
    ],
    [
      'a smaller disk for a client that nobody can follow',
      { want: { do: 'shrink', toGiB: 450 }, spared: null, seen: seen([client('unknown', { exitStatus: null })]) },
      { refuse: 'client-unknown', page: true },
    ],
    [
      'a disk that nothing has grown for just a quarter of an hour',
      { seen: seen([client('failed')], DATA_VOLUME, 490), ...since(15) },
      { refuse: 'disk-full-first', page: true, ...minutesOf(30) },
    ],
  ])('%s', (_, more, refusal) => {
    expect(begin(facts(more))).toMatchObject({ do: 'end', end: { as: 'refused', refusal } });
  });

  const runs = { fleet: { ...facts().fleet, probe: { by: 'unit' } } } as const;
  it.each<[string, Partial<Facts>, string]>([
    ['it is synced', { watched: watched('synced') }, 'it follows its chain again: it is synced'],
    [
      'its client runs, and nobody asks more',
      { ...runs, watched: watched('unreachable', { runs: true }) },
      'it is unreachable',
    ],
    [
      'what it was to be moved for is over, however it is',
      { move: { cause: null, refusal: null } },
      'there is nothing any more for which it would be stopped and started',
    ],
  ])('nothing is done where %s', (_, more, reason) => {
    expect(begin(facts(more))).toEqual({ do: 'end', end: { as: 'healed', reason } });
  });

  it.each<[string, Partial<Facts>, string]>([
    ['a person wants it of a node that answers again', { want: restore, watched: watched('busy') }, 'begin'],
    [
      'it answers again on an impaired instance',
      { seen: null, original: impaired('system'), watched: watched('busy') },
      'begin',
    ],
    ['nobody has seen it', { watched: null }, 'begin'],
    [
      'an upgrade of a node that does not answer',
      { want: up, spared: null, seen: null, original: machine({}, { agentOnline: false }) },
      'begin',
    ],
    ['the disk is full to 97 %', { seen: seen(undefined, DATA_VOLUME, 485) }, 'disk-full-first'],
    ['the disk is full to less', { seen: seen(undefined, DATA_VOLUME, 484.9) }, 'begin'],
    [
      'nobody knows the size of the disk',
      { seen: { ...seen(), volumes: seen().volumes.map((one) => ({ ...one, usedBytes: 0, sizeBytes: 0 })) } },
      'begin',
    ],
  ])('%s: %s', (_, more, does) => {
    expect(beginning(more)).toBe(does);
  });

  it('leaves no state where it does not begin', () => {
    expect(stateBegun(begin(facts({ original: null })))).toBeNull();
    expect(stateBegun(begin(facts()))?.found.instanceId).toBe(INSTANCE);
  });
});

describe('a heal that moves a node', () => {
  const event = { id: 'e1', code: 'instance-retirement', notBeforeMs: NOON_MS, description: '' } as const;
  const moved = (cause: NonNullable<Facts['move']>['cause']) => {
    const act = begin(facts({ watched: watched('synced'), move: { cause, refusal: null } }));
    return act.do === 'begin' ? act.state : null;
  };

  it('is proved at the tip: it has stood nowhere', () => {
    const state = moved({ by: 'event', event });
    expect(state).toMatchObject({ moves: true, found: { ...noted({}), height: null, lagBlocks: null } });
    expect(state).not.toHaveProperty('retypes');
  });

  it('notes both types where it goes back from that of its first sync', () => {
    const state = moved({ by: 'type', from: 'm6i.2xlarge', to: 'm6i.large' } as NonNullable<Facts['move']>['cause']);
    expect(state?.retypes).toEqual({ from: 'm6i.2xlarge', to: 'm6i.large' });
  });
});

describe('what a heal notes besides', () => {
  it('is the public address that a stop would lose', () => {
    const publicIp = { ip: '203.0.113.7', allocationId: null };
    expect(noted({ original: machine({ publicIp }) }).lostAddress).toBe('203.0.113.7');
    expect(noted({})).not.toHaveProperty('lostAddress');
  });

  it('is since when its block stands, and nothing where nobody has seen it', () => {
    const stood = NOON_MS - 30 * MINUTE_MS;
    expect(noted({ watched: watched('stuck', { stoodSinceMs: stood }) }).stoodSinceMs).toBe(stood);
    expect(noted({})).not.toHaveProperty('stoodSinceMs');
    expect(noted({ watched: null })).toMatchObject({ height: null, lagBlocks: null });
    expect(noted({ watched: null })).not.toHaveProperty('stoodSinceMs');
  });

  it.each([
    ['the one that does not run', seen([client('running'), client('failed')]), 'failed'],
    ['that it runs', seen(), 'running'],
    ['that nobody knows', null, 'unknown'],
  ] as const)('is of its clients %s', (_, state, is) => {
    expect(noted({ seen: state, original: machine({}, { agentOnline: state !== null }) }).client).toBe(is);
  });
});

describe('a silent node whose client has just been started', () => {
  const started = (startedSecondsAgo: number | null, more: Partial<Facts> = {}): string =>
    beginning({
      watched: watched('unreachable'),
      seen: { ...seen(), runs: [{ startedSecondsAgo, restarts: 0 }] },
      ...more,
    });
  const { startGraceSeconds } = facts().fleet.health;

  it('is left alone within the grace of that start, and no longer', () => {
    expect(started(startGraceSeconds - 1)).toBe('not-confirmed');
    expect(started(startGraceSeconds)).toBe('begin');
  });

  it.each<[string, Partial<Facts>]>([
    ['the node does not tell its start', { seen: { ...seen(), runs: [{ startedSecondsAgo: null, restarts: null }] } }],
    [
      'the client does not run',
      { seen: { ...seen([client('failed')]), runs: [{ startedSecondsAgo: 5, restarts: 0 }] } },
    ],
    ['it ends again and again', { watched: watched('unreachable', { endsAgain: true }) }],
    ['it answers, and stands', { watched: watched('stuck') }],
    ['EC2 finds its instance impaired', { original: impaired('instance') }],
  ])('is healed where %s', (_, more) => {
    expect(started(5, more)).toBe('begin');
  });

  it('is restarted all the same where a person wants it', () => {
    expect(started(5, { want: restore })).toBe('begin');
  });
});
