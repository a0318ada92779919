import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRegisterEvent } from '../../../functions/register-nodes/event.ts';
import { EventError } from '../../../shared/events/errors.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../events/${name}.json`, import.meta.url), 'utf8'));

describe('what starts register-nodes', () => {
  it.each([
    [
      'an instance that has stopped',
      sample('ec2-state-change'),
      { kind: 'instance', instanceId: 'i-0b2c3d4e5f6071829', state: 'stopped' },
    ],
    ['a person who names a fleet', sample('register-nodes'), { kind: 'reconcile', fleet: 'bitcoin', confirm: false }],
    ['the schedule', { kind: 'reconcile' }, { kind: 'reconcile', fleet: undefined, confirm: false }],
    [
      'a person who says that half of a fleet may go',
      { kind: 'reconcile', fleet: 'bitcoin', confirm: true },
      { kind: 'reconcile', fleet: 'bitcoin', confirm: true },
    ],
    [
      'a person who approves a plan',
      { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' },
      { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' },
    ],
  ])('%s', (_, event, expected) => {
    expect(parseRegisterEvent(event)).toEqual(expected);
  });

  it.each([
    [
      'another state of an instance',
      { ...sample('ec2-state-change'), detail: { 'instance-id': 'i-0b2c3d4e5f6071829', state: 'asleep' } },
      'detail.state',
    ],
    [
      'an id that is none',
      { ...sample('ec2-state-change'), detail: { 'instance-id': '*', state: 'stopped' } },
      'detail.instance-id',
    ],
    ['another source', { ...sample('ec2-state-change'), source: 'me' }, 'source'],
    ['another event', sample('alarm'), 'detail-type'],
    ['another kind', { kind: 'sweep' }, 'kind'],
    ['a misspelt field', { kind: 'reconcile', flet: 'bitcoin' }, 'flet'],
    ['half of everything to go', { kind: 'reconcile', confirm: true }, 'fleet'],
    ['a plan that is none', { kind: 'approve', fleet: 'bitcoin', plan: 'yes' }, 'plan'],
    ['nothing', null, 'event'],
  ])('is refused by the name of its field: %s', (_, event, field) => {
    const thrown = ((): unknown => {
      try {
        return parseRegisterEvent(event);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(EventError);
    expect(thrown).toMatchObject({ field });
  });

  it('is understood or refused, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        try {
          parseRegisterEvent(event);
        } catch (error) {
          expect(error).toBeInstanceOf(EventError);
        }
      }),
    );
  });
});
