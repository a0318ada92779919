import { describe, expect, it } from '@jest/globals';
import { MODIFYING_SECONDS } from '../../../functions/resize-volume/modify.ts';
import { downIn, type NodeBaseline, proofOf, sentenceOf } from '../../../functions/resize-volume/plan.ts';
import type { GrowPlan, ResizeFacts } from '../../../shared/growth/decide.ts';
import { pollSeconds } from '../../../shared/heal/context.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { observation } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import { answer, filling, full, grown, heal, type Run } from '../../fixtures/heal-program.ts';
import { dataVolume, resizeFacts, steadyHistory } from '../../fixtures/resize-facts.ts';

const namesOf = ({ acts }: Run): string =>
  acts.map((act) => (act.do === 'send' ? `send ${act.command.operation}` : act.do)).join(', ');

describe('the order in which a volume is grown', () => {
  it('in mode act: nothing is decided before the node has acknowledged its fence', () => {
    const run = heal('act');
    expect(namesOf(run)).toBe(
      'claim, lease, send observe-node, await-command, observe, reserve, intend, modify, await-modification, ' +
        'send grow-filesystem, await-command, prove, conclude, release',
    );
    expect(run.ending).toEqual({ outcome: 'healed', reason: 'filesystem 1000 GiB, 45 % used; client running' });
  });

  it('in mode ask: the plan is made and approved without the lease, then everything is read and decided again', () => {
    expect(namesOf(heal('ask'))).toMatch(
      /^claim, survey, ask, lease, send observe-node, await-command, observe, reserve, /,
    );
  });

  it('in mode plan: the plan is said, and nothing is touched', () => {
    const run = heal('plan');
    expect(namesOf(run)).toBe('claim, survey, conclude');
    expect(run.ending).toMatchObject({ outcome: 'planned', reason: expect.stringContaining('grow 500 → 900 GiB: ') });
  });

  it('a volume that is larger already is not modified', () => {
    const facts = (seen: Observation) => resizeFacts({ seen, volumes: [dataVolume({ sizeGiB: 900 })] });
    const run = heal('act', { observe: (act) => facts(act.seen) }, { seen: observation({ deviceBytes: 900 * GIB }) });
    expect(namesOf(run)).toMatch(/observe, send grow-filesystem, await-command, prove, conclude, release$/);
  });

  it('a volume that somebody has grown by one per cent is full on its larger filesystem, too: it is grown for real before it is healed', () => {
    const little = { deviceBytes: 505 * GIB, usedBytes: 490 * GIB };
    const seen = observation({ ...little, client: 'failed' });
    const facts = (now: Observation) =>
      resizeFacts({ seen: now, history: filling, volumes: [dataVolume({ sizeGiB: 505 })] });
    const run = heal(
      'act',
      {
        observe: (act) => facts(act.seen),
        'await-command': ({ held, goal }) => {
          if (held.ordinal === 1) return answer(seen);
          if (goal.for === 'grow' && goal.plan.do === 'grow-filesystem')
            return answer(observation({ ...little, sizeBytes: 505 * GIB, client: 'running' }));
          return answer(grown());
        },
      },
      { seen },
    );
    expect(namesOf(run)).toMatch(
      /observe, send grow-filesystem, await-command, observe, reserve, intend, modify, await-modification, send grow-filesystem, await-command, send observe-node, await-command, prove, conclude, release$/,
    );
    expect(run.ending).toMatchObject({ outcome: 'healed', reason: expect.stringContaining('45 % used') });
  });

  it('a volume that is full after its growth, and that EBS still changes, is not called healed: people are told that it waits', () => {
    const little = { deviceBytes: 505 * GIB, usedBytes: 490 * GIB };
    const seen = observation(little);
    const facts = (now: Observation) =>
      resizeFacts({
        ...{ seen: now, history: filling, volumes: [dataVolume({ sizeGiB: 505 })] },
        latestModification: { volumeId: DATA_VOLUME, state: 'optimizing', targetGiB: 505 },
      });
    const run = heal(
      'act',
      {
        observe: (act) => facts(act.seen),
        'await-command': ({ held }) =>
          answer(held.ordinal === 1 ? seen : observation({ ...little, sizeBytes: 505 * GIB })),
      },
      { seen },
    );
    expect(run.ending).toMatchObject({
      outcome: 'refused',
      code: 'modification-in-progress',
      page: true,
      retryAfterMs: 10 * MINUTE_MS,
    });
  });

  it('a disk that is not full any more is proved to be healthy', () => {
    const run = heal('act', {}, { seen: observation({ usedBytes: 10 * GIB }) });
    expect(namesOf(run)).toMatch(/observe, prove, conclude, release$/);
    expect(run.ending).toMatchObject({ outcome: 'healed' });
  });
});

