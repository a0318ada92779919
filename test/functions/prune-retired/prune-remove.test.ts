// One removal, from the last read before it to the record of the removal. The record, the tags and EC2 must agree, or nothing is removed. And the
// effect of a person's yes to a plan.
import { describe, expect, it } from '@jest/globals';
import { PRUNE, type PruneContext } from '../../../functions/prune-retired/context.ts';
import { decidePrune } from '../../../functions/prune-retired/decide.ts';
import { readFacts } from '../../../functions/prune-retired/facts.ts';
import { newRoom, pruneFleet, remove } from '../../../functions/prune-retired/prune.ts';
import { keptOf, readKept, writeKept } from '../../../shared/heal/kept.ts';
import { keys } from '../../../shared/heal/store.ts';
import { fleetContext } from '../../../shared/reconcile/context.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS } from '../../fixtures/builders/time.ts';
import { type Shell, shell } from '../../fixtures/heal-shell.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

const VOLUME = 'vol-0a1b2c3d4e5f60718';
const YESTERDAY_MS = Date.now() - 24 * HOUR_MS;

/** A removal that was planned a moment ago. */
const planned = async ({ context }: Kept, meanwhile: () => void = () => {}) => {
  const [removal] = decidePrune(await readFacts(context, context.fleet, Date.now())).removals;
  if (!removal) throw new Error('nothing was to be removed');
  meanwhile();
  return removal;
};

interface Kept {
  readonly here: Shell;
  readonly context: PruneContext;
  /** As EC2 shows it. */
  readonly volume: Record<string, unknown>;
}

const asTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** A volume that a heal has put away and tagged, and whose date is past. */
async function kept(untilMs = YESTERDAY_MS): Promise<Kept> {
  const here = shell();
  const { store } = tableOfHeals();
  const about = { fleet: 'bitcoin', node: 'node2', incidentId: '7f3a0c1d', atMs: YESTERDAY_MS, untilMs };
  const [sizeGiB, type, availabilityZone] = [500, 'gp3', 'eu-west-1a'];
  const was = { role: 'data', sizeGiB, type, createdAtMs: YESTERDAY_MS, snapshotId: '', availabilityZone };
  await writeKept(store, [{ ...about, kind: 'volume', id: VOLUME, state: 'kept', was }]);
  const tags = {
    'chainmend:fleet': 'bitcoin',
    'chainmend:node': 'node2',
    'chainmend:incident': '7f3a0c1d',
    'chainmend:keep-until': new Date(YESTERDAY_MS).toISOString(),
  };
  const volume = {
    ...{ VolumeId: VOLUME, State: 'available', Size: sizeGiB, VolumeType: type, AvailabilityZone: availabilityZone },
    ...{ CreateTime: new Date(YESTERDAY_MS), Attachments: [], Tags: asTags(tags) },
  };
  const node = { InstanceId: INSTANCE, State: { Name: 'running' }, Tags: asTags({ ...NODE_TAGS, Name: 'node2' }) };
  Object.assign(here.answers, {
    DescribeInstancesCommand: () => ({ Reservations: [{ Instances: [node] }] }),
    DescribeVolumesCommand: () => ({ Volumes: [volume] }),
    DeleteVolumeCommand: () => ({}),
  });
  const environment = { TABLE_NAME: 'table', TOPIC_ARN: 'topic', PARAMETER_PREFIX: '/chainmend' };
  const times = { startedAtMs: Date.now(), untilMs: Date.now() + HOUR_MS };
  const clients = here.tools.clients as unknown as PruneContext['clients'];
  const invocation = { clients, store, environment, requestId: 'a-run', ...times, written: new Map() };
  const context = fleetContext(invocation, PRUNE, bitcoinFleet());
  return { here, context, volume };
}

describe('a volume whose date is past', () => {
  it('is deleted once, and nothing follows from its record any more', async () => {
    const there = await kept();
    const { here, context } = there;
    const removal = await planned(there);
    expect(await remove(context, removal, false)).toEqual({ done: true });
    expect(here.changes()).toEqual(['DeleteVolumeCommand']);
    expect(keptOf(await readKept(context.store, 'bitcoin'), 'volume').size).toBe(0);
    expect(await remove(context, removal, false)).toMatchObject({ done: false, stop: false });
    expect(here.changes()).toEqual(['DeleteVolumeCommand']);
  });

  it.each<[string, (volume: Record<string, unknown>) => void]>([
    [
      'somebody has attached it',
      (volume) => {
        volume['State'] = 'in-use';
        volume['Attachments'] = [{ InstanceId: INSTANCE, State: 'attached' }];
      },
    ],
    [
      'somebody has made another one of its tags',
      (volume) => {
        volume['Size'] = 8;
      },
    ],
  ])('stays where a moment ago %s', async (_, change) => {
    const there = await kept();
    const { here, context, volume } = there;
    const removal = await planned(there, () => change(volume));
    expect(await remove(context, removal, false)).toMatchObject({ done: false, stop: false });
    expect(here.changes()).toEqual([]);
  });

  it('stays until the date that the heal has written down, whatever its tag says', async () => {
    const there = await kept(Date.now() + HOUR_MS);
    await expect(planned(there)).rejects.toThrow('nothing was to be removed');
  });

  it.each<[string, string, (parameters: Shell['parameters']) => void]>([
    ['everything is paused', 'paused', (parameters) => void parameters.set('/chainmend/pause', 'audit')],
    ['its fleet is paused', 'paused', (parameters) => void parameters.set('/chainmend/pauses/bitcoin', 'audit')],
    [
      'its fleet only plans',
      'mode-changed',
      (parameters) => {
        const file = parameters.get('/chainmend/fleets/bitcoin') ?? '';
        parameters.set('/chainmend/fleets/bitcoin', file.replace('"act"', '"plan"'));
      },
    ],
  ])('stays where in the moment of the call %s, and nothing more is removed in that run', async (_, code, change) => {
    const there = await kept();
    const { here, context } = there;
    const { write } = context;
    const telling: PruneContext['write'] = async (entry, about) => {
      await write(entry, about);
      if (entry.kind === 'intent') change(here.parameters);
    };
    expect(await remove({ ...context, write: telling }, await planned(there), false)).toMatchObject({
      done: false,
      stop: true,
      refusal: { refuse: code },
    });
    expect(here.changes()).toEqual([]);
  });
});

