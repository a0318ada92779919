// What prune-retired removes, with its real bundle and role in the region: resources that heals have kept, and resources that people have made.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers } from '../../../local/scenarios/world/worlds.ts';
import { toItem } from '../../../shared/aws/attributes.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { keptKey, type ToKeep } from '../../../shared/heal/kept.ts';
import { keys } from '../../../shared/heal/store.ts';
import { ledgerTags, readLedger } from '../../../shared/snapshots/ledger.ts';
import { failuresOf } from '../../fixtures/failures.ts';

const FUNCTION = 'chainmend-prune-retired';
const HOUR_MS = 3_600_000;
/** The beginning of the story. */
const NOON_MS = Date.UTC(2026, 0, 1, 12);
const YESTERDAY = new Date(NOON_MS - 24 * HOUR_MS).toISOString();
const TOMORROW = new Date(NOON_MS + 24 * HOUR_MS).toISOString();

const BAD_DAY = 'whatever fails on the way, what is past its date is gone in the end, and nothing else is';

interface Case {
  readonly fleet?: Partial<FleetDocument>;
  readonly also: (world: World) => void;
  readonly people: (world: World) => void;
  /** 5 unless given. */
  readonly minutes?: number;
  readonly expect: Readonly<Record<string, (world: World) => boolean>>;
}

const KEPT = { 'chainmend:fleet': 'bitcoin', 'chainmend:node': 'node2', 'chainmend:incident': 'a1b2c3d4' };
const due = (more: Readonly<Record<string, string>> = {}) => ({ ...KEPT, 'chainmend:keep-until': YESTERDAY, ...more });

/** A heal's record from before the story. */
function record(
  world: World,
  { kind, id, ...rest }: Pick<ToKeep, 'kind' | 'id'> & Readonly<Record<string, unknown>>,
): void {
  const { pk, sk } = keptKey('bitcoin', kind, id);
  const incidentId = 'a1b2c3d4';
  const Item = { pk, sk, kind, id, fleet: 'bitcoin', incidentId, atMs: NOON_MS - 8 * 24 * HOUR_MS, ...rest };
  world.beforehand(() =>
    world.region.call('dynamodb', 'PutItem', {
      TableName: world.tableName,
      Item: toItem({ node: 'node2', state: 'kept', untilMs: Date.parse(YESTERDAY), version: 1, ...Item }),
    }),
  );
}

let made = 0;
const idOf = (prefix: string): string => `${prefix}-${(++made).toString(16).padStart(17, '0')}`;

/** A volume with a person's tags. */
const tagged = ({ region }: World, tags: Readonly<Record<string, string>>, sizeGiB = 500): string =>
  region.ec2.addVolume({ volumeId: idOf('vol'), sizeGiB, tags });

/** A volume that a heal has put away: recorded and tagged. */
function volume(world: World, tags: Readonly<Record<string, string>>): string {
  const id = tagged(world, tags);
  recordVolume(world, id, tags);
  return id;
}

function recordVolume(world: World, id: string, tags: Readonly<Record<string, string>>): void {
  const found = world.region.ec2.volumes().find(({ volumeId }) => volumeId === id);
  if (!found) throw new Error(`there is no volume ${id}`);
  const { performance, createdAtMs, snapshotId, availabilityZone } = found;
  const was = {
    role: 'data',
    sizeGiB: performance.sizeGiB,
    type: performance.type,
    createdAtMs,
    snapshotId,
    availabilityZone,
  };
  record(world, { kind: 'volume', id, node: tags['chainmend:node'] ?? '', was });
}

/** An instance that was replaced, with its root volume and its old data volume. */
function retired(
  world: World,
  node: string,
  { state = 'stopped' as const, takesData = false, recorded = true, protection = {} } = {},
): string {
  const { ec2 } = world.region;
  const tags = due({ 'chainmend:node': node, 'chainmend:retired': YESTERDAY });
  const instanceId = ec2.addInstance({ instanceId: idOf('i'), privateIp: `10.0.9.${++made}`, state, tags, protection });
  const attached = (device: string, deleteOnTermination: boolean) =>
    ec2.addVolume({ sizeGiB: 50, tags, attachedTo: { instanceId, device, deleteOnTermination } });
  const root = attached('/dev/xvda', true);
  const data = attached('/dev/sdf', takesData);
  if (!recorded) return instanceId;
  const { launchedAtMs } = ec2.instance(instanceId);
  record(world, {
    kind: 'instance',
    id: instanceId,
    node,
    was: { launchedAtMs, rootVolumeId: root, volumeIds: [root, data] },
  });
  recordVolume(world, data, tags);
  return instanceId;
}