describe('what an attempt before has paid for', () => {
  const intents = [{ volumeId: DATA_VOLUME, toGiB: 900, atMs: NOON_MS - HOUR_MS }];
  const paid = (seen: Observation | null, more: Partial<ResizeFacts> = {}) =>
    resizeFacts({ seen, history: filling, volumes: [dataVolume({ sizeGiB: 900 })], intents, ...more });
  const seen = { seen: observation({ deviceBytes: 900 * GIB }) };

  it.each(['plan', 'ask'] as const)('is finished in mode %s, without a question', (mode) => {
    const run = heal(mode, { survey: () => paid(null), observe: (act) => paid(act.seen) }, seen);
    expect(namesOf(run)).toBe(
      'claim, survey, lease, send observe-node, await-command, observe, send grow-filesystem, await-command, prove, conclude, release',
    );
    expect(run.ending).toMatchObject({ outcome: 'healed' });
  });

  it('is waited for where EBS is still at it', () => {
    const modifying = { volumeId: DATA_VOLUME, state: 'modifying', targetGiB: 900 } as const;
    const facts = (by: Observation | null) => paid(by, { volumes: [dataVolume()], latestModification: modifying });
    const run = heal('plan', { survey: () => facts(null), observe: (act) => facts(act.seen) });
    expect(namesOf(run)).toMatch(/observe, await-modification, send grow-filesystem, await-command, prove,/);
  });

  it('lets nothing more be begun', () => {
    const run = heal('plan', { survey: () => paid(null), observe: ({ seen: by }) => full(by) });
    expect(namesOf(run)).toMatch(/observe, conclude, release$/);
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'mode-changed' });
  });

  it('is not what a person has grown, or to another size', () => {
    for (const more of [{ intents: [] }, { intents: [{ volumeId: DATA_VOLUME, toGiB: 800, atMs: NOON_MS }] }])
      expect(namesOf(heal('plan', { survey: () => paid(null, more) }))).toBe('claim, survey, conclude');
  });
});

