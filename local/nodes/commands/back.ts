// The timer that a stop leaves on a simulated node, as back.sh and ticket.sh make it. What it may do is decided by shared/node-commands/back.ts.
import { type BackTicket, judgeBack, keptBy, triesAgain } from '../../../shared/node-commands/back.ts';

const LOOK_MS = 60_000;

export interface BackHost {
  readonly upSeconds: () => number;
  /** Runs the work after a time, unless the machine has lost its power by then. */
  readonly later: (delayMs: number, work: () => void) => void;
  /** Runs the work under the node's lock; false where a command has it. */
  readonly underLock: (work: (done: () => void) => void) => boolean;
  readonly lastCommand: () => string;
}

/** What a stop has left: its clients and volumes are those of the command. */
export interface LeftStop {
  readonly marks: () => string;
  /** How often its client has ended. */
  readonly ends: () => number;
  readonly isPaused: () => boolean;
  readonly isMasked: () => boolean;
  readonly isPlaced: () => boolean;
  /** Mounts the volumes and starts the clients; `done` is told whether they run. */
  readonly start: (done: (runs: boolean) => void) => void;
}

export class NodeBack {
  private readonly host: BackHost;
  private left: LeftStop | undefined;
  private marks = '';
  private ends = 0;
  private ticket: BackTicket | null = null;
  /** When a client was started again after the stop, in seconds since the boot. */
  private began: number | undefined;

  constructor(host: BackHost) {
    this.host = host;
  }

  /** Another stop, or another boot: /run has nothing of the one before. */
  forget(): void {
    this.left = undefined;
    this.ticket = null;
    this.began = undefined;
  }

  arm(id: string, seconds: number, left: LeftStop): void {
    this.left = left;
    this.marks = left.marks();
    this.ends = left.ends();
    this.ticket = { knownTo: id, dueSeconds: this.host.upSeconds() + seconds, marks: this.marks };
    this.host.later(seconds * 1_000, () => this.look());
  }

  /** A look or a start knows of it, where the command right before it did. */
  keep(before: string, id: string): void {
    this.ticket = keptBy(this.ticket, before, id);
  }

  over(): void {
    this.ticket = null;
  }

  /** Its client ran again since that stop, and has ended. */
  get hasEndedAgain(): boolean {
    return this.left !== undefined && this.left.ends() > this.ends;
  }

  /** As `ran_since` of ticket.sh; undefined where there was no such stop. From now on one may be started. */
  ranSince(): number | null | 'unknown' | undefined {
    if (this.left === undefined) return undefined;
    if (this.began !== undefined) return this.host.upSeconds() - this.began;
    if (this.left.marks() !== this.marks) return 'unknown';
    this.began = this.host.upSeconds();
    return null;
  }

  private look(): void {
    const { left, ticket } = this;
    if (left === undefined || ticket === null) return;
    const isFree = this.host.underLock((done) => {
      const decided = judgeBack(ticket, {
        upSeconds: this.host.upSeconds(),
        isBusy: false,
        lastCommand: this.host.lastCommand(),
        isPaused: left.isPaused(),
        isMasked: left.isMasked(),
        marks: left.marks(),
        isPlaced: left.isPlaced(),
      });
      if (decided === 'start') this.start(left, ticket, done);
      else {
        if (decided !== 'wait') this.ticket = null;
        done();
      }
    });
    if (!isFree) this.host.later(LOOK_MS, () => this.look());
  }

  private start(left: LeftStop, ticket: BackTicket, done: () => void): void {
    this.began ??= this.host.upSeconds();
    left.start((runs) => {
      const again = !runs && triesAgain(ticket, { upSeconds: this.host.upSeconds() });
      this.marks = left.marks();
      this.ticket = again ? { ...ticket, marks: this.marks } : null;
      if (again) this.host.later(LOOK_MS, () => this.look());
      done();
    });
  }
}