/** A clean set of one snapshot, as a heal leaves it. */
function cleanSet(world: World, daysAgo: number, more: Readonly<Record<string, string>> = {}, recorded = true): string {
  const ledger = {
    ...readLedger({}),
    ...{ fleet: 'bitcoin', node: 'node2', role: 'data', setId: `set-${daysAgo}`, parts: 1, cleanStop: true },
  };
  const snapshotId = world.region.ec2.addSnapshot({
    snapshotId: idOf('snap'),
    volumeId: world.find('bitcoin', 'node2').volumeIds.get('data') ?? '',
    startedAtMs: NOON_MS - daysAgo * 24 * HOUR_MS - HOUR_MS,
    tags: { 'chainmend:incident': 'a1b2c3d4', ...ledgerTags(ledger), ...more },
  });
  if (recorded) record(world, { kind: 'set', id: `set-${daysAgo}`, snapshotIds: [snapshotId] });
  return snapshotId;
}

const hasVolume = ({ region }: World, id: string): boolean =>
  region.ec2.volumes().some(({ volumeId, phase }) => volumeId === id && phase === undefined);
const hasSnapshot = ({ region }: World, id: string): boolean =>
  region.ec2.snapshots().some(({ snapshotId }) => snapshotId === id);
const isThere = ({ region }: World, id: string): boolean =>
  region.ec2.instances().some(({ instanceId, state }) => instanceId === id && state === 'stopped');
const own = ({ region, tableName }: World) =>
  readJournal(region, tableName).filter(({ heal }) => heal === 'prune-retired');
/** A person was paged for the node, and has not come yet. */
function escalated(world: World, node: string, incidentId: string, endedAtMs = NOON_MS): void {
  const { instanceId } = world.find('bitcoin', node);
  world.at(0.5, () =>
    world.region.call('dynamodb', 'PutItem', {
      TableName: world.tableName,
      Item: toItem({
        ...keys.incident('bitcoin', instanceId, 'node:health'),
        ...{ fleet: 'bitcoin', node },
        ...{ instanceId, trigger: 'node:health', incidentId, state: 'escalated', attempt: 4 },
        ...{ onsetMs: endedAtMs, endedAtMs, failures: 4, notBeforeMs: NOON_MS, refusedCodes: [] },
        ...{ pagedCodes: ['ladder-spent'], version: 9, alarm: { alarmName: '', namespace: '', dimensions: {} } },
      }),
    }),
  );
}

const deletionLines = (world: World, kind: string) =>
  lines(world, kind).filter(({ act }) => !act?.startsWith('LockSnapshot'));

const lines = (world: World, kind: string, act = '') =>
  own(world).filter((line) => line.kind === kind && (line.act ?? '').startsWith(act));
const deletions = ({ region }: World) =>
  region.gateway.trace.calls.filter(
    ({ actor, operation }) =>
      actor.startsWith(FUNCTION) && ['DeleteVolume', 'DeleteSnapshot', 'TerminateInstances'].includes(operation),
  );
const failed = ({ region }: World): number => failuresOf(region, FUNCTION);

const DAYS_AGO = (days: number): number => NOON_MS - days * 24 * HOUR_MS;
const OBSOLETE = 'chainmend-inspect-node-0badc0de';
const FORMER = 'chainmend-swap-volumes-0badc0de';
const THEIRS = ['chainmend-runbook', 'chainmend-inspect-node-by-hand', 'nightly-0badc0de'];

