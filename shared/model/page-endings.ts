// What ends each page. A page is true when it is sent and when it is repeated, so each code names what it depends on.
import { CONDITIONS, type FailureCode, type PageCode } from './guardrail-codes.ts';

/**
 * condition: the function that looks at it says whether it lasts. word: it lasts while it is the last word of its incident. incident: what has happened
 * stays so until the incident is over. question: an answer, or its time.
 */
type PageEnding = 'condition' | 'word' | 'incident' | 'question';

/** A guard that refuses is asked again, and a condition is looked at again: what they say is theirs. What a failure says differs. */
const OF_FAILURES: Readonly<Record<FailureCode, PageEnding>> = {
  'modification-failed': 'incident',
  'modification-lost': 'incident',
  'command-failed': 'word',
  'command-unanswered': 'word',
  'not-proved': 'word',
  'peers-too-few': 'word',
  'not-handed-over': 'incident',
  'same-stop': 'incident',
  'ladder-spent': 'incident',
  'snapshot-failed': 'incident',
  'shrink-failed': 'incident',
  'upgrade-failed': 'incident',
  'upgrade-ended': 'incident',
  'set-unfit': 'incident',
  'drill-unproved': 'incident',
  'drill-left': 'incident',
  'copies-old': 'condition',
  'stopped-unclean': 'incident',
  'step-failed': 'word',
  'lease-lost': 'incident',
  'attempts-dying': 'word',
  'attempts-spent': 'incident',
};

export function endingOf(code: PageCode | 'approval-wanted'): PageEnding {
  if (code === 'approval-wanted') return 'question';
  if (Object.hasOwn(OF_FAILURES, code)) return OF_FAILURES[code as FailureCode];
  return Object.hasOwn(CONDITIONS, code) ? 'condition' : 'word';
}
