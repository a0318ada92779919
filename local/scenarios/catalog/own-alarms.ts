// Scenarios: the alarms that an owner had before chainmend, each with an action or a topic of its own. They are reports: what they name is looked at, and a
// heal begins when our own evidence says so.
import { ACCOUNT_ID, REGION_NAME } from '../../region.ts';
import { allHealedInTheEnd, nobodyPaged } from '../checks/expectations.ts';
import { allWell, healedBy, nothingReplaced, othersUntouched, sameInstances } from '../checks/ladder-expectations.ts';
import { readJournal } from '../report/journal.ts';
import { incidentsOf } from '../report/records.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { incidentsEnded, passed, SICK, smallFleet } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { QUICK_BLOCKS } from '../world/worlds.ts';

const DEPLOYED_WITH = new URL('../fleets-own-alarms', import.meta.url).pathname;
const NAMESPACE = 'Exchange';
const METRIC = 'BlocksInTwoMinutes';
const MINUTE_MS = 60_000;
const HANGS_AT_MINUTES = 3;
const THE_FUNCTION = `arn:aws:lambda:${REGION_NAME}:${ACCOUNT_ID}:function:chainmend-dispatch-heal`;
const THE_TOPIC = `arn:aws:sns:${REGION_NAME}:${ACCOUNT_ID}:node-alarms`;
const ANY = 'bitcoin-any-height';
const STRANGER = 'i-0fedcba9876543210';

const alarmOf = (name: string): string => `bitcoin-${name}-height`;

/** The owner's script on each node: by how many blocks it has come on in two minutes. */
function startScripts({ region, nodes }: World): void {
  for (const { machine, instanceId } of nodes) {
    const heights: number[] = [];
    const write = (): void => {
      machine.client.settle();
      heights.push(machine.client.height());
      const before = heights.at(-3);
      if (before !== undefined) {
        const value = machine.client.height() - before;
        region.cloudwatch.record(NAMESPACE, METRIC, { InstanceId: instanceId }, value, region.clock.now(), 'Count');
      }
      region.clock.after(MINUTE_MS, write);
    };
    region.clock.after(MINUTE_MS / 3, write);
  }
}

const putAlarm = (
  { region }: World,
  AlarmName: string,
  what: Readonly<Record<string, unknown>>,
  AlarmActions: readonly string[],
): Promise<unknown> =>
  region.call('monitoring', 'PutMetricAlarm', {
    ...{ AlarmName, AlarmActions, OKActions: AlarmActions, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' },
    ...{ ComparisonOperator: 'LessThanThreshold', Threshold: 1, ...what },
  });

const onNode = (instanceId: string) => ({
  ...{ Namespace: NAMESPACE, MetricName: METRIC, Statistic: 'Maximum', Period: 60 },
  Dimensions: [{ Name: 'InstanceId', Value: instanceId }],
});

/** Before the story: scripts, and an alarm on each node. */
function furnish(world: World, actions: readonly string[], more: (nodes: readonly PlacedNode[]) => Promise<unknown>) {
  smallFleet(world, { clock: QUICK_BLOCKS });
  startScripts(world);
  world.beforehand(async () => {
    for (const { name, instanceId } of world.nodes) await putAlarm(world, alarmOf(name), onNode(instanceId), actions);
    await more(world.nodes);
  });
}

const hangs = (world: World): void =>
  world.at(HANGS_AT_MINUTES, () => world.find('bitcoin', SICK).machine.client.freeze({ untilRestart: true }));

/** What the dispatcher was sent by an alarm's own action, or by a topic. */
const heardOf = ({ region }: World, alarmName: string): number =>
  region.spans.filter(({ event }) => {
    const { alarmData, Records } = (event ?? {}) as {
      readonly alarmData?: { readonly alarmName: string };
      readonly Records?: readonly { readonly Sns?: { readonly Message: string } }[];
    };
    return alarmData?.alarmName === alarmName || Records?.[0]?.Sns?.Message.includes(`"AlarmName":"${alarmName}"`);
  }).length;

const heard = (alarmName: string, how: string): Expectation => ({
  sentence: `the alarm has told the dispatcher itself, by ${how}`,
  holds: (_, world) => heardOf(world, alarmName) > 0,
  undisturbed: true,
});

const begunBy = (alarmName: string): Expectation => ({
  sentence: 'the heal began by the owner’s own alarm, as soon as the node was seen to be stuck',
  holds: (_, world) => incidentsOf(world).some(({ alarm }) => alarm.alarmName === alarmName),
  undisturbed: true,
});

const said = (alarmName: string, words: string): Expectation => ({
  sentence: `the journal says once why nothing was begun: ${words}`,
  holds: (_, { region, tableName }) =>
    readJournal(region, tableName).filter(
      ({ code, kind, sentence }) =>
        code === 'not-confirmed' && kind === 'notice' && sentence.includes(alarmName) && sentence.includes(words),
    ).length === 1,
  undisturbed: true,
});

const WELL = [othersUntouched, sameInstances, allWell, allHealedInTheEnd] as const;

export const ownAlarm: Scenario = {
  name: 'own-alarm',
  sentence:
    'An owner’s own alarm on a height invokes chainmend: the node that it names is looked at, and healed once it is seen to be stuck.',
  deployedWith: DEPLOYED_WITH,
  build: (world) => furnish(world, [THE_FUNCTION], async () => undefined),
  people: hangs,
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    healedBy('restart', 'one heal, and the restart healed'),
    heard(alarmOf(SICK), 'its Lambda action'),
    begunBy(alarmOf(SICK)),
    said(alarmOf(SICK), 'nothing is begun'),
    ...WELL,
    nobodyPaged,
  ],
};

