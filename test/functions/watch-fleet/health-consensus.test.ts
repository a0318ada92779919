// The six rules of a consortium's operators, over metric pages of real CometBFT nodes.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { onlinePowerPercent } from '../../../functions/watch-fleet/consensus.ts';
import { asksVotes } from '../../../functions/watch-fleet/votes.ts';
import type { NodeStatus } from '../../../shared/chains/client.ts';
import { type ConsensusMetrics, consensusMetricsQuestion } from '../../../shared/chains/metrics.ts';
import { answered, factsOf } from '../../fixtures/chain-answers.ts';
import { dead, fleetOf, type Sweep, statusAt, Watched } from '../../fixtures/sights.ts';

const page = (name: string) => readFileSync(new URL(`../../fixtures/chain-samples/${name}`, import.meta.url), 'utf8');
const metricsOf = (name: string): ConsensusMetrics => factsOf(consensusMetricsQuestion, [answered(page(name))]);

const well: ConsensusMetrics = {
  namespace: 'tendermint',
  latestBlockHeight: 1000,
  rounds: 0,
  validatorsPower: 40,
  missingValidatorsPower: 0,
  byzantineValidators: 0,
  byzantineValidatorsPower: 0,
};

const irita = () => fleetOf({}, { fleet: 'irita', chain: 'cometbft', role: 'validator' });
const VALIDATORS = ['validator1', 'validator2', 'validator3', 'validator4'];
const as = Object.fromEntries(VALIDATORS.map((name) => [name, { role: 'validator' as const }]));

/** One node: its height, its metrics, and its other claims. */
const validator = (height: number, metrics: Partial<ConsensusMetrics> = {}, more: Partial<NodeStatus> = {}) => ({
  status: { kind: 'ok' as const, facts: statusAt({ height, more: { inValidatorSet: true, ...more } }, []) },
  consensus: { kind: 'ok' as const, facts: { ...well, ...metrics } },
});

const four = (fourth: Sweep['nodes'][string], height = 1000): Sweep => ({
  nodes: {
    validator1: validator(height),
    validator2: validator(height),
    validator3: validator(height),
    validator4: fourth,
  },
  as,
});

const consensusOf = (...sweeps: Sweep[]) => {
  const watched = new Watched(irita());
  for (const sweep of sweeps) watched.sweep(sweep);
  return { metrics: watched.result?.consensus, conditions: watched.conditions, watched };
};

describe('a consortium that is well', () => {
  it('has all its power online, in round 0, and nobody down, jailed or out of sync', () => {
    expect(consensusOf(four(validator(1000)))).toMatchObject({
      metrics: {
        ConsensusRounds: 0,
        NodesOutOfSync: 0,
        ValidatorsJailed: 0,
        OnlineVotingPowerPercent: 100,
        ByzantineValidators: 0,
        NodesDown: 0,
      },
      conditions: [],
    });
  });

  it('is read from the pages of real nodes, of both namespaces', () => {
    for (const name of ['cometbft-metrics.txt', 'tendermint-metrics.txt']) {
      const metrics = metricsOf(name);
      const { metrics: told } = consensusOf(four(validator(1000, metrics)));
      expect(told?.ConsensusRounds).toBe(Math.max(0, metrics.rounds ?? 0));
    }
  });
});

