// A small explicit-state model checker. It searches breadth first over exact states, so every trace that it prints is a shortest one.

/** The properties of a step, in addition to its next state. */
export interface StepKind {
  /** The step is optional: a crash, a lost answer, a person. Convergence may not depend on it. */
  readonly fault?: boolean;
  /** The property that this step breaks. Its trace is kept, and no state after it is explored. */
  readonly broken?: string | undefined;
}

export type Emit<S> = (words: string, to: S, kind?: StepKind) => void;

/** A state is written into a row of `width` unsigned 32-bit numbers, and two states are the same if their rows are. */
export interface Model<S> {
  readonly width: number;
  readonly initial: readonly S[];
  encode(state: S, row: Uint32Array): void;
  decode(row: Uint32Array): S;
  next(state: S, emit: Emit<S>): void;
  /** A state in which everything may rest. */
  goal(state: S): boolean;
  /** The state is near the end of the model, not of the system, so it need not reach a goal. No other state may depend on it. */
  nearTheEnd?(state: S): boolean;
}

export interface Bounds {
  readonly maxStates: number;
  /** Stop at the first broken property, or as soon as some state is known to reach no goal. */
  readonly untilFirst?: boolean;
}

export interface Report {
  readonly states: number;
  readonly transitions: number;
  readonly goals: number;
  /** False when the bound on states cut something off. */
  readonly complete: boolean;
  /** The shortest trace of each broken property. */
  readonly broken: ReadonlyMap<string, readonly string[]>;
  /** The shortest trace to a state from which no goal can be reached without a fault; preferably a state where nothing can move. */
  readonly stuck: readonly string[] | null;
}

/**
 * Safety: no step carries `broken`. Liveness: from every reachable state a goal can be reached by steps without faults (with fair scheduling: once
 * faults stop, the system converges).
 */
export function check<S>(model: Model<S>, { maxStates, untilFirst = false }: Bounds): Report {
  const space = new Space(model.width, maxStates);
  const edges = new Pairs();
  const excused = new Set<number>();
  const broken = new Map<string, readonly string[]>();
  const row = new Uint32Array(model.width);
  let transitions = 0;

  for (const state of model.initial) {
    model.encode(state, row);
    space.add(row, ROOT, 'start');
  }
  for (let at = 0; at < space.count && !(untilFirst && broken.size > 0); at++) {
    model.next(model.decode(space.row(at)), (words, to, kind = {}) => {
      transitions++;
      if (kind.broken !== undefined) {
        if (!broken.has(kind.broken)) broken.set(kind.broken, [...space.trace(at), words]);
        // Where the protocol is broken, a missing next step is not a second finding.
        if (!kind.fault) excused.add(at);
        return;
      }
      model.encode(to, row);
      const target = space.add(row, at, words);
      if (target === FULL) excused.add(at);
      else if (!kind.fault && target !== at) edges.push(at, target);
    });
  }

  const { count } = space;
  const done = new Uint8Array(count);
  let goals = 0;
  for (let i = 0; i < count; i++) {
    const state = model.decode(space.row(i));
    const isGoal = model.goal(state);
    if (isGoal) goals++;
    if (isGoal || excused.has(i)) done[i] = 1;
  }
  const exempt = (i: number) => model.nearTheEnd?.(model.decode(space.row(i))) ?? false;
  const stuck = untilFirst && broken.size > 0 ? -1 : firstStuck(done, edges, exempt);
  return {
    states: count,
    transitions,
    goals,
    complete: !space.cut,
    broken,
    stuck: stuck < 0 ? null : space.trace(stuck),
  };
}

/** Marks everything that reaches a marked state. Returns the first state that stays unmarked (dead ends first), or −1. */
function firstStuck(done: Uint8Array, edges: Pairs, exempt: (i: number) => boolean): number {
  const count = done.length;
  const first = new Uint32Array(count + 1);
  const moves = new Uint8Array(count);
  for (let e = 0; e < edges.count; e++) {
    bump(first, edges.to(e) + 1);
    moves[edges.from(e)] = 1;
  }
  for (let i = 0; i < count; i++) first[i + 1] = at(first, i) + at(first, i + 1);
  const fill = first.slice();
  const sources = new Uint32Array(edges.count);
  for (let e = 0; e < edges.count; e++) sources[bump(fill, edges.to(e))] = edges.from(e);

  const open: number[] = [];
  for (let i = 0; i < count; i++) if (done[i]) open.push(i);
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    for (let e = at(first, i); e < at(first, i + 1); e++) {
      const source = at(sources, e);
      if (done[source]) continue;
      done[source] = 1;
      open.push(source);
    }
  }
  const deadEnd = done.findIndex((mark, i) => !mark && !moves[i] && !exempt(i));
  return deadEnd >= 0 ? deadEnd : done.findIndex((mark, i) => !mark && !exempt(i));
}

