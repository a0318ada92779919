import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_SUITE,
  fleetTag,
  forSuite,
  misnamed,
  nameOf,
  programOf,
  SUITE_NAME_MAX,
  suiteOf,
  suiteOfPrefix,
  suiteOfTopic,
} from '../../../shared/model/suite.ts';
import { tries } from '../../fixtures/any.ts';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const anyName = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .map((words) => words.join('-'))
  .filter((name) => misnamed(name) === null);

describe('the name of a suite', () => {
  it.each(['payments', 'a', 'p-2', 'blue-green-3', 'x'.repeat(SUITE_NAME_MAX)])('may be %s', (name) => {
    expect(misnamed(name)).toBeNull();
  });

  it.each([
    ['has no other characters', 'Payments', 'lower-case letters'],
    ['has no other characters', 'pay_ments', 'lower-case letters'],
    ['has no other characters', 'pay/ments', 'lower-case letters'],
    ['has no other characters', 'payments\n', 'lower-case letters'],
    ['begins with a letter', '2pay', 'a letter first'],
    ['has single hyphens', 'pay--ments', 'single hyphens'],
    ['ends with none', 'pay-', 'single hyphens'],
    ['is not empty', '', 'lower-case letters'],
    ['leaves room for what comes after it', 'x'.repeat(SUITE_NAME_MAX + 1), `at most ${SUITE_NAME_MAX}`],
    ['has not what is in every name', 'a-chainmend-b', 'without "chainmend"'],
    ['has not what is in every name', 'chainmend', 'without "chainmend"'],
    ['begins with nothing that AWS keeps for itself', 'aws-pay', 'does not begin with "aws"'],
    ['begins with nothing that AWS keeps for itself', 'ssm', 'does not begin with "ssm"'],
    ['begins with nothing that AWS keeps for itself', 'amazon', 'does not begin with "amazon"'],
    ['begins with nothing that AWS keeps for itself', 'amzn1', 'does not begin with "amzn"'],
  ])('%s: %j is refused', (_, name, expected) => {
    expect(misnamed(name)).toContain(expected);
  });

  it('is not part of how a suite without one is called', () => {
    expect(suiteOf(undefined)).toBe(DEFAULT_SUITE);
    expect(suiteOf('payments')).toBe('payments-chainmend');
    expect(nameOf(DEFAULT_SUITE)).toBeUndefined();
    expect(fleetTag(DEFAULT_SUITE, 'bitcoin')).toBe('bitcoin');
    expect(programOf(DEFAULT_SUITE)).toBe('npm run chainmend --');
  });

  it('can be read again from what the suite has made', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const suite = suiteOf(name);
        expect(nameOf(suite)).toBe(name);
        expect(suiteOfPrefix(`/${suite}`)).toBe(suite);
        expect(suiteOfTopic(`arn:aws:sns:eu-west-1:111122223333:${suite}-pages`)).toBe(suite);
      }),
      tries('suite', 500),
    );
  });
});

it('no names of one suite begin as those of another do: a policy on the beginning reaches nobody else', () => {
  const anySuite = fc.option(anyName, { nil: undefined }).map(suiteOf);
  fc.assert(
    fc.property(anySuite, anySuite, (one, other) => {
      fc.pre(one !== other);
      for (const end of ['-', '/']) expect(`${other}-bitcoin-node1-disk`.startsWith(one + end)).toBe(false);
      expect(`/${other}/pause`.startsWith(`/${one}/`)).toBe(false);
      expect(fleetTag(one, 'bitcoin')).not.toBe(fleetTag(other, 'bitcoin'));
    }),
    tries('suite', 2_000),
  );
});

it('what a page offers to paste is about the suite that sends it', () => {
  const line = 'npm run chainmend -- explain 7f3a';
  expect(forSuite(DEFAULT_SUITE, line)).toBe(line);
  expect(forSuite('payments-chainmend', `${line}\nnpm run chainmend -- status`)).toBe(
    'npm run chainmend -- --name payments explain 7f3a\nnpm run chainmend -- --name payments status',
  );
});
