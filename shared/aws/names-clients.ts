// The clients of who keeps DNS records: the usual ones, and Route 53's.
import { Route53Client } from '@aws-sdk/client-route-53';
import { awsClients, type Clients, type Configure, lazily, settingsWith } from './clients.ts';

export interface NamesClients extends Clients {
  readonly route53: Route53Client;
}

/** @param configure further settings, for a region that is not AWS's */
export function namesClients(configure: Configure = () => ({})): NamesClients {
  const route53 = lazily({ route53: () => new Route53Client(settingsWith(configure)('route53')) });
  return Object.defineProperties(awsClients(configure), Object.getOwnPropertyDescriptors(route53)) as NamesClients;
}
