// The history of calls, as the SDK reads it.
import {
  CloudTrailClient,
  InvalidLookupAttributesException,
  InvalidMaxResultsException,
  InvalidNextTokenException,
  InvalidTimeRangeException,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../../../../infra/commands/backtest/people.ts';
import { createCloudTrail } from '../../../../local/services/cloudtrail/cloudtrail.ts';
import { testKernel } from '../../../fixtures/kernel.ts';
import { type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

const MINUTE_MS = 60_000;

let whole: WholeRegion;
let client: CloudTrailClient;
let volumeId: string;

beforeAll(async () => {
  whole = await wholeRegion();
  client = new CloudTrailClient({ ...(await whole.as()), maxAttempts: 8 });
  const { call } = whole.region;
  const made = (await call('ec2', 'CreateVolume', {
    AvailabilityZone: 'eu-west-1a',
    Size: 100,
    VolumeType: 'gp3',
  })) as {
    VolumeId: string;
  };
  volumeId = made.VolumeId;
  await whole.virtually(MINUTE_MS);
  await call('ec2', 'ModifyVolume', { VolumeId: volumeId, Size: 200 }, 'mary');
  await call('ec2', 'StopInstances', { InstanceIds: ['i-0123456789abcdef0'] }, 'mary').catch(() => {});
  await call('ssm', 'PutParameter', { Name: '/a', Value: 'a secret', Type: 'String' }, 'chainmend-watch-fleet/3');
  await whole.virtually(6 * MINUTE_MS);
});

afterAll(() => whole.following.stop());

const lookUp = async (input: LookupEventsCommandInput) => client.send(new LookupEventsCommand(input));
const named = async (AttributeValue: string) => {
  const { Events = [] } = await lookUp({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }] });
  return Events;
};

describe('the history of calls', () => {
  it('has who called what, on what, newest first', async () => {
    const { Events = [] } = await lookUp({});
    expect(Events.map(({ EventName }) => EventName)).toEqual([
      'PutParameter',
      'StopInstances',
      'ModifyVolume',
      'CreateVolume',
    ]);
    const [event] = await named('ModifyVolume');
    expect(event).toMatchObject({
      ...{ Username: 'mary', ReadOnly: 'false', EventSource: 'ec2.amazonaws.com' },
      Resources: [{ ResourceType: 'AWS::EC2::Volume', ResourceName: volumeId }],
    });
    expect(actOf(event ?? {})).toMatchObject({ who: 'mary', by: 'people', ids: [volumeId], toGiB: 200 });
  });

  it('has what AWS refused, with the error', async () => {
    const [event] = await named('StopInstances');
    expect(actOf(event ?? {})).toMatchObject({ hasFailed: true, ids: ['i-0123456789abcdef0'] });
  });

  it('has no values of parameters, and knows a function by its session', async () => {
    const [event] = await named('PutParameter');
    expect(event?.CloudTrailEvent).not.toContain('a secret');
    expect(actOf(event ?? {})).toMatchObject({ who: 'chainmend-watch-fleet', by: 'chainmend' });
  });

  it('is read in pages, and in a stretch of time', async () => {
    const first = await lookUp({ MaxResults: 3 });
    const next = await lookUp({ MaxResults: 3, ...(first.NextToken !== undefined && { NextToken: first.NextToken }) });
    expect([first.Events?.length, next.Events?.length, next.NextToken]).toEqual([3, 1, undefined]);
    const [modified] = await named('ModifyVolume');
    const StartTime = modified?.EventTime ?? new Date(0);
    expect((await lookUp({ StartTime })).Events?.length).toBe(3);
  });

  it.each([
    ['the last minutes not yet', MINUTE_MS, 0],
    ['what was called a quarter of an hour ago', 15 * MINUTE_MS, 1],
    ['what was called 89 days ago', 89 * 24 * 60 * MINUTE_MS, 1],
    ['no more what was called 91 days ago', 91 * 24 * 60 * MINUTE_MS, 0],
  ])('has %s', (_, agoMs, events) => {
    const kernel = testKernel();
    const called = { actor: 'mary', service: 'ec2', operation: 'StopInstances', input: {}, outcome: 'ok' };
    const { operations } = createCloudTrail(kernel, () => [{ ...called, at: kernel.clock.now() - agoMs }]);
    expect(operations['LookupEvents']?.({}, kernel.call())).toMatchObject({ Events: { length: events } });
  });

  it.each<[string, LookupEventsCommandInput, abstract new (...words: never[]) => Error]>([
    ['too many results', { MaxResults: 51 }, InvalidMaxResultsException],
    ['an unknown token', { NextToken: 'nonsense' }, InvalidNextTokenException],
    ['an end before the beginning', { StartTime: new Date(2), EndTime: new Date(1) }, InvalidTimeRangeException],
    [
      'two attributes',
      {
        LookupAttributes: [
          { AttributeKey: 'EventName', AttributeValue: 'a' },
          { AttributeKey: 'Username', AttributeValue: 'b' },
        ],
      },
      InvalidLookupAttributesException,
    ],
  ])('refuses %s', async (_, input, error) => {
    await expect(lookUp(input)).rejects.toBeInstanceOf(error);
  });
});
