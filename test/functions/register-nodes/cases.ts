// Changes around register-nodes, with its real bundle and role in the region: by people, by other tools, and in unusual fleets.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { answerAsPaged } from '../../../local/scenarios/world/answers.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, follower, followers } from '../../../local/scenarios/world/worlds.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { failuresOf } from '../../fixtures/failures.ts';

const ZONE = 'bitcoin.internal';
/** Of the fleet's records, unless its file says otherwise. */
const TTL_MS = 5_000;
const FUNCTION = 'chainmend-register-nodes';
const PARAMETER = '/chainmend/fleets/bitcoin';
const OWN_KINDS = ['disk', 'inodes', 'stuck', 'forked', 'unreachable', 'status-check', 'attached-ebs'];

interface Case {
  readonly nodes?: number;
  readonly fleet?: Partial<FleetDocument>;
  readonly also?: (world: World) => void;
  readonly people?: (world: World) => void;
  /** 15 unless given. */
  readonly minutes?: number;
  readonly meanwhile?: Readonly<Record<string, readonly [atMinutes: number, holds: (world: World) => boolean]>>;
  readonly expect: Readonly<Record<string, (world: World) => boolean>>;
}

const record = (world: World, name: string, type = 'A'): readonly string[] | undefined =>
  world.region.route53.records(ZONE).find((one) => one.name === `${name}.${ZONE}` && one.type === type)?.values;
const addressOf = (world: World, name: string): string => world.find('bitcoin', name).machine.privateIp;
const isRight = (world: World, name: string): boolean => record(world, name)?.join() === addressOf(world, name);
const alarmOf = (node: string, kind: string): string => `chainmend-bitcoin-${node}-${kind}`;
const hasAlarm = ({ region }: World, name: string): boolean => region.cloudwatch.alarmState(name) !== undefined;
const hasAll = (world: World, node: string): boolean => OWN_KINDS.every((kind) => hasAlarm(world, alarmOf(node, kind)));
const calls = ({ region }: World, operation: string, by = FUNCTION) =>
  region.gateway.trace.calls.filter((call) => call.actor.startsWith(by) && call.operation === operation);
/** What the pool was changed to since the story began, and when. */
const poolChanges = (world: World) =>
  calls(world, 'ChangeResourceRecordSets').flatMap(({ at, input }) => {
    const changes = (input as { ChangeBatch?: { Changes?: readonly RecordSetWritten[] } }).ChangeBatch?.Changes ?? [];
    return changes.flatMap(({ Action, ResourceRecordSet: { Name, ResourceRecords = [] } }) =>
      Action === 'CREATE' && Name.startsWith('pool.') && at > Date.UTC(2026, 0, 1, 12, 1)
        ? [{ at, values: ResourceRecords.map(({ Value }) => Value) }]
        : [],
    );
  });
interface RecordSetWritten {
  readonly Action: string;
  readonly ResourceRecordSet: {
    readonly Name: string;
    readonly ResourceRecords?: readonly { readonly Value: string }[];
  };
}
const hints = ({ region }: World) =>
  region.gateway.trace.calls.filter(
    ({ actor, operation, input }) =>
      actor.startsWith('chainmend-watch-fleet') &&
      operation === 'Invoke' &&
      (input as { FunctionName?: string }).FunctionName === `${FUNCTION}:hints`,
  );
const own = ({ region, tableName }: World) =>
  readJournal(region, tableName).filter(({ heal, fleet }) => heal === 'register-nodes' && fleet === 'bitcoin');
const refusals = (world: World, code: string) =>
  own(world).filter((line) => line.kind === 'refusal' && line.code === code);
const pages = (world: World, code: string) => own(world).filter((line) => line.kind === 'page' && line.code === code);
const failed = ({ region }: World): number => failuresOf(region, FUNCTION);
const kept = ({ region }: World): number =>
  region.sqs.messages('chainmend-failed').filter(({ body }) => body.includes(`:function:${FUNCTION}`)).length;