describe('the client', () => {
  const sends = (run: Run) => run.acts.flatMap((act) => (act.do === 'send' ? [act] : []));
  const starts = (run: Run) =>
    sends(run).flatMap(({ command }) => (command.operation === 'grow-filesystem' ? [command.startClient] : []));

  it('that runs is not touched', () => {
    expect(starts(heal('act'))).toEqual([false]);
  });

  it.each<[string, Partial<Observation>]>([
    ['XFS to the last block', { usedBytes: 499 * GIB }],
    ['XFS at 97 %', { usedBytes: 485 * GIB }],
    ['out of inodes', { usedBytes: 430 * GIB, inodesTotal: 1_000_000, inodesUsed: 1_000_000 }],
    ['ext4 as full as a client can make it', { filesystem: 'ext4', usedBytes: 475 * GIB }],
  ])('that the full disk stopped is started again: %s', (_, more) => {
    const run = heal('act', {}, { seen: observation({ client: 'stopped', ...more }) });
    expect(starts(run)).toEqual([true]);
    // The client then gets a moment to show that it stays up.
    expect(sends(run).at(-1)).toMatchObject({ command: { operation: 'observe-node' }, afterSeconds: 5 });
  });

  it('that a person stopped stays stopped, and the heal does not wait for it', () => {
    const seen = observation({ client: 'stopped', usedBytes: 455 * GIB });
    const run = heal(
      'act',
      { 'await-command': ({ held }) => answer(held.ordinal === 1 ? seen : grown({ client: 'stopped' })) },
      { seen },
    );
    expect(starts(run)).toEqual([false]);
    expect(run.ending).toEqual({ outcome: 'healed', reason: 'filesystem 1000 GiB, 45 % used; client stopped' });
  });

  it.each([143, 130])(
    'that somebody has ended by a signal stays stopped on a full disk, too: status %i',
    (clientStatus) => {
      const seen = observation({ client: 'failed', clientStatus, usedBytes: 499 * GIB });
      const after = grown({ client: 'failed', clientStatus });
      const run = heal('act', { 'await-command': ({ held }) => answer(held.ordinal === 1 ? seen : after) }, { seen });
      expect(starts(run)).toEqual([false]);
      expect(run.ending).toMatchObject({ outcome: 'healed' });
    },
  );

  it('that was down before the disk was full stays down, whatever its status', () => {
    const seen = observation({ client: 'failed', clientStatus: 0, usedBytes: 499 * GIB });
    const after = grown({ client: 'failed', clientStatus: 0 });
    const run = heal(
      'act',
      {
        observe: (act) => ({ ...full(act.seen), wasDownBeforeFull: true }),
        'await-command': ({ held }) => answer(held.ordinal === 1 ? seen : after),
      },
      { seen },
    );
    expect(starts(run)).toEqual([false]);
    expect(run.ending).toMatchObject({ outcome: 'healed' });
  });

  it.each<[string, Partial<NodeBaseline>, string | null | undefined]>([
    ['is remembered for this incident where it is down on a disk that is not full', {}, 'incident'],
    ['is forgotten once it is seen running', { client: 'running' }, null],
    ['is forgotten once it is seen running, on a full disk, too', { client: 'running', full: true }, null],
    ['stays remembered where nobody knows how it is', { client: 'unknown' }, undefined],
    ['stays remembered where the disk is full by then', { full: true }, undefined],
  ])('that %s', (_, more, remembered) => {
    expect(downIn({ units: 1, client: 'stopped', full: false, growAtPercent: 90, ...more }, 'incident')).toBe(
      remembered,
    );
    expect(downIn(null, 'incident')).toBeUndefined();
  });

  it('that has ended by itself on a full disk is started, whatever its status', () => {
    for (const clientStatus of [0, 1, 134, 137, null])
      expect(
        starts(heal('act', {}, { seen: observation({ client: 'failed', clientStatus, usedBytes: 499 * GIB }) })),
      ).toEqual([true]);
  });

  it('of each unit is started and looked at, of a node with several', () => {
    const run = heal('act', {}, { units: 3, seen: observation({ client: 'failed', usedBytes: 500 * GIB }) });
    expect(sends(run).map(({ command: { operation, unit }, held }) => `${held.ordinal} ${operation} ${unit}`)).toEqual([
      '1 observe-node 0',
      '2 grow-filesystem 0',
      '3 grow-filesystem 1',
      '4 grow-filesystem 2',
      '5 observe-node 0',
      '6 observe-node 1',
      '7 observe-node 2',
    ]);
  });

  it('that the node cannot tell of at first is asked about again, and unknown is no proof', () => {
    const unknownFor = (times: number) => {
      let left = times;
      return heal('act', {
        'await-command': ({ held: { ordinal } }) => {
          if (ordinal === 1) return answer(observation());
          return answer(grown({ client: left-- > 0 ? 'unknown' : 'running' }));
        },
      });
    };
    expect(unknownFor(3).ending).toMatchObject({ outcome: 'healed' });
    expect(unknownFor(4).ending).toMatchObject({
      outcome: 'failed',
      code: 'not-proved',
      reason: 'the client is unknown',
    });
  });

  it('that somebody has stopped between the first look and the command stays down, and the growth is proved', () => {
    const run = (before: Observation['client'], seen = observation()) =>
      heal(
        'act',
        {
          'await-command': ({ held: { ordinal } }) =>
            ordinal === 1
              ? answer(seen)
              : answer(grown({ client: 'stopped' }), { before: observation({ client: before }) }),
        },
        { seen },
      ).ending;
    expect(run('stopped')).toMatchObject({ outcome: 'healed', reason: expect.stringContaining('client stopped') });
    expect(run('running')).toMatchObject({ outcome: 'failed', code: 'not-proved' });
    expect(run('failed')).toMatchObject({ outcome: 'failed', code: 'not-proved' });
    // With no room left it may have ended by itself.
    expect(run('stopped', observation({ usedBytes: 500 * GIB }))).toMatchObject({ outcome: 'failed' });
  });

  it('that does not run after all is no cure', () => {
    const seen = observation({ client: 'failed', usedBytes: 500 * GIB });
    const run = heal(
      'act',
      { 'await-command': ({ held }) => answer(held.ordinal === 1 ? seen : grown({ client: 'failed' })) },
      { seen },
    );
    expect(run.ending).toMatchObject({
      outcome: 'failed',
      code: 'not-proved',
      reason: 'the client is failed',
      page: true,
    });
  });
});

describe('the proof', () => {
  const plan = { do: 'grow-filesystem', volumeId: DATA_VOLUME, toGiB: 900, reason: '' } as const;

  it('is the filesystem’s own size, less what a partition table takes', () => {
    expect(proofOf(plan, grown({ sizeBytes: 900 * GIB - 256 * 2 ** 20 }), true)).toHaveProperty('reason');
    expect(proofOf(plan, grown({ sizeBytes: 900 * GIB - 256 * 2 ** 20 - 1 }), true)).toEqual({
      missing: 'the filesystem has 900 GiB, 900 were planned',
    });
    expect(proofOf(plan, observation(), true)).toEqual({ missing: 'the filesystem has 500 GiB, 900 were planned' });
  });

  it.each(['stopped', 'failed'] as const)('asks for a client that runs where it ran: %s', (client) => {
    expect(proofOf(plan, grown({ client }), true)).toEqual({ missing: `the client is ${client}` });
    expect(proofOf(plan, grown({ client }), false)).toHaveProperty('reason');
  });
});

