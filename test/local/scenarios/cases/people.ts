// People's actions before and during a heal: pauses, modes, mutes, broken files, odd names.

import { planned } from '../../../../local/scenarios/checks/expectations.ts';
import { pageIn } from '../../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../../local/scenarios/world/answers.ts';
import type { World } from '../../../../local/scenarios/world/world.ts';
import { consortium } from '../../../../local/scenarios/world/worlds.ts';
import { isPage, severityOf } from '../../../../local/services/sns/sns.ts';
import {
  alarmOnInodes,
  type Case,
  GIB,
  healedOnce,
  invoke,
  modifications,
  modifiedOnce,
  nobodyPaged,
  nothingModified,
  pagedOnly,
  refused,
  refusedOnly,
  sample,
  scenarioOf,
} from './case.ts';

const PARAMETER = '/chainmend/fleets/bitcoin';
const DEAD_LETTERS = 'chainmend-failed';

const pushFleet = (world: World, change: object | string): Promise<unknown> => {
  const before = JSON.parse(world.region.ssm.parameter(PARAMETER) ?? '{}') as object;
  const Value = typeof change === 'string' ? change : JSON.stringify({ ...before, ...change });
  return world.region.call('ssm', 'PutParameter', { Name: PARAMETER, Value, Type: 'String', Overwrite: true });
};

const modifying = (world: World) => (): boolean => modifications(world).length > 0;

/** The keys of the messages of a severity. */
const told = ({ region }: World, severity: string): readonly string[] =>
  region.sns
    .published()
    .filter((one) => severityOf(one) === severity)
    .map((one) => pageIn(one)['key'] ?? '');

const minutesIn =
  (minutes: number) =>
  (world: World): boolean =>
    world.region.clock.now() >= Date.UTC(2026, 0, 1, 12, minutes);

