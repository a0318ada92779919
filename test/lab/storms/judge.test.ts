// What a storm lets the invariants of scenarios say: they were written for stories of an hour or two.
import { describe, expect, it } from '@jest/globals';
import type { Checker } from '../../../local/scenarios/checks/checker.ts';
import { invariantsAsJudge } from './judge.ts';

describe('an incident that is refused as long as its trouble lasts', () => {
  /** With how many attempts of one incident a checker is asked to be content. */
  const attemptsAllowed = (hours: number): number | undefined => {
    const asked: (number | undefined)[] = [];
    const checker = {
      onCall: () => {},
      end: ({ attemptsAtMost }: Parameters<Checker['end']>[0]) => {
        asked.push(attemptsAtMost);
        return [];
      },
    } as unknown as Checker;
    invariantsAsJudge(checker, hours).end(0);
    return asked[0];
  };

  it('may have an attempt an hour, beside the ones of its first hour', () => {
    expect(attemptsAllowed(8)).toBe(16);
    expect(attemptsAllowed(24)).toBe(32);
  });
});