describe('what goes wrong', () => {
  const guarded = {
    refuse: 'paused',
    reason: 'everything is paused: maintenance',
    page: false,
    retryAfterMs: MINUTE_MS,
  } as const;

  it('an attempt that is not ours ends and touches nothing', () => {
    const run = heal('act', { claim: () => ({ end: 'attempt 1 was claimed by another execution' }) });
    expect(namesOf(run)).toBe('claim');
    expect(run.ending).toBeNull();
  });

  it('a node that another heal holds is refused, and looked at again in a minute', () => {
    const run = heal('act', { lease: () => ({ busy: 'arn:other' }) });
    expect(namesOf(run)).toBe('claim, lease, conclude');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'busy', page: false, retryAfterMs: MINUTE_MS });
  });

  it('a pause set in the last moment stops the modification', () => {
    const run = heal('act', { modify: () => guarded });
    expect(namesOf(run)).toMatch(/intend, modify, conclude, release$/);
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'paused' });
  });

  it('a pause set while a command may be on its way gives the node back only when that is over', () => {
    const run = heal('act', { send: () => guarded });
    expect(run.acts.at(-1)).toMatchObject({ do: 'release', commandsOver: false });
  });

  it('a modification whose answer was lost is looked for, never asked for again', () => {
    const lost = { modify: () => ({ interrupted: 'the sandbox was killed' }) };
    expect(namesOf(heal('act', lost))).toMatch(/intend, modify, reconcile, await-modification, send grow-filesystem/);
    const gone = heal('act', { ...lost, reconcile: () => ({ happened: false }) });
    expect(namesOf(gone)).toMatch(/modify, reconcile, conclude, release$/);
    expect(gone.ending).toMatchObject({ outcome: 'failed', code: 'modification-lost' });
  });

  it('a reconciliation that keeps failing leaves the node to the sweep, which outwaits the request', () => {
    const run = heal('act', { modify: () => ({ interrupted: '?' }), reconcile: () => new Error('throttled') });
    expect(namesOf(run)).toMatch(/modify, reconcile, conclude$/);
    expect(run.ending).toMatchObject({ outcome: 'failed', code: 'step-failed', reason: 'reconcile: throttled' });
  });

  it('a node that has seen higher fences is overtaken by the next grant', () => {
    const run = heal('act', {
      'await-command': () => answer(null, { result: 'stale', fence: 41, reason: 'fence 41 was seen' }),
    });
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'node-silent' });
    expect(run.acts.at(-1)).toMatchObject({ do: 'release', seenFence: 41 });
  });

  it('a node that never answers is sent nothing more, and a person is told', () => {
    const run = heal('act', { 'await-command': () => ({ over: 'Undeliverable' }) });
    expect(namesOf(run)).toBe('claim, lease, send observe-node, await-command, conclude, release');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'node-silent', reason: 'Undeliverable', page: true });
    expect(run.acts.at(-1)).toMatchObject({ do: 'release', commandsOver: false });
  });

  it('a node that leaves three commands unanswered is left to a person; one or two are sent again, under the next number', () => {
    const silent = (times: number) => {
      let left = times;
      return heal('act', {
        'await-command': ({ held }) =>
          held.ordinal === 1 ? answer(observation()) : left-- > 0 ? { over: 'Delivery Timed Out' } : answer(grown()),
      });
    };
    expect(silent(2).ending).toMatchObject({ outcome: 'healed' });
    const run = silent(3);
    expect(run.acts.flatMap((act) => (act.do === 'send' ? [act.held.ordinal] : []))).toEqual([1, 2, 3, 4]);
    expect(run.ending).toMatchObject({ outcome: 'failed', code: 'command-unanswered', page: true });
    expect(run.acts.at(-1)).toMatchObject({ do: 'release', commandsOver: false });
  });

  it('a command that the node refuses or fails is told with the node’s own reason', () => {
    const failed = answer(null, { result: 'failed', reason: 'growpart failed with 2' });
    const run = heal('act', {
      'await-command': ({ held }) => (held.ordinal === 1 ? answer(observation()) : failed),
    });
    expect(run.ending).toMatchObject({
      outcome: 'failed',
      code: 'command-failed',
      reason: 'failed: growpart failed with 2',
      page: true,
    });
  });

  it('a modification that AWS reports as failed pages', () => {
    const run = heal('act', { 'await-modification': () => ({ failed: 'the modification failed' }) });
    expect(run.ending).toMatchObject({ outcome: 'failed', code: 'modification-failed', page: true });
  });

  it('a lease that is lost ends everything: not even the outcome is written', () => {
    for (const stage of ['send', 'reserve', 'intend', 'modify', 'prove'] as const) {
      const run = heal('act', { [stage]: () => ({ lost: true }) });
      expect(run.acts.at(-1)?.do).toBe(stage);
      expect(run.ending).toBeNull();
    }
  });

  it('an outcome that is no longer ours to write is nobody’s ending', () => {
    expect(heal('plan', { conclude: () => ({ written: false }) }).ending).toBeNull();
  });
});