describe('consensus that does not come about', () => {
  it('for more than ten rounds is told; ten are no reason yet', () => {
    expect(consensusOf(four(validator(1000, { rounds: 10 }))).conditions).toEqual([]);
    const { metrics, conditions, watched } = consensusOf(four(validator(1000, { rounds: 11 })));
    expect([metrics?.ConsensusRounds, conditions]).toEqual([11, ['consensus-halted']]);
    expect(watched.watch?.conditions['consensus-halted']?.reason).toBe('consensus is in round 11, limit 10');
  });

  it('is not told by the rounds of a real chain that lost half of its power, whose round 0 never ends: it is told as halted', () => {
    const halted = metricsOf('cometbft-metrics-halted.txt');
    const nodes = Object.fromEntries(VALIDATORS.map((name) => [name, validator(1000, halted)]));
    const { metrics, conditions } = consensusOf(...Array.from({ length: 17 }, () => ({ nodes, as })));
    // Its page has no powers: they have not been set since its start.
    expect(metrics).toEqual({ ConsensusRounds: 0, NodesOutOfSync: 0, ValidatorsJailed: 0, NodesDown: 0 });
    expect(conditions).toEqual(['own-chain-halted']);
  });

  it('is their owner’s trouble where the fleet’s validators are a third of the power, and nobody’s where they are less', () => {
    const halted = (own: number, total?: number): readonly string[] => {
      const said = (name: string) =>
        [
          name,
          validator(1000, total === undefined ? { validatorsPower: 0 } : { validatorsPower: total }, {
            votingPower: own,
          }),
        ] as const;
      const nodes = Object.fromEntries(VALIDATORS.map(said));
      return consensusOf(...Array.from({ length: 17 }, () => ({ nodes, as }))).conditions;
    };
    expect(halted(10, 120)).toContain('own-chain-halted');
    expect(halted(10, 121)).toContain('chain-halted');
  });
});

describe('a chain of the fleet’s own that waits for votes', () => {
  type Votes = NodeStatus['votes'];
  const voterId = (name: string): string => `voter-of-${name}`;
  const has = (...names: string[]): Votes => ({ height: 1001, voterIds: names.map(voterId), tooFew: true });
  const owned = (restartValidators: boolean) =>
    fleetOf({}, { fleet: 'irita', chain: 'cometbft', role: 'validator', owner: { restartValidators } });
  const waits = (seen: Readonly<Record<string, Votes>>, more: Partial<NodeStatus> = {}): Sweep => ({
    nodes: Object.fromEntries(
      VALIDATORS.map((name) => {
        const votes = seen[name];
        return [
          name,
          validator(1000, {}, { votingPower: 10, voterId: voterId(name), ...(votes && { votes }), ...more }),
        ];
      }),
    ),
    as,
  });
  /** It stands for its `haltSeconds`, and is seen so once more. */
  const halted = (sweep: Sweep, watched = new Watched(owned(true))): Watched => {
    for (let n = 0; n < 17; n++) watched.sweep(sweep);
    return watched;
  };
  const two = { validator1: has('validator1', 'validator4'), validator4: has('validator1', 'validator4') };

  it('calls those stuck whose votes the others miss, and pages for the chain alone, which names them', () => {
    const watched = halted(waits(two));
    expect(watched.health).toMatchObject({ validator1: 'synced', validator2: 'stuck', validator3: 'stuck' });
    expect([watched.codes.get('validator2'), watched.conditions]).toEqual([null, ['own-chain-halted']]);
    expect(watched.watch?.conditions['own-chain-halted']?.reason).toMatch(
      /; for block 1001 the votes of validator2, validator3 are missing, as validator1, validator4 tell: their clients are restarted, one after the other$/,
    );
    const forbidden = halted(waits(two), new Watched(owned(false))).watch?.conditions['own-chain-halted']?.reason;
    expect(forbidden).toMatch(/: the fleet file allows no restart of a validator \(owner.restartValidators\)$/);
  });

  it.each<[string, Readonly<Record<string, Votes>>, Partial<NodeStatus>?]>([
    ['where nobody tells the votes', {}],
    ['where those who tell have not voted themselves', { validator1: has('validator4') }],
    ['where one sees enough of them', { ...two, validator2: { height: 1001, voterIds: [], tooFew: false } }],
    [
      'of nodes that are cut off from each other',
      { ...two, validator2: has('validator2'), validator3: has('validator3') },
    ],
    ['of a node without power', two, { votingPower: 0 }],
    ['of one that does not say which is its own', two, { voterId: 'voter-of-validator1' }],
  ])('blames nobody %s', (_, seen, more = {}) => {
    expect(new Set(Object.values(halted(waits(seen, more)).health))).toEqual(new Set(['synced']));
  });

  it('hears nobody who tells of votes for a later block than the next one', () => {
    const later: Votes = { height: 1002, voterIds: [voterId('validator4')], tooFew: true };
    expect(halted(waits({ ...two, validator4: later })).health).toMatchObject({
      validator1: 'synced',
      validator2: 'stuck',
    });
    expect(halted(waits({ validator4: later })).health).toMatchObject({ validator1: 'synced', validator2: 'synced' });
  });

  it('goes by the next block that is voted on: what a hung validator tells of an earlier one is old', () => {
    const old: Votes = { height: 1000, voterIds: VALIDATORS.map(voterId), tooFew: false };
    expect(halted(waits({ ...two, validator2: old })).health['validator2']).toBe('stuck');
  });

  it('does not take one for well whose vote was missing, before its vote is seen', () => {
    const watched = halted(waits(two));
    watched.sweep(waits({}));
    expect(watched.health).toMatchObject({ validator2: 'unknown', validator1: 'synced' });
    watched.sweep(waits({}));
    expect(watched.health['validator2']).toBe('unknown');
    const again = has('validator1', 'validator2', 'validator4');
    watched.sweep(waits({ validator1: again, validator2: again, validator4: again }));
    expect(watched.health).toMatchObject({ validator2: 'synced', validator3: 'stuck' });
  });

  it('asks for votes once it stands for half of the time after which it counts as halted, and no other chain', () => {
    const watched = halted(waits({}));
    const { watch, nodes, nowMs } = watched;
    if (watch === undefined) throw new Error('it was watched');
    const asks = (minutes: number, chain = 'cometbft', total = 40) =>
      asksVotes(
        fleetOf({}, { fleet: 'irita', chain, role: 'validator' }),
        [...nodes.values()].map((node) => ({
          ...node,
          votes: { own: 10, chain: { total, missing: 0, byzantine: 0 } },
        })),
        { ...watch, tipSinceMs: nowMs - minutes * 60_000 },
        nowMs,
      );
    expect([asks(7), asks(8), asks(8, 'bitcoin'), asks(8, 'cometbft', 121)]).toEqual([false, true, false, false]);
    expect(asksVotes(irita(), [...nodes.values()], undefined, nowMs)).toBe(false);
  });
});

