// Who may write which record: the roles of the deployed template try to write other functions' records, and to start something by them.

import { join } from 'node:path';
import { ACCESS, type StateUser } from '../../infra/constructs/state.ts';
import { everySeconds } from '../../local/nodes/rhythm.ts';
import { readJournal } from '../../local/scenarios/report/journal.ts';
import type { Scenario } from '../../local/scenarios/scenario.ts';
import type { World } from '../../local/scenarios/world/world.ts';
import { bitcoinChain, followers } from '../../local/scenarios/world/worlds.ts';
import { toItem } from '../../shared/aws/attributes.ts';
import { newNode } from '../../shared/heal/lease.ts';
import { partitions, WRITERS, type Writer } from '../../shared/heal/records.ts';
import { type Key, keys } from '../../shared/heal/store.ts';

const FLEETS = join(import.meta.dirname, '../fixtures/fleets-of-all-functions');
const USERS = Object.keys(ACCESS) as readonly StateUser[];
const INSTANCE = 'i-0aaaaaaaaaaaaaaa1';

/** One record of each kind, of a fleet that no function handles. */
const RECORDS: readonly Key[] = [
  keys.observation('elsewhere', 0),
  keys.watch('elsewhere'),
  keys.register('elsewhere'),
  keys.rotation('elsewhere'),
  keys.prune('elsewhere'),
  keys.seeds('elsewhere'),
  keys.readiness('elsewhere'),
  keys.releases('elsewhere'),
  keys.drill('elsewhere'),
  keys.drillWatch('elsewhere'),
  keys.snapshotPages('elsewhere'),
  keys.told('elsewhere', 'snapshots#2026-01-01#paused'),
  keys.grow('elsewhere'),
  keys.budget('elsewhere', '2026-01'),
  keys.restarts('elsewhere', INSTANCE),
  keys.replaceTurn('elsewhere'),
  keys.node(INSTANCE),
  keys.incident('elsewhere', INSTANCE, 'disk:data'),
  keys.incident('elsewhere', INSTANCE, 'request:restore'),
  keys.incident('elsewhere', INSTANCE, 'snapshot:clean'),
  keys.incident('elsewhere', INSTANCE, 'snapshot:drill'),
  ...WRITERS.map((writer) => ({ pk: partitions.journal('elsewhere', writer), sk: 'a line' })),
  { pk: partitions.kept('elsewhere'), sk: 'a volume' },
  { pk: partitions.account(), sk: 'a budget' },
];

/** The allowed writers of each record. */
const MAY: Readonly<Record<string, readonly Writer[]>> = {
  'FLEET#elsewhere#watch-fleet': ['watch-fleet'],
  'FLEET#elsewhere#register-nodes': ['register-nodes'],
  'FLEET#elsewhere#rotate-peers': ['rotate-peers'],
  'FLEET#elsewhere#prune-retired': ['prune-retired'],
  'FLEET#elsewhere#seed-groups': ['seed-groups'],
  'FLEET#elsewhere#check-readiness': ['check-readiness'],
  'FLEET#elsewhere#watch-releases': ['watch-releases'],
  'FLEET#elsewhere#dispatch-heal': ['dispatch-heal'],
  'FLEET#elsewhere#resize-volume': ['resize-volume'],
  'FLEET#elsewhere#replace-node': ['replace-node'],
  'FLEET#elsewhere#audit-snapshots': ['audit-snapshots'],
  'TURN#elsewhere': ['resize-volume', 'replace-node', 'snapshot-node'],
  NODE: ['dispatch-heal', 'resize-volume', 'replace-node', 'snapshot-node', 'audit-snapshots'],
  'INCIDENT#elsewhere#resize-volume': ['dispatch-heal', 'resize-volume'],
  'INCIDENT#elsewhere#replace-node': ['dispatch-heal', 'replace-node'],
  'INCIDENT#elsewhere#snapshot-node': ['dispatch-heal', 'snapshot-node'],
  'INCIDENT#elsewhere#audit-snapshots': ['dispatch-heal', 'audit-snapshots'],
  ...Object.fromEntries(WRITERS.map((writer) => [`JOURNAL#elsewhere#${writer}`, [writer]])),
  'KEPT#elsewhere': ['prune-retired', 'replace-node', 'snapshot-node', 'audit-snapshots'],
  ACCOUNT: ['replace-node'],
};

/** The fields that readers of all records use. */
const RECORD = {
  ...newNode('elsewhere', INSTANCE),
  ...{ at: '2026-01-01T12:00:00.000Z', kind: 'decision', state: 'healed', endedAtMs: 0, version: 1 },
};

