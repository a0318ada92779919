// What stands in the way of every heal of an account: not deployed, paused, its sweeps have stopped, nobody reads its pages. Pure.

import { type Finding, known, no, unknown } from '../../../shared/readiness/verdict.ts';
import { type AccountFacts, findingsOf } from '../preflight/facts.ts';
import { unreadPages } from '../subscribers.ts';
import type { DoctorFacts } from './facts.ts';

/** What `check --account` says of the account without its fleets. */
export const accountLines = ({ account }: DoctorFacts): readonly string[] =>
  findingsOf({ ...account, fleets: [] }).lines;

export function judgeAccount(facts: DoctorFacts): readonly Finding[] {
  const { account, pausedEverywhere, suiteAlarms, broken, undeployed } = facts;
  const files = [...broken].map(([name, why]) => no('fleet-file-broken', `${name}: ${why}`));
  if (!account.isDeployed)
    return [
      no('not-deployed', 'chainmend is not deployed here: nothing is healed', { paste: 'npm run deploy' }),
      ...files,
    ];
  return [
    ...known(pausedEverywhere, (refusal) =>
      refusal === null ? [] : [no(refusal.refuse, refusal.reason, { paste: 'npm run chainmend -- resume' })],
    ),
    ...known(suiteAlarms, (alarms) =>
      alarms.map(({ name, reason }) =>
        no('suite-alarm', `${name} is in ALARM: ${reason}`, { remedy: 'docs/runbooks says what each of these means' }),
      ),
    ),
    ...undeployed.map((fleet) =>
      no('not-deployed', `${fleet} is not deployed: no function looks after it`, { paste: 'npm run deploy' }),
    ),
    ...pagesFindings(account),
    ...files,
  ];
}

function pagesFindings({ subscribers }: Pick<AccountFacts, 'subscribers'>): readonly Finding[] {
  const unread = unreadPages(subscribers);
  if (unread === undefined) return [];
  return [subscribers.kind === 'unknown' ? unknown('unread', unread) : no('nobody-paged', unread)];
}
