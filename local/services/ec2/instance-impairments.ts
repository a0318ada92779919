// Instances whose status checks fail on purpose, and what repairs them. Sources: "Status checks for Amazon EC2 instances" and "Troubleshoot Amazon
// EC2 Linux instances with failed status checks" (EC2 user guide). System checks are about AWS's host ("stopping and starting … in most cases,
// migrates it to a new host"). Instance checks are about the software on it. Attached EBS checks are about the volumes' reachability.
import type { Check, Impairments, Instance } from './model.ts';

/** The impairments that remain after a reboot, or after a start on another host. */
export function impairmentsAfter(impairments: Impairments, by: 'reboot' | 'stop-start'): Impairments {
  const left = Object.entries(impairments).filter(
    ([, cure]) => cure === 'nothing' || (cure === 'stop-start' && by === 'reboot'),
  );
  return Object.fromEntries(left);
}

/** The checks, with the failing ones impaired. */
export function impairedChecks(checks: Instance['checks'], impairments: Impairments): Instance['checks'] {
  const status = (check: Check) => (impairments[check] === undefined ? checks[check] : 'impaired');
  return { system: status('system'), instance: status('instance'), attachedEbs: status('attachedEbs') };
}

/** Its operating system does not answer, and does not shut down when asked. */
export const hangs = ({ impairments }: Pick<Instance, 'impairments'>): boolean =>
  impairments.system !== undefined || impairments.instance !== undefined;
