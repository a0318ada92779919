import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { idleVolumes, readFacts } from '../../../functions/resize-volume/facts.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { NewVolume, RestoredVolumes } from '../../../shared/heal/memory.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import type { Store } from '../../../shared/heal/store.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { payload } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { observation, observedNode } from '../../fixtures/builders/observation.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { COPY_VOLUME, copy, ladderState } from '../../fixtures/replace-facts.ts';

const ROOT = 'vol-00000000000000001';
const DATA = 'vol-00000000000000002';

/** The facts about an instance whose root volume has this device's name, and the calls of EC2 that they took. */
async function facts(
  rootDevice: string,
  answered: boolean,
  fleet = bitcoinFleet(),
  readIncident: () => Promise<IncidentRecord | undefined> = async () => undefined,
  node: NodeRecord | undefined = undefined,
  down:
    | { readonly client: 'stopped' | 'failed'; readonly seen: Partial<ObservedNode>; readonly percent: number }
    | undefined = undefined,
) {
  const calls: string[] = [];
  const volume = (VolumeId: string, Device: string) => ({
    VolumeId,
    Size: 500,
    VolumeType: 'gp3',
    Attachments: [{ InstanceId: INSTANCE, Device }],
  });
  const answers: Record<string, unknown> = {
    DescribeVolumesCommand: { Volumes: [volume(ROOT, rootDevice), volume(DATA, '/dev/sdf')] },
    DescribeVolumesModificationsCommand: {},
    DescribeInstancesCommand: {
      Reservations: [
        {
          Instances: [
            {
              State: { Name: 'stopped' },
              Tags: [{ Key: 'ManagedBy', Value: 'terraform' }],
              RootDeviceName: rootDevice,
              BlockDeviceMappings: [{ DeviceName: rootDevice, Ebs: { VolumeId: ROOT } }],
            },
          ],
        },
      ],
    },
  };
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    return answers[command.constructor.name] ?? {};
  };
  const nothing = async () => undefined;
  const sources = {
    ec2: { send } as unknown as EC2Client,
    // The SDK paginates only with a client of its own class.
    cloudwatch: Object.assign(new CloudWatchClient({ region: 'eu-west-1' }), {
      send: async () =>
        down
          ? { MetricDataResults: [{ Id: 'percent0', Timestamps: [new Date(NOON_MS)], Values: [down.percent] }] }
          : {},
    }),
    store: {
      ...{ readNode: async () => node, readIncident, readBudget: nothing },
      readObservations: async () => [{ nodes: down ? [observedNode({ instanceId: INSTANCE, ...down.seen })] : [] }],
    } as unknown as Store,
  };
  const seen = observation({ volumeId: DATA, ...(down && { client: down.client }) });
  const read = await readFacts(sources, payload(), fleet, answered ? seen : null, NOON_MS);
  return {
    calls,
    state: read.instanceState,
    volumes: read.volumes.map(({ volumeId }) => volumeId),
    tags: read.instanceTags,
    wasDown: read.wasDownBeforeFull === true,
    owed: read.clientOwed === true,
    ...(read.syncsFromZero && { syncsFromZero: true }),
  };
}

/** Of a heal that waits for the proof of its copy. */
const proving = (mounted: RestoredVolumes['mounted'], more: Partial<RestoredVolumes> = {}): NodeRecord =>
  nodeRecord({
    clientOwedSinceMs: NOON_MS - 1,
    operation: {
      ...{ kind: 'replace', phase: 'down', incidentId: '7f3a0c1d' },
      memory: ladderState({ restoredVolumes: copy({ mounted, ...more }), upSinceMs: NOON_MS }),
    },
  });