describe('a node that is out of sync', () => {
  const stands = (n: number, metrics = {}) => four(validator(900, metrics), 1000 + n);

  it('has stood for five minutes in round 0 while others went on', () => {
    const sweeps = Array.from({ length: 6 }, (_, n) => stands(n));
    expect(consensusOf(...sweeps.slice(0, 5)).metrics?.NodesOutOfSync).toBe(0);
    expect(consensusOf(...sweeps).metrics?.NodesOutOfSync).toBe(1);
  });

  it('is not one of a chain that makes no empty blocks and is at its tip', () => {
    const sweeps = Array.from({ length: 8 }, () => four(validator(1000)));
    expect(consensusOf(...sweeps).metrics?.NodesOutOfSync).toBe(0);
  });

  it('is not told of twice: who is called stuck already is told of as that', () => {
    const sweeps = Array.from({ length: 8 }, (_, n) => stands(n));
    const { watched, conditions } = consensusOf(...sweeps);
    expect(watched.health['validator4']).toBe('stuck');
    expect(conditions).toEqual([]);
  });
});

describe('a validator', () => {
  it('that is in no validator set is jailed, and told', () => {
    const { metrics, conditions, watched } = consensusOf(four(validator(1000, {}, { inValidatorSet: false })));
    expect([metrics?.ValidatorsJailed, conditions]).toEqual([1, ['validator-jailed']]);
    expect(watched.watch?.conditions['validator-jailed']?.reason).toBe('validator4: in no validator set');
  });

  it('that still catches up tells of a past in which it was in none', () => {
    const { metrics } = consensusOf(four(validator(500, {}, { inValidatorSet: false })));
    expect(metrics?.ValidatorsJailed).toBe(0);
  });

  it('is none, where the role is another: a full node is in no set, and well', () => {
    const sweep = { ...four(validator(1000, {}, { inValidatorSet: false })), as: {} };
    expect(consensusOf(sweep).metrics).not.toHaveProperty('ValidatorsJailed');
  });
});