/** Documents of a deployment in summer, of the one before, and a person's. Of one operation the document has changed a month ago. */
function documents(world: World): void {
  const { region } = world;
  const current = region.ssm.documents();
  const step = { action: 'aws:runShellScript', name: 'nothing', inputs: { runCommand: ['true'] } };
  const Content = JSON.stringify({ schemaVersion: '2.2', description: 'another one', mainSteps: [step] });
  world.beforehand(async () => {
    for (const Name of [OBSOLETE, FORMER, ...THEIRS]) {
      await region.call('ssm', 'CreateDocument', { Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' });
      region.ssm.dateDocument(Name, DAYS_AGO(200));
    }
    for (const name of current) region.ssm.dateDocument(name, DAYS_AGO(name.includes('swap-volumes') ? 30 : 90));
  });
}
const holdNode = (world: World, owner: string | null): Promise<unknown> => {
  const { instanceId } = world.find('bitcoin', 'node3');
  const node = { fleet: 'bitcoin', instanceId, fence: 3, ordinal: 0, owner, quietAfterMs: 0, operation: null };
  const Item = toItem({ ...keys.node(instanceId), ...node, version: owner === null ? 5 : 4 });
  return world.region.call('dynamodb', 'PutItem', { TableName: world.tableName, Item });
};
const hasDocument = ({ region }: World, name: string): boolean => region.ssm.documents().includes(name);
const keepsDocuments = (world: World): boolean =>
  [...THEIRS, FORMER].every((name) => hasDocument(world, name)) &&
  world.region.ssm.documents().filter((name) => name.startsWith('chainmend-swap-volumes-')).length === 2;

const invoke = ({ region }: World, event: object): Promise<unknown> =>
  region.call('lambda', 'Invoke', {
    FunctionName: FUNCTION,
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
  });
const prune =
  (event: object = {}) =>
  (world: World): void =>
    world.at(1, () => invoke(world, { kind: 'prune', ...event }));

/** The questions to people. */
const asked = ({ region }: World) =>
  region.sns
    .published()
    .map(pageIn)
    .filter(({ code }) => code === 'approval-wanted');

const things = new Map<string, string>();
const keep = (name: string, id: string): void => void things.set(name, id);
const id = (name: string): string => things.get(name) ?? '';

const cases: Readonly<Record<string, Case>> = {
  [BAD_DAY]: {
    also: (world) => {
      for (let index = 0; index < 6; index++) volume(world, due());
      keep('instance', retired(world, 'node2'));
      keep('not yet', volume(world, { ...KEPT, 'chainmend:keep-until': TOMORROW }));
    },
    people: (world) => {
      prune()(world);
      for (const minutes of [4, 7, 10]) world.at(minutes, () => invoke(world, { kind: 'prune' }));
    },
    minutes: 14,
    expect: {
      'nothing is left of what is due': ({ region }) =>
        region.ec2
          .volumes()
          .every(({ tags }) => !tags.some(({ Key, Value }) => Key === 'chainmend:keep-until' && Value === YESTERDAY)),
      'the instance is gone': (world) => !isThere(world, id('instance')),
      'what is not due is there': (world) => hasVolume(world, id('not yet')),
    },
  },
  'an instance that somebody has protected stays, people are told once how to let it go, and then it goes': {
    also: (world) => {
      keep('instance', retired(world, 'node2', { protection: { termination: true } }));
    },
    people: (world) => {
      for (const minutes of [1, 4, 8]) world.at(minutes, () => invoke(world, { kind: 'prune' }));
      world.at(6, () =>
        world.region.call('ec2', 'ModifyInstanceAttribute', {
          ...{ InstanceId: id('instance'), DisableApiTermination: { Value: false } },
        }),
      );
    },
    minutes: 10,
    expect: {
      'people were told once, with the command': ({ region }) => {
        const told = region.sns
          .published()
          .map(pageIn)
          .filter(({ code }) => code === 'kept-longer');
        const command = `aws ec2 modify-instance-attribute --instance-id ${id('instance')} --no-disable-api-termination`;
        return told.length === 1 && JSON.stringify(told).includes(command);
      },
      'it was asked to end until it did': (world) => lines(world, 'intent', 'TerminateInstances').length === 3,
      'it is gone': (world) => !isThere(world, id('instance')),
    },
  },
  'what heals have kept goes after its date, and nothing else does': {
    fleet: { snapshots: { clean: { keep: 2 } } },
    also: (world) => {
      keep('due', volume(world, due()));
      keep('not yet', volume(world, { ...KEPT, 'chainmend:keep-until': TOMORROW }));
      keep('another fleet’s', tagged(world, due({ 'chainmend:fleet': 'litecoin' })));
      keep('a person’s', tagged(world, { Component: 'nodes/bitcoin', 'chainmend:keep-until': YESTERDAY }));
      keep('instance', retired(world, 'node2'));
      keep('heirless', retired(world, 'node9'));
      keep('greedy', retired(world, 'node1', { takesData: true }));
      for (const days of [0, 3, 6, 9]) keep(`set ${days}`, cleanSet(world, days));
      keep('held', cleanSet(world, 12));
      record(world, { kind: 'hold', id: 'a1b2c3d4', node: 'node3', snapshotIds: [id('held')], lockedIds: [] });
      keep('a person holds it', cleanSet(world, 13, { 'chainmend:held-by': 'alice' }));
      keep('policy’s', cleanSet(world, 15, { 'aws:dlm:lifecycle-policy-id': 'policy-1' }));
    },
    people: (world) => {
      // The escalation is older than a week: what its incident holds stays, and all else may go.
      escalated(world, 'node3', 'a1b2c3d4', NOON_MS - 8 * 24 * HOUR_MS);
      prune()(world);
    },
    expect: {
      'the volume that is due is gone': (world) => !hasVolume(world, id('due')),
      'the others are there': (world) =>
        ['not yet', 'another fleet’s', 'a person’s'].every((name) => hasVolume(world, id(name))),
      'the retired instance is gone': (world) => !isThere(world, id('instance')),
      'one whose name nobody has stays, and so does one that would take its data with it': (world) =>
        isThere(world, id('heirless')) && isThere(world, id('greedy')),
      'why they stay is said': (world) =>
        own(world).filter(({ kind, code }) => kind === 'refusal' && code === 'kept-longer').length === 2,
      'two sets are kept, and two are gone': (world) =>
        ['set 0', 'set 3'].every((name) => hasSnapshot(world, id(name))) &&
        ['set 6', 'set 9'].every((name) => !hasSnapshot(world, id(name))),
      'what is held, or a policy’s, stays': (world) =>
        ['held', 'a person holds it', 'policy’s'].every((name) => hasSnapshot(world, id(name))),
      'the hold is renewed, and a person’s tag stays': ({ region }) =>
        region.ec2.tags(id('held'))['chainmend:held-by'] === 'a1b2c3d4' &&
        region.ec2.tags(id('a person holds it'))['chainmend:held-by'] === 'alice',
      'each deletion is in the journal, before and after': (world) =>
        deletionLines(world, 'intent').length === 4 &&
        deletionLines(world, 'result').every(({ sentence }) => sentence === 'done'),
      'no more calls than that': (world) => deletions(world).length === 4,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'who may only tag has nothing deleted, no set removed, no hold ended and no lock taken off, and people are told once':
    {
      fleet: { snapshots: { clean: { keep: 2 } } },
      also: (world) => {
        const { ec2 } = world.region;
        keep('payroll-database-backup', tagged(world, due({ Name: 'payroll-database-backup' }), 2_000));
        for (let index = 0; index < 30; index++) tagged(world, due({ Name: `wiki-${index}` }));
        keep('payroll', retired(world, 'node2', { recorded: false }));
        // Resources that a heal put away, and that somebody has changed since.
        keep('grown', volume(world, due()));
        ec2.addModification(id('grown'), {
          startedAtMs: NOON_MS - 30 * HOUR_MS,
          fromGiB: 400,
          toGiB: 500,
          completedAtMs: NOON_MS - 29 * HOUR_MS,
        });
        for (const days of [3, 6]) keep(`set ${days}`, cleanSet(world, days));
        // A stranger's snapshots that look like later ones of heals: the heals' own would be too many.
        for (const days of [0, 1]) cleanSet(world, days, {}, false);
        keep('bad', cleanSet(world, 9, { 'chainmend:quarantined': 'I say so', 'chainmend:keep-until': YESTERDAY }));
        keep(
          'locked',
          cleanSet(world, 12, {
            'aws:dlm:lifecycle-policy-id': 'policy-1',
            'chainmend:held-by': 'dead0000',
            'chainmend:locked-by': 'dead0000',
          }),
        );
        world.beforehand(() =>
          world.region.call('ec2', 'LockSnapshot', {
            SnapshotId: id('locked'),
            LockMode: 'governance',
            LockDuration: 300,
          }),
        );
      },
      people: (world) => {
        // The record has a smaller size than now: the size when the heal put it away.
        world.at(0.2, () =>
          world.region.call('dynamodb', 'UpdateItem', {
            TableName: world.tableName,
            Key: toItem(keptKey('bitcoin', 'volume', id('grown'))),
            UpdateExpression: 'SET was.sizeGiB = :was',
            ExpressionAttributeValues: toItem({ ':was': 400 }),
          }),
        );
        prune()(world);
        world.at(3, () => invoke(world, { kind: 'prune' }));
      },
      expect: {
        'a stranger’s volume is there': (world) => hasVolume(world, id('payroll-database-backup')),
        'a stranger’s instance is there': (world) => isThere(world, id('payroll')),
        'what was used again is there': (world) => hasVolume(world, id('grown')),
        'every set of the heals is there': (world) =>
          ['set 3', 'set 6', 'bad'].every((name) => hasSnapshot(world, id(name))),
        'a person’s lock holds': (world) => world.region.ec2.isSnapshotLocked(id('locked')),
        'nothing was even tried': (world) => deletions(world).length === 0 && lines(world, 'intent').length === 0,
        'one page tells of all of it': ({ region }) =>
          region.sns.published().filter((published) => pageIn(published)['code'] === 'not-recorded').length === 1,
        'the journal names the volume': (world) =>
          own(world).filter(
            ({ kind, code, sentence }) =>
              kind === 'refusal' && code === 'not-recorded' && sentence.includes('no heal has written down'),
          ).length === 1,
        'nothing failed': (world) => failed(world) === 0,
      },
    },
  'where the table was put back to before a heal wrote anything down, nothing is deleted': {
    also: (world) => {
      keep('due', tagged(world, due()));
      keep('instance', retired(world, 'node2', { recorded: false }));
    },
    people: prune(),
    expect: {
      'all is there': (world) => hasVolume(world, id('due')) && isThere(world, id('instance')),
      'people are told': ({ region }) =>
        region.sns.published().some((published) => pageIn(published)['code'] === 'not-recorded'),
    },
  },
  'what a person has taken the tag from is left to people, and what is gone is forgotten': {
    also: (world) => {
      keep('theirs', volume(world, KEPT));
      keep('gone', volume(world, KEPT));
      world.beforehand(() => world.region.call('ec2', 'DeleteVolume', { VolumeId: id('gone') }));
    },
    people: (world) => {
      prune()(world);
      world.at(3, () => invoke(world, { kind: 'prune' }));
    },
    expect: {
      'it is there': (world) => hasVolume(world, id('theirs')),
      'it is told once': (world) =>
        lines(world, 'decision').filter(({ sentence }) => sentence.includes(`${id('theirs')} was kept`)).length === 1,
      'nothing is told of what is gone': (world) => !own(world).some(({ sentence }) => sentence.includes(id('gone'))),
    },
  },
  'the volumes of a terminated instance go by the next run, and a run makes twenty deletions': {
    also: (world) => {
      keep('instance', retired(world, 'node2'));
      for (let index = 0; index < 22; index++) volume(world, due());
    },
    people: (world) => {
      prune()(world);
      world.at(3, () => invoke(world, { kind: 'prune' }));
    },
    expect: {
      'the first run makes twenty': (world) =>
        deletions(world).filter(({ at }) => at < NOON_MS + 2.9 * 60_000).length === 20,
      'after the second nothing is left': ({ region }) =>
        region.ec2.volumes().every(({ tags }) => !tags.some(({ Key }) => Key === 'chainmend:keep-until')),
      'the data of the retired instance went last': (world) => deletions(world).length === 24,
    },
  },
  'mode ask asks once, and does exactly what a person approves': {
    fleet: { mode: 'ask' },
    also: (world) => keep('due', volume(world, due())),
    people: (world) => {
      prune()(world);
      world.at(2, () => invoke(world, { kind: 'prune' }));
      world.at(3, () => keep('still there', String(hasVolume(world, id('due')))));
      world.at(3, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' }));
      world.at(3.5, () => keep('and then', String(hasVolume(world, id('due')))));
      world.at(4, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: asked(world)[0]?.plan }));
    },
    expect: {
      'people were asked once': (world) => asked(world).length === 1,
      'nothing was done before they answered, nor for another plan': () =>
        id('still there') === 'true' && id('and then') === 'true',
      'then it was': (world) => !hasVolume(world, id('due')),
    },
  },
  'mode plan writes what would go, once, and touches nothing': {
    fleet: { mode: 'plan' },
    also: (world) => keep('due', volume(world, due())),
    people: (world) => {
      prune()(world);
      world.at(2, () => invoke(world, { kind: 'prune' }));
      world.at(3, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' }));
    },
    expect: {
      'it is there': (world) => hasVolume(world, id('due')) && deletions(world).length === 0,
      'the plan is in the journal': (world) =>
        lines(world, 'plan').length === 1 && (lines(world, 'plan')[0]?.sentence.includes(id('due')) ?? false),
      'nobody was asked': (world) => asked(world).length === 0,
    },
  },
  'a person who asks for the plan alone gets it, in mode act, too': {
    also: (world) => keep('due', volume(world, due())),
    people: prune({ fleet: 'bitcoin', plan: true }),
    expect: { 'nothing is touched': (world) => hasVolume(world, id('due')) && own(world).length === 0 },
  },
  'a command document that was replaced two months ago is deleted, and no other one': {
    also: documents,
    people: prune(),
    expect: {
      'the obsolete one is gone': (world) => !hasDocument(world, OBSOLETE),
      'what was replaced a month ago is there, and so is what people have made': keepsDocuments,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'while a heal holds a node no command document is deleted': {
    also: (world) => {
      documents(world);
      world.beforehand(() => holdNode(world, 'execution-7'));
    },
    people: (world) => {
      prune()(world);
      world.at(3, () => holdNode(world, null));
    },
    expect: { 'the obsolete one is there': (world) => hasDocument(world, OBSOLETE) },
  },
  'under a pause no command document is deleted': {
    also: documents,
    people: (world) => {
      const pause = { Name: '/chainmend/pause', Value: 'I am at work', Type: 'String', Overwrite: true };
      world.at(0.5, () => world.region.call('ssm', 'PutParameter', pause));
      prune()(world);
    },
    expect: { 'the obsolete one is there': (world) => hasDocument(world, OBSOLETE) },
  },
  'a pause in the middle of a run stops it': {
    also: (world) => {
      for (let index = 0; index < 20; index++) volume(world, due());
    },
    people: (world) => {
      prune()(world);
      // Two seconds of work, at four deletions a second; between two of them.
      world.at(1 + 2.18 / 60, () =>
        world.region.call('ssm', 'PutParameter', {
          ...{ Name: '/chainmend/pause', Value: 'I am at work', Type: 'String', Overwrite: true },
        }),
      );
    },
    expect: {
      'some are gone, and some are there': (world) => deletions(world).length >= 3 && deletions(world).length < 12,
      'it is said why': (world) => own(world).some(({ kind, code }) => kind === 'refusal' && code === 'paused'),
    },
  },
  'a hold that cannot be renewed keeps nothing from being pruned': {
    also: (world) => {
      keep('due', volume(world, due()));
      const volumeId = world.find('bitcoin', 'node2').volumeIds.get('data') ?? '';
      const tags = { ...KEPT, 'chainmend:held-by': 'a1b2c3d4', 'aws:dlm:lifecycle-policy-id': 'policy-1' };
      keep('held', world.region.ec2.addSnapshot({ snapshotId: idOf('snap'), volumeId, tags }));
      // A failed snapshot cannot be locked.
      keep('broken', world.region.ec2.addSnapshot({ snapshotId: idOf('snap'), volumeId, tags, state: 'error' }));
      const snapshotIds = [id('broken'), id('held')].sort();
      record(world, { kind: 'hold', id: 'a1b2c3d4', node: 'node3', snapshotIds, lockedIds: snapshotIds });
    },
    people: (world) => {
      escalated(world, 'node3', 'a1b2c3d4');
      prune()(world);
    },
    expect: {
      'the volume that is due is gone': (world) => !hasVolume(world, id('due')),
      'the other is held for another day': ({ region }) => region.ec2.isSnapshotLocked(id('held')),
      'which one is not, and why, is said': (world) =>
        lines(world, 'result', 'LockSnapshot').some(({ sentence }) =>
          sentence.includes(`${id('broken')}: marked, but not locked: IncorrectState`),
        ),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'nothing of a node goes while a heal is at work on it': {
    also: (world) => {
      keep('due', volume(world, due()));
      keep('another’s', volume(world, due({ 'chainmend:node': 'node1' })));
    },
    people: (world) => {
      escalated(world, 'node2', 'e5f60718');
      prune()(world);
    },
    expect: {
      'its volume is there': (world) => hasVolume(world, id('due')),
      'another node’s is gone': (world) => !hasVolume(world, id('another’s')),
    },
  },
};

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(
  ([name, { fleet, also, people, minutes = 5, expect }]) => ({
    name,
    sentence: name,
    ...(fleet && { fleets: { bitcoin: fleet } }),
    build: (world) => {
      bitcoinChain(world, 1, { clock: everySeconds(30) });
      followers(world, 3);
      things.clear();
      also(world);
    },
    people,
    done: ({ region }) => region.clock.now() >= NOON_MS + minutes * 60_000,
    hours: 2,
    expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds: (_, world) => holds(world) })),
  }),
);
