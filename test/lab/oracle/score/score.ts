// The score of a healer in one run, whoever it is: what was lost, what it did, and what it should not have done. It is counted from the region's own
// truth, and by the judge's own rules where a promise says the same.
import type { Region } from '../../../../local/region.ts';
import { isPage } from '../../../../local/services/sns/sns.ts';
import { type CallRecord, wasCarriedOut } from '../../../../local/simulator/trace.ts';
import type { PersonAct } from '../acts.ts';
import { operationIn, type Touch } from '../hands.ts';
import { type Broken, Judge, type Told } from '../index.ts';
import type { PromiseName } from '../promises.ts';
import type { SeenNode } from '../seen-nodes.ts';
import { serves } from '../troubles.ts';
import { Copies } from './copies.ts';
import { monthlyUsd } from './prices.ts';

export interface Score {
  /** Of nodes that should serve and did not, whatever the reason. */
  readonly nodeHoursLost: number;
  /** Requests that changed something in EC2, and commands that touched a client. */
  readonly acts: number;
  readonly wrongfulActs: number;
  readonly dataLost: number;
  readonly doubleSigning: number;
  readonly pages: number;
  readonly refusedModifications: number;
  /** A month's bill of what stands at the end. */
  readonly usdAMonth: number;
  /** By minute of the run: nodes that should have served and did not (a mean), acts, and those of them that were wrongful. */
  readonly minutes: readonly Minute[];
  /** What was counted against it, with the reason; the first hundred. */
  readonly against: readonly Against[];
}

export interface Minute {
  readonly down: number;
  readonly acts: number;
  readonly wrongful: number;
}

export interface Against {
  readonly what: 'wrongful' | 'data' | 'identity';
  readonly atMs: number;
  readonly subject: string;
  readonly sentence: string;
}

