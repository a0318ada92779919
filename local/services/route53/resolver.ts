// DNS look-ups by machines and functions: in the hosted zones of their VPC; on the internet, only in public zones.

import type { Resolve } from '../../simulator/network/network.ts';
import { NameProblem } from './names.ts';
import type { Route53 } from './route53.ts';

/** A VPC without private zones. */
const NO_VPC = 'no VPC';

/** The first address, as a simple client takes it. */
export function resolver({ resolve }: Pick<Route53, 'resolve'>): Resolve {
  return (name, from) => {
    try {
      return resolve(name, 'A', from === 'internet' ? NO_VPC : from.vpcId)[0];
    } catch (error) {
      // Text that cannot be a name has no address.
      if (error instanceof NameProblem) return undefined;
      throw error;
    }
  };
}
