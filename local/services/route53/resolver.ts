// Names as machines and functions look them up: the hosted zones of their VPC; on the internet, public zones alone.

import type { Resolve } from '../../simulator/network/network.ts';
import { NameProblem } from './names.ts';
import type { Route53 } from './route53.ts';

/** No private zone belongs to it. */
const NO_VPC = 'no VPC';

/** The first address, as a client without a choice of its own takes it. */
export function resolver({ resolve }: Pick<Route53, 'resolve'>): Resolve {
  return (name, from) => {
    try {
      return resolve(name, 'A', from === 'internet' ? NO_VPC : from.vpcId)[0];
    } catch (error) {
      // What cannot be a name has no address.
      if (error instanceof NameProblem) return undefined;
      throw error;
    }
  };
}