/** Promises that say what a count says; the others are about chainmend's own words, which no other healer has given. */
const COUNTED: Readonly<Partial<Record<PromiseName, Against['what']>>> = {
  'only-the-sick': 'wrongful',
  'stopped-stays-stopped': 'wrongful',
  'signing-state-forward': 'data',
  'one-identity': 'identity',
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 10_000;
const AGAINST_MAX = 100;
/** A tag says something and does nothing; addresses and groups are counted with the machine that they are about. */
const CHANGES =
  /^(Run|Start|Stop|Reboot|Terminate)Instances$|^(Create|Delete|Attach|Detach|Modify)Volume$|^CopyVolumes$|^(Create|Delete)Snapshots?$|^CreateReplaceRootVolumeTask$/;
/** Refusals that say nothing of the volume: AWS is busy or down, or the answer was lost. */
const PASSING = /Throttl|RequestLimitExceeded|Unavailable|InternalError|caller killed|answer lost/;

export class ScoreKeeper {
  readonly #region: Region;
  readonly #judge: Judge;
  readonly #copies: Copies;
  readonly #startMs: number;
  readonly #pagesBefore: number;
  readonly #minutes: { down: number; acts: number; wrongful: number }[] = [];
  readonly #against: Against[] = [];
  readonly #counts = { wrongful: 0, data: 0, identity: 0 };
  /** What the healer has asked EC2 to end, so that its going is its doing. */
  readonly #ended = new Set<string>();
  /** With the instance to which each was last attached. */
  #volumes: ReadonlyMap<string, string> = new Map();
  #volumesSeen: unknown;
  #exposed = '';
  #acts = 0;
  #refused = 0;
  #lookedMs: number;
  #score: Score | undefined;

  /** @param told whose acts are scored (`isOurs`), and the fleets and nodes as their owners have them; from now on it is counted */
  constructor(region: Region, told: Told) {
    this.#region = region;
    this.#startMs = region.clock.now();
    this.#lookedMs = this.#startMs;
    this.#pagesBefore = region.sns.published().filter(isPage).length;
    this.#copies = new Copies(region);
    this.#judge = new Judge(region, { ...told, onBroken: (broken) => this.#broken(broken) });
    this.#seeGone();
    this.#noteCopies();
  }

  get troubles(): string {
    return this.#judge.troubles;
  }

  /** Each request, right after its effect. */
  readonly onCall = (call: CallRecord): void => {
    if (this.#score) return;
    const { actor, service, operation, outcome, input } = call;
    if (this.#judge.scene.isOurs(actor)) {
      if (service === 'ec2' && CHANGES.test(operation) && wasCarriedOut(call)) {
        this.#acted();
        if (/^(Stop|Reboot|Terminate)Instances$/.test(operation)) this.#judgeStopped(call);
        if (operation === 'TerminateInstances' || operation === 'DeleteVolume')
          for (const id of this.#judge.scene.targets(input)) this.#ended.add(id);
      }
      if (operation === 'SendCommand' && wasCarriedOut(call)) {
        const { DocumentName = '' } = input as { readonly DocumentName?: string };
        if (operationIn(DocumentName)) this.#acted();
      }
      if (operation === 'ModifyVolume' && !wasCarriedOut(call) && !PASSING.test(outcome ?? '')) this.#refused++;
    }
    this.#judge.onCall(call);
    if (service === 'ec2') this.#seeGone();
  };

  /** Right before a healer touches a client by other means than AWS's API. */
  touches(touch: Touch): void {
    if (this.#score) return;
    this.#acted();
    this.#judge.scene.hands.touches(touch);
  }

  person(act: PersonAct): void {
    if (!this.#score) this.#judge.person(act);
  }

  faultsEnd(atMs: number): void {
    this.#judge.faultsEnd(atMs);
  }

  /** At least every ten simulated seconds. */
  look(): void {
    if (this.#score) return;
    this.#judge.look();
    if (this.#region.clock.now() - this.#lookedMs >= LOOK_EVERY_MS) this.#countDown();
  }

  #countDown(): void {
    const nowMs = this.#region.clock.now();
    const passedMs = nowMs - this.#lookedMs;
    if (passedMs <= 0) return;
    this.#lookedMs = nowMs;
    const down = this.#judge.scene.nodes.filter((node) => this.#isMissed(node)).length;
    // The stretch that ends now belongs to the minute in which it began.
    this.#minute(nowMs - passedMs).down += (down * passedMs) / MINUTE_MS;
    this.#seeGone();
    if (Math.floor(nowMs / MINUTE_MS) !== Math.floor((nowMs - passedMs) / MINUTE_MS)) this.#noteCopies();
  }

  /** What it came to; nothing is counted afterwards. */
  end(): Score {
    if (this.#score) return this.#score;
    this.look();
    this.#countDown();
    const { ec2, sns } = this.#region;
    const lost = this.#minutes.reduce((sum, { down }) => sum + down, 0) * (MINUTE_MS / HOUR_MS);
    this.#score = {
      nodeHoursLost: lost,
      acts: this.#acts,
      wrongfulActs: this.#counts.wrongful,
      dataLost: this.#counts.data,
      doubleSigning: this.#counts.identity,
      pages: sns.published().filter(isPage).length - this.#pagesBefore,
      refusedModifications: this.#refused,
      usdAMonth: monthlyUsd({ instances: ec2.instances(), volumes: ec2.volumes(), snapshots: ec2.snapshots() }),
      minutes: this.#minutes,
      against: this.#against,
    };
    return this.#score;
  }

  /** Whether it should serve, and does not. What a person has stopped or ended should not. */
  #isMissed(node: SeenNode): boolean {
    const { scene } = this.#judge;
    const ceilings = scene.ceilings(node.fleet);
    // Its owner has taken the fleet's file away: nobody looks after it.
    if (!ceilings) return false;
    const isServing = node.instanceIds.some((id) =>
      serves(scene.instances.get(id), scene.machine(id), ceilings.behindBlocks),
    );
    if (isServing) return false;
    const latest = scene.present(node)?.instanceId ?? node.instanceIds.at(-1) ?? '';
    return scene.down.get(latest)?.by !== 'person';
  }

  /** What a person has stopped is nobody's to end or to boot. That nobody starts it is a promise already. */
  #judgeStopped({ actor, operation, input, at }: CallRecord): void {
    const { scene } = this.#judge;
    for (const id of scene.targets(input)) {
      const node = scene.nodeOf(id);
      if (!node || scene.down.get(id)?.by !== 'person' || scene.askedFor(node, this.#startMs)) continue;
      const sentence = `${actor} asked for ${operation} of ${id}, which a person had stopped.`;
      this.#count({ what: 'wrongful', atMs: at, subject: node.subject, sentence });
    }
  }

  #broken({ promise, atMs, subject, sentence }: Broken): void {
    const what = COUNTED[promise];
    if (what === undefined) return;
    // One start is one exposure, with however many others it shares its identity.
    const key = `${subject} ${atMs}`;
    if (what === 'identity' && this.#exposed === key) return;
    if (what === 'identity') this.#exposed = key;
    this.#count({ what, atMs, subject, sentence });
  }

  #count(against: Against): void {
    this.#counts[against.what]++;
    if (against.what === 'wrongful') this.#minute(this.#region.clock.now()).wrongful++;
    if (this.#against.length < AGAINST_MAX) this.#against.push(against);
  }

  #acted(): void {
    this.#acts++;
    this.#minute(this.#region.clock.now()).acts++;
  }

  /** Volumes that are gone since the last look, by the healer's doing. */
  #seeGone(): void {
    const volumes = this.#region.ec2.volumes();
    if (volumes === this.#volumesSeen) return;
    this.#volumesSeen = volumes;
    const before = this.#volumes;
    this.#volumes = new Map(
      volumes.map(({ volumeId, attachment }) => [volumeId, attachment?.instanceId ?? before.get(volumeId) ?? '']),
    );
    for (const [id, attachedTo] of before) {
      if (this.#volumes.has(id) || !(this.#ended.has(id) || this.#ended.has(attachedTo))) continue;
      // A copy that the healer made itself is its own to throw away.
      if (this.#judge.scene.made.has(id)) continue;
      const blocks = this.#copies.lostWith(id);
      const subject = this.#judge.scene.nodeOf(attachedTo)?.subject ?? id;
      const sentence = `${id} is gone, and the next copy of its data is ${blocks} blocks older, or there is none.`;
      if (blocks > 0) this.#count({ what: 'data', atMs: this.#region.clock.now(), subject, sentence });
    }
  }

  #noteCopies(): void {
    const { scene } = this.#judge;
    for (const { instanceIds } of scene.nodes)
      for (const id of instanceIds) {
        const machine = scene.machine(id);
        if (machine) this.#copies.note(machine);
      }
  }

  #minute(atMs: number): { down: number; acts: number; wrongful: number } {
    const at = Math.max(0, Math.floor((atMs - this.#startMs) / MINUTE_MS));
    while (this.#minutes.length <= at) this.#minutes.push({ down: 0, acts: 0, wrongful: 0 });
    return this.#minutes[at] ?? { down: 0, acts: 0, wrongful: 0 };
  }
}