describe('an approval', () => {
  const approvedThen = (second: Parameters<typeof resizeFacts>[0]) =>
    heal('ask', { observe: ({ seen }) => resizeFacts({ seen, history: filling, ...second }) });

  it('holds for no more than the size that was approved', () => {
    const run = approvedThen({ history: steadyHistory(455, 20) });
    expect(namesOf(run)).not.toContain('modify');
    expect(run.ending).toEqual({
      outcome: 'refused',
      code: 'approval-exceeded',
      reason: 'approved up to 900 GiB, now 1100 GiB are needed',
      page: false,
      retryAfterMs: MINUTE_MS,
    });
  });

  it('holds for less than was approved', () => {
    expect(approvedThen({ history: steadyHistory(455, 10) }).ending).toMatchObject({ outcome: 'healed' });
  });

  it('holds for the very volume only', () => {
    const other = 'vol-0b1b2c3d4e5f60718';
    const run = heal(
      'ask',
      {
        observe: ({ seen }) => resizeFacts({ seen, history: filling, volumes: [dataVolume({ volumeId: other })] }),
      },
      { seen: observation({ volumeId: other }) },
    );
    expect(run.ending).toMatchObject({
      code: 'approval-exceeded',
      reason: `approved for ${DATA_VOLUME}, now it would be ${other}`,
    });
  });

  it('of the filesystem is none of the volume', () => {
    const run = heal('ask', {
      survey: () => resizeFacts({ seen: null, volumes: [dataVolume({ sizeGiB: 900 })], history: filling }),
      observe: ({ seen }) => full(seen),
    });
    expect(run.ending).toMatchObject({
      code: 'approval-exceeded',
      reason: 'approved for the filesystem only, now the volume must grow too',
    });
  });

  it('that does not come is a refusal, and the node was never held', () => {
    const refused = {
      refuse: 'approval-expired',
      reason: 'nobody approved',
      page: false,
      retryAfterMs: HOUR_MS,
    } as const;
    expect(namesOf(heal('ask', { ask: () => refused }))).toBe('claim, survey, ask, conclude');
  });
});

describe('sentences of plans', () => {
  const plan: GrowPlan = {
    do: 'modify',
    volumeId: DATA_VOLUME,
    fromGiB: 500,
    toGiB: 900,
    iops: null,
    throughputMiBps: null,
    addedUsd: 32,
    usedGiB: 455,
    gibPerHour: 14,
    ceilingGiB: 2000,
    reason: 'data volume 91 % of 500 GiB',
    ownerWords: {},
  };

  it('say what would be done, a colon, and why', () => {
    expect(sentenceOf(plan)).toBe('grow 500 → 900 GiB: data volume 91 % of 500 GiB');
    for (const act of ['grow-filesystem', 'await-modification'] as const) {
      const sentence = sentenceOf({ do: act, volumeId: DATA_VOLUME, toGiB: 900, reason: 'why' });
      expect(sentence).toMatch(/^[a-z].*900 GiB.*: why$/);
    }
  });
});

describe('waiting', () => {
  it('asks quickly at first, then once a minute for ever', () => {
    expect(Array.from({ length: 10 }, (_, poll) => pollSeconds(poll))).toEqual([1, 1, 2, 3, 5, 5, 10, 20, 60, 60]);
    expect(pollSeconds(1_000)).toBe(60);
  });

  it('for a modification asks every five seconds for half a minute', () => {
    const seconds = Array.from({ length: 12 }, (_, poll) => pollSeconds(poll, MODIFYING_SECONDS));
    expect(seconds).toEqual([1, 1, 2, 3, 5, 5, 5, 5, 10, 20, 60, 60]);
  });
});