export const ownAlarmComposite: Scenario = {
  name: 'own-alarm-composite',
  sentence:
    'A composite alarm of an owner’s tells a topic: the alarms below it name the node, and that node is healed.',
  deployedWith: DEPLOYED_WITH,
  build: (world) =>
    furnish(world, [], (nodes) =>
      world.region.call('monitoring', 'PutCompositeAlarm', {
        AlarmName: ANY,
        AlarmRule: nodes.map(({ name }) => `ALARM("${alarmOf(name)}")`).join(' OR '),
        AlarmActions: [THE_TOPIC],
      }),
    ),
  people: hangs,
  done: (world) => incidentsEnded(world, 'healed'),
  hours: 4,
  expect: [
    healedBy('restart', 'one heal, and the restart healed'),
    heard(ANY, 'a topic'),
    said(ANY, 'nothing is begun'),
    ...WELL,
    nobodyPaged,
  ],
};

export const ownAlarmWrong: Scenario = {
  name: 'own-alarm-wrong',
  sentence:
    'Own alarms that are wrong: one on a node that is well, one on its disk, one on no node, and one on an instance of nobody’s. Nothing is done, and people are told of the last one once.',
  deployedWith: DEPLOYED_WITH,
  build: (world) =>
    furnish(world, [THE_FUNCTION, THE_TOPIC], async (nodes) => {
      const sick = nodes.find(({ name }) => name === SICK);
      await putAlarm(world, 'bitcoin-fleet-height', { ...onNode(''), Dimensions: [] }, [THE_FUNCTION]);
      await putAlarm(world, 'bitcoin-old-height', onNode(STRANGER), [THE_FUNCTION]);
      await putAlarm(world, 'bitcoin-node2-disk', onNode(sick?.instanceId ?? ''), [THE_FUNCTION]);
    }),
  people: (world) => {
    const { region } = world;
    const sick = world.find('bitcoin', SICK).instanceId;
    const wrong = [{ InstanceId: sick }, { InstanceId: STRANGER }, {}] as const;
    const write = (): void => {
      for (const dimensions of wrong)
        region.cloudwatch.record(NAMESPACE, METRIC, dimensions, 0, region.clock.now(), 'Count');
    };
    // The threshold is crossed by what a broken script writes: the least of a minute counts.
    world.at(HANGS_AT_MINUTES - 1, () =>
      putAlarm(world, alarmOf(SICK), { ...onNode(sick), Statistic: 'Minimum' }, [THE_FUNCTION, THE_TOPIC]),
    );
    world.at(HANGS_AT_MINUTES - 1, () =>
      putAlarm(world, 'bitcoin-node2-disk', { ...onNode(sick), Statistic: 'Minimum' }, [THE_FUNCTION]),
    );
    for (let minute = HANGS_AT_MINUTES; minute < 40; minute++) world.at(minute, write);
  },
  done: (world) => passed(world, 60),
  hours: 2,
  expect: [
    heard(alarmOf(SICK), 'its Lambda action and a topic'),
    nothingReplaced,
    said(alarmOf(SICK), 'it is synced'),
    said('bitcoin-fleet-height', 'names no node'),
    {
      sentence: 'no client was stopped or started, and no disk was touched',
      holds: ({ heals }, world) =>
        heals.length === 0 && world.current.every(({ machine }) => machine.report().clientStarts.length === 0),
    },
    {
      sentence: 'people are told once of the instance that is nobody’s, and of nothing else',
      holds: ({ pages }) => pages.map(({ code }) => code).join() === 'node-unknown',
      undisturbed: true,
    },
    sameInstances,
    allWell,
  ],
};
