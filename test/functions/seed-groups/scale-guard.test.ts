// What is read of a member right before its group is changed.
import { describe, expect, it } from '@jest/globals';
import type { ScaleContext } from '../../../functions/seed-groups/context.ts';
import { judgeMember } from '../../../functions/seed-groups/scale.ts';
import { strayRefusals } from '../../../functions/seed-groups/scale-decide.ts';
import { readStrays } from '../../../functions/seed-groups/scale-facts.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';

/** Of an EC2 that shows the member with these tags. */
const context = (tags: Readonly<Record<string, string>>) => {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const send = async () => ({ Reservations: [{ Instances: [{ InstanceId: 'i-4', Tags }] }] });
  return { fleet: { name: 'bitcoin' }, clients: { ec2: { send } } } as unknown as ScaleContext;
};
const group = (LifecycleState: string) => ({
  send: async () => ({
    AutoScalingGroups: [
      { MinSize: 1, MaxSize: 5, DesiredCapacity: 4, Instances: [{ InstanceId: 'i-4', LifecycleState }] },
    ],
  }),
});
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

describe('a member that carries the tag while nobody has it on its way out', () => {
  const RETIRED = { 'chainmend:retired': '2026-01-01T12:00:00Z' };
  const strays = async (tags: Readonly<Record<string, string>>, lifecycle = 'InService') => {
    const fleet = { ...bitcoinFleet(), scales: { group: 'chainmend-bitcoin', minimum: 2, maximum: 5 } };
    const { clients } = context(tags);
    const read = { fleet, clients: { ...clients, autoscaling: group(lifecycle) } } as unknown as ScaleContext;
    return strayRefusals(fleet, await readStrays(read));
  };

  it('is told after half an hour, with what brings it back and what lets it go', async () => {
    expect(await strays(RETIRED)).toMatchObject([
      { refuse: 'not-recorded', subject: 'i-4', page: true, pageAfterMs: 30 * 60_000 },
    ]);
    const [told] = await strays(RETIRED);
    expect(told?.reason).toContain('aws ec2 delete-tags --resources i-4 --tags Key=chainmend:retired');
    expect(told?.reason).toContain('terminate-instance-in-auto-scaling-group --instance-id i-4');
  });

  it('is none where it has no such tag, nor on standby, where a heal has its own', async () => {
    expect(await strays({})).toEqual([]);
    expect(await strays(RETIRED, 'Standby')).toEqual([]);
    expect(await strays(RETIRED, 'Terminating')).toEqual([]);
  });
});
