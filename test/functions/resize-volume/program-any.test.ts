import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RESIZE } from '../../../functions/resize-volume/acts.ts';
import type { Acts } from '../../../functions/resize-volume/state.ts';
import { pageOf } from '../../../shared/heal/outcome.ts';
import { FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import { tries } from '../../fixtures/any.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { clientState, nodeState, observation } from '../../fixtures/builders/observation.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import {
  answer,
  filling,
  full,
  grown,
  holder,
  type Replies,
  type Run,
  runProgram,
  type Told,
  toldOfClients,
} from '../../fixtures/heal-program.ts';
import { dataVolume, PRUNE_COMMAND, pruneFacts, pruningFleet, resizeFacts } from '../../fixtures/resize-facts.ts';

describe('whatever happens at every step', () => {
  /** Every possible result of an act; `picks` choose. */
  const tellAny = (picks: readonly number[], units: number): Replies => {
    const pickOf = (told: readonly Told[]): number => picks[told.length % picks.length] ?? 0;
    const choose = <T>(told: readonly Told[], ...ways: readonly T[]): T | Error => {
      const pick = pickOf(told);
      return pick % 23 === 22 ? new Error('it kept failing') : (ways[pick % ways.length] as T);
    };
    const refusalOf = (told: readonly Told[]) =>
      ({
        refuse: 'paused',
        reason: 'everything is paused: x',
        page: pickOf(told) % 3 === 0,
        retryAfterMs: MINUTE_MS,
      }) as const;
    const mine = { mine: true } as const;
    const written = { written: true } as const;
    const lost = { lost: true } as const;
    const factsOf = (seen: Observation | null, told: readonly Told[]) =>
      choose<Acts['survey']['result']>(
        told,
        full(seen, units),
        full(seen, units),
        resizeFacts({ seen, history: filling, volumes: [dataVolume({ sizeGiB: 900 })] }),
        resizeFacts({
          seen,
          history: filling,
          latestModification: { volumeId: DATA_VOLUME, state: 'modifying', targetGiB: 900 },
        }),
        resizeFacts({ seen, history: [] }),
        resizeFacts({ seen, history: filling, fleet: pruningFleet(), prune: pruneFacts() }),
        refusalOf(told),
      );
    const leased = { holder, openUntilMs: null };
    const open = { memory: { command: PRUNE_COMMAND, height: 1000 }, ended: { as: 'done' } } as const;
    const clientsTold = (told: readonly Told[]) =>
      choose<Acts['prune']['result']>(
        ...([told, { atMs: NOON_MS, answer: toldOfClients() }, { atMs: NOON_MS, answer: toldOfClients() }] as const),
        { atMs: NOON_MS, answer: toldOfClients({ result: 'failed', reason: 'it exits with 1' }) },
        { atMs: NOON_MS, answer: toldOfClients({ after: nodeState({ clients: [clientState({ state: 'failed' })] }) }) },
        { atMs: NOON_MS, answer: toldOfClients({ result: 'stale', after: null }) },
        { atMs: NOON_MS, answer: { over: 'it can no longer run' } },
        refusalOf(told),
        lost,
      );
    return {
      claim: (_, told) => choose<Acts['claim']['result']>(told, mine, mine, mine, { end: 'not ours' }),
      survey: (_, told) => factsOf(null, told),
      observe: ({ seen }, told) => factsOf(seen, told),
      ask: (_, told) => choose<Acts['ask']['result']>(told, { approved: true }, { approved: true }, refusalOf(told)),
      lease: (_, told) =>
        choose<Acts['lease']['result']>(told, leased, leased, leased, { ...leased, open }, { busy: 'arn:other' }),
      send: (_, told) => {
        const sent = { commandId: 'c', overAtMs: 0 };
        return choose<Acts['send']['result']>(told, sent, sent, sent, sent, refusalOf(told), lost);
      },
      'await-command': (_, told) =>
        choose<Acts['await-command']['result']>(
          told,
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
        ),
      reserve: (_, told) => {
        const reserved = { reserved: true, atMs: NOON_MS } as const;
        return choose<Acts['reserve']['result']>(told, reserved, reserved, refusalOf(told), lost);
      },
      intend: (_, told) =>
        pickOf(told) % 5 === 4
          ? choose(told, refusalOf(told))
          : choose<Acts['intend']['result']>(told, written, written, lost),
      'begin-prune': (_, told) =>
        choose<Acts['begin-prune']['result']>(
          ...([
            told,
            { begun: true },
            { begun: true },
            { not: 'another node has its turn' },
            refusalOf(told),
            lost,
          ] as const),
        ),
      prune: (_, told) => clientsTold(told),
      wake: (_, told) => clientsTold(told),
      'prove-back': (_, told) =>
        choose<Acts['prove-back']['result']>(
          ...([told, { proved: 'synced' }, { proved: 'synced' }, { unproved: 'stuck', blames: true }] as const),
          { unseen: 'nobody looked' },
        ),
      'settle-prune': (_, told) =>
        choose<Acts['settle-prune']['result']>(told, { settled: null }, { settled: null }, lost),
      prove: (_, told) => choose<Acts['prove']['result']>(told, written, written, lost),
      modify: (_, told) => {
        const accepted = { accepted: true } as const;
        return choose<Acts['modify']['result']>(
          ...([told, accepted, accepted, { interrupted: 'killed' }, refusalOf(told), lost] as const),
        );
      },
      reconcile: (_, told) => choose(told, { happened: pickOf(told) % 2 === 0 }),
      'await-modification': (_, told) =>
        choose<Acts['await-modification']['result']>(told, { usable: true }, { usable: true }, { failed: 'failed' }),
      conclude: (_, told) => choose(told, { written: pickOf(told) % 5 !== 0 }),
      release: (_, told) => choose(told, { done: true } as const),
    };
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
  const done = (run: Run) => run.acts.map((act) => act.do);

  it('the program ends, within the handler’s bound', () => {
    property(({ acts }) => expect(acts.length).toBeLessThan(RESIZE.turnLimit));
  });

  it('a node that was granted is concluded and released, or lost, or left to the sweep by a step that kept failing', () => {
    property((run) => {
      if (!run.told.some((told) => 'holder' in told)) return;
      if (isLost(run.told.at(-1))) return;
      const leftToTheSweep = run.told.some(
        (told, i) => told instanceof Error && /^(reconcile|conclude|release)$/.test(run.acts[i]?.do ?? ''),
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
      if (lost >= 0) expect(run.acts.length).toBe(lost + 1);
    });
  });

  it('a node is pruned at most once, right after it was reserved, and never by an attempt that found one open', () => {
    property((run) => {
      const names = done(run);
      expect(names.filter((name) => name === 'prune').length).toBeLessThanOrEqual(1);
      const at = names.indexOf('prune');
      if (at >= 0) expect(names[at - 1]).toBe('begin-prune');
      if (run.told.some((told) => 'open' in told)) expect(names.indexOf('wake')).toBe(names.indexOf('lease') + 1);
    });
  });

  it('whatever comes of a pruning, the node is settled as proved or told, or its client is left to the next attempt', () => {
    property((run) => {
      const names = done(run);
      const at = names.findIndex((name) => name === 'prune' || name === 'wake');
      if (at < 0 || isLost(run.told.at(-1))) return;
      const settled =
        names.indexOf('settle-prune', at) >= 0 && !(run.told[names.indexOf('settle-prune', at)] instanceof Error);
      const last = run.acts.find((act) => act.do === 'conclude');
      const isLeft = last?.do === 'conclude' && last.keepOperation === true;
      expect(settled !== isLeft).toBe(true);
      // Nothing is grown, and nobody is told of a healed node, while its client may be down.
      if (!settled) expect(names.slice(at)).not.toContain('modify');
      if (isLeft) expect(run.ending?.outcome).not.toBe('healed');
    });
  });

  it('a volume is modified at most once, and only right after its intent, which follows the reservation', () => {
    property((run) => {
      const names = done(run);
      expect(names.filter((name) => name === 'modify').length).toBeLessThanOrEqual(1);
      const at = names.indexOf('modify');
      if (at >= 0) expect(names.slice(at - 3, at)).toEqual(['observe', 'reserve', 'intend']);
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
    property(({ acts }) => {
      const sent = acts.flatMap((act) =>
        act.do === 'send' || act.do === 'prune' || act.do === 'wake' ? [act.held] : [],
      );
      expect(sent.map(({ ordinal }) => ordinal)).toEqual(sent.map((_, i) => i + 1));
      for (const held of sent) expect(held.holder).toEqual(holder);
    });
  });

  it('the first command only looks, and nothing is decided for the node before it is answered', () => {
    property(({ acts, told }) => {
      const [first] = acts.flatMap((act) => (act.do === 'send' ? [act.command] : []));
      if (first) expect(first.operation).toBe('observe-node');
      const changes = acts.findIndex(
        (act) => act.do === 'reserve' || (act.do === 'send' && act.command.operation === 'grow-filesystem'),
      );
      if (changes >= 0)
        expect(told.slice(0, changes).some((result) => 'result' in result && result.result === 'done')).toBe(true);
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
    property(({ acts }) => {
      const concluded = acts.find((act) => act.do === 'conclude');
      if (concluded?.do !== 'conclude') return;
      const { ending } = concluded;
      expect(ending.reason).not.toMatch(/^$|undefined|NaN/);
      if (ending.outcome !== 'refused' && ending.outcome !== 'failed') return;
      expect(Object.keys(ending.outcome === 'refused' ? GUARDRAILS : FAILURES)).toContain(ending.code);
      expect(ending.retryAfterMs).toBeGreaterThanOrEqual(MINUTE_MS);
      expect(pageOf(ending)).toBe(ending.page ? ending.code : null);
    });
  });
});