describe('voting power', () => {
  it.each([
    [40, 12, 0, 70, ['voting-power-low']],
    [40, 11, 0, 72.5, []],
    [40, 0, 12, 70, ['voting-power-low']],
    [40, 20, 20, 0, ['voting-power-low']],
    [40, 30, 30, 0, ['voting-power-low']],
  ])(
    'of %i with %i missing and %i dishonest is %d %%',
    (validatorsPower, missingValidatorsPower, byzantineValidatorsPower, percent, conditions) => {
      const metrics = { validatorsPower, missingValidatorsPower, byzantineValidatorsPower };
      expect(onlinePowerPercent({ ...well, ...metrics })).toBeCloseTo(percent);
      expect(consensusOf(four(validator(1000, metrics))).conditions).toEqual(conditions);
    },
  );

  it('is not known while a node has not seen a block since its start: nothing is said, and never 0', () => {
    const silent = {
      missingValidatorsPower: undefined,
      byzantineValidatorsPower: undefined,
      validatorsPower: undefined,
    };
    expect(onlinePowerPercent({ ...well, ...silent })).toBeUndefined();
    const nodes = Object.fromEntries(VALIDATORS.map((name) => [name, validator(1000, silent)]));
    expect(consensusOf({ nodes, as }).metrics).not.toHaveProperty('OnlineVotingPowerPercent');
  });
});

describe('validators that sign twice', () => {
  it('are told, however few', () => {
    const { metrics, conditions } = consensusOf(four(validator(1000, { byzantineValidators: 1 })));
    expect([metrics?.ByzantineValidators, conditions]).toEqual([1, ['byzantine-validators']]);
  });
});

describe('a node of another network', () => {
  it('says nothing of this one’s rounds', () => {
    const stranger = validator(1000, { rounds: 400 }, { chainId: 'other' });
    const { metrics, conditions } = consensusOf(four(stranger));
    expect([metrics?.ConsensusRounds, conditions]).toEqual([0, []]);
  });
});

describe('a node that is down', () => {
  it('is counted, and told as what it is: unreachable', () => {
    const { metrics, conditions, watched } = consensusOf(four(dead), four(dead));
    expect([metrics?.NodesDown, conditions, watched.codes.get('validator4')]).toEqual([1, [], 'node-unreachable']);
  });
});

describe('what nobody tells', () => {
  it('is not published: no metrics port, no rule', () => {
    expect(consensusOf({ nodes: { validator1: 1000, validator2: 1000 }, as: {} }).metrics).toEqual({ NodesDown: 0 });
  });

  it('is not published where all are unknown, nor of a chain of another kind', () => {
    expect(consensusOf({ nodes: { validator1: { unasked: 'no agent' } } }).metrics).toEqual({});
    expect(new Watched().sweep({ node1: 1000 }).result?.consensus).toEqual({});
  });
});

describe('the voting power that guards read', () => {
  const votesOf = (...sweeps: Sweep[]) => {
    const { watched } = consensusOf(...sweeps);
    return watched.result?.nodes.find(({ node }) => node.name === 'validator4')?.node.votes;
  };

  it('is the node’s own, and the chain’s as its metrics tell it', () => {
    expect(votesOf(four(validator(1000, { missingValidatorsPower: 10 }, { votingPower: 10 })))).toEqual({
      own: 10,
      chain: { total: 40, missing: 10, byzantine: 0 },
    });
  });

  it('is only its own where a part of the chain’s is not known', () => {
    expect(votesOf(four(validator(1000, { missingValidatorsPower: undefined }, { votingPower: 10 })))).toEqual({
      own: 10,
    });
  });

  it('is the last that it told while it is down, and the chain’s is not kept', () => {
    expect(votesOf(four(validator(1000, {}, { votingPower: 10 })), four(dead, 1001))).toEqual({ own: 10 });
  });
});