const build = (world: World): void => {
  bitcoinChain(world, 1, { clock: everySeconds(30) });
  followers(world, 3);
};

/** "watch-fleet NODE": what was written. */
const written = new WeakMap<World, { read: string[]; before: string[]; after: string[] }>();
const outcomesOf = (world: World) => {
  const outcomes = written.get(world) ?? { read: [], before: [], after: [] };
  written.set(world, outcomes);
  return outcomes;
};

async function roleOf({ region }: World, user: StateUser): Promise<string> {
  const { Role } = await region.call('lambda', 'GetFunctionConfiguration', { FunctionName: `chainmend-${user}` });
  return String(Role);
}

async function as(world: World, user: StateUser, operation: string, input: object): Promise<string> {
  const roleArn = await roleOf(world, user);
  const caller = { actor: `chainmend-${user}/attacker`, roleArn };
  try {
    await world.region.gateway.request({ service: 'dynamodb', operation, input, ...caller });
    return 'done';
  } catch (error) {
    return (error as Error).name;
  }
}

const put = (world: World, user: StateUser, key: Key, record: object): Promise<string> =>
  as(world, user, 'PutItem', { TableName: world.tableName, Item: toItem({ ...key, ...record }) });

/** Removes the condition on partitions from a function's role. */
async function withoutCondition(world: World, user: StateUser): Promise<void> {
  const RoleName = (await roleOf(world, user)).split('/').at(-1);
  const named = { RoleName, PolicyName: 'Grants' };
  const { PolicyDocument } = await world.region.call('iam', 'GetRolePolicy', named);
  const document = JSON.parse(decodeURIComponent(String(PolicyDocument))) as { Statement: Record<string, unknown>[] };
  const Statement = document.Statement.map((one) => {
    if (one['Sid'] !== 'WriteOwnState') return one;
    const { Condition: _, ...free } = one;
    return free;
  });
  const input = { ...named, PolicyDocument: JSON.stringify({ ...document, Statement }) };
  await world.region.call('iam', 'PutRolePolicy', input);
}

async function tryAll(world: World): Promise<readonly string[]> {
  const done: string[] = [];
  for (const user of USERS)
    for (const key of RECORDS) if ((await put(world, user, key, RECORD)) === 'done') done.push(`${user} ${key.pk}`);
  return [...new Set(done)].sort();
}

const allowed = [...new Set(RECORDS.flatMap(({ pk }) => (MAY[pk] ?? []).map((user) => `${user} ${pk}`)))].sort();
const same = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

const matrix: Scenario = {
  name: 'each function writes its own records, and without the condition on partitions all of them',
  sentence: 'Each role of the template tries to write, and to read, what is not its own.',
  build,
  deployedWith: FLEETS,
  people: (world) =>
    world.at(1, async () => {
      const outcomes = outcomesOf(world);
      for (const user of USERS)
        for (const writer of WRITERS) {
          const Key = toItem({ pk: partitions.journal('elsewhere', writer), sk: 'a line' });
          const read = await as(world, user, 'GetItem', { TableName: world.tableName, Key });
          if (read === 'done') outcomes.read.push(`${user} ${writer}`);
        }
      outcomes.before.push(...(await tryAll(world)));
      for (const user of USERS) await withoutCondition(world, user);
      outcomes.after.push(...(await tryAll(world)));
    }),
  done: (world) => outcomesOf(world).after.length > 0,
  hours: 1,
  expect: [
    { sentence: 'what was written is what may be', holds: (_, world) => same(outcomesOf(world).before, allowed) },
    { sentence: 'nobody reads the journal', holds: (_, world) => outcomesOf(world).read.length === 0 },
    {
      sentence: 'the condition is what stops them: without it every function that writes at all writes everything',
      holds: (_, world) =>
        outcomesOf(world).after.length === WRITERS.length * new Set(RECORDS.map(({ pk }) => pk)).size,
    },
  ],
};

/** A person's request for a restore, as the dispatcher would write it. */
function wish(world: World, more: object = {}): object {
  const { instanceId } = world.find('bitcoin', 'node3');
  return {
    ...{ fleet: 'bitcoin', node: 'node3', instanceId, trigger: 'request:restore', incidentId: 'f0f0f0f0' },
    ...{ onsetMs: world.region.clock.now(), alarm: { alarmName: '', namespace: 'person', dimensions: {} } },
    ...{ attempt: 0, failures: 0, notBeforeMs: 0, refusedCodes: [], pagedCodes: [], version: 1, state: 'open' },
    ...{ want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } },
    ...more,
  };
}

