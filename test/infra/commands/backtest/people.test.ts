// Calls as CloudTrail tells them.
import { describe, expect, it } from '@jest/globals';
import { actOf } from '../../../../infra/commands/backtest/people.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';

const told = (EventName: string, detail: object | string, Username = 'mary') =>
  actOf({
    ...{ EventName, Username, EventTime: new Date(NOON_MS) },
    CloudTrailEvent: typeof detail === 'string' ? detail : JSON.stringify(detail),
  });

const MODIFIED = {
  requestParameters: { ModifyVolumeRequest: { VolumeId: 'vol-0a1b2c3d4e5f60718', Size: 700 } },
  responseElements: { ModifyVolumeResponse: { volumeModification: { originalSize: 500, targetSize: 700 } } },
};

describe('a call', () => {
  it('is an act with its sizes and whom it is on', () => {
    expect(told('ModifyVolume', MODIFIED)).toEqual({
      ...{ atMs: NOON_MS, what: 'ModifyVolume', who: 'mary', by: 'people', ids: ['vol-0a1b2c3d4e5f60718'] },
      ...{ toGiB: 700, fromGiB: 500, parameter: null, document: null, tags: null, hasFailed: false },
    });
  });

  it.each([
    ['a person’s', 'mary', {}, 'people'],
    ['a function’s of this suite', 'chainmend-resize-volume', {}, 'chainmend'],
    ['CloudFormation’s for a person', 'mary', { userIdentity: { invokedBy: 'cloudformation.amazonaws.com' } }, 'aws'],
    ['Auto Scaling’s', 'AutoScaling', { userIdentity: { type: 'AWSService' } }, 'aws'],
  ])('is %s', (_, who, detail, by) => {
    expect(told('StopInstances', detail, who)).toMatchObject({ who, by });
  });

  it('has the tags that it writes, and the document that it sends', () => {
    const requestParameters = {
      resourcesSet: { items: [{ resourceId: 'i-0123456789abcdef0' }] },
      tagSet: { items: [{ key: 'chainmend:pause', value: 'mine' }, { key: 'Name' }, 'no tag'] },
    };
    expect(told('CreateTags', { requestParameters })).toMatchObject({
      ...{ ids: ['i-0123456789abcdef0'], tags: { 'chainmend:pause': 'mine', Name: '' } },
    });
    expect(told('DeleteTags', { requestParameters: { tagSet: 'none' } })).toMatchObject({ tags: {} });
    expect(told('SendCommand', { requestParameters: { documentName: 'AWS-RunShellScript' } })).toMatchObject({
      document: 'AWS-RunShellScript',
    });
  });

  it('that AWS refused has failed', () => {
    expect(told('StopInstances', { errorCode: 'Client.UnauthorizedOperation' })).toMatchObject({ hasFailed: true });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number where a size was', '{"requestParameters":{"ModifyVolumeRequest":{"Size":{}}}}'],
  ])('whose detail is %s is an act of which nothing more is known', (_, detail) => {
    expect(told('ModifyVolume', detail)).toMatchObject({ what: 'ModifyVolume', ids: [], toGiB: null, fromGiB: null });
  });

  it('without a time is none', () => {
    expect(actOf({ EventName: 'StopInstances' })).toBeUndefined();
  });
});
