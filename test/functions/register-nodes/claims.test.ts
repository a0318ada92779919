import { describe, expect, it } from '@jest/globals';
import { whyNotOurs } from '../../../functions/register-nodes/claims.ts';
import { judgeClaim } from '../../../shared/fleet/membership.ts';
import { claimOn, claimTags } from '../../../shared/model/suite.ts';
import { SUITE_TAG } from '../../../shared/model/tags.ts';

const ID = 'i-0123456789abcdef0';
const [UNNAMED, PAYMENTS, ORDERS] = ['chainmend', 'payments-chainmend', 'orders-chainmend'];
const by = (value: string) => ({ [SUITE_TAG]: value, Component: 'nodes/bitcoin' });

describe('whose a node is', () => {
  it.each([
    ['without the tag it is of the suite without a name', {}, 'own', 'unclaimed', 'unclaimed'],
    ['with its name it is that suite’s alone', by('payments'), 'foreign', 'own', 'foreign'],
    ['a person may say that it is of the suite without a name', by('chainmend'), 'own', 'foreign', 'foreign'],
    ['an empty tag is nobody’s', by(''), 'foreign', 'foreign', 'foreign'],
    ['a name in other letters is another name', by('Payments'), 'foreign', 'foreign', 'foreign'],
  ])('%s', (_, tags, unnamed, payments, orders) => {
    expect([UNNAMED, PAYMENTS, ORDERS].map((suite) => claimOn(suite, tags))).toEqual([unnamed, payments, orders]);
  });

  it('is asked before each act: another one’s is refused with its name, and what nobody has claimed, too', () => {
    expect(judgeClaim(UNNAMED, ID, {})).toBeNull();
    expect(judgeClaim(PAYMENTS, ID, by('payments'))).toBeNull();
    expect(judgeClaim(UNNAMED, ID, by('payments'))).toMatchObject({
      refuse: 'another-suite',
      page: true,
      reason: `${ID}: it is the suite "payments"’s by its tag chainmend:suite, and this is the suite without a name. It is left alone. If it is to be this one’s: aws ec2 create-tags --resources ${ID} --tags Key=chainmend:suite,Value=chainmend`,
    });
    expect(judgeClaim(PAYMENTS, ID, {})).toMatchObject({ refuse: 'another-suite' });
    expect(judgeClaim(ORDERS, ID, by('chainmend'))?.reason).toContain('the suite without a name’s by its tag');
  });

  it('is plain text, whatever the tag says', () => {
    expect(judgeClaim(UNNAMED, ID, by('a\u001b[2Jb\n'))?.reason).not.toMatch(/\p{Cc}/u);
  });

  it('is said at the launch of what takes a node’s place', () => {
    expect(claimTags(PAYMENTS)).toEqual({ [SUITE_TAG]: 'payments' });
    // Its launches are what they were.
    expect(claimTags(UNNAMED)).toEqual({});
  });
});

describe('a node that nobody has claimed', () => {
  const fleets = [
    { name: 'litecoin', tags: { Component: 'nodes/litecoin' }, volumes: [] },
    { name: 'bitcoin', tags: { Component: 'nodes/bitcoin', Stage: 'production' }, volumes: [] },
  ];

  it('may be claimed where no fleet of the suite without a name describes it', () => {
    expect(whyNotOurs({ Component: 'nodes/bitcoin' }, fleets)).toBeNull();
    expect(whyNotOurs({ Component: 'nodes/bitcoin' }, [])).toBeNull();
  });

  it('is the suite’s without a name where one does', () => {
    expect(whyNotOurs({ Component: 'nodes/bitcoin', Stage: 'production' }, fleets)).toContain('whose fleet bitcoin');
  });

  it('is left alone where nobody knows', () => {
    expect(whyNotOurs({ Component: 'nodes/bitcoin' }, 'AccessDenied')).toContain('is not known: AccessDenied');
  });
});
