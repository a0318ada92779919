// The validators of a simulated chain: their power, which of them vote, their consensus metrics, and whose votes a node has.
import { createHash } from 'node:crypto';

interface Validator {
  readonly power: number;
  readonly voting: boolean;
  readonly jailed: boolean;
}

/** As of the last block, except for the rounds of the present height. */
export interface ConsensusFacts {
  readonly rounds: number;
  readonly validators: number;
  readonly validatorsPower: number;
  readonly missingValidators: number;
  readonly missingValidatorsPower: number;
  readonly byzantineValidators: number;
  readonly byzantineValidatorsPower: number;
}

/** The votes for the next block, as a node has them. */
export interface SeenVotes {
  readonly round: number;
  /** Of all validators, in the order of the set. */
  readonly validators: readonly { readonly address: string; readonly power: number; readonly hasVoted: boolean }[];
}

/** The address of a validator's key: the first 20 bytes of its hash. */
export const voterAddress = (nodeId: string): string =>
  createHash('sha256').update(`validator ${nodeId}`).digest('hex').slice(0, 40).toUpperCase();

/** The block makers of a chain whose validators are not ours. */
const STRANGERS = { count: 100, power: 1_000 };

export class Validators {
  private readonly byNode = new Map<string, Validator>();
  /** The validators whose signatures the last block lacked. */
  private missing: { readonly count: number; readonly power: number } = { count: 0, power: 0 };
  /** Set by a scenario: validators caught signing twice. */
  byzantine: { readonly count: number; readonly power: number } = { count: 0, power: 0 };

  get size(): number {
    return this.byNode.size;
  }

  add(nodeId: string, power: number, voting: boolean): void {
    this.byNode.set(nodeId, { power, voting, jailed: false });
  }

  /** True if that changed something. */
  setVoting(nodeId: string, voting: boolean): boolean {
    const validator = this.byNode.get(nodeId);
    if (!validator || validator.voting === voting) return false;
    this.byNode.set(nodeId, { ...validator, voting });
    return true;
  }

  setJailed(nodeId: string, jailed: boolean): boolean {
    const validator = this.byNode.get(nodeId);
    if (!validator || validator.jailed === jailed) return false;
    this.byNode.set(nodeId, { ...validator, jailed });
    return true;
  }

  /** 0 for a jailed validator, and for a node that is not a validator. */
  powerOf(nodeId: string): number {
    const validator = this.byNode.get(nodeId);
    return validator && !validator.jailed ? validator.power : 0;
  }

  /** The voting nodes that hold more than this share of the power together, within one group that reach each other. */
  majority(
    { parts, of }: { readonly parts: number; readonly of: number },
    groups: readonly ReadonlySet<string>[] | undefined,
  ): ReadonlySet<string> | undefined {
    const total = this.sum(() => true);
    const all = new Set(this.byNode.keys());
    return (groups ?? [all]).find(
      (group) => of * this.sum((id, { voting }) => voting && group.has(id)) > parts * total,
    );
  }

  /** Records the validators that a block lacks. It is made by all that vote, or by those in this group if connections matter. */
  commit(group: ReadonlySet<string> | undefined): void {
    const isMissing = (id: string, { voting }: Validator) => !voting || group?.has(id) === false;
    const count = [...this.byNode].filter(([id, validator]) => !validator.jailed && isMissing(id, validator)).length;
    this.missing = { count, power: this.sum(isMissing) };
  }

  /**
   * Rounds end without a block while validators vote and disagree. With a third of them absent no validator sees enough votes to end a round, and the
   * count stays (CometBFT, "Byzantine Consensus Algorithm": a prevote step waits for +2/3 prevotes).
   * @param disagreeingSinceMs undefined while they agree
   */
  facts(disagreeingSinceMs: number | undefined, nowMs: number): ConsensusFacts {
    const ours = this.size > 0;
    const jailed = [...this.byNode.values()].filter((validator) => validator.jailed).length;
    return {
      rounds: disagreeingSinceMs === undefined ? 0 : roundsAfter(nowMs - disagreeingSinceMs),
      validators: ours ? this.size - jailed : STRANGERS.count,
      validatorsPower: ours ? this.sum(() => true) : STRANGERS.power,
      missingValidators: this.missing.count,
      missingValidatorsPower: this.missing.power,
      byzantineValidators: this.byzantine.count,
      byzantineValidatorsPower: this.byzantine.power,
    };
  }

  /** @param group those whose votes arrive; undefined: all */
  votes(group: ReadonlySet<string> | undefined): SeenVotes['validators'] {
    return [...this.byNode]
      .filter(([, { jailed }]) => !jailed)
      .map(([id, { power, voting }]) => ({
        address: voterAddress(id),
        power,
        hasVoted: voting && group?.has(id) !== false,
      }));
  }

  /** Of validators that are not jailed. */
  private sum(counts: (nodeId: string, validator: Validator) => boolean): number {
    let power = 0;
    for (const [nodeId, validator] of this.byNode)
      if (!validator.jailed && counts(nodeId, validator)) power += validator.power;
    return power;
  }
}

/**
 * Round r of a height takes timeout_propose and timeout_precommit with their deltas, 3 s + 1 s + r × 1 s (defaults of config.toml):
 * n rounds take 4n + n(n − 1)/2 seconds.
 */
function roundsAfter(elapsedMs: number): number {
  return Math.floor((Math.sqrt(49 + (8 * elapsedMs) / 1_000) - 7) / 2);
}
