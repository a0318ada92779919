// Whose data may replace a node's own: volumes that a heal has recorded as kept, and those of a sibling that is near enough.
import { describe, expect, it } from '@jest/globals';
import { readSources } from '../../../functions/replace-node/sources.ts';
import type { ReplaceContext } from '../../../functions/replace-node/state.ts';
import type { Sources } from '../../../functions/replace-node/supply.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { writeKept } from '../../../shared/heal/kept.ts';
import { keys } from '../../../shared/heal/store.ts';
import type { RequestedAction } from '../../../shared/model/payload.ts';
import { NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS } from '../../fixtures/builders/time.ts';
import { type Shell, shell } from '../../fixtures/heal-shell.ts';
import { COPY_VOLUME, FLEET, ladderState } from '../../fixtures/replace-facts.ts';
import { tableOfHeals } from '../../fixtures/table.ts';

const asTags = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
const SIBLING = 'i-0fedcba9876543210';

interface World {
  readonly here: Shell;
  readonly store: ReturnType<typeof tableOfHeals>['store'];
  readonly read: (want: RequestedAction, nodes?: readonly Partial<ObservedNode>[]) => Promise<Sources>;
}

function world(): World {
  const here = shell();
  const { store } = tableOfHeals();
  const environment = { ...here.tools.environment, KMS_KEYS: '' };
  const clients = { ...here.tools.clients, kms: here.tools.clients.ec2, dlm: here.tools.clients.ec2 };
  return {
    here,
    store,
    read: (want, nodes = []) =>
      readSources(
        {
          ...here.tools,
          store,
          environment,
          clients,
          payload: { ...here.tools.payload, want },
        } as unknown as ReplaceContext,
        {
          fleet: FLEET,
          state: ladderState(),
          nodes: nodes as readonly ObservedNode[],
          watch: undefined,
          nowMs: Date.now(),
        },
      ),
  };
}

describe('an undo', () => {
  /** A volume whose tags say that a heal has kept it of this node. */
  async function keeping(recordOf: string | null, trigger = '') {
    const made = world();
    const incident = openIncidentRecord({ trigger, incidentId: '7f3a0c1d', version: 1 });
    if (trigger !== '') await made.store.replace(keys.incident('bitcoin', incident.instanceId, trigger), incident);
    const was = { role: 'data', sizeGiB: 500, type: 'gp3', createdAtMs: 0, snapshotId: '', availabilityZone: 'a' };
    const about = { fleet: 'bitcoin', incidentId: '7f3a0c1d', atMs: 1, untilMs: Date.now() + HOUR_MS, was };
    if (recordOf !== null)
      await writeKept(made.store, [{ ...about, node: recordOf, kind: 'volume', id: COPY_VOLUME, state: 'kept' }]);
    made.here.answers['DescribeVolumesCommand'] = () => ({
      Volumes: [{ VolumeId: COPY_VOLUME, AvailabilityZone: 'eu-west-1a' }],
    });
    return (await made.read({ do: 'undo' })).kept;
  }

  it('has the volumes that a heal has written down that it kept of this node', async () => {
    expect(await keeping('node2')).toMatchObject({ incidentId: '7f3a0c1d', volumes: { data: COPY_VOLUME } });
  });

  it('knows when a heal has put them away, and that a person had asked for other data', async () => {
    expect(await keeping('node2')).toMatchObject({ unaskedAtMs: expect.any(Number) });
    for (const trigger of ['request:restore', 'request:shrink', 'request:undo'])
      expect(await keeping('node2', trigger)).not.toHaveProperty('unaskedAtMs');
    expect(await keeping('node2', 'node:health')).toHaveProperty('unaskedAtMs');
  });

  it('has those of the last exchange, where the node broke again under the same incident', async () => {
    const MINUTE_MS = 60_000;
    const made = world();
    const at = (id: string, role: string, atMs: number) => ({
      ...{ fleet: 'bitcoin', incidentId: '7f3a0c1d', atMs, untilMs: Date.now() + HOUR_MS, node: 'node2', id },
      was: { role, sizeGiB: 500, type: 'gp3', createdAtMs: 0, snapshotId: '', availabilityZone: 'a' },
      ...({ kind: 'volume', state: 'kept' } as const),
    });
    const kept = [
      at('vol-00000000000000001', 'data', 0),
      at('vol-00000000000000002', 'chain', 0),
      at('vol-00000000000000003', 'data', 20 * MINUTE_MS),
    ];
    await writeKept(made.store, kept);
    made.here.answers['DescribeVolumesCommand'] = () => ({
      Volumes: kept.map(({ id }) => ({ VolumeId: id, AvailabilityZone: 'eu-west-1a' })),
    });
    // The older volume of another role is of another moment: none is mixed with it.
    expect((await made.read({ do: 'undo' })).kept?.volumes).toEqual({ data: 'vol-00000000000000003' });
  });

  it.each([
    ['nobody has written down, whatever their tags say', null],
    ['were kept of another node', 'node1'],
  ])('has no volumes that %s', async (_, recordOf) => {
    expect(await keeping(recordOf)).toBeNull();
  });
});

describe('the volumes of a sibling', () => {
  const sibling = { instanceId: SIBLING, name: 'node1', health: 'synced', role: 'follower', height: 9 } as const;
  const found = async (more: Partial<ObservedNode>) => {
    const { here, read } = world();
    Object.assign(here.answers, {
      DescribeInstancesCommand: () => ({
        Reservations: [
          {
            Instances: [
              { InstanceId: INSTANCE, State: { Name: 'running' }, Tags: asTags({ ...NODE_TAGS, Name: 'node2' }) },
              { InstanceId: SIBLING, State: { Name: 'running' }, Tags: asTags({ ...NODE_TAGS, Name: 'node1' }) },
            ],
          },
        ],
      }),
      DescribeVolumesCommand: () => ({
        Volumes: [
          {
            ...{ VolumeId: COPY_VOLUME, Tags: asTags(NODE_TAGS) },
            Attachments: [{ InstanceId: SIBLING, Device: '/dev/sdf', State: 'attached' }],
          },
        ],
      }),
      DescribeSnapshotsCommand: () => ({ Snapshots: [] }),
      DescribeLockedSnapshotsCommand: () => ({ Snapshots: [] }),
      GetLifecyclePoliciesCommand: () => ({ Policies: [] }),
    });
    return (await read({ do: 'heal' }, [{ ...sibling, availabilityZone: 'eu-west-1a', ...more }])).sibling;
  };

  it('may be copied where it follows the chain in the same zone', async () => {
    expect(await found({})).toMatchObject({ instanceId: SIBLING, volumes: { data: COPY_VOLUME } });
  });

  it.each<[string, Partial<ObservedNode>]>([
    ['is in another zone', { availabilityZone: 'eu-west-1b' }],
    ['does not follow the chain', { health: 'behind' }],
    ['is a validator', { role: 'validator' }],
  ])('are not copied where it %s', async (_, more) => {
    expect(await found(more)).toBeNull();
  });
});