const cases: Readonly<Record<string, Case>> = {
  'a node that is paused by its tag is left alone until the tag is gone': {
    also: (world, { instanceId }) => world.region.ec2.setTag(instanceId, 'chainmend:pause', 'index rebuild'),
    people: (world, { instanceId }) =>
      world.at(30, () => world.region.ec2.setTag(instanceId, 'chainmend:pause', undefined)),
    expect: {
      'refused while the tag was there': refusedOnly('paused'),
      'one heal, and it healed': healedOnce,
      'nothing was begun before': ({ heals }) => heals.every(({ startedAtSeconds }) => startedAtSeconds >= 1_800),
      'nobody was paged': nobodyPaged,
    },
  },
  'everything is paused in the middle of a heal: it stops there, and goes on later without a second modification': {
    people: (world) => {
      world.when(modifying(world), () => world.setPause('we look into something'));
      world.at(45, () => world.setPause('off'));
    },
    expect: {
      'refused in its middle': refusedOnly('paused'),
      'it healed in the end': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'the volume was modified once': modifiedOnce,
    },
  },
  'the fleet file goes back to plan in the middle of a heal: it stops there, and goes on when it says act again': {
    people: (world) => {
      world.when(modifying(world), () => pushFleet(world, { mode: 'plan' }));
      world.at(45, () => pushFleet(world, { mode: 'act' }));
    },
    expect: {
      'refused because the mode had changed': ({ refusals }) =>
        refusals.some(({ guardrail }) => guardrail === 'mode-changed'),
      'it healed in the end': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'the volume was modified once': modifiedOnce,
    },
  },
  'a muted alarm is left alone, and healed when the mute ends': {
    also: (world) =>
      world.beforehand(() =>
        world.region.call('monitoring', 'PutAlarmMuteRule', {
          Name: 'move',
          Rule: { Schedule: { Expression: 'at(2026-01-01T12:00)', Duration: 'PT1H' } },
          MuteTargets: { AlarmNames: ['chainmend-bitcoin-node2-disk'] },
        }),
      ),
    expect: {
      'refused while it was muted': refusedOnly('suppressed'),
      'nothing was begun before the mute ended': ({ heals }) =>
        heals.every(({ startedAtSeconds }) => startedAtSeconds >= 3_600),
      'one heal, and it healed': healedOnce,
      'nobody was paged': nobodyPaged,
    },
  },
  'a healed node is told once, by a message that is no page': {
    done: (world) => told(world, 'told').length > 0,
    expect: {
      'one heal, and it healed': healedOnce,
      'told once': (_, world) => told(world, 'told').length === 1,
      'nobody was paged': nobodyPaged,
    },
  },
  'a disk at its ceiling is paged again after half an hour and an hour, until a person acknowledges it': {
    node: { gibPerHour: 2 },
    fleet: { disk: { maximumSizeGiB: 500 } },
    people: (world) => {
      const page = 'bitcoin/node2/disk:data';
      world.at(120, () => invoke(world, JSON.stringify({ kind: 'acknowledge', page, by: 'ada' })));
    },
    done: minutesIn(180),
    expect: {
      'paged once': pagedOnly('size-ceiling'),
      'repeated twice': (_, world) => told(world, 'again').length === 2,
      'nothing was modified': nothingModified,
      'nobody was told that it is over': (_, world) => told(world, 'resolved').length === 0,
    },
  },
  'a disk whose modifications are spent is paged, and its end is told once, under the key of the page': {
    also: (world, node) =>
      world.grownBefore(node, 'data', 'us', [
        { hoursAgo: 22, fromGiB: 320, toGiB: 380 },
        { hoursAgo: 14, fromGiB: 380, toGiB: 440 },
        { hoursAgo: 7, fromGiB: 440, toGiB: 500 },
      ]),
    done: (world) => told(world, 'resolved').length > 0,
    expect: {
      'paged once': pagedOnly('budget-spent'),
      'one heal, and it healed': healedOnce,
      'told once that it is over, and not besides': (_, world) =>
        told(world, 'resolved').join() === 'bitcoin/node2/disk:data' && told(world, 'told').length === 0,
    },
  },
  'an alarm whose actions a person has disabled is left alone': {
    people: (world) =>
      world.at(0.1, () =>
        world.region.call('monitoring', 'DisableAlarmActions', { AlarmNames: ['chainmend-bitcoin-node2-disk'] }),
      ),
    done: (world) => refused(world, 'suppressed'),
    expect: { 'refused: suppressed': refusedOnly('suppressed'), 'nothing was modified': nothingModified },
  },
  'in mode ask nobody answers within the fleet’s hour: the plan expires, and is asked again an hour later': {
    fleet: { mode: 'ask', ask: { expiresAfterHours: 1 } },
    done: ({ region }) =>
      region.sns.published().filter((one) => isPage(one) && one.subject?.endsWith('(approval-wanted)')).length === 2,
    hours: 8,
    expect: {
      'refused: approval-expired': refusedOnly('approval-expired'),
      'nothing was modified': nothingModified,
      'a person was asked twice': pagedOnly('approval-wanted', 'approval-wanted'),
    },
  },
  'in mode ask the disk has outgrown the plan by the time it is approved: asked again, and healed as approved then': {
    fleet: { mode: 'ask' },
    people: (world) => {
      let asked = 0;
      world.whenPaged('approval-wanted', 1, ({ approve = '' }) => {
        asked++;
        world.at(asked === 1 ? 210 : 0, () => answerAsPaged(world, approve));
      });
    },
    hours: 8,
    expect: {
      'refused because the plan had changed': refusedOnly('approval-exceeded'),
      'a person was asked twice about the disk': ({ pages }) =>
        pages.filter(({ code, sentence }) => code === 'approval-wanted' && /^grow \d+ → /.test(sentence)).length === 2,
      'and told that its client is down, which the full disk has stopped meanwhile': ({ pages }) =>
        pages
          .filter(({ code }) => code !== 'approval-wanted')
          .map(({ code }) => code)
          .join() === 'node-unreachable',
      'it healed in the end': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'the volume was modified once, to more than was approved first': (_, world) =>
        modifications(world).length === 1 && (modifications(world)[0]?.Size ?? 0) > 900,
    },
  },
  'a person raises the ceiling that a heal was refused for, and asks for it: healed at once, not an hour later': {
    fleet: { disk: { maximumMonthlyIncreaseUsd: 10 } },
    people: (world) => {
      world.when(
        () => refused(world, 'cost-ceiling'),
        () =>
          world.at(1, async () => {
            await pushFleet(world, { disk: { maximumMonthlyIncreaseUsd: 200 } });
            await invoke(world, sample('heal'));
          }),
      );
    },
    expect: {
      'refused before': refusedOnly('cost-ceiling'),
      'it healed': ({ heals }) => heals.at(-1)?.outcome === 'healed',
      'it did not wait': ({ heals }) => (heals.at(-1)?.startedAtSeconds ?? 0) < 600,
    },
  },
  'in mode ask a person says no': {
    fleet: { mode: 'ask' },
    people: (world) =>
      world.whenPaged('approval-wanted', 2, ({ approve = '' }) =>
        world.region.call('lambda', 'SendDurableExecutionCallbackSuccess', {
          CallbackId: /--callback-id '([^']+)'/.exec(approve)?.[1],
          Result: new Uint8Array(Buffer.from('{"approve":false,"by":"anna"}')),
        }),
      ),
    done: (world) => refused(world, 'approval-denied'),
    expect: {
      'refused in her name': ({ refusals }) =>
        refusals.map(({ reason }) => reason).join() === 'a person said no, by anna as the answer claims',
      'nothing was modified': nothingModified,
    },
  },
  'inodes are used up in mode plan: the plan says so': {
    volume: { usedPercent: 60, filesystem: 'ext4', inodesUsed: (500 * GIB) / 16_384 },
    node: { client: 'failed' },
    fleet: { mode: 'plan' },
    also: alarmOnInodes,
    done: planned,
    expect: {
      'one plan for the disk, for the inodes': ({ plans }) =>
        plans.filter(({ kind }) => kind === 'resize-volume').length === 1 &&
        plans.some(({ reason }) => /100 % of its inodes/.test(reason)),
    },
  },
  'somebody deletes the schedule of the sweeps: nobody looks any more, and that is told within ten minutes': {
    volume: { usedPercent: 50 },
    people: (world) => world.at(1, () => world.region.call('scheduler', 'DeleteSchedule', { Name: 'chainmend-sweep' })),
    done: minutesIn(11),
    expect: {
      'one page, and it is the dead man’s': ({ pages }) =>
        pages.length === 1 &&
        /^chainmend\/blind: .*alarm:chainmend\/sweeps-missing transitioned to ALARM/.test(pages[0]?.sentence ?? ''),
    },
  },
  'a broken fleet file stops its own fleet only, and is told': {
    also: (world) => {
      const [first] = consortium(world);
      first?.machine.write('/data', 100 * GIB);
    },
    people: (world) => world.at(0.1, () => pushFleet(world, '{"fleet": "bitcoin", "mode": "atc"}')),
    done: minutesIn(20),
    expect: {
      'nothing was modified in the broken fleet': (_, world) =>
        modifications(world).every(({ VolumeId }) => VolumeId !== world.find('bitcoin', 'node2').volumeIds.get('data')),
      'the other fleet was healed': ({ heals }) =>
        heals.map(({ fleet, outcome }) => `${fleet} ${outcome}`).join() === 'irita healed',
      'the event is kept, with the sentence': (_, world) =>
        world.region.sqs.messages(DEAD_LETTERS).some(({ body }) => body.includes('atc')),
      'people are told by the suite’s own alarms': ({ pages }) =>
        pages.length > 0 && pages.every(({ code }) => code === 'suite-alarm'),
    },
  },
  'an alarm of an instance that belongs to no fleet ends in the dead-letter queue, once': {
    volume: { usedPercent: 50 },
    also: (world) => strangersAlarm(world),
    done: minutesIn(30),
    expect: {
      'nothing was modified': nothingModified,
      'the event is kept, and says why': (_, world) => {
        const kept = world.region.sqs.messages(DEAD_LETTERS);
        return kept.length === 1 && kept[0]?.body.includes('no fleet’s tags') === true;
      },
      'people are told once': ({ pages }) =>
        pages.length > 0 && new Set(pages.map(({ sentence }) => sentence)).size === pages.length,
      'every sweep was a good one': (_, world) =>
        !world.region.log.some((line) => line.includes('the sweep went on, but')),
    },
  },
  'a malformed event is refused by name, and kept': {
    volume: { usedPercent: 50 },
    people: (world) => world.at(1, () => invoke(world, '{"kind":"heal","fleet":"bitcoin; rm -rf /"}')),
    done: minutesIn(10),
    expect: {
      'nothing was modified': nothingModified,
      'the event is kept, with its function, the field, its value and what was expected': (_, world) => {
        const [kept, another] = world.region.sqs.messages(DEAD_LETTERS);
        const told = [':function:chainmend-dispatch-heal', 'field fleet', 'rm -rf', 'lower-case'];
        return !another && told.every((words) => kept?.body.includes(words));
      },
    },
  },
  'a name full of shell characters means nothing to anybody: healed': {
    node: { name: 'node2 $(reboot) `id` "; rm -rf / #' },
    expect: {
      'one heal, and it healed': healedOnce,
      'nobody was paged': nobodyPaged,
      'no command carried the name': (_, world) =>
        world.region.gateway.trace.calls
          .filter(({ operation }) => operation === 'SendCommand')
          .every(({ input }) => !JSON.stringify(input).includes('reboot')),
    },
  },
  'a person asks for a heal before any alarm, with events/heal.json': {
    volume: { usedPercent: 88 },
    fleet: { alarms: { diskPercent: 99 } },
    people: (world) => world.at(1, () => invoke(world, sample('heal'))),
    expect: { 'one heal, and it healed': healedOnce, 'nobody was paged': nobodyPaged },
  },
  'the samples of events/ change nothing in a healthy fleet': {
    volume: { usedPercent: 50 },
    node: { instanceId: 'i-0b2c3d4e5f6071829' },
    people: (world) =>
      world.at(1, async () => {
        for (const name of SAMPLES) await invoke(world, sample(name));
      }),
    done: minutesIn(15),
    expect: {
      'nothing was modified': nothingModified,
      'no incident was healed, refused or planned': ({ heals, refusals, plans }) =>
        heals.length + refusals.length + plans.length === 0,
      'none of them failed': (_, world) => world.region.sqs.depth(DEAD_LETTERS) === 0,
    },
  },
};

const SAMPLES = [
  'alarm',
  'alarm-composite',
  'alarm-first-transition',
  'alarm-metrics-insights',
  'alarm-muted',
  'alarm-suppressed',
  'contributor',
  'ec2-state-change',
  'heal',
  'sweep',
];

/** Somebody has made an alarm under our prefix for a machine that is not a fleet's. */
function strangersAlarm(world: World): void {
  const { region } = world;
  const InstanceId = region.ec2.addInstance({ privateIp: '10.9.9.9', tags: { Name: 'jenkins' } });
  const dimensions = { InstanceId, path: '/node-data', fstype: 'xfs' };
  const tick = (): void => {
    region.cloudwatch.record('CWAgent', 'disk_used_percent', dimensions, 97, region.clock.now(), 'Percent');
    region.clock.after(60_000, tick);
  };
  region.clock.after(200_000, tick);
  world.beforehand(() =>
    region.call('monitoring', 'PutMetricAlarm', {
      AlarmName: 'chainmend-jenkins-disk',
      Namespace: 'CWAgent',
      MetricName: 'disk_used_percent',
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 90,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );
}

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(([name, told]) => scenarioOf(name, told));
