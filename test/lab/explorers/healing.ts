// The model that the explorer checks: one node with a full disk, under a protocol and a supply of faults.
import { ec2Steps, executionSteps, nodeSteps, peopleSteps, timeSteps } from './around.ts';
import type { Emit, Model } from './check.ts';
import { dispatchSteps } from './dispatch.ts';
import { healSteps } from './heal.ts';
import { NEVER, type Protocol, type Setting } from './protocol.ts';
import {
  ATTEMPTS,
  firstWorld,
  isSick,
  OTHER,
  type Supply,
  statusOf,
  type World,
  WorldCodec,
  workers,
} from './world.ts';

export interface WorldKind extends Omit<Setting, 'protocol'> {
  readonly sentence: string;
  /** One first state for each number of modifications that we have made on the volume in the last 24 h. */
  readonly modifiedBefore: readonly number[];
  /** The bounds of `npm run explore`: one run for each. */
  readonly large: readonly Supply[];
}

export const WORLDS = {
  resizing: {
    mode: 'act',
    sentence: 'a full disk that may fill again, healed without asking',
    acts: ['pause', 'refill', 'other heal'],
    modifiedBefore: [0, 2],
    large: [
      { faults: 3, acts: 0 },
      { faults: 2, acts: 1 },
    ],
  },
  ask: {
    mode: 'ask',
    sentence: 'a full disk, healed when a person approves',
    acts: ['pause', 'silence', 'other heal'],
    modifiedBefore: [0],
    large: [
      { faults: 2, acts: 1 },
      { faults: 1, acts: 2 },
    ],
  },
} as const satisfies Record<string, WorldKind>;
export type WorldName = keyof typeof WORLDS;

export function healingModel(kind: WorldKind, supply: Supply, protocol: Protocol): Model<World> {
  const codec = new WorldCodec();
  const setting = { mode: kind.mode, acts: kind.acts, protocol };
  return {
    width: codec.width,
    initial: kind.modifiedBefore.map((count) => firstWorld(supply, count)),
    encode: (world, row) => codec.encode(world, row),
    decode: (row) => codec.decode(row),
    next: (world, emit) => {
      const watched = watching(emit);
      dispatchSteps(world, setting, watched);
      executionSteps(world, setting, watched);
      healSteps(world, setting, watched);
      ec2Steps(world, setting, watched);
      nodeSteps(world, setting, watched);
      peopleSteps(world, setting, watched);
      timeSteps(world, watched);
    },
    goal: (world) => isAtRest(world) && (world.incident?.state === 'escalated' || (isHealed(world) && !isSick(world))),
    // From any state after the last fault, two more attempts are enough.
    nearTheEnd: ({ incident }) => (incident?.attempt ?? 0) > ATTEMPTS - 2,
  };
}

/** What no step may do. */
const watching =
  (emit: Emit<World>): Emit<World> =>
  (words, to, kind = {}) => {
    const working = workers(to).length + (to.node.owner === OTHER && statusOf(to, OTHER).state === 'running' ? 1 : 0);
    emit(words, to, working > 1 ? { broken: NEVER.twoHeals, ...kind } : kind);
  };

const isHealed = ({ incident }: World): boolean => incident?.state === 'healed';

const isAtRest = ({ node, queue, around, heals, other }: World): boolean =>
  node.owner === null &&
  node.operation === null &&
  queue.length === 0 &&
  around.flight === null &&
  other.life !== 'running' &&
  heals.every(({ execution }) => execution.life !== 'running');
