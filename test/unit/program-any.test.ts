import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Effect } from '../../functions/resize-volume/stages.ts';
import { pageOf } from '../../shared/heal/outcome.ts';
import { FAILURES, GUARDRAILS } from '../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../shared/model/mode.ts';
import { tries } from '../support/any.ts';
import { DATA_VOLUME, dataVolume, GIB, MINUTE_MS, NOON_MS, observation, resizeFacts } from '../support/heal-facts.ts';
import {
  answer,
  filling,
  full,
  grown,
  holder,
  MOST_EFFECTS,
  type Run,
  runProgram,
  type Told,
} from '../support/heal-program.ts';

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
      tries('program', 1_500),
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
