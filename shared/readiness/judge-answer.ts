// What AWS's word on a call that was not made says of the heal that would make it. Pure.
import { judgeLaunch } from '../aws/launch.ts';
import type { Answered } from './facts.ts';
import { type Finding, no, unknown } from './verdict.ts';
import type { NamedWish } from './wishes.ts';

export type Answers = ReadonlyMap<string, Answered>;

/** The caller's own lack says nothing of the heals' role ("Troubleshoot access denied error messages", IAM user guide). */
const CALLERS_OWN =
  /because no (identity-based policy|permissions boundary|session policy) allows|with an explicit deny in (an identity-based policy|a permissions boundary|a session policy)/;

const DENIED = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']);

export function answered({ answers }: { readonly answers: Answers }, { name, wish }: NamedWish): readonly Finding[] {
  const answer = answers.get(name) ?? { is: 'open', code: 'not-asked', words: 'it was not asked' };
  if (answer.is === 'accepted') return [];
  if (answer.is === 'open') return [unknown(answer.code, `${wish.call}: ${answer.words}`)];
  const { code } = answer;
  // The encoded message is only for people who may decode it, and longer than a page.
  const words = answer.words.split('Encoded authorization failure message:', 1).join('').trimEnd();
  if (DENIED.has(code) && CALLERS_OWN.test(words))
    return [
      unknown('caller-may-not', `${wish.call}: ${words}`, { remedy: 'ask as somebody who may do what heals do' }),
    ];
  if (DENIED.has(code)) return [no('unauthorized', `${wish.call}: ${words}`)];
  if (wish.call !== 'RunInstances') return [no('aws-refused', `${wish.call}: ${words}`)];
  const { cause, reason } = judgeLaunch({ refused: words, code });
  // Another subnet may have what this one lacks.
  if (cause === 'place' || cause === 'capacity') return [unknown('aws-refused', reason)];
  return [no(cause === 'quota' ? 'quota-reached' : 'template-unfit', reason)];
}
