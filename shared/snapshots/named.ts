// The set of a snapshot that a person names: what is refused, and what that person can do about it. Pure.

import { LEDGER_TAGS } from '../model/tags.ts';
import { faultMayBeginMs, type GoodInput, unfit } from './good.ts';
import type { SnapshotSet } from './model.ts';

export type Named = { readonly set: SnapshotSet } | { readonly refuse: 'snapshot-unfit'; readonly reason: string };

/**
 * A person may name what the ladder would not try (one of many that were taken of a running client, one that was tried), but nothing
 * that is known or likely to be bad. What was taken after the fault is fit once it has been proved by a restore.
 */
export function chooseNamed(snapshotId: string, input: Omit<GoodInput, 'tried'>): Named {
  const set = input.sets.find(
    ({ setId, parts }) => setId === snapshotId || Object.values(parts).some((part) => part.snapshotId === snapshotId),
  );
  if (!set)
    return no(
      `${snapshotId} is no snapshot of a data volume of ${input.fleet.name}: one that is tagged chainmend:fleet=` +
        `${input.fleet.name}, or is of a volume of its nodes, was expected`,
    );
  const named = set.setId === snapshotId ? `the set ${snapshotId}` : `the set of ${snapshotId}`;
  const quarantined = Object.values(set.parts).filter(({ ledger }) => ledger.quarantined !== null);
  if (quarantined.length > 0) {
    const ids = quarantined.map((part) => part.snapshotId).join(' ');
    return no(
      `${named} is quarantined: ${quarantined[0]?.ledger.quarantined}. If you know better: ` +
        `aws ec2 delete-tags --resources ${ids} --tags Key=${LEDGER_TAGS.quarantined}`,
    );
  }
  const since = input.faultSinceMs;
  const provedLater = Object.values(set.parts).every(
    ({ ledger, startedAtMs }) => ledger.verifiedAtMs !== null && ledger.verifiedAtMs > startedAtMs,
  );
  const why = unfit(set, provedLater ? { ...input, faultSinceMs: null } : input);
  if (why === null) return { set };
  if (since === null || set.untilMs < faultMayBeginMs(since, input.fleet.health)) return no(`${named}: ${why}`);
  const ids = Object.values(set.parts).map((part) => part.snapshotId);
  return no(
    `${named}: ${why}. Name one from before, or none for the best; if you have started a client from this one and it went on: ` +
      `aws ec2 create-tags --resources ${ids.join(' ')} --tags Key=${LEDGER_TAGS.verified},Value=<date of the proof>`,
  );
}

const no = (reason: string): Named => ({ refuse: 'snapshot-unfit', reason });
