// The judge: it is told the region's calls and what people do, reads the region's truth, and says which promises were broken, and which mattered.
// It knows nothing of how chainmend works: .dependency-cruiser.mjs holds it to the simulated services and the schema of the fleet file.
import type { Region } from '../../../local/region.ts';
import { type CallRecord, wasCarriedOut } from '../../../local/simulator/trace.ts';
import type { PersonAct } from './acts.ts';
import { PROMISE_NAMES, type PromiseName } from './promises.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { saidBy } from './said.ts';
import { type Listener, Scene, type Told } from './scene.ts';

export type { PersonAct } from './acts.ts';
export { PROMISES, type PromiseName } from './promises.ts';
export type { Told } from './scene.ts';

export interface Broken {
  readonly promise: PromiseName;
  /** ms since the epoch */
  readonly atMs: number;
  /** Whose promise it was: "bitcoin/node2", a volume, a record. */
  readonly subject: string;
  readonly sentence: string;
}

export interface Judgement {
  /** In the order of time; a promise that one subject saw broken again and again is here once. */
  readonly broken: readonly Broken[];
  /** Promises whose situation arose, in the order of `PROMISES`. */
  readonly mattered: readonly PromiseName[];
  /** All others: this run says nothing of them. */
  readonly idle: readonly PromiseName[];
}

/**
 * The acts of people that the judge understands. What goes through AWS's own API (a pause, a fleet file, an instance that is stopped) it sees by
 * itself; what is typed on a node, or said to chainmend, it has to be told.
 */
const PERSON_KINDS: readonly string[] = [
  'stop-client',
  'start-client',
  'request',
  'approve',
  'reject',
  'restore-table',
];

/** Between two looks at what lasts: nodes, pools. */
const LOOK_EVERY_MS = 10_000;
/** More than these are of no use to a person. */
const BROKEN_MAX = 1_000;
/** Requests that change nothing that the judge looks at, by far the most: they are left out before anything else. */
const IGNORED = /^(Batch|Check|Describe|Get|List|Query|PutMetricData|CheckpointDurable|Publish)/;

export class Judge {
  /** What it knows of the region: to be read by others, and changed by nobody else. */
  readonly scene: Scene;
  readonly #rules: readonly Rule[];
  readonly #broken = new Map<string, Broken>();
  readonly #mattered = new Set<PromiseName>();
  readonly #listener: Listener;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** @param told with `onBroken`, which hears of each break, also where one subject sees a promise broken again */
  constructor(region: Region, told: Told & { readonly onBroken?: (broken: Broken) => void }) {
    const scene = new Scene(region, told);
    this.scene = scene;
    this.#rules = PROMISE_NAMES.map((promise) =>
      RULES[promise](scene, {
        matters: () => void this.#mattered.add(promise),
        broken: (subject, sentence, atMs = scene.nowMs) => {
          this.#mattered.add(promise);
          const broken = { promise, atMs, subject, sentence };
          told.onBroken?.(broken);
          const key = `${promise} ${subject}`;
          if (!this.#broken.has(key) && this.#broken.size < BROKEN_MAX) this.#broken.set(key, broken);
        },
      }),
    );
    const rules = this.#rules;
    this.#listener = {
      volume: (before, after) => {
        for (const rule of rules) rule.volume?.(before, after);
      },
      instance: (before, after) => {
        for (const rule of rules) rule.instance?.(before, after);
      },
      started: (change) => {
        for (const rule of rules) rule.started?.(change);
      },
      stopped: (change) => {
        for (const rule of rules) rule.stopped?.(change);
      },
    };
    this.look();
  }

  /** Observes a call: give it to `createRegion` as, or from, its `onCall`. */
  readonly onCall = (call: CallRecord): void => {
    if (IGNORED.test(call.operation) || !wasCarriedOut(call)) return;
    const { service, operation } = call;
    if (service === 'ec2' && /^(Stop|Start|Reboot|Terminate|Run)Instances$/.test(operation)) this.#power(call);
    this.scene.heard(call);
    if (!this.scene.isOurs(call.actor)) {
      const said = saidBy(call);
      if (said) this.person(said);
      for (const rule of this.#rules) rule.others?.(call);
    } else {
      if (service === 'ec2' && /^(Create(Volume|Snapshots?)|CopyVolumes|RunInstances)$/.test(operation))
        this.scene.noteMade(call);
      for (const rule of this.#rules) rule.act?.(call);
    }
    if (service === 'ec2') this.scene.compare(this.#listener);
  };

  /** Reads the region's truth. Cheap where nothing has changed: call it as often as you like, at least every ten simulated seconds. */
  look(): void {
    this.scene.compare(this.#listener);
    const { nowMs } = this.scene;
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    this.scene.readFiles();
    this.scene.assess();
    for (const rule of this.#rules) rule.look?.(nowMs);
  }

  /** The trouble of each node that has one, as far as somebody knows who knows everything; empty: all of them serve their chains. */
  get troubles(): string {
    return this.scene.nodes.flatMap(({ subject, trouble }) => (trouble ? [`${subject} ${trouble}`] : [])).join();
  }

  /** Before each act of a person that is not a call of AWS's API. */
  person(act: PersonAct): void {
    if (!PERSON_KINDS.includes(act.kind)) return;
    this.scene.compare(this.#listener);
    if (this.scene.persons.length < BROKEN_MAX) this.scene.persons.push(act);
    for (const rule of this.#rules) rule.person?.(act);
  }

  /** From here on liveness is counted. */
  faultsEnd(atMs: number): void {
    this.scene.faultsEndedMs = atMs;
  }

  end(atMs: number): Judgement {
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    this.look();
    for (const rule of this.#rules) rule.end?.(atMs);
    return {
      broken: [...this.#broken.values()].toSorted((a, b) => a.atMs - b.atMs),
      mattered: PROMISE_NAMES.filter((name) => this.#mattered.has(name)),
      idle: PROMISE_NAMES.filter((name) => !this.#mattered.has(name)),
    };
  }

  #power({ actor, input }: CallRecord): void {
    const { InstanceIds = [] } = input as { readonly InstanceIds?: readonly string[] };
    for (const id of InstanceIds) this.scene.power(id, this.scene.isOurs(actor) ? 'ours' : 'person');
  }
}
