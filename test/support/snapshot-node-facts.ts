// What snapshot-node reads of a fleet whose node2 is to give a clean snapshot, and what its acts may come to.
import { ACTS } from '../../functions/snapshot-node/acts.ts';
import type { Act, Acts, Progress, SnapshotFacts } from '../../functions/snapshot-node/state.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { SnapshotOperation } from '../../shared/heal/records.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { NodeAnswer, NodeState } from '../../shared/node-commands/node-answer.ts';
import { bitcoinFleet } from './builders/fleet.ts';
import { ME } from './builders/incident.ts';
import { INSTANCE, ROOT_VOLUME } from './builders/node.ts';
import { clientState, nodeState, observedNode } from './builders/observation.ts';
import { NOON_MS } from './builders/time.ts';
import { attachedAt, foundVolume, volumeNow } from './builders/volume.ts';

export const SNAPSHOT = 'snap-0123456789abcdef0';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1';
export const snapshotFleet = (more: object = {}): Fleet =>
  bitcoinFleet({ probe: 'ssm', snapshots: { clean: { poolFloor: 2 } }, ...more });
const usual = snapshotFleet();
export const fleetWithoutSnapshots = (): Fleet => bitcoinFleet({ probe: 'ssm' });

export const facts = (more: Partial<SnapshotFacts> = {}): SnapshotFacts => ({
  nowMs: NOON_MS,
  fleet: usual,
  role: 'follower',
  instance: { state: 'running', availabilityZone: 'eu-west-1a', rootVolumeId: ROOT_VOLUME },
  volumes: [
    volumeNow({ volumeId: ROOT_VOLUME, attachment: attachedAt('/dev/xvda'), kmsKeyId: KEY }),
    volumeNow({ kmsKeyId: KEY }),
  ],
  nodes: ['node1', 'node2', 'node3'].map((name) => observedNode({ name })),
  observedAtMs: NOON_MS - 20_000,
  breaker: { open: false, sentence: '0 of 3 nodes unhealthy or unknown, limit 1' },
  haltedSinceMs: null,
  chainId: '000000000019d668',
  open: null,
  taken: [],
  ...more,
});

const CLEAN_LINE = '2026-01-01T12:02:10Z Shutdown: done';
export const ended: NodeState = nodeState({
  clients: [clientState({ state: 'stopped', exitStatus: 0, lastLine: CLEAN_LINE })],
  volumes: [],
});

export const answer = (more: Partial<NodeAnswer> = {}): NodeAnswer => ({
  operationId: '4.1',
  fence: 4,
  result: 'done',
  before: null,
  after: nodeState(),
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
      volumes: [foundVolume({ kmsKeyId: KEY })],
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
