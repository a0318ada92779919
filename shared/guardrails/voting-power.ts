// Whether the rest of a CometBFT chain goes on while one validator is stopped. Blocks need more than two thirds of the voting power ("+2/3",
// CometBFT, consensus specification). Power that is not known is not assumed. Pure.
import { familyOf } from '../chains/defaults.ts';
import type { Fleet } from '../fleet/model.ts';
import type { NodeVotes, ObservedNode } from '../fleet/observation.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import { names } from '../text/names.ts';

export interface VotingPowerFacts {
  readonly fleet: Pick<Fleet, 'name' | 'chain'>;
  /** The fleet as watch-fleet saw it within the last three minutes. */
  readonly nodes: readonly ObservedNode[];
  /** The validator that would be stopped. */
  readonly instanceId: string;
}

type ChainVotes = NonNullable<NodeVotes['chain']>;

/** Each synced node's account of the chain must say so: one that tells less power than the others refuses. */
export function judgeVotingPower({ fleet, nodes, instanceId }: VotingPowerFacts): Refusal | null {
  const self = nodes.find((node) => node.instanceId === instanceId);
  if (familyOf(fleet.chain) !== 'cometbft')
    return unknown(`only CometBFT chains tell it, and the chain of ${fleet.name} is ${fleet.chain}`);
  const own = self?.votes?.own;
  if (!self || own === undefined)
    return unknown(`${self?.name ?? instanceId} does not tell its own (validator_info of /status)`);
  const accounts = nodes.flatMap(({ health, votes }) => (health === 'synced' && votes?.chain ? [votes.chain] : []));
  if (accounts.length === 0)
    return unknown('no synced node tells the chain’s: their metrics are not read (rpc.metricsPort of the fleet file)');
  const down = nodes.filter((node) => node !== self && node.health !== 'synced' && mayVote(node));
  const untold = down.filter(({ votes }) => votes?.own === undefined);
  if (untold.length > 0) return unknown(`${names(untold.map(({ name }) => name))} has told none and is not synced`);
  const downPower = down.reduce((sum, { votes }) => sum + (votes?.own ?? 0), 0);
  for (const account of accounts) {
    const rest = restOf(account, own, downPower);
    if (isMajority(rest, account.total)) continue;
    const missing = down.length > 0 ? `; not synced: ${names(down.map(({ name }) => name))}` : '';
    return refuse(
      'quorum-at-risk',
      `without ${self.name} ${rest} of ${account.total} of the voting power would be online and honest, and blocks need more than two thirds${missing}`,
    );
  }
  return null;
}

/** A follower that is not synced signs nothing. */
const mayVote = ({ role, votes }: ObservedNode): boolean =>
  role === 'validator' || role === 'unknown' || (votes?.own ?? 0) > 0;

/** The metrics tell of the last block, and so may not yet count a validator that has just gone down. */
const restOf = ({ total, missing, byzantine }: ChainVotes, own: number, down: number): number =>
  Math.max(0, total - Math.max(missing, down) - byzantine - own);

/** Exactly two thirds are not enough. Of big integers, because powers may come near to 2^53. */
const isMajority = (rest: number, total: number): boolean => 3n * BigInt(rest) > 2n * BigInt(total);

const unknown = (what: string): Refusal =>
  refuse('voting-power-unknown', `nobody knows how much voting power would stay: ${what}`);

/** Nobody is paged: the person who asks is told. */
const refuse = (code: GuardrailCode, reason: string): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs: 5 * 60_000,
});