const invoke = (world: World, event: object): Promise<unknown> => tell(world, FUNCTION, event);
const dispatch = (world: World, event: object): Promise<unknown> => tell(world, 'chainmend-dispatch-heal', event);
const tell = ({ region }: World, FunctionName: string, event: object): Promise<unknown> =>
  region.call('lambda', 'Invoke', {
    FunctionName,
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
  });

const push = ({ region }: World, change: object): Promise<unknown> => {
  const before = JSON.parse(region.ssm.parameter(PARAMETER) ?? '{}') as object;
  const Value = JSON.stringify({ ...before, ...change });
  return region.call('ssm', 'PutParameter', { Name: PARAMETER, Value, Type: 'String', Overwrite: true });
};

/** The questions to people. */
const asked = ({ region }: World) =>
  region.sns
    .published()
    .map(pageIn)
    .filter(({ code, plan }) => code === 'approval-wanted' && plan !== undefined);

/** A person edits the address of a node by hand. */
const edit = (world: World, name: string, address: string): Promise<void> =>
  world.editZone(ZONE, [
    { do: 'DELETE', name, addresses: record(world, name) ?? [] },
    { do: 'CREATE', name, addresses: [address] },
  ]);

const retag = (world: World, names: readonly string[]): void => {
  for (const name of names) world.region.ec2.setTag(world.find('bitcoin', name).instanceId, 'Component', 'nodes/other');
};

