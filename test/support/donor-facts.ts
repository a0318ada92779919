// A fleet whose node2 is to give a clean snapshot, and what its acts may come to, for the tests of snapshot-node's decisions.
import { ACTS } from '../../functions/snapshot-node/acts.ts';
import type { Act, Acts, Progress, SnapshotFacts } from '../../functions/snapshot-node/state.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { parseFleet } from '../../shared/fleet/resolve.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { NodeAnswer, NodeState } from '../../shared/node-commands/node-answer.ts';
import { bitcoin } from './fleet-documents.ts';
import { DATA_VOLUME, GIB, HOUR_MS, INSTANCE, ME, NODE_TAGS, NOON_MS } from './heal-facts.ts';

export const PATH = '/var/lib/bitcoind';
export const ROOT_VOLUME = 'vol-0000000000000000a';
export const SNAPSHOT = 'snap-0123456789abcdef0';

const document = { ...bitcoin, mode: 'act', probe: 'ssm' } as const;
export const snapshotFleet = (more: Record<string, unknown> = {}): Fleet =>
  parseFleet({ ...document, snapshots: { clean: { poolFloor: 2 } }, ...more });
const usual = snapshotFleet();
export const fleetWithoutSnapshots = (): Fleet => parseFleet(document);

export const snapshotPayload = (more: Partial<SnapshotPayload> = {}): SnapshotPayload => ({
  kind: 'snapshot-node',
  requestedBy: 'schedule',
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: INSTANCE,
  trigger: 'snapshot:clean',
  incidentId: '7f3a0c1d',
  attempt: 3,
  mode: 'act',
  onsetMs: NOON_MS,
  deadlineMs: NOON_MS + 8 * HOUR_MS,
  alarm: { alarmName: '', namespace: '', dimensions: {} },
  ...more,
});

export const observed = (name: string, more: Partial<ObservedNode> = {}): ObservedNode => ({
  instanceId: name === 'node2' ? INSTANCE : `i-${name}`,
  name,
  role: 'follower',
  availabilityZone: 'eu-west-1a',
  privateIp: '10.0.0.1',
  health: 'synced',
  reason: 'at the tip, 900000',
  sinceMs: NOON_MS - HOUR_MS,
  height: 900_000,
  block: { height: 900_000, hash: '00ab' },
  clientVersion: '/Satoshi:29.1.0/',
  heightSinceMs: NOON_MS - 60_000,
  lagBlocks: 0,
  blockAgeSeconds: 60,
  peerCount: 8,
  startedAtMs: null,
  seenSinceMs: 0,
  paged: [],
  ...more,
});

export const volumeNow = (
  volumeId: string,
  device = '/dev/sdf',
  more: Partial<VolumeDescription> = {},
): VolumeDescription => ({
  volumeId,
  state: 'in-use',
  sizeGiB: 500,
  type: 'gp3',
  iops: 3000,
  throughputMiBps: 125,
  availabilityZone: 'eu-west-1a',
  encrypted: true,
  kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  snapshotId: '',
  createdAtMs: NOON_MS - 24 * 60 * 60_000,
  attachment: { instanceId: INSTANCE, device, state: 'attached', deleteOnTermination: false },
  tags: NODE_TAGS,
  ...more,
});

export const facts = (more: Partial<SnapshotFacts> = {}): SnapshotFacts => ({
  nowMs: NOON_MS,
  fleet: usual,
  role: 'follower',
  instance: { state: 'running', availabilityZone: 'eu-west-1a', rootVolumeId: ROOT_VOLUME },
  volumes: [volumeNow(ROOT_VOLUME, '/dev/xvda'), volumeNow(DATA_VOLUME)],
  nodes: ['node1', 'node2', 'node3'].map((name) => observed(name)),
  observedAtMs: NOON_MS - 20_000,
  breaker: { open: false, sentence: '0 of 3 nodes unhealthy or unknown, limit 1' },
  haltedSinceMs: null,
  chainId: '000000000019d668',
  open: null,
  taken: [],
  ...more,
});

type Client = NodeState['clients'][number];
export const client = (more: Partial<Client> = {}): Client => ({
  state: 'running',
  exitStatus: null,
  lastLine: '',
  masked: false,
  ...more,
});

type Mounted = NodeState['volumes'][number];
export const mounted = (more: Partial<Mounted> = {}): Mounted => ({
  path: PATH,
  volumeId: DATA_VOLUME,
  filesystem: 'xfs',
  sizeBytes: 500 * GIB,
  usedBytes: 300 * GIB,
  readOnly: false,
  ...more,
});

