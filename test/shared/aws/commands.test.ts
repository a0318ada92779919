import { describe, expect, it } from '@jest/globals';
import { commandWords, noAnswerWords } from '../../../shared/aws/commands.ts';

describe('the words about a command without an answer', () => {
  it.each([
    ['how it ended', 'TimedOut', '', 'TimedOut'],
    ['and what it complained of', 'Failed', 'line 3: df: not found\n', 'Failed. line 3: df: not found'],
    [
      'name a full root volume where the agent cannot start commands',
      'Failed',
      'Plugin with name aws:runShellScript not found. Step name: run',
      'its SSM agent cannot start commands, as on a full root volume: Failed. Plugin with name aws:runShellScript not found. Step name: run',
    ],
  ])('%s', (_, status, complaint, words) => {
    expect(commandWords(status, complaint)).toBe(words);
  });

  it('say what is wrong with the output only where there is any', () => {
    const error = new Error('the node’s answer is not JSON');
    expect(noAnswerWords('Failed', ' \n', error)).toBe('Failed');
    expect(noAnswerWords('Failed', 'oops', error)).toBe('Failed (the node’s answer is not JSON)');
  });
});
