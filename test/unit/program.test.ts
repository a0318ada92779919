import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GrowPlan } from '../../functions/resize-volume/decide.ts';
import {
  abandon,
  advance,
  type Effect,
  type Ending,
  effectOf,
  pageOf,
  proofOf,
  type Results,
  type State,
  sentenceOf,
  start,
} from '../../functions/resize-volume/program.ts';
import { pollSeconds } from '../../functions/resize-volume/waiting.ts';
import type { Answer, Observation } from '../../shared/documents/answer.ts';
import type { Mode } from '../../shared/fleet/model.ts';
import { FAILURES, GUARDRAILS } from '../../shared/guardrails/codes.ts';
import {
  DATA_VOLUME,
  dataVolume,
  fleetWith,
  GIB,
  HOUR_MS,
  ME,
  MINUTE_MS,
  NOON_MS,
  observation,
  resizeFacts,
  steadyHistory,
} from '../support/heal-facts.ts';

/** What the handler allows a heal (functions/resize-volume/handler.ts). */
const MOST_EFFECTS = 80;

const holder = { execution: ME, fence: 4 };
const filling = steadyHistory(455, 14);
const full = (seen: Observation | null, units = 1) =>
  resizeFacts({ seen, history: filling, fleet: fleetOfUnits(units) });
const grown = (more: Partial<Observation> = {}) =>
  observation({ deviceBytes: 1000 * GIB, sizeBytes: 1000 * GIB, usedBytes: 456 * GIB, ...more });
const answer = (after: Observation | null, more: Partial<Answer> = {}): Answer => ({
  operationId: '4.1',
  fence: 4,
  result: 'done',
  before: null,
  after,
  ...more,
});

const fleetOfUnits = (count: number) => {
  const fleet = fleetWith({ maximumMonthlyIncreaseUsd: 10_000 });
  const [unit] = fleet.units;
  return { ...fleet, units: Array.from({ length: count }, (_, i) => ({ ...unit, name: `unit${i}` })) } as typeof fleet;
};

/** A result for an effect, or a step that keeps failing. */
type Told = Results[keyof Results] | Error;
interface Run {
  readonly effects: readonly Effect[];
  readonly told: readonly Told[];
  readonly ending: Ending | null;
}

function runProgram(mode: Mode, tell: (effect: Effect, told: readonly Told[]) => Told): Run {
  const effects: Effect[] = [];
  const told: Told[] = [];
  let state: State = start;
  for (let count = 0; count <= MOST_EFFECTS; count++) {
    const effect = effectOf(state);
    if (effect.do === 'end') return { effects, told, ending: effect.ending };
    const result = tell(effect, told);
    effects.push(effect);
    told.push(result);
    state = result instanceof Error ? abandon(state, result.message) : advance(state, result, { mode });
  }
  throw new Error(`no end after ${MOST_EFFECTS} effects: ${effects.map((effect) => effect.do).join(' ')}`);
}

/** An undisturbed heal of a node of some units; tests replace what they are about. */
type Replies = { readonly [D in keyof Results]?: (effect: Extract<Effect, { do: D }>) => Results[D] | Error };
function heal(mode: Mode, replies: Replies = {}, { units = 1, seen = observation() } = {}): Run {
  const undisturbed: Required<Replies> = {
    claim: () => ({ mine: true }),
    survey: (effect) => full(effect.seen, units),
    ask: () => ({ approved: true }),
    lease: () => ({ holder }),
    send: ({ command, ordinal }) => ({ commandId: `${command.operation}.${ordinal}` }),
    'await-command': ({ commandId }) =>
      answer(
        commandId === 'observe-node.1' ? seen : grown({ client: seen.client === 'unknown' ? 'unknown' : 'running' }),
      ),
    reserve: () => ({ reserved: true, atMs: NOON_MS }),
    intend: () => ({ written: true }),
    modify: () => ({ accepted: true }),
    reconcile: () => ({ happened: true }),
    'await-modification': () => ({ usable: true }),
    prove: () => ({ written: true }),
    conclude: () => ({ written: true }),
    release: () => ({ done: true }),
  };
  return runProgram(mode, (effect) => {
    if (effect.do === 'end') throw new Error('the end is no effect to perform');
    const reply = (replies[effect.do] ?? undisturbed[effect.do]) as (effect: Effect) => Told;
    return reply(effect);
  });
}