export const state = (more: Partial<NodeState> = {}): NodeState => ({
  clients: [client()],
  volumes: [mounted()],
  devices: [DATA_VOLUME],
  rootUsedPercent: 30,
  ...more,
});

const CLEAN_LINE = '2026-01-01T12:02:10Z Shutdown: done';
export const ended: NodeState = state({
  clients: [client({ state: 'stopped', exitStatus: 0, lastLine: CLEAN_LINE })],
  volumes: [],
});

export const answer = (more: Partial<NodeAnswer> = {}): NodeAnswer => ({
  operationId: '4.1',
  fence: 4,
  result: 'done',
  before: null,
  after: state(),
  stop: null,
  startSeconds: null,
  putBack: false,
  fault: 'none',
  ...more,
});

export const stopped = (
  more: Partial<NodeAnswer> = {},
  how: Partial<NonNullable<NodeAnswer['stop']>> = {},
): NodeAnswer =>
  answer({
    after: ended,
    stop: { seconds: 12, clean: true, exitStatus: 0, lastLine: CLEAN_LINE, ...how },
    ...more,
  });

export const operation = (
  more: Partial<SnapshotOperation> = {},
  memory: Partial<SnapshotMemory> = {},
): SnapshotOperation => ({
  kind: 'snapshot',
  phase: 'down',
  incidentId: '7f3a0c1d',
  memory: {
    found: {
      instanceId: INSTANCE,
      availabilityZone: 'eu-west-1a',
      volumes: [
        {
          role: 'data',
          path: PATH,
          volumeId: DATA_VOLUME,
          device: '/dev/sdf',
          sizeGiB: 500,
          type: 'gp3',
          iops: 3000,
          throughputMiBps: 125,
          encrypted: true,
          kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/1',
          tags: NODE_TAGS,
        },
      ],
      height: 900_000,
      lagBlocks: null,
      client: 'running',
    },
    intent: null,
    setId: '7f3a0c1d-3',
    snapshotIds: [],
    clean: null,
    upSinceMs: null,
    ...memory,
  },
  ...more,
});

export const HOLDER = { execution: ME, fence: 4 } as const;

/** A step of the act keeps failing. */
export const FAILS: unique symbol = Symbol('the step keeps failing');
export type Told<Name extends keyof Acts = keyof Acts> = Acts[Name]['result'] | typeof FAILS;
/** What each act comes to. `time`: how often it was decided on so far. */
export type Replies = { readonly [Name in keyof Acts]: (act: Act<Name>, time: number) => Told<Name> };

/** Where everything goes well. */
export const wellDone = {
  claim: () => ({ mine: true }),
  look: () => facts(),
  ask: () => ({ approved: true, by: null }),
  lease: () => ({ holder: HOLDER, operation: null }),
  inspect: () => ({ answer: answer() }),
  'leave-pool': () => ({ left: true }),
  stop: () => ({ answer: stopped() }),
  take: ({ from }) => {
    const { memory } = from.operation;
    const intent = { call: 'CreateSnapshots', target: memory.setId, atMs: NOON_MS };
    return { whole: true, memory: { ...memory, intent, snapshotIds: [SNAPSHOT] } };
  },
  start: ({ from }) => {
    const { memory } = from.operation;
    return { answer: answer({ startSeconds: 3 }), memory: { ...memory, upSinceMs: memory.upSinceMs ?? NOON_MS } };
  },
  reconcile: ({ from }) => {
    const { memory } = from.operation;
    const lastStartedAtMs = (memory.upSinceMs ?? NOON_MS) - 5_000;
    return { whole: true, lastStartedAtMs, memory: { ...memory, snapshotIds: [SNAPSHOT] } };
  },
  prove: () => ({ proved: 'synced again at height 900003' }),
  quarantine: () => ({ done: true }),
  settle: () => ({ written: true }),
  release: () => ({ done: true }),
  register: () => ({ done: true }),
  await: () => ({ completed: `${SNAPSHOT} is completed` }),
  conclude: () => ({ written: true }),
} satisfies { readonly [Name in keyof Acts]: (act: Act<Name>) => Acts[Name]['result'] };

/** One act: what is told of it, and the progress that its entry makes of that; null where the execution fails. */
export function turn<Name extends keyof Acts>(
  replies: Replies,
  progress: Progress,
  act: Act<Name>,
  time: number,
  payload: SnapshotPayload,
): { readonly result: Told<Name>; readonly after: Progress | null } {
  const { reduce, abandon } = ACTS[act.do];
  const result = replies[act.do](act, time);
  const after =
    result === FAILS
      ? abandon(progress, act, { message: 'no answer', throttled: false })
      : reduce(progress, act, result, payload);
  return { result, after };
}
