// One node of an explored upgrade: how far its snapshot and its upgrade are, and who is at it.
import { ATTEMPTS, type Attempt, type Begun } from './rollout-switches.ts';

/** How far the snapshot of a node is. */
export const SNAP = { none: 0, asked: 1, stopped: 2, done: 3, failed: 4 } as const;
/**
 * How far its upgrade is. `cut`: its switch was cut off, and its client is down, on data that it has not touched. `back`: the version of before is enabled.
 * `swapping`: its data of before are put in place. `beside`: another instance is beside it. `placed`: that one has its place, and it runs still.
 */
export const UP = {
  none: 0,
  asked: 1,
  begun: 2,
  switched: 3,
  back: 4,
  swapping: 5,
  healed: 6,
  escalated: 7,
  cut: 8,
  beside: 9,
  placed: 10,
} as const;

export interface RolloutNode {
  readonly snap: number;
  readonly up: number;
  readonly isNew: boolean;
  readonly isMigrated: boolean;
  /** Its client has failed by itself. */
  readonly isSick: boolean;
  /** As it was seen last. */
  readonly isSeenWell: boolean;
  /** `none` at what is begun: the execution has died or was refused, and the next attempt has not begun. */
  readonly attempt: Attempt;
  readonly hasTurn: boolean;
  /** Its upgrade has failed, or it has given no snapshot. */
  readonly hasFailed: boolean;
  readonly isAlone: boolean;
  /** Of nodes that go over at once: a bit for each. */
  readonly together: number;
}

const BEGUN: Readonly<Record<number, Begun>> = {
  ...{ [UP.begun]: 'taken', [UP.cut]: 'cut', [UP.switched]: 'switched', [UP.back]: 'back', [UP.swapping]: 'swapping' },
  ...{ [UP.beside]: 'beside', [UP.placed]: 'placed' },
};
export const begunOn = ({ snap, up }: RolloutNode): Begun =>
  snap === SNAP.stopped ? 'stopped' : (BEGUN[up] ?? 'nothing');
/** Its client is down, or has come up and is not proved. */
export const isAway = (node: RolloutNode): boolean => !['nothing', 'taken', 'beside', 'placed'].includes(begunOn(node));
export const isSettled = ({ snap, up, attempt, hasTurn }: RolloutNode): boolean =>
  attempt === 'none' &&
  !hasTurn &&
  (snap === SNAP.none || snap === SNAP.done || snap === SNAP.failed) &&
  (up === UP.none || up === UP.healed || up === UP.escalated);
/** On one of two versions, and its data open. */
export const runsWell = ({ isNew, isMigrated, isSick }: RolloutNode): boolean => !isSick && (isNew || !isMigrated);

export const FIRST: RolloutNode = {
  ...{ snap: SNAP.none, up: UP.none, isNew: false, isMigrated: false, isSick: false, isSeenWell: true },
  ...{ attempt: 'none' as Attempt, hasTurn: false, hasFailed: false, isAlone: false, together: 0 },
};

export const placesIn = (mask: number): readonly number[] =>
  Array.from({ length: 10 }, (_, at) => at).filter((at) => (mask & (1 << at)) !== 0);

const FLAGS = ['isNew', 'isMigrated', 'isSick', 'isSeenWell', 'hasTurn', 'isAlone', 'hasFailed'] as const;

export const packed = (node: RolloutNode): number =>
  FLAGS.reduce((sum, flag, at) => sum | (Number(node[flag]) << (7 + at)), node.snap | (node.up << 3)) |
  (ATTEMPTS.indexOf(node.attempt) << 14) |
  (node.together << 17);

export const unpacked = (number: number): RolloutNode => ({
  ...{ snap: number & 7, up: (number >> 3) & 15, together: (number >> 17) & 1023 },
  attempt: ATTEMPTS[(number >> 14) & 7] ?? 'none',
  ...(Object.fromEntries(FLAGS.map((flag, at) => [flag, ((number >> (7 + at)) & 1) === 1])) as Pick<
    RolloutNode,
    (typeof FLAGS)[number]
  >),
});
