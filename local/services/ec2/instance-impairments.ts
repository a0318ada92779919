// Instances whose status checks fail on purpose, and what cures them. Sources: "Status checks for Amazon EC2 instances" and "Troubleshoot
// Amazon EC2 Linux instances with failed status checks" (EC2 user guide): system checks are about AWS's host ("stopping and starting …
// in most cases, migrates it to a new host"), instance checks about the software on it, attached EBS checks about the volumes' reachability.
import type { Check, Impairments, Instance } from './model.ts';

/** What is left of the impairments after a reboot or a start on another host. */
export function impairmentsAfter(impairments: Impairments, by: 'reboot' | 'stop-start'): Impairments {
  const left = Object.entries(impairments).filter(
    ([, cure]) => cure === 'nothing' || (cure === 'stop-start' && by === 'reboot'),
  );
  return Object.fromEntries(left);
}

/** The checks with each ailing one impaired. */
export function impairedChecks(checks: Instance['checks'], impairments: Impairments): Instance['checks'] {
  const status = (check: Check) => (impairments[check] === undefined ? checks[check] : 'impaired');
  return { system: status('system'), instance: status('instance'), attachedEbs: status('attachedEbs') };
}

/** Its operating system does not answer: it neither shuts down when it is asked, nor does anything else. */
export const hangs = ({ impairments }: Pick<Instance, 'impairments'>): boolean =>
  impairments.system !== undefined || impairments.instance !== undefined;
