import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { healOf } from '../../../shared/heal/records.ts';
import { NODE_HEALTH, readTrigger, type Trigger, triggerText } from '../../../shared/model/trigger.ts';

/** Every text that records keep: the table's keys contain them, so none may change. */
const TEXTS = [
  'disk:data',
  'disk:ancient',
  'node:health',
  'request:restore',
  'request:replace',
  'request:undo',
  'plan:restore',
  'plan:replace',
  'plan:undo',
  'plan:clean',
  'snapshot:clean',
];

describe('the trigger of an incident', () => {
  it.each(TEXTS)('%s is read, and written as it was', (text) => {
    const trigger = readTrigger(text) as Trigger;
    expect(trigger).toEqual({ kind: text.split(':')[0], subject: text.split(':')[1] });
    expect(triggerText(trigger)).toBe(text);
  });

  it('of a node that is sick has one text', () => {
    expect(NODE_HEALTH).toBe(triggerText({ kind: 'node', subject: 'health' }));
  });

  it.each([
    '',
    'disk',
    'disk:',
    'disk:Data',
    'disk:data; rm -rf /',
    'disk:data\n',
    ' disk:data',
    'node:',
    'node:disk',
    'request:clean',
    'snapshot:restore',
    'plan:health',
    'constructor:name',
    `disk:${'a'.repeat(63)}`,
  ])('is not %j', (text) => {
    expect(readTrigger(text)).toBeNull();
    expect(() => healOf(text)).toThrow(TypeError);
  });

  it('is read of any text without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...TEXTS), (noise, text) => {
        for (const one of [noise, `${text}${noise}`, `${noise}${text}`]) {
          const trigger = readTrigger(one);
          if (trigger !== null) expect(triggerText(trigger)).toBe(one);
        }
      }),
    );
  });
});