const wishKey = (world: World): Key =>
  keys.incident('bitcoin', world.find('bitcoin', 'node3').instanceId, 'request:restore');

const forgeries = new WeakMap<World, string[]>();
const forge = (world: World, user: StateUser, key: Key, record: object): Promise<void> =>
  put(world, user, key, record).then((outcome) => {
    forgeries.set(world, [...(forgeries.get(world) ?? []), outcome]);
  });

const begun = ({ region, tableName }: World): readonly string[] =>
  readJournal(region, tableName)
    .filter(({ place }) => place === '00-dispatch')
    .map(({ sentence }) => sentence.replace(/ of incident \w+/, ''));

const minutesIn =
  (minutes: number) =>
  ({ region }: World): boolean =>
    region.clock.now() >= Date.UTC(2026, 0, 1, 12, minutes);

const forged = (name: string, people: (world: World) => void, expect: Scenario['expect']): Scenario => ({
  name,
  sentence: name,
  build,
  deployedWith: FLEETS,
  people,
  done: minutesIn(8),
  hours: 1,
  expect,
});
const outcomesAre = (...outcomes: readonly string[]) => ({
  sentence: `the forgeries ended ${outcomes.join(', ')}`,
  holds: (_: unknown, world: World) => same(forgeries.get(world) ?? [], outcomes),
});
const nothingBegan = {
  sentence: 'nothing was begun',
  holds: (_: unknown, world: World) => begun(world).length === 0 && world.region.lambda.executions().length === 0,
};

export const SCENARIOS: readonly Scenario[] = [
  matrix,
  forged(
    'watch-fleet forges a wish for a restore: it may not write it, and nothing begins',
    (world) => world.at(2, () => forge(world, 'watch-fleet', wishKey(world), wish(world))),
    [outcomesAre('AccessDeniedException'), nothingBegan],
  ),
  forged(
    'without the condition the same forgery is attempt 1 → replace-node, mode act',
    (world) =>
      world.at(2, async () => {
        await withoutCondition(world, 'watch-fleet');
        await forge(world, 'watch-fleet', wishKey(world), wish(world));
      }),
    [
      outcomesAre('done'),
      {
        sentence: 'the forged record started a heal',
        holds: (_, world) => begun(world)[0] === 'attempt 1 → replace-node, mode act',
      },
    ],
  ),
  forged(
    'resize-volume writes wishes for a restore among its own incidents: they are left out, and nothing begins',
    (world) =>
      world.at(2, async () => {
        const { pk } = keys.incident('bitcoin', 'i', 'disk:data');
        const { instanceId } = world.find('bitcoin', 'node3');
        const payload = { kind: 'replace-node', fleet: 'bitcoin', node: 'node3', instanceId, mode: 'act', attempt: 1 };
        const allocated = { state: 'allocated', trigger: 'disk:data', payload, allocatedAtMs: 0, attempt: 1 };
        await forge(world, 'resize-volume', { ...wishKey(world), pk }, wish(world));
        await forge(world, 'resize-volume', { pk, sk: `INCIDENT#${instanceId}#disk:data` }, wish(world));
        await forge(world, 'resize-volume', { pk, sk: `INCIDENT#${instanceId}#disk:old` }, wish(world, allocated));
        await forge(
          world,
          'resize-volume',
          { pk, sk: `INCIDENT#${instanceId}#disk:older` },
          wish(world, { ...allocated, trigger: 'disk:older' }),
        );
        const execution =
          'arn:aws:lambda:eu-west-1:111122223333:function:chainmend-replace-node:1/durable-execution/a/1';
        const stops = { ...allocated, trigger: 'disk:oldest', payload: { kind: 'resize-volume', deadlineMs: 0 } };
        await forge(
          world,
          'resize-volume',
          { pk, sk: `INCIDENT#${instanceId}#disk:oldest` },
          wish(world, { ...stops, state: 'claimed', execution }),
        );
      }),
    [
      outcomesAre('done', 'done', 'done', 'done', 'done'),
      nothingBegan,
      {
        sentence: 'nobody asks about the execution of another heal, let alone stops it',
        holds: (_, { region }) =>
          region.gateway.trace.calls.every(({ operation }) => !/DurableExecution$/.test(operation)),
      },
      {
        sentence: 'the sweep fails loudly, and names each place',
        holds: (_, { region }) =>
          ['request:restore', 'disk:data', 'disk:old', 'disk:older', 'disk:oldest'].every((trigger) =>
            region.log.some((line) => line.includes(`#${trigger} holds a record of something else`)),
          ),
      },
    ],
  ),
];
