// Sends an alarm's actions when its state changes: messages to topics and functions, held back while a mute rule is active.
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type ServicePrincipal } from '../../simulator/service.ts';
import type { Alarm, Note } from './alarms.ts';
import type { Mutes } from './mutes.ts';
import { type Change, type ContributorTurn, invocation, notification } from './payloads.ts';

const ACTION_LISTS = {
  OK: 'OKActions',
  ALARM: 'AlarmActions',
  INSUFFICIENT_DATA: 'InsufficientDataActions',
} as const;

/** Actions that a mute held back are sent when it ends, if the alarm (or its contributor) is still in that state. */
export function createActions(
  kernel: Kernel,
  mutes: Mutes,
  alarms: ReadonlyMap<string, Alarm>,
  note: Note,
): (change: Change | ContributorTurn) => void {
  const act = (change: Change | ContributorTurn): void => {
    const { alarm } = change;
    if (alarm.input.ActionsEnabled === false) return;
    const contributor = 'contributor' in change ? change.contributor : undefined;
    const type = contributor ? 'AlarmContributorAction' : 'Action';
    for (const arn of alarm.input[ACTION_LISTS[stateOf(change).value]] ?? []) {
      try {
        const refused = kernel.permits(principalOf(kernel, alarm, arn), actionOn(arn), arn);
        if (refused) throw refused;
        kernel.deliver(
          arn,
          arn.startsWith('arn:aws:lambda:') ? invocation(kernel, change) : notification(kernel, change),
        );
        note(alarm, type, `Successfully executed action ${arn}`, { actionState: 'Succeeded' }, contributor);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const data = { actionState: 'Failed', error: error.message };
        note(alarm, type, `Failed to execute action ${arn}`, data, contributor);
      }
    }
  };
  const actUnlessMuted = (change: Change | ContributorTurn): void => {
    const { alarm } = change;
    const state = stateOf(change);
    const mute = mutes.active(alarm.name, kernel.clock.now());
    if (!mute) {
      act(change);
      return;
    }
    kernel.clock.at(mute.toMs, () => {
      if (alarms.get(alarm.name) === alarm && currentState(change) === state)
        actUnlessMuted({ ...change, mute: undefined });
    });
  };
  return actUnlessMuted;
}

/** Of a contributor the state at its change; of an alarm its present state. */
const stateOf = (change: Change | ContributorTurn) =>
  'contributor' in change ? change.contributor.state : change.alarm.state;

const currentState = (change: Change | ContributorTurn) =>
  'contributor' in change ? change.alarm.contributors.get(change.contributor.id)?.state : change.alarm.state;

const actionOn = (arn: string): string => (arn.startsWith('arn:aws:lambda:') ? 'lambda:InvokeFunction' : 'sns:Publish');

/** Topics get alarms from CloudWatch's principal, functions from the alarms' ("Invoke a Lambda function from an alarm"). */
const principalOf = ({ accountId, regionName }: Kernel, { name }: Alarm, arn: string): ServicePrincipal => ({
  service: arn.startsWith('arn:aws:lambda:') ? 'lambda.alarms.cloudwatch.amazonaws.com' : 'cloudwatch.amazonaws.com',
  sourceArn: `arn:aws:cloudwatch:${regionName}:${accountId}:alarm:${name}`,
  sourceAccount: accountId,
});
