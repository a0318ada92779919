// Whose a node is: what its claim says to the suite that asks.
import { expect, it } from '@jest/globals';
import { judgeClaim } from '../../../shared/fleet/membership.ts';
import { suiteOf } from '../../../shared/model/suite.ts';

const NODE = 'i-0123456789abcdef0';
const OURS = suiteOf(undefined);
const PAYMENTS = suiteOf('payments');
const claimed = (by: string) => ({ 'chainmend:suite': by });
const told = (whose: string, own: string, give: string) => ({
  refuse: 'another-suite',
  reason: `${NODE}: ${whose}, and this is ${own}. It is left alone. If it is to be this one’s: aws ec2 create-tags --resources ${NODE} --tags Key=chainmend:suite,Value=${give}`,
  page: true,
  retryAfterMs: 300_000,
});

it('a node with the suite’s own claim may be acted on, and one without any by the suite that has no name', () => {
  expect(judgeClaim(PAYMENTS, NODE, claimed('payments'))).toBeNull();
  expect(judgeClaim(OURS, NODE, {})).toBeNull();
  expect(judgeClaim(OURS, NODE, claimed('chainmend'))).toBeNull();
});

it('a node of another suite is left alone, and the line that gives it over is told', () => {
  const ofPayments = 'it is the suite "payments"’s by its tag chainmend:suite';
  expect(judgeClaim(OURS, NODE, claimed('payments'))).toEqual(
    told(ofPayments, 'the suite without a name', 'chainmend'),
  );
  expect(judgeClaim(suiteOf('exchange'), NODE, claimed('payments'))).toEqual(
    told(ofPayments, 'the suite "exchange"', 'exchange'),
  );
  const ofNobody = 'it is the suite without a name’s by its tag chainmend:suite';
  expect(judgeClaim(PAYMENTS, NODE, claimed('chainmend'))).toEqual(told(ofNobody, 'the suite "payments"', 'payments'));
});

it('a node that nobody has claimed is none of a suite with a name, and it is said whose it would be', () => {
  expect(judgeClaim(PAYMENTS, NODE, {}, '; bitcoin describes it')).toEqual(
    told('no suite has claimed it; bitcoin describes it', 'the suite "payments"', 'payments'),
  );
  expect(judgeClaim(PAYMENTS, NODE, {})?.reason).toContain('no suite has claimed it, and this is');
});
