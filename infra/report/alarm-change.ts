// CloudWatch's history of alarms as changes of state: whose alarm it is, by its name.
import type { AlarmHistoryItem } from '@aws-sdk/client-cloudwatch';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';
import { jsonOrUndefined } from '../../shared/text/json.ts';
import { ownerOfAlarm } from './alarm-owner.ts';
import type { AlarmChange } from './facts.ts';

/** Of the suite's alarms alone: of its nodes `chainmend-…`, of itself `chainmend/…`. @param item with HistoryData of a StateUpdate: JSON of CloudWatch; what is none says nothing @returns none for other people's alarms */
export function alarmChangeOf(
  { AlarmName = '', Timestamp, HistoryData = '' }: AlarmHistoryItem,
  fleets: readonly string[],
  suite = DEFAULT_SUITE,
): readonly AlarmChange[] {
  if (!AlarmName.startsWith(`${suite}-`) && !AlarmName.startsWith(`${suite}/`)) return [];
  const { oldState, newState } = statesIn(HistoryData);
  if (Timestamp === undefined || newState?.stateValue === undefined) return [];
  const owner = ownerOfAlarm(AlarmName, fleets, suite);
  return [
    {
      atMs: Timestamp.getTime(),
      alarmName: AlarmName,
      fleet: owner?.fleet,
      node: owner?.node,
      from: oldState?.stateValue ?? 'not known',
      to: newState.stateValue,
      reason: newState.stateReason ?? '',
    },
  ];
}

interface States {
  readonly oldState?: { readonly stateValue?: string };
  readonly newState?: { readonly stateValue?: string; readonly stateReason?: string };
}

function statesIn(data: string): States {
  return (jsonOrUndefined(data) ?? {}) as States;
}