const namesOf = ({ effects }: Run): string =>
  effects.map((effect) => (effect.do === 'send' ? `send ${effect.command.operation}` : effect.do)).join(', ');

describe('the order in which a volume is grown', () => {
  it('in mode act: nothing is decided before the node has acknowledged its fence', () => {
    const run = heal('act');
    expect(namesOf(run)).toBe(
      'claim, lease, send observe-node, await-command, survey, reserve, intend, modify, await-modification, ' +
        'send grow-filesystem, await-command, send observe-node, await-command, prove, conclude, release',
    );
    expect(run.ending).toEqual({ outcome: 'healed', reason: 'filesystem 1000 GiB, 45 % used; client running' });
  });

  it('in mode ask: the plan is made and approved without the lease, then everything is read and decided again', () => {
    expect(namesOf(heal('ask'))).toMatch(
      /^claim, survey, ask, lease, send observe-node, await-command, survey, reserve, /,
    );
  });

  it('in mode plan: the plan is said, and nothing is touched', () => {
    const run = heal('plan');
    expect(namesOf(run)).toBe('claim, survey, conclude');
    expect(run.ending).toMatchObject({ outcome: 'planned', reason: expect.stringContaining('grow 500 → 900 GiB: ') });
  });

  it('a volume that is larger already is not modified', () => {
    const facts = (seen: Observation | null) => resizeFacts({ seen, volumes: [dataVolume({ sizeGiB: 900 })] });
    const run = heal('act', { survey: ({ seen }) => facts(seen) }, { seen: observation({ deviceBytes: 900 * GIB }) });
    expect(namesOf(run)).toMatch(
      /survey, send grow-filesystem, await-command, send observe-node, .*prove, conclude, release$/,
    );
  });

  it('a disk that is not full any more is proved to be healthy', () => {
    const run = heal('act', {}, { seen: observation({ usedBytes: 10 * GIB }) });
    expect(namesOf(run)).toMatch(/survey, prove, conclude, release$/);
    expect(run.ending).toMatchObject({ outcome: 'healed' });
  });
});

