// A group on its way to another number of nodes, with its real function and role in the region: beside people who pause, say no, or change their mind, and
// nodes that fall sick.
import { allHealthy, allSynced, ofScaledGroup, scales, wishOf } from '../../../local/scenarios/catalog/scales.ts';
import { addressesOf } from '../../../local/scenarios/checks/expectations.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { killed } from '../../../local/scenarios/world/ladder.ts';
import type { World } from '../../../local/scenarios/world/world.ts';

const GROUP = 'chainmend-bitcoin';
const SIZE = 4;

const calls = ({ region }: World, operation: string) =>
  region.gateway.trace.calls.filter(
    (call) => call.actor.startsWith('chainmend-seed-groups') && call.operation === operation,
  );
const desired = ({ region }: World): number => region.autoscaling.group(GROUP).desired;
const own = ({ region, tableName }: World, kind: string) =>
  readJournal(region, tableName).filter((line) => line.heal === 'seed-groups' && line.kind === kind);
const pause = ({ region }: World, Value: string) =>
  region.call('ssm', 'PutParameter', { Name: '/chainmend/pause', Value, Overwrite: true });
const ready = (of: World): boolean => allSynced(of, SIZE) && allHealthy(of);
/** A person invokes the function, with a yes to a plan. */
const sayYes = ({ region }: World, nodes: number, plan: string) =>
  region.call('lambda', 'Invoke', {
    ...{ FunctionName: 'chainmend-seed-groups', InvocationType: 'Event' },
    Payload: new Uint8Array(Buffer.from(JSON.stringify({ kind: 'scale', fleet: 'bitcoin', nodes, plan }))),
  });

/** @param then what happens once the four nodes serve */
const story = (
  name: string,
  then: (of: World) => void,
  rest: Pick<Scenario, 'expect'> & Partial<Scenario>,
): Scenario => ({
  ...ofScaledGroup,
  ...{ name, sentence: name, done: () => false, hours: 2, pagesAtMost: 5 },
  people: (of) => {
    of.at(1, () => of.deployNodes('bitcoin'));
    of.when(
      () => ready(of),
      () => then(of),
    );
  },
  ...rest,
});

const ended = (of: World): number => calls(of, 'TerminateInstanceInAutoScalingGroup').length;
const asideOf = (of: World): string => wishOf(of)?.leaving?.instanceId ?? '';
/** Whether the pool had its address when the one that was set aside was ended; nothing before that. */
const POOL_AT_END = new WeakMap<World, boolean>();
function looksAtEnd(of: World): void {
  let ip = '';
  of.when(
    () => asideOf(of) !== '',
    () => {
      ip = of.nodes.find(({ instanceId }) => instanceId === asideOf(of))?.machine.privateIp ?? '';
    },
  );
  of.when(
    () => ended(of) > 0,
    () => POOL_AT_END.set(of, (addressesOf(of, 'bitcoin.internal', 'pool') ?? []).includes(ip)),
  );
}
const isTagged = ({ region }: World, id: string): boolean =>
  id !== '' && region.ec2.instance(id).tags.some(({ Key }) => Key === 'chainmend:retired');
const STRAY = new WeakMap<World, string>();
const strayOf = (of: World): string => STRAY.get(of) ?? '-';
const isTold = ({ region }: World, what: string): boolean =>
  region.sns.published().some(({ subject = '', message }) => subject.includes('scale-waits') && message.includes(what));
const onceAside = (of: World, then: () => unknown): void =>
  of.when(
    () => asideOf(of) !== '',
    async () => {
      await then();
    },
  );
async function push({ region }: World, more: object): Promise<void> {
  const Name = '/chainmend/fleets/bitcoin';
  const { Parameter } = (await region.call('ssm', 'GetParameter', { Name })) as {
    readonly Parameter: { readonly Value: string };
  };
  const Value = JSON.stringify({ ...(JSON.parse(Parameter.Value) as object), ...more });
  await region.call('ssm', 'PutParameter', { Name, Value, Overwrite: true });
}