it('a fleet that is tried again goes on with what the run may still delete', async () => {
  const { here, context, volume } = await kept();
  Object.assign(here.answers, {
    DescribeSnapshotsCommand: () => ({ Snapshots: [] }),
    DescribeVolumesCommand: () => ({
      Volumes: here.calls.includes('DeleteVolumeCommand') ? [] : [volume],
    }),
  });
  const room = { ...newRoom(), deletions: 0 };
  const request = { onlyPlan: false, approval: undefined, room };
  expect(await pruneFleet(context, request)).toMatchObject({ removed: [] });
  room.deletions = 1;
  expect(await pruneFleet(context, request)).toMatchObject({ removed: [expect.stringContaining(VOLUME)] });
  expect([here.changes(), room.deletions]).toEqual([['DeleteVolumeCommand'], 0]);
});

it('a fleet that is tried again renews no hold twice', async () => {
  const { here, context } = await kept();
  const about = { fleet: 'bitcoin', node: 'node2', incidentId: 'aaaa', id: 'aaaa', atMs: YESTERDAY_MS } as const;
  const hold = { ...about, kind: 'hold', state: 'kept', snapshotIds: ['snap-1'], lockedIds: [] } as const;
  await writeKept(context.store, [hold]);
  const incident = openIncidentRecord({ incidentId: 'aaaa', version: 1 });
  await context.store.replace(keys.incident('bitcoin', incident.instanceId, incident.trigger), incident);
  const snapshot = { SnapshotId: 'snap-1', State: 'completed', StartTime: new Date(YESTERDAY_MS), VolumeSize: 500 };
  const Snapshots = [{ ...snapshot, VolumeId: VOLUME, OwnerId: '1', Tags: asTags(NODE_TAGS) }];
  Object.assign(here.answers, {
    DescribeSnapshotsCommand: () => ({ Snapshots }),
    DescribeLockedSnapshotsCommand: () => ({ Snapshots: [] }),
    CreateTagsCommand: () => ({}),
  });
  const request = { onlyPlan: false, approval: undefined, room: { ...newRoom(), deletions: 0 } };
  await pruneFleet(context, request);
  await pruneFleet(context, request);
  expect(here.changes()).toEqual(['CreateTagsCommand']);
});

describe('a plan of a fleet in mode ask', () => {
  const fleet = bitcoinFleet({ mode: 'ask' });

  async function asking() {
    const there = await kept();
    const { here, context } = there;
    const file = here.parameters.get('/chainmend/fleets/bitcoin') ?? '';
    here.parameters.set('/chainmend/fleets/bitcoin', file.replace('"act"', '"ask"'));
    Object.assign(here.answers, { PublishCommand: () => ({}), DescribeSnapshotsCommand: () => ({ Snapshots: [] }) });
    const turn = ({ approved, onlyPlan = false }: { readonly approved?: string; readonly onlyPlan?: boolean } = {}) =>
      pruneFleet(
        { ...context, fleet },
        {
          ...{ onlyPlan, room: newRoom() },
          approval: approved === undefined ? undefined : { plan: approved, by: null },
        },
      );
    const deleted = () => here.changes().filter((name) => name !== 'PublishCommand');
    return { ...there, turn, deleted };
  }

  it('is only asked about, and carried out when a person says yes to it', async () => {
    const { turn, deleted } = await asking();
    const { plan = '' } = await turn();
    expect(deleted()).toEqual([]);
    expect(await turn({ approved: plan })).toMatchObject({ refusals: [] });
    expect(deleted()).toEqual(['DeleteVolumeCommand']);
  });

  it('is not carried out where it is another one by then', async () => {
    const { turn, deleted, volume, here, context } = await asking();
    const { plan = '' } = await turn();
    const another = { ...volume, VolumeId: 'vol-0c1b2c3d4e5f60718' };
    here.answers['DescribeVolumesCommand'] = () => ({ Volumes: [volume, another] });
    const [record] = [...keptOf(await readKept(context.store, 'bitcoin'), 'volume').values()];
    if (record) await writeKept(context.store, [{ ...record, id: another.VolumeId }]);
    expect(await turn({ approved: plan })).toMatchObject({
      removed: [],
      refusals: [expect.stringMatching(/^approval-exceeded: .*something has changed/)],
    });
    expect(deleted()).toEqual([]);
  });

  it('is not carried out where nobody was asked about it', async () => {
    const { turn, deleted } = await asking();
    const { plan = '' } = await turn({ onlyPlan: true });
    expect(await turn({ approved: plan })).toMatchObject({
      removed: [],
      refusals: [expect.stringMatching(/^approval-exceeded: .*nobody was asked/)],
    });
    expect(deleted()).toEqual([]);
  });
});
