// What an end of the ladder is to records, journal and page. Pure.
import type { Ending } from '../../shared/heal/outcome.ts';
import { refused } from '../../shared/heal/outcome.ts';
import type { End } from './model.ts';

export function endingOf(end: End): Ending {
  switch (end.as) {
    case 'healed':
      return { outcome: 'healed', reason: end.reason };
    case 'refused':
      return refused(end.refusal);
    case 'failed':
      return { outcome: 'failed', code: end.code, reason: end.reason, page: true, lookAgainMs: end.lookAgainMs };
    case 'escalated':
      return { outcome: 'escalated', code: end.code, reason: end.reason, asFound: end.asFound };
  }
}
