// Whether a node may be upgraded now. Nothing is wrong with it, so it is known to be well, and so are all others: the fleet can spare it. Pure.
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import { judgeOthers, judgeSelf, type MoveFacts } from './move.ts';
import { judgeClass } from './replace.ts';

export type UpgradeFacts = Omit<MoveFacts, 'event'> & {
  /** The version that is wanted. */
  readonly to: string;
};

const PERSON_MS = 60 * 60_000;

/** Why it is not upgraded now; null where it may be. Nobody is paged for a wait. */
export function judgeUpgrade(facts: UpgradeFacts): Refusal | null {
  const { fleet, node, role, breaker, haltedSinceMs, to } = facts;
  if (!fleet.client?.versions.includes(to)) {
    const known = fleet.client?.versions.join(', ') ?? 'none';
    return refuse('version-unknown', `the fleet file does not name ${to} under client.versions (${known})`);
  }
  if (role === 'validator')
    return refuse('validator', `${node.name} is a validator: a person upgrades it, where it is`);
  if (role === 'unknown')
    return refuse('role-unknown', `nobody says what ${node.name} does, and it could be a validator`);
  const refusal =
    judgeSelf(facts) ??
    judgeClass({
      ...{ class: 'replace', fleet, role, node, breaker, haltedSinceMs },
      ...{ cause: 'unknown', manual: false, acknowledgesValidator: false },
    }) ??
    judgeOthers(facts);
  // Its heals page for a breaker or a zone; an upgrade that waits for them does not.
  return refusal && { ...refusal, page: false };
}

const refuse = (code: GuardrailCode, reason: string): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs: PERSON_MS,
});
