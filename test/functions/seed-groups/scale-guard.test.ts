// What is read of a member right before its group is changed.
import { describe, expect, it } from '@jest/globals';
import type { ScaleContext } from '../../../functions/seed-groups/context.ts';
import { judgeMember } from '../../../functions/seed-groups/scale.ts';

/** Of an EC2 that shows the member with these tags. */
const context = (tags: Readonly<Record<string, string>>) => {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const send = async () => ({ Reservations: [{ Instances: [{ InstanceId: 'i-4', Tags }] }] });
  return { fleet: { name: 'bitcoin' }, clients: { ec2: { send } } } as unknown as ScaleContext;
};
const MINE = { 'chainmend:retired': '2026-01-01T12:00:00Z', 'chainmend:pause': 'mine' };

describe('a member that a person has just paused by its tag', () => {
  it.each(['set-aside', 'end-member'] as const)('is left as it is: %s', async (step) => {
    expect(await judgeMember(context(MINE), { do: step }, 'i-4')).toMatchObject({
      refuse: 'paused',
      reason: expect.stringContaining('mine'),
    });
    expect(await judgeMember(context({}), { do: step }, 'i-4')).toBeUndefined();
  });

  it.each(['take-back', 'raise'] as const)(
    'keeps nobody from what only puts back, or is about others: %s',
    async (step) => {
      expect(await judgeMember(context(MINE), { do: step }, 'i-4')).toBeUndefined();
    },
  );
});
