// Whose a node is, where several suites live in one region: its tag `chainmend:suite` says it. Two suites never both act on a node. Pure.
import type { Refusal } from '../model/guardrail-codes.ts';
import { claimOf, claimOn, DEFAULT_SUITE, nameOf } from '../model/suite.ts';
import { SUITE_TAG } from '../model/tags.ts';
import { plainText } from '../text/plain-text.ts';

/** As often as register-nodes looks. */
const RETRY_AFTER_MS = 5 * 60_000;

/** Why this suite may not act on an instance with these tags; null where it is its own. @param others whose it would be by its other tags, as a reason */
export function judgeClaim(
  suite: string,
  instanceId: string,
  tags: Readonly<Record<string, string>>,
  others = '',
): Refusal | null {
  const claim = claimOn(suite, tags);
  if (claim === 'own') return null;
  const written = plainText(tags[SUITE_TAG] ?? '', 100);
  const whose =
    claim === 'foreign'
      ? `it is ${written === DEFAULT_SUITE ? 'the suite without a name’s' : `the suite ${JSON.stringify(written)}’s`} by its tag ${SUITE_TAG}`
      : `no suite has claimed it${others}`;
  const give = `aws ec2 create-tags --resources ${instanceId} --tags Key=${SUITE_TAG},Value=${claimOf(suite)}`;
  const reason = `${instanceId}: ${whose}, and this is ${ownName(suite)}. It is left alone. If it is to be this one’s: ${give}`;
  return { refuse: 'another-suite', reason, page: true, retryAfterMs: RETRY_AFTER_MS };
}

const ownName = (suite: string): string => {
  const name = nameOf(suite);
  return name === undefined ? 'the suite without a name' : `the suite ${JSON.stringify(name)}`;
};