export const SCENARIOS: readonly Scenario[] = [
  story(
    'the one that was set aside is not ended while a person has paused it by its tag',
    (of) => {
      scales(of, 3);
      of.when(
        () => isTagged(of, asideOf(of)),
        () => {
          const id = asideOf(of);
          of.region.ec2.setTag(id, 'chainmend:pause', 'mine');
          of.at(180, () => of.region.ec2.setTag(id, 'chainmend:pause', undefined));
        },
      );
    },
    {
      hours: 4,
      meanwhile: [
        {
          atMinutes: 180,
          sentence: 'nobody is ended, and people were told what it waits for',
          holds: (of) => ended(of) === 0 && isTold(of, 'mine'),
        },
      ],
      expect: [{ sentence: 'it goes once it may', holds: (_, of) => desired(of) === 3 && allSynced(of, 3) }],
    },
  ),
  story(
    'nobody is ended while the pool has its address: not before the names that a pause has kept are right again',
    (of) => {
      scales(of, 3);
      looksAtEnd(of);
      onceAside(of, async () => {
        await pause(of, 'audit');
        of.at(20, () => pause(of, 'off'));
      });
    },
    {
      expect: [
        { sentence: 'it was ended, and out of the pool by then', holds: (_, of) => POOL_AT_END.get(of) === false },
        { sentence: 'three are left, and it is done', holds: (_, of) => desired(of) === 3 && allSynced(of, 3) },
      ],
    },
  ),
  story(
    'in mode ask the yes to another number covers the place in the pool of who goes: it has left it before it is ended',
    (of) => {
      of.at(10, async () => {
        await push(of, { mode: 'ask' });
        scales(of, 3);
      });
      looksAtEnd(of);
    },
    {
      pagesAtMost: 9,
      expect: [
        { sentence: 'it was ended, and out of the pool by then', holds: (_, of) => POOL_AT_END.get(of) === false },
        { sentence: 'three are left', holds: (_, of) => desired(of) === 3 && allSynced(of, 3) },
        {
          sentence: 'its own name waits for a yes',
          holds: (_, of) => of.region.sns.published().some(({ message }) => message.includes('would change 2 names')),
        },
      ],
    },
  ),
  story(
    'a pause keeps the one that was set aside as it is, and it goes once the pause is over',
    (of) => {
      scales(of, 3);
      of.when(
        () => wishOf(of)?.leaving != null,
        async () => {
          await pause(of, 'audit');
          of.at(40, () => pause(of, 'off'));
        },
      );
    },
    {
      meanwhile: [
        {
          atMinutes: 45,
          sentence: 'nobody is ended under the pause',
          holds: (of) => calls(of, 'TerminateInstanceInAutoScalingGroup').length === 0 && desired(of) === SIZE,
        },
      ],
      expect: [
        {
          sentence: 'three are left, and it is done',
          holds: (_, of) => desired(of) === 3 && wishOf(of)?.state === 'done' && allSynced(of, 3),
        },
      ],
    },
  ),
  story(
    'the one that was set aside comes back when another node dies, and one goes when all are well',
    (of) => {
      scales(of, 3);
      of.when(
        () => wishOf(of)?.leaving != null,
        () => {
          const [first] = of.current;
          if (first) killed(of, first);
        },
      );
    },
    {
      expect: [
        { sentence: 'its tag was taken off', holds: (_, of) => calls(of, 'DeleteTags').length > 0 },
        {
          sentence: 'the group has replaced the dead one, and three are left in the end',
          holds: (_, of) => desired(of) === 3 && wishOf(of)?.state === 'done' && allSynced(of, 3),
        },
        {
          sentence: 'one was ended, once',
          holds: (_, of) => calls(of, 'TerminateInstanceInAutoScalingGroup').length === 1,
        },
      ],
    },
  ),
  story(
    'a person who wants the number of before has back what was set aside',
    (of) => {
      scales(of, 3);
      of.when(
        () => wishOf(of)?.leaving != null,
        () => scales(of, SIZE),
      );
    },
    {
      expect: [
        {
          sentence: 'four are there, and nobody was ended',
          holds: (_, of) =>
            allSynced(of, SIZE) &&
            allHealthy(of) &&
            wishOf(of)?.state === 'done' &&
            calls(of, 'TerminateInstanceInAutoScalingGroup').length === 0,
        },
      ],
    },
  ),
  story(
    'a member that carries the tag while nobody has it on its way out is told, once, and is a node again when a person takes it off',
    (of) => {
      const [first] = of.current;
      if (!first) throw new Error('no node is there');
      STRAY.set(of, first.instanceId);
      of.region.ec2.setTag(first.instanceId, 'chainmend:retired', '2026-01-01');
      of.at(80, () => of.region.ec2.setTag(first.instanceId, 'chainmend:retired', undefined));
    },
    {
      hours: 1.8,
      meanwhile: [
        {
          atMinutes: 75,
          sentence: 'it runs on, and people were told of it, with both ways on',
          holds: (of) =>
            desired(of) === SIZE &&
            of.region.sns
              .published()
              .filter(({ subject = '', message }) => subject.includes('not-recorded') && message.includes(strayOf(of)))
              .length === 1,
        },
      ],
      expect: [
        {
          sentence: 'it is a node again, and nobody was ended',
          holds: (_, of) => allSynced(of, SIZE) && ended(of) === 0,
        },
      ],
    },
  ),
  story('a yes to what nobody was shown begins nothing', (of) => sayYes(of, 3, '0123456789ab'), {
    hours: 1,
    expect: [
      { sentence: 'nothing is remembered or changed', holds: (_, of) => wishOf(of) === null && desired(of) === SIZE },
      {
        sentence: 'a person reads why',
        holds: (_, of) => own(of, 'refusal').some(({ code }) => code === 'approval-exceeded'),
      },
    ],
  }),
  story(
    'in mode plan nothing is begun',
    async (of) => {
      scales(of, 3);
    },
    {
      fleets: { bitcoin: { mode: 'plan' } },
      hours: 1,
      expect: [
        {
          sentence: 'nothing is remembered or changed',
          holds: (_, of) => wishOf(of) === null && desired(of) === SIZE && calls(of, 'CreateTags').length === 0,
        },
      ],
    },
  ),
  story('more nodes are refused while the next would sync from nothing', (of) => scales(of, 5), {
    hours: 0.7,
    expect: [
      { sentence: 'nothing is launched', holds: (_, of) => desired(of) === SIZE && wishOf(of) === null },
      {
        sentence: 'a person reads why',
        holds: (_, of) => own(of, 'refusal').some(({ code }) => code === 'no-good-snapshot'),
      },
    ],
  }),
];
