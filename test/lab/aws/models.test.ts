// The comparison of the region's requests with botocore's models, on the model of a real service.
import { expect, it } from '@jest/globals';
import { SERVICES } from '../../../local/services/services.ts';
import { loadModels, type ServiceModel } from '../../../local/simulator/gateway/model.ts';
import { compareModel, type ModelLine, unjudgedMembers } from './models.ts';

const models = await loadModels(SERVICES.filter(({ name }) => name === 'scheduler'));
const model = models.get('scheduler') as ServiceModel;

/** What botocore has of DeleteSchedule's and GetSchedule's input. */
const NAME = { required: true, least: 1, most: 64, pattern: '[0-9a-zA-Z-_.]+' };
const GROUP = { required: false, least: 1, most: 64, pattern: '[0-9a-zA-Z-_.]+' };
const line = (
  name: object = NAME,
  more: Partial<ModelLine['members']> = { 'GetScheduleRequest.GroupName': GROUP },
): ModelLine => ({
  service: 'scheduler',
  operations: ['GetSchedule'],
  members: { 'GetScheduleRequest.Name': name, ...more } as ModelLine['members'],
});
const found = (asked: ModelLine) => compareModel(model, asked).differences;

it('finds nothing where botocore asks for the same, whatever it calls the structure', () => {
  expect(compareModel(model, line())).toEqual({ differences: [], compared: 2 });
  const members = { 'GetSchedule.Name': NAME, 'GetSchedule.GroupName': GROUP };
  expect(found({ ...line(), members })).toEqual([]);
});

it.each([
  [{ ...NAME, required: false }, 'required is false, here true'],
  [{ ...NAME, most: 65 }, 'most is 65, here 64'],
  [{ ...NAME, pattern: undefined }, 'pattern is not said, here [0-9a-zA-Z-_.]+'],
  [{ ...NAME, enum: ['a'] }, 'only botocore has an enumeration'],
])('names what differs: %j', (name, why) => {
  expect(found(line(name))).toEqual([`scheduler GetScheduleInput.Name: ${why}`]);
});

it('names a member of ours that botocore does not have', () => {
  expect(found(line(NAME, {}))).toEqual(['scheduler GetScheduleInput.GroupName: botocore has no such member']);
});

it('lets pass what is judged, and no judgement without a difference', () => {
  expect(unjudgedMembers(['iam A.B: x'], { 'iam A.B': 'why' })).toEqual([]);
  expect(unjudgedMembers(['iam A.BC: x'], { 'iam A.B': 'why' })).toEqual([
    'iam A.BC: x',
    'iam A.B differs no more: take it out of differences.ts',
  ]);
});