const ROOT = 0xffff_ffff;
const FULL = -1;

/** An index into a typed array that is known to be in range. */
const at = (array: Uint32Array | Int32Array, index: number): number => array[index] as number;

/** Adds one and returns the old value. */
const bump = (array: Uint32Array, index: number): number => {
  const before = at(array, index);
  array[index] = before + 1;
  return before;
};

/** All states found so far, in the order of discovery, each with the step that first led to it. */
class Space {
  count = 0;
  cut = false;
  readonly #width: number;
  readonly #maxStates: number;
  readonly #words: string[] = [];
  readonly #wordIds = new Map<string, number>();
  #capacity = 1 << 12;
  #rows: Uint32Array<ArrayBuffer>;
  #parents = new Uint32Array(this.#capacity);
  #labels = new Uint32Array(this.#capacity);
  /** Open addressing, half full at most; −1 is an empty slot. */
  #slots = new Int32Array(this.#capacity * 2).fill(-1);

  constructor(width: number, maxStates: number) {
    this.#width = width;
    this.#maxStates = maxStates;
    this.#rows = new Uint32Array(this.#capacity * width);
  }

  row(index: number): Uint32Array {
    return this.#rows.subarray(index * this.#width, (index + 1) * this.#width);
  }

  /** The number of the state, new or known; `FULL` where the bound allows no new one. */
  add(row: Uint32Array, parent: number, words: string): number {
    const slot = this.#slotOf(row);
    const known = at(this.#slots, slot);
    if (known >= 0) return known;
    if (this.count >= this.#maxStates) {
      this.cut = true;
      return FULL;
    }
    const index = this.count++;
    this.#slots[slot] = index;
    this.#rows.set(row, index * this.#width);
    this.#parents[index] = parent;
    this.#labels[index] = this.#wordId(words);
    if (this.count === this.#capacity) this.#grow();
    return index;
  }

  trace(index: number): string[] {
    const steps: string[] = [];
    for (let i = index; at(this.#parents, i) !== ROOT; i = at(this.#parents, i)) {
      steps.push(this.#words[at(this.#labels, i)] ?? '');
    }
    return steps.reverse();
  }

  #slotOf(row: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let slot = hash(row) & mask;
    for (; at(this.#slots, slot) >= 0; slot = (slot + 1) & mask) {
      if (this.#equals(at(this.#slots, slot), row)) return slot;
    }
    return slot;
  }

  #equals(index: number, row: Uint32Array): boolean {
    const offset = index * this.#width;
    for (let i = 0; i < this.#width; i++) if (this.#rows[offset + i] !== row[i]) return false;
    return true;
  }

  #wordId(words: string): number {
    const known = this.#wordIds.get(words);
    if (known !== undefined) return known;
    this.#wordIds.set(words, this.#words.length);
    return this.#words.push(words) - 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#rows = larger(this.#rows);
    this.#parents = larger(this.#parents);
    this.#labels = larger(this.#labels);
    this.#slots = new Int32Array(this.#capacity * 2).fill(-1);
    for (let i = 0; i < this.count; i++) this.#slots[this.#slotOf(this.row(i))] = i;
  }
}

/** Ordered pairs of state numbers. */
class Pairs {
  count = 0;
  #numbers = new Uint32Array(1 << 12);

  push(from: number, to: number): void {
    if (this.count * 2 === this.#numbers.length) this.#numbers = larger(this.#numbers);
    this.#numbers[this.count * 2] = from;
    this.#numbers[this.count * 2 + 1] = to;
    this.count++;
  }

  from(index: number): number {
    return at(this.#numbers, index * 2);
  }

  to(index: number): number {
    return at(this.#numbers, index * 2 + 1);
  }
}

const larger = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const twice = new Uint32Array(array.length * 2);
  twice.set(array);
  return twice;
};

/** FNV-1a over the numbers, with a final avalanche so that the low bits can be used. */
const hash = (row: Uint32Array): number => {
  let h = 2166136261;
  for (const number of row) h = Math.imul(h ^ number, 16777619) ^ (number >>> 16);
  h ^= h >>> 15;
  h = Math.imul(h, 2246822519);
  return (h ^ (h >>> 13)) >>> 0;
};