const cases: Readonly<Record<string, Case>> = {
  'a fleet gets its names and its alarms, and then nothing more is changed': {
    expect: {
      'each node has its address': (world) => ['node1', 'node2', 'node3'].every((name) => isRight(world, name)),
      'the pool has all of them': (world) => record(world, 'pool')?.length === 3,
      'the P2P service names them': (world) => record(world, '_bitcoin-p2p._tcp', 'SRV')?.length === 3,
      'each has a marker beside it': (world) =>
        record(world, '_chainmend.node2', 'TXT')?.join() ===
        '"heritage=chainmend,fleet=bitcoin,region=eu-west-1,type=A"',
      'each node has its seven alarms': (world) => ['node1', 'node2', 'node3'].every((name) => hasAll(world, name)),
      'an alarm says whose it is': ({ region }) =>
        region.cloudwatch.alarmTags(alarmOf('node2', 'disk'))['chainmend:node'] === 'node2',
      'records were changed once': (world) => calls(world, 'ChangeResourceRecordSets').length === 1,
      'no alarm was written twice': (world) => {
        const written = calls(world, 'PutMetricAlarm').map(({ input }) => (input as { AlarmName: string }).AlarmName);
        return new Set(written).size === written.length;
      },
      'what was done is in the journal, before and after': (world) => {
        const of = (kind: string) => own(world).filter((line) => line.kind === kind && line.act?.startsWith('Change'));
        return of('intent').length === 1 && of('result').some(({ sentence }) => sentence === 'done');
      },
      'it was looked at again all the while': (world) => calls(world, 'ListResourceRecordSets').length >= 4,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'a record that a person edits is right again; one that is not ours stays, and a person is told once': {
    people: (world) => {
      world.at(1, () => edit(world, 'node2', '10.9.9.9'));
      world.at(1.3, () => world.editZone(ZONE, [{ do: 'CREATE', name: 'node9', addresses: ['10.0.200.8'] }]));
      world.at(2, () => world.launch(follower('node9')));
    },
    minutes: 25,
    expect: {
      'the edited one is right': (world) => isRight(world, 'node2'),
      'the stranger’s is as it was': (world) => record(world, 'node9')?.join() === '10.0.200.8',
      'a person was told once': (world) => pages(world, 'record-foreign').length === 1,
      'it was written once': (world) => refusals(world, 'record-foreign').length === 1,
      'it has its alarms': (world) => hasAll(world, 'node9'),
    },
  },
  'a node that is terminated loses its records and alarms at once, by its event': {
    nodes: 4,
    people: (world) => {
      world.at(1.2, () => world.terminate(world.find('bitcoin', 'node3')));
      world.at(1.2, () =>
        world.region.call('monitoring', 'PutMetricAlarm', strangersAlarm('chainmend-bitcoin-jenkins')),
      );
    },
    minutes: 4,
    expect: {
      'no record tells of it': ({ region }) =>
        region.route53.records(ZONE).every(({ name, values }) => !`${name} ${values.join()}`.includes('node3')),
      'the pool has the others': (world) => record(world, 'pool')?.length === 3,
      'no alarm of it is left': (world) => OWN_KINDS.every((kind) => !hasAlarm(world, alarmOf('node3', kind))),
      'the others have theirs': (world) => hasAll(world, 'node4'),
      'an alarm under our prefix that carries no tag of ours stays': (world) =>
        hasAlarm(world, 'chainmend-bitcoin-jenkins'),
    },
  },
  'a node that stops being synced leaves the pool when watch-fleet sees it, and comes back as soon': {
    people: (world) => {
      world.at(6, () => world.find('bitcoin', 'node2').machine.rpc.misbehave('dead'));
      world.at(11, () => world.find('bitcoin', 'node2').machine.rpc.behave());
    },
    meanwhile: {
      'it has left': [8.5, (world) => record(world, 'pool')?.includes(addressOf(world, 'node2')) === false],
      'the others stay': [8.5, (world) => record(world, 'pool')?.length === 2],
    },
    expect: {
      'it is back': (world) => record(world, 'pool')?.includes(addressOf(world, 'node2')) === true,
      'register-nodes was told of this fleet, once a change': (world) => hints(world).length === 3,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'where nobody asks the nodes, all that run are in the pool, and no alarm is on what nobody publishes': {
    fleet: { probe: 'none' },
    people: (world) => {
      world.at(1, () => world.launch(follower('node8')));
      world.at(1, () =>
        world.region.call('ec2', 'StopInstances', { InstanceIds: [world.find('bitcoin', 'node1').instanceId] }),
      );
    },
    minutes: 4,
    expect: {
      'the new one is, and the stopped one is not': (world) =>
        record(world, 'pool')?.join() ===
        ['node2', 'node3', 'node8']
          .map((name) => addressOf(world, name))
          .sort()
          .join(),
      'the stopped one keeps its name': (world) => isRight(world, 'node1'),
      'there is no blind alarm': (world) =>
        !hasAlarm(world, alarmOf('node2', 'stuck')) && !hasAlarm(world, 'chainmend-bitcoin-halted'),
      'the others are there': (world) => hasAlarm(world, alarmOf('node2', 'disk')),
    },
  },
  'runs that delete the same alarms at once are no failure, though with the tags goes the right to delete them': {
    people: (world) => {
      world.at(2, () => world.terminate(world.find('bitcoin', 'node3')));
      for (let run = 0; run < 5; run++) world.at(2.02, () => invoke(world, { kind: 'reconcile', fleet: 'bitcoin' }));
    },
    minutes: 15,
    expect: {
      'one of them came too late': (world) => calls(world, 'DeleteAlarms').some(({ outcome }) => outcome !== 'ok'),
      'no run failed': (world) => failed(world) === 0 && kept(world) === 0,
      'no alarm of it is left': (world) => OWN_KINDS.every((kind) => !hasAlarm(world, alarmOf('node3', kind))),
    },
  },
  'whatever fails on the way, names and alarms are right in the end': {
    people: (world) => {
      world.at(1, () => world.launch(follower('node5')));
      world.at(2, () => world.terminate(world.find('bitcoin', 'node3')));
    },
    minutes: 30,
    expect: {
      'each node has its address and its alarms': (world) =>
        ['node1', 'node2', 'node5'].every((name) => isRight(world, name) && hasAll(world, name)),
      'the one that went has neither': (world) =>
        record(world, 'node3') === undefined && OWN_KINDS.every((kind) => !hasAlarm(world, alarmOf('node3', kind))),
      'nothing was overwritten': (world) =>
        calls(world, 'ChangeResourceRecordSets').every(({ input }) => !JSON.stringify(input).includes('UPSERT')),
    },
  },
  'a pause stops names and alarms, and what was to be done is done after it': {
    people: (world) => {
      world.at(1, () => world.setPause('we look into the zone', 'bitcoin'));
      world.at(2, () => edit(world, 'node2', '10.9.9.9'));
      world.at(2, () => world.launch(follower('node7')));
      world.at(20, () => world.setPause('off', 'bitcoin'));
    },
    minutes: 30,
    meanwhile: {
      'nothing is changed while it is paused': [
        19,
        (world) => record(world, 'node2')?.join() === '10.9.9.9' && !hasAlarm(world, alarmOf('node7', 'status-check')),
      ],
    },
    expect: {
      'it was refused by name': (world) => refusals(world, 'paused').length === 1,
      'the record is right again': (world) => isRight(world, 'node2') && isRight(world, 'node7'),
      'the new node has its alarms': (world) => hasAll(world, 'node7'),
    },
  },
  'a node that is paused by its tag keeps its records as they are': {
    people: (world) => {
      world.at(1, () => world.region.ec2.setTag(world.find('bitcoin', 'node2').instanceId, 'chainmend:pause', 'mine'));
      world.at(2, () => edit(world, 'node2', '10.9.9.9'));
      world.at(2.3, () => edit(world, 'node1', '10.9.9.8'));
    },
    expect: {
      'its record is as the person left it': (world) => record(world, 'node2')?.join() === '10.9.9.9',
      'the others are right again': (world) => isRight(world, 'node1'),
    },
  },
  'in mode plan the plan is written once and no record is touched, but alarms are made': {
    people: (world) => {
      world.at(1, () => push(world, { mode: 'plan' }));
      world.at(2, () => edit(world, 'node2', '10.9.9.9'));
      world.at(3, () => world.launch(follower('node7')));
    },
    minutes: 20,
    expect: {
      'the record is as the person left it': (world) => record(world, 'node2')?.join() === '10.9.9.9',
      'each plan is written once': (world) => {
        const plans = own(world).flatMap(({ kind, act }) => (kind === 'plan' ? [act] : []));
        return plans.length > 0 && new Set(plans).size === plans.length;
      },
      'nobody was paged': (world) => own(world).every(({ kind }) => kind !== 'page'),
      'alarms are made': (world) => hasAll(world, 'node7'),
    },
  },
  'in mode ask a person is asked once, and exactly what was shown is done': {
    people: (world) => {
      world.at(1, () => push(world, { mode: 'ask' }));
      world.at(2, () => edit(world, 'node2', '10.9.9.9'));
      world.at(3, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' }));
      world.at(13, () => answerAsPaged(world, asked(world)[0]?.approve));
      world.at(16, () => edit(world, 'node2', '10.9.9.8'));
    },
    minutes: 26,
    meanwhile: {
      'nothing is changed before': [12, (world) => record(world, 'node2')?.join() === '10.9.9.9'],
      'then it is done': [15, (world) => isRight(world, 'node2')],
    },
    expect: {
      'another plan was refused': (world) => refusals(world, 'approval-exceeded').length === 1,
      'one approval is good for one plan': (world) => record(world, 'node2')?.join() === '10.9.9.8',
      'people were asked once a plan': (world) => asked(world).length === 2,
    },
  },
  'in mode ask a yes to a snapshot has its node leave the pool before its client is stopped, and come back': {
    people: (world) => {
      world.at(1, () => push(world, { mode: 'ask' }));
      world.at(2, () => edit(world, 'node1', '10.9.9.9'));
      world.at(3, () => dispatch(world, { kind: 'snapshot', fleet: 'bitcoin', node: 'node2' }));
      world.at(9, () => answerAsPaged(world, asked(world).find((page) => page['node'] === 'node2')?.approve));
    },
    minutes: 60,
    meanwhile: {
      'it is in the pool until somebody says yes': [
        8.9,
        (world) => record(world, 'pool')?.includes(addressOf(world, 'node2')) === true,
      ],
    },
    expect: {
      'it left the pool, and its client was stopped when resolvers had forgotten it': (world) => {
        const left = poolChanges(world)[0];
        const stopped = calls(world, 'SendCommand', 'chainmend-snapshot-node').find(({ input }) =>
          JSON.stringify(input).includes('stop-client'),
        );
        return (
          left !== undefined &&
          stopped !== undefined &&
          !left.values.includes(addressOf(world, 'node2')) &&
          stopped.at - left.at >= TTL_MS
        );
      },
      'it is back, and the pool was changed no more': (world) =>
        poolChanges(world).length === 2 && record(world, 'pool')?.includes(addressOf(world, 'node2')) === true,
      'what else its names need waits for a yes of its own': (world) => record(world, 'node1')?.join() === '10.9.9.9',
      'nobody was asked about the pool': (world) =>
        asked(world).every((page) => page['node'] === 'node2' || page['sentence']?.includes('pool.') === false),
      'the journal says why it was done': (world) =>
        own(world).some(({ sentence }) => sentence.startsWith('node2 leaves the pool for what is done to it')) &&
        own(world).some(({ sentence }) => sentence.startsWith('node2 is back in the pool')),
    },
  },
  'a selection that matches nothing any more is refused, until a person says that all of it may go': {
    people: (world) => {
      for (const name of ['node1', 'node2', 'node3']) world.at(1, () => world.terminate(world.find('bitcoin', name)));
      world.at(20, () => invoke(world, { kind: 'reconcile', fleet: 'bitcoin', confirm: true }));
    },
    minutes: 25,
    meanwhile: {
      'records and alarms are kept': [
        19,
        (world) =>
          record(world, 'node2') !== undefined && record(world, 'pool')?.length === 3 && hasAll(world, 'node2'),
      ],
    },
    expect: {
      'a person was told once': (world) => pages(world, 'node-missing').length === 1,
      'then they go': (world) => record(world, 'node2') === undefined && record(world, 'pool') === undefined,
      'and the alarms with them': (world) =>
        !hasAlarm(world, alarmOf('node2', 'disk')) && !hasAlarm(world, 'chainmend-bitcoin-halted'),
    },
  },
  'more than half of a fleet does not go at once, until a person says so': {
    nodes: 6,
    people: (world) => {
      world.at(1, () => retag(world, ['node1', 'node2', 'node3', 'node4', 'node5']));
      world.at(20, () => invoke(world, { kind: 'reconcile', fleet: 'bitcoin', confirm: true }));
    },
    minutes: 25,
    meanwhile: {
      'everything is kept': [19, (world) => record(world, 'node2') !== undefined && hasAll(world, 'node2')],
    },
    expect: {
      'a person was told, of records and alarms in one page': isToldOnce,
      'then they go': (world) => record(world, 'node2') === undefined && !hasAlarm(world, alarmOf('node2', 'disk')),
      'the sixth stays': (world) => record(world, 'pool')?.length === 1 && hasAll(world, 'node6'),
    },
  },
  'most of a fleet that is terminated loses its names at once: EC2 itself says that they are gone': {
    people: (world) => {
      for (const name of ['node1', 'node3']) world.at(1.2, () => world.terminate(world.find('bitcoin', name)));
    },
    minutes: 8,
    expect: {
      'their records have gone': (world) =>
        record(world, 'node1') === undefined && record(world, 'node3') === undefined,
      'their alarms, too': (world) => !hasAlarm(world, alarmOf('node1', 'disk')),
      'the pool has the one that is left': (world) => record(world, 'pool')?.join() === addressOf(world, 'node2'),
      'nobody was paged for it': (world) => pages(world, 'too-many-gone').length === 0,
    },
  },
  'most of a fleet that is not found any more keeps its names, and the rest is looked after all the same': {
    nodes: 6,
    people: (world) => {
      world.at(1, () => retag(world, ['node1', 'node2', 'node3', 'node4']));
      world.at(7, () => world.find('bitcoin', 'node6').machine.rpc.misbehave('dead'));
      world.at(8, () => world.launch(follower('node9')));
    },
    minutes: 20,
    expect: {
      'what is not found is as it was': (world) =>
        ['node1', 'node2', 'node3', 'node4'].every((name) => isRight(world, name)) && hasAll(world, 'node1'),
      'and stays in the pool': (world) => record(world, 'pool')?.includes(addressOf(world, 'node1')) === true,
      'who is sick leaves the pool': (world) => record(world, 'pool')?.includes(addressOf(world, 'node6')) === false,
      'who is new has its name': (world) => isRight(world, 'node9'),
      'a person was told, of records and alarms in one page': isToldOnce,
    },
  },
  'a dozen nodes of one name are one page, and not one each': {
    nodes: 12,
    people: (world) =>
      world.at(1, () => {
        for (const { instanceId } of world.nodes) world.region.ec2.setTag(instanceId, 'Name', 'bitcoin-node');
      }),
    minutes: 30,
    expect: {
      'people were told once': (world) => pages(world, 'name-taken').length === 1,
      'it was written once': (world) => refusals(world, 'name-taken').length === 1,
    },
  },
  'two nodes with one name: both are refused, the rest is well': {
    people: (world) =>
      world.at(1, () => {
        const { instanceId } = world.launch(follower('node7'));
        world.region.ec2.setTag(instanceId, 'Name', 'node2');
      }),
    minutes: 20,
    expect: {
      'both are refused by name': (world) => refusals(world, 'name-taken').length === 2,
      'what was there under it stays': (world) => record(world, 'node2') !== undefined && hasAll(world, 'node2'),
      'the rest is well': (world) => isRight(world, 'node1') && isRight(world, 'node3'),
    },
  },
  'a zone that does not exist is named, with how to make it; alarms are made all the same': {
    people: (world) => {
      world.at(1, () => push(world, { dns: { zone: 'nowhere.internal' } }));
      world.at(2, () => world.launch(follower('node8')));
    },
    expect: {
      'a person was told once': (world) => pages(world, 'zone-missing').length === 1,
      'the sentence says how to make it': (world) =>
        refusals(world, 'zone-missing')[0]?.sentence.includes('create-hosted-zone --name nowhere.internal') === true,
      'the new node has its alarms': (world) => hasAll(world, 'node8'),
      'what is in the old zone stays': (world) => isRight(world, 'node2'),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'of several zones with one name the nodes’ own is taken': {
    also: ({ region }) => {
      region.route53.addZone({ name: ZONE, private: true, vpcId: 'vpc-0aaaaaaaaaaaaaaaa' });
      region.route53.addZone({ name: ZONE, private: false });
    },
    expect: {
      'it is the nodes’ own': ({ region }) => region.route53.resolve(`node1.${ZONE}`, 'A').length === 1,
      'nothing was refused': (world) => own(world).every(({ kind }) => kind !== 'refusal'),
    },
  },
  'a threshold that a person has set stays; the fleet file’s new number replaces it': {
    people: (world) => {
      world.at(1, () =>
        world.region.call('monitoring', 'PutMetricAlarm', {
          ...ownAlarm(world, 'node2'),
          Threshold: 97,
          EvaluationPeriods: 3,
        }),
      );
      world.at(15, () => push(world, { alarms: { diskPercent: 95 } }));
    },
    minutes: 25,
    meanwhile: { 'it stays': [14, (world) => lastAlarm(world, 'node2') === undefined] },
    expect: {
      'it is replaced, and only it: a person’s patience stays': (world) =>
        lastAlarm(world, 'node2')?.Threshold === 95 && lastAlarm(world, 'node2')?.EvaluationPeriods === 3,
    },
  },
  'thirty nodes that come at once hinder each other and are all there in the end': {
    people: (world) => {
      world.at(1, () => {
        for (let index = 11; index <= 40; index++) world.launch(follower(`node${index}`));
      });
    },
    minutes: 20,
    expect: {
      'each has its name and its alarms': (world) =>
        world.nodes.every(
          ({ name, fleet }) => fleet.name !== 'bitcoin' || (isRight(world, name) && hasAll(world, name)),
        ),
      'nothing failed for good': (world) => kept(world) === 0,
    },
  },
  'a disk that people’s own alarm looks after has none of ours, by the patterns of the fleet file': {
    fleet: { alarms: { namePatterns: ['exchange-*-filling', '*-disk'] } },
    people: (world) =>
      world.at(1, () => {
        const InstanceId = world.find('bitcoin', 'node2').instanceId;
        const Dimensions = Object.entries({ InstanceId, path: '/node-data', fstype: 'xfs' }).map(([Name, Value]) => ({
          Name,
          Value,
        }));
        return world.region.call('monitoring', 'PutMetricAlarm', {
          ...strangersAlarm('exchange-node2-filling'),
          MetricName: 'disk_used_percent',
          Dimensions,
        });
      }),
    expect: {
      'ours has gone': (world) => !hasAlarm(world, alarmOf('node2', 'disk')),
      'theirs is there': (world) => hasAlarm(world, 'exchange-node2-filling'),
      'its inodes are looked after by ours': (world) => hasAlarm(world, alarmOf('node2', 'inodes')),
      'our own are not taken for people’s': (world) => hasAll(world, 'node1'),
    },
  },
  'a fleet of more than fifty has one alarm of each kind, and a big change goes out in time': {
    nodes: 55,
    expect: {
      'fleet-wide alarms are there': (world) =>
        ['disk', 'unwell', 'status-check', 'attached-ebs', 'halted'].every((kind) =>
          hasAlarm(world, `chainmend-bitcoin-${kind}`),
        ),
      'nodes have none of their own': (world) => !hasAlarm(world, alarmOf('node2', 'status-check')),
      'the pool has all of them': (world) => record(world, 'pool')?.length === 55,
      'in few calls': (world) => calls(world, 'ChangeResourceRecordSets').length <= 2,
    },
  },
};

const strangersAlarm = (AlarmName: string) => ({
  AlarmName,
  Namespace: 'CWAgent',
  MetricName: 'cpu_usage_idle',
  Dimensions: [{ Name: 'InstanceId', Value: 'i-0123456789abcdef0' }],
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'LessThanThreshold',
});

/** The first alarm that register-nodes wrote for the node's disk. */
function ownAlarm(world: World, node: string): object {
  const written = calls(world, 'PutMetricAlarm').map(({ input }) => input as { AlarmName: string });
  const { Tags: _, ...input } = written.find(({ AlarmName }) => AlarmName === alarmOf(node, 'disk')) as unknown as {
    Tags?: unknown;
  };
  return input;
}

/** The last alarm that it wrote for the node's disk since the story began. */
function lastAlarm(world: World, node: string): { Threshold: number; EvaluationPeriods: number } | undefined {
  const written = calls(world, 'PutMetricAlarm')
    .map(({ input }) => input as { AlarmName: string; Threshold: number; EvaluationPeriods: number })
    .filter(({ AlarmName }) => AlarmName === alarmOf(node, 'disk'));
  return written.length > 1 ? written.at(-1) : undefined;
}

/** Of records and alarms, of which most would go, by one page. */
function isToldOnce(world: World): boolean {
  const [page, ...others] = pages(world, 'too-many-gone');
  const { sentence = '' } = page ?? {};
  return others.length === 0 && sentence.includes('records are kept') && sentence.includes('alarms are kept');
}

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(
  ([name, { nodes = 3, fleet, also, people, minutes = 15, meanwhile = {}, expect }]) => ({
    name,
    sentence: name,
    ...(fleet && { fleets: { bitcoin: fleet } }),
    build: (world) => {
      bitcoinChain(world, 1, { clock: everySeconds(30) });
      followers(world, nodes);
      also?.(world);
    },
    ...(people && { people }),
    meanwhile: Object.entries(meanwhile).map(([sentence, [atMinutes, holds]]) => ({ sentence, atMinutes, holds })),
    done: ({ region }) => region.clock.now() >= Date.UTC(2026, 0, 1, 12, minutes),
    hours: 2,
    expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds: (_, world) => holds(world) })),
  }),
);
