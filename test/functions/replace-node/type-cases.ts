// Instances that go back from the type of their first sync with the real function and its role in the region, and what people do in the middle of it.
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../local/scenarios/world/answers.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { BOOSTED, caughtUp, FLEET, LASTING, nodesOf, pause, typed } from '../../fixtures/first-sync.ts';

const runs = (of: World): boolean =>
  nodesOf(of).length === 3 && nodesOf(of).every(({ machine }) => machine.report().state === 'synced');

/** The instances that our functions have stopped, in this order. */
const stops = ({ region }: World): readonly string[] =>
  region.gateway.trace.calls.flatMap(({ operation, outcome, input, actor }) =>
    operation === 'StopInstances' && outcome === 'ok' && actor !== 'person'
      ? ((input as { readonly InstanceIds?: readonly string[] }).InstanceIds ?? [])
      : [],
  );

/** @param then what people do once the first instance is being stopped */
const story = (
  name: string,
  then: (of: World, instanceId: string) => unknown,
  rest: Parameters<typeof caughtUp>[2],
): Scenario =>
  caughtUp(name, { once: (of) => stops(of).length > 0, people: (of) => then(of, stops(of)[0] ?? '') }, rest);

export const SCENARIOS: readonly Scenario[] = [
  story(
    'a pause in the middle keeps no node down',
    async (of) => {
      await pause(of, 'audit');
      of.at(180, () => pause(of, 'off'));
    },
    {
      hours: 6,
      meanwhile: [
        {
          atMinutes: 170,
          sentence: 'under the pause all nodes run, and no other one was stopped',
          holds: (of) => runs(of) && stops(of).length === 1,
        },
      ],
      expect: [
        { sentence: 'all nodes run', holds: (_, of) => runs(of) },
        { sentence: 'once it is over all are taken back', holds: (_, of) => typed(of, LASTING) === 3 },
        {
          sentence: 'nobody is told of anything that stays',
          holds: ({ pages }) => !pages.some(({ code }) => code === 'boost-stays'),
        },
      ],
    },
  ),
  story(
    'a type that a person sets while the instance is stopped is theirs',
    (of, instanceId) =>
      of.when(
        () => of.region.ec2.instance(instanceId).state === 'stopped',
        () =>
          of.region.call('ec2', 'ModifyInstanceAttribute', {
            InstanceId: instanceId,
            InstanceType: { Value: 'r6i.large' },
          }),
      ),
    {
      hours: 4,
      expect: [
        { sentence: 'all nodes run', holds: (_, of) => runs(of) },
        {
          sentence: 'none has the type of its first sync any more',
          holds: (_, of) => typed(of, BOOSTED) === 0 && typed(of, LASTING) >= 2,
        },
      ],
    },
  ),
  story(
    'an instance that a person terminates in the middle is not made again, and people are told',
    (of, instanceId) => {
      const node = nodesOf(of).find((one) => one.instanceId === instanceId);
      return node && of.terminate(node);
    },
    {
      hours: 5,
      expect: [
        { sentence: 'the two others run', holds: (_, of) => nodesOf(of).length === 2 },
        { sentence: 'people are told', holds: ({ pages }) => pages.length > 0 },
      ],
    },
  ),
  story('in mode ask each is asked for, and done after the yes', () => undefined, {
    fleets: { [FLEET]: { mode: 'ask' } },
    hours: 8,
    people: (of) => {
      of.at(1, () => of.deployNodes(FLEET));
      for (let nth = 1; nth <= 3; nth++)
        of.whenPaged('approval-wanted', 5, ({ approve = '' }) => answerAsPaged(of, approve));
    },
    expect: [
      { sentence: 'all nodes run', holds: (_, of) => runs(of) },
      { sentence: 'at least one was taken back', holds: (_, of) => typed(of, LASTING) > 0 },
    ],
  }),
];
