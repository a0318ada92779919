// The IAM checks of a request on alarms.
import { describe, expect, it } from '@jest/globals';
import { permissions } from '../../../../local/services/cloudwatch/permissions.ts';

const region = {
  accountId: '111122223333',
  regionName: 'eu-west-1',
  service: undefined,
  tagsOf: () => ({}),
};
const arn = 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:chainmend-bitcoin-disk';
const AlarmName = 'chainmend-bitcoin-disk';
const Tags = [{ Key: 'chainmend:fleet', Value: 'bitcoin' }];

describe('a request on an alarm', () => {
  it('that makes one with tags must be allowed to tag', () => {
    const asks = permissions['PutMetricAlarm']?.({ AlarmName, Tags }, region) ?? [];
    expect(asks.map(({ action, resources }) => [action, resources[0]?.arn])).toEqual([
      ['cloudwatch:PutMetricAlarm', arn],
      ['cloudwatch:TagResource', arn],
    ]);
    expect(asks[1]?.keys).toEqual({ 'aws:TagKeys': ['chainmend:fleet'], 'aws:RequestTag/chainmend:fleet': 'bitcoin' });
    expect(permissions['PutMetricAlarm']?.({ AlarmName }, region)).toHaveLength(1);
  });

  it('that asks for its contributors names it, and one that untags names the keys', () => {
    expect(permissions['DescribeAlarmContributors']?.({ AlarmName }, region)).toMatchObject([
      { action: 'cloudwatch:DescribeAlarmContributors', resources: [{ arn }] },
    ]);
    expect(permissions['UntagResource']?.({ ResourceARN: arn, TagKeys: ['a'] }, region)).toMatchObject([
      { action: 'cloudwatch:UntagResource', resources: [{ arn }], keys: { 'aws:TagKeys': ['a'] } },
    ]);
  });
});
