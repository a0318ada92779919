// The queue of future events: a binary heap ordered by time, then actor, then the order of scheduling.

export interface ScheduledEvent {
  readonly atMs: number;
  /** '' for the region itself. */
  readonly actor: string;
  /** Set by the heap. */
  order: number;
  readonly work: () => void;
  cancelled: boolean;
}

export class EventHeap {
  #heap: ScheduledEvent[] = [];
  #scheduled = 0;
  #cancelled = 0;

  /** Waiting events that are not cancelled. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  add(event: ScheduledEvent): void {
    event.order = this.#scheduled++;
    const heap = this.#heap;
    let child = heap.push(event) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[child] = above;
      child = parent;
    }
    heap[child] = event;
  }

  /** Cancelled events stay until their turn; if most of the heap is cancelled, it is rebuilt without them. */
  cancel(event: ScheduledEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelled++;
    if (this.#cancelled > 1000 && this.#cancelled > this.#heap.length / 2) this.#rebuild();
  }

  nextAtMs(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.atMs;
  }

  /** Takes the next event that is due until `untilMs`. Cancelling a taken event has no effect. */
  take(untilMs: number): ScheduledEvent | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    if (first === undefined || first.atMs > untilMs) return undefined;
    this.#removeFirst();
    first.cancelled = true;
    return first;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) {
      this.#removeFirst();
      this.#cancelled--;
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      let least = heap[child];
      if (least === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, least)) {
        child++;
        least = right;
      }
      if (!isBefore(least, last)) break;
      heap[parent] = least;
      parent = child;
    }
    heap[parent] = last;
  }

  #rebuild(): void {
    const alive = this.#heap.filter((event) => !event.cancelled).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#heap = alive; // sorted, and a sorted array is a heap
    this.#cancelled = 0;
  }
}

const isBefore = (a: ScheduledEvent, b: ScheduledEvent): boolean => {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.actor !== b.actor) return a.actor < b.actor;
  return a.order < b.order;
};