describe('the facts about a full disk', () => {
  it('need no look at the instance once its node has answered, and the name of a device says which volume is the root', async () => {
    expect(await facts('/dev/xvda', true)).toEqual({
      calls: ['DescribeVolumesCommand', 'DescribeVolumesModificationsCommand'],
      state: 'running',
      volumes: [DATA],
      tags: null,
      wasDown: false,
      owed: false,
    });
  });

  it('leave out what another heal keeps beside the node until its proof, where nobody has asked the node', () => {
    expect(idleVolumes(undefined)).toEqual([]);
    expect(idleVolumes(nodeRecord())).toEqual([]);
    expect(idleVolumes(proving('restored'))).toEqual([DATA_VOLUME]);
    expect(idleVolumes(proving('found'))).toEqual([COPY_VOLUME]);
    const shrink = { ...copy().volumes[0], volumeId: 'vol-00000000000000009' } as NewVolume;
    const shrunk = { toGiB: 50, copy: shrink, sinceMs: null, left: null, isFilled: true };
    expect(idleVolumes(proving('restored', { shrink: shrunk }))).toEqual([DATA_VOLUME, shrink.volumeId]);
  });

  it('are of all volumes where the node says which is mounted', async () => {
    const left = proving('found', { volumes: copy().volumes.map((one) => ({ ...one, volumeId: DATA })) });
    expect((await facts('/dev/xvda', false, bitcoinFleet(), undefined, left)).volumes).toEqual([]);
    expect((await facts('/dev/xvda', true, bitcoinFleet(), undefined, left)).volumes).toEqual([DATA]);
  });

  it('know a client that a growth owes its start, and leave one to the heal that owes it', async () => {
    const owed = (node: NodeRecord) => facts('/dev/xvda', true, bitcoinFleet(), undefined, node);
    expect((await owed(nodeRecord({ clientOwedSinceMs: NOON_MS - 1 }))).owed).toBe(true);
    expect((await owed(proving('restored'))).owed).toBe(false);
  });

  it('need its tags where the file has a word on drift, and neither it nor the volume says who the owner is', async () => {
    const looks = async (owner: { by?: 'terraform'; acceptDrift?: boolean }) =>
      (await facts('/dev/xvda', true, bitcoinFleet({ owner }))).tags;
    expect(await looks({ acceptDrift: false })).toEqual({ ManagedBy: 'terraform' });
    expect(await looks({ acceptDrift: true })).toEqual({ ManagedBy: 'terraform' });
    expect(await looks({ by: 'terraform', acceptDrift: false })).toBeNull();
    expect(await looks({ by: 'terraform' })).toBeNull();
  });

  it('take the root from the instance where no device has a name of root volumes', async () => {
    const { calls, volumes } = await facts('/dev/sdb', true);
    expect(calls).toContain('DescribeInstancesCommand');
    expect(volumes).toEqual([DATA]);
  });

  it('say of a client that a heal of its node has left to a person that it was down before the disk was full', async () => {
    const health =
      (state: 'open' | 'healed', ...refusedCodes: string[]) =>
      async () =>
        ({ state, refusedCodes }) as unknown as IncidentRecord;
    const wasDown = async (readIncident: () => Promise<IncidentRecord | undefined>) =>
      (await facts('/dev/xvda', true, bitcoinFleet(), readIncident)).wasDown;
    expect(await wasDown(health('open', 'disk-full-first', 'client-stopped'))).toBe(true);
    expect(await wasDown(health('open', 'disk-full-first'))).toBe(false);
    expect(await wasDown(health('healed', 'client-stopped'))).toBe(false);
    expect(await wasDown(async () => undefined)).toBe(false);
  });

  it('say of a node whose heal has found no data that its client opens that it syncs from the first block, as long as it does', async () => {
    // However long its reasons are: the sentence on the record is cut.
    const told = { kind: 'failed', sentence: 'nothing helped. restart: it…', unopened: true };
    const asked = async (state: 'open' | 'escalated', lastWord: object, seen: Partial<ObservedNode>) => {
      const health = { state, refusedCodes: [], lastWord } as unknown as IncidentRecord;
      const down = { client: 'failed', seen, percent: 91 } as const;
      return (await facts('/dev/xvda', true, bitcoinFleet(), async () => health, undefined, down)).syncsFromZero;
    };
    const low = { height: 499, lagBlocks: 500 };
    expect(await asked('escalated', told, low)).toBe(true);
    expect(await asked('open', told, low)).toBeUndefined();
    const unsaid = 'nothing helped. replace: it has not opened them, and syncs from the first block';
    expect(await asked('escalated', { kind: 'failed', sentence: unsaid }, low)).toBeUndefined();
    expect(await asked('escalated', told, { height: 500, lagBlocks: 500 })).toBeUndefined();
    expect(await asked('escalated', told, { height: null, lagBlocks: null })).toBeUndefined();
  });

  it('say of a stopped client that it was seen down while its disk had room', async () => {
    const wasDown = async (down: Parameters<typeof facts>[5]) =>
      (await facts('/dev/xvda', true, bitcoinFleet(), undefined, undefined, down)).wasDown;
    const seen = { health: 'unreachable', sinceMs: NOON_MS - 1 } as const;
    expect(await wasDown({ client: 'stopped', seen, percent: 50 })).toBe(true);
    expect(await wasDown({ client: 'failed', seen, percent: 50 })).toBe(false);
    expect(await wasDown({ client: 'stopped', seen, percent: 97 })).toBe(false);
    expect(await wasDown({ client: 'stopped', seen: { ...seen, health: 'unknown' }, percent: 50 })).toBe(false);
    expect(await wasDown({ client: 'stopped', seen: { ...seen, sinceMs: NOON_MS + 1 }, percent: 50 })).toBe(false);
  });

  it('are the instance’s own state and root where its node was not asked', async () => {
    expect(await facts('/dev/xvda', false)).toMatchObject({ state: 'stopped', volumes: [DATA] });
  });
});