describe('the client', () => {
  const sends = (run: Run) => run.effects.flatMap((effect) => (effect.do === 'send' ? [effect] : []));
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
    // And given a moment to show that it stays up.
    expect(sends(run).at(-1)).toMatchObject({ command: { operation: 'observe-node' }, afterSeconds: 5 });
  });

  it('that a person stopped stays stopped, and the heal does not wait for it', () => {
    const seen = observation({ client: 'stopped', usedBytes: 455 * GIB });
    const run = heal(
      'act',
      { 'await-command': ({ operationId }) => answer(operationId === '4.1' ? seen : grown({ client: 'stopped' })) },
      { seen },
    );
    expect(starts(run)).toEqual([false]);
    expect(run.ending).toEqual({ outcome: 'healed', reason: 'filesystem 1000 GiB, 45 % used; client stopped' });
  });

  it('of each unit is started and looked at, of a node with several', () => {
    const run = heal('act', {}, { units: 3, seen: observation({ client: 'failed', usedBytes: 500 * GIB }) });
    expect(sends(run).map(({ command: { operation, unit }, ordinal }) => `${ordinal} ${operation} ${unit}`)).toEqual([
      '1 observe-node 0',
      '2 grow-filesystem 0',
      '3 grow-filesystem 1',
      '4 grow-filesystem 2',
      '5 observe-node 0',
      '6 observe-node 1',
      '7 observe-node 2',
    ]);
  });

  it('that does not run after all is no cure', () => {
    const seen = observation({ client: 'failed', usedBytes: 500 * GIB });
    const run = heal(
      'act',
      { 'await-command': ({ operationId }) => answer(operationId === '4.1' ? seen : grown({ client: 'failed' })) },
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
    lookAgainMs: MINUTE_MS,
  } as const;

  it('an attempt that is not ours ends and touches nothing', () => {
    const run = heal('act', { claim: () => ({ end: 'attempt 1 was claimed by another execution' }) });
    expect(namesOf(run)).toBe('claim');
    expect(run.ending).toBeNull();
  });

  it('a node that another heal holds is refused, and looked at again in a minute', () => {
    const run = heal('act', { lease: () => ({ busy: 'arn:other' }) });
    expect(namesOf(run)).toBe('claim, lease, conclude');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'busy', page: false, lookAgainMs: MINUTE_MS });
  });

  it('a pause set in the last moment stops the modification', () => {
    const run = heal('act', { modify: () => guarded });
    expect(namesOf(run)).toMatch(/intend, modify, conclude, release$/);
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'paused' });
  });

  it('a pause set while a command may be on its way gives the node back only when that is over', () => {
    const run = heal('act', { send: () => guarded });
    expect(run.effects.at(-1)).toMatchObject({ do: 'release', commandsOver: false });
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

  it('a node that never answers is sent nothing more, and a person is told', () => {
    const run = heal('act', { 'await-command': () => ({ over: 'Undeliverable' }) });
    expect(namesOf(run)).toBe('claim, lease, send observe-node, await-command, conclude, release');
    expect(run.ending).toMatchObject({ outcome: 'refused', code: 'node-silent', reason: 'Undeliverable', page: true });
    expect(run.effects.at(-1)).toMatchObject({ do: 'release', commandsOver: false });
  });

  it('a command that the node refuses or fails is told with the node’s own reason', () => {
    const failed = answer(null, { result: 'failed', reason: 'growpart failed with 2' });
    const run = heal('act', {
      'await-command': ({ operationId }) => (operationId === '4.1' ? answer(observation()) : failed),
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
      expect(run.effects.at(-1)?.do).toBe(stage);
      expect(run.ending).toBeNull();
    }
  });

  it('an outcome that is no longer ours to write is nobody’s ending', () => {
    expect(heal('plan', { conclude: () => ({ written: false }) }).ending).toBeNull();
  });
});

describe('an approval', () => {
  const approvedThen = (second: Parameters<typeof resizeFacts>[0]) =>
    heal('ask', { survey: ({ seen }) => (seen ? resizeFacts({ seen, history: filling, ...second }) : full(null)) });

  it('holds for no more than the size that was approved', () => {
    const run = approvedThen({ history: steadyHistory(455, 20) });
    expect(namesOf(run)).not.toContain('modify');
    expect(run.ending).toEqual({
      outcome: 'refused',
      code: 'approval-exceeded',
      reason: 'approved up to 900 GiB, now 1100 GiB are needed',
      page: false,
      lookAgainMs: MINUTE_MS,
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
        survey: ({ seen }) =>
          seen ? resizeFacts({ seen, history: filling, volumes: [dataVolume({ volumeId: other })] }) : full(null),
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
      survey: ({ seen }) =>
        seen ? full(seen) : resizeFacts({ seen: null, volumes: [dataVolume({ sizeGiB: 900 })], history: filling }),
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
      lookAgainMs: HOUR_MS,
    } as const;
    expect(namesOf(heal('ask', { ask: () => refused }))).toBe('claim, survey, ask, conclude');
  });
});

describe('whatever happens at every step', () => {
  /** Each way in which a step can turn out; `pick` chooses. */
  const tellAny =
    (picks: readonly number[], units: number) =>
    (effect: Effect, told: readonly Told[]): Told => {
      const pick = picks[told.length % picks.length] ?? 0;
      const choose = <T>(...ways: readonly T[]): T => ways[pick % ways.length] as T;
      const refusal = {
        refuse: 'paused',
        reason: 'everything is paused: x',
        page: pick % 3 === 0,
        lookAgainMs: MINUTE_MS,
      } as const;
      if (pick % 23 === 22) return new Error('it kept failing');
      switch (effect.do) {
        case 'claim':
          return choose<Told>({ mine: true }, { mine: true }, { mine: true }, { end: 'not ours' });
        case 'survey':
          return choose<Told>(
            full(effect.seen, units),
            full(effect.seen, units),
            resizeFacts({ seen: effect.seen, history: filling, volumes: [dataVolume({ sizeGiB: 900 })] }),
            resizeFacts({
              seen: effect.seen,
              history: filling,
              latestModification: { volumeId: DATA_VOLUME, state: 'modifying', targetGiB: 900 },
            }),
            resizeFacts({ seen: effect.seen, history: [] }),
            refusal,
          );
        case 'ask':
          return choose<Told>({ approved: true }, { approved: true }, refusal);
        case 'lease':
          return choose<Told>({ holder }, { holder }, { holder }, { busy: 'arn:other' });
        case 'send':
          return choose<Told>({ commandId: 'c' }, { commandId: 'c' }, { commandId: 'c' }, { commandId: 'c' }, refusal, {
            lost: true,
          });
        case 'await-command':
          return choose<Told>(
            answer(observation({ client: 'stopped', usedBytes: 500 * GIB })),
            answer(observation()),
            answer(grown()),
            answer(grown()),
            answer(grown({ client: 'failed' })),
            answer(grown({ client: 'unknown' })),
            answer(null),
            answer(grown(), { result: 'stale' }),
            answer(null, { result: 'failed', reason: 'xfs_growfs failed' }),
            answer(null, { result: 'late' }),
            { over: 'it can no longer run' },
          );
        case 'reserve':
          return choose<Told>({ reserved: true, atMs: NOON_MS }, { reserved: true, atMs: NOON_MS }, refusal, {
            lost: true,
          });
        case 'intend':
        case 'prove':
          return effect.do === 'intend' && pick % 5 === 4
            ? refusal
            : choose<Told>({ written: true }, { written: true }, { lost: true });
        case 'modify':
          return choose<Told>({ accepted: true }, { accepted: true }, { interrupted: 'killed' }, refusal, {
            lost: true,
          });
        case 'reconcile':
          return { happened: pick % 2 === 0 };
        case 'await-modification':
          return choose<Told>({ usable: true }, { usable: true }, { failed: 'failed' });
        case 'conclude':
          return { written: pick % 5 !== 0 };
        case 'release':
          return { done: true };
        case 'end':
          throw new Error('the end is no effect to perform');
      }
    };

  const anyRun = fc
    .record({
      mode: fc.constantFrom<Mode>('plan', 'ask', 'act', 'act', 'act'),
      units: fc.integer({ min: 1, max: 8 }),
      picks: fc.array(fc.nat({ max: 1_000_000 }), { minLength: 30, maxLength: 90 }),
    })
    .map(({ mode, units, picks }) => ({ mode, run: runProgram(mode, tellAny(picks, units)) }));

  const property = (holds: (run: Run, mode: Mode) => void) =>
    fc.assert(
      fc.property(anyRun, ({ run, mode }) => holds(run, mode)),
      { numRuns: 1_500 },
    );

  const isLost = (told: Told | undefined) => told !== undefined && 'lost' in told;
  const done = (run: Run) => run.effects.map((effect) => effect.do);

  it('the program ends, within the handler’s bound', () => {
    property(({ effects }) => expect(effects.length).toBeLessThan(MOST_EFFECTS));
  });

  it('a node that was granted is concluded and released, or lost, or left to the sweep by a step that kept failing', () => {
    property((run) => {
      if (!run.told.some((told) => 'holder' in told)) return;
      if (isLost(run.told.at(-1))) return;
      const leftToTheSweep = run.told.some(
        (told, i) => told instanceof Error && /^(reconcile|conclude|release)$/.test(run.effects[i]?.do ?? ''),
      );
      if (!leftToTheSweep) expect(done(run).slice(-2)).toEqual(['conclude', 'release']);
    });
  });

  it('a node that was never granted is never released, sent a command, or modified', () => {
    property((run) => {
      if (run.told.some((told) => 'holder' in told)) return;
      expect(done(run).filter((name) => !/^(claim|survey|ask|lease|conclude)$/.test(name))).toEqual([]);
    });
  });

  it('once the lease is lost, nothing more is done', () => {
    property((run) => {
      const lost = run.told.findIndex(isLost);
      if (lost >= 0) expect(run.effects.length).toBe(lost + 1);
    });
  });

  it('a volume is modified at most once, and only right after its intent, which follows the reservation', () => {
    property((run) => {
      const names = done(run);
      expect(names.filter((name) => name === 'modify').length).toBeLessThanOrEqual(1);
      const at = names.indexOf('modify');
      if (at >= 0) expect(names.slice(at - 3, at)).toEqual(['survey', 'reserve', 'intend']);
    });
  });

  it('in mode plan nothing is held, sent or modified; in mode ask nothing is before the approval', () => {
    property((run, mode) => {
      if (mode === 'plan') expect(done(run)).not.toContain('lease');
      if (mode === 'ask' && done(run).includes('lease')) {
        expect(run.told[done(run).indexOf('ask')]).toEqual({ approved: true });
      }
    });
  });

  it('commands are numbered one by one, under the fence that was granted', () => {
    property(({ effects }) => {
      const sent = effects.flatMap((effect) => (effect.do === 'send' ? [effect] : []));
      expect(sent.map(({ ordinal }) => ordinal)).toEqual(sent.map((_, i) => i + 1));
      for (const effect of sent) expect(effect.holder).toEqual(holder);
    });
  });

  it('the first command only looks, and nothing is decided for the node before it is answered', () => {
    property(({ effects, told }) => {
      const [first] = effects.flatMap((effect) => (effect.do === 'send' ? [effect.command] : []));
      if (first) expect(first.operation).toBe('observe-node');
      const acts = effects.findIndex(
        (effect) => effect.do === 'reserve' || (effect.do === 'send' && effect.command.operation === 'grow-filesystem'),
      );
      if (acts >= 0)
        expect(told.slice(0, acts).some((result) => 'result' in result && result.result === 'done')).toBe(true);
    });
  });

  it('healed is said only after a proof, or where nothing was full', () => {
    property((run) => {
      if (run.ending?.outcome !== 'healed') return;
      const names = done(run);
      if (names.includes('lease')) expect(names).toContain('prove');
      else expect(names).toEqual(['claim', 'survey', 'conclude']);
    });
  });

  it('every ending has its sentence, and every refusal and failure a code that is known and a time to look again', () => {
    property(({ effects }) => {
      const concluded = effects.find((effect) => effect.do === 'conclude');
      if (concluded?.do !== 'conclude') return;
      const { ending } = concluded;
      expect(ending.reason).not.toMatch(/^$|undefined|NaN/);
      if (ending.outcome !== 'refused' && ending.outcome !== 'failed') return;
      expect(Object.keys(ending.outcome === 'refused' ? GUARDRAILS : FAILURES)).toContain(ending.code);
      expect(ending.lookAgainMs).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(pageOf(ending)).toBe(ending.page ? ending.code : null);
    });
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
    expect(Array.from({ length: 11 }, (_, poll) => pollSeconds(poll))).toEqual([1, 1, 2, 3, 5, 5, 10, 20, 60, 60, 60]);
    expect(pollSeconds(1_000)).toBe(60);
  });
});
