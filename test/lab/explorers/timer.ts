// The timer that a stop for a snapshot leaves on its node, as heals, people, boots and AWS come between: what is deployed decides (shared/node-commands/back.ts,
// and `upSinceOf` and `wasUp` of snapshot-node); the world is one node with its client, and a second place where its identity may be.
import { upSinceOf, wasUp } from '../../../functions/snapshot-node/judge.ts';
import { type BackTicket, judgeBack, keptBy } from '../../../shared/node-commands/back.ts';
import type { NodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import type { Emit, Model } from './check.ts';
import { Interner } from './intern.ts';

/** One step of time: a command, a call, or a minute of the timer. Everything is written down in such steps. */
const DUE = 3;
/** The world ends after so many: enough for a stop, an outage that outlasts its timer, and what follows. */
const LAST = 7;

type Runs = 'running' | 'stopped';

export interface TimerWorld {
  /** Steps since the beginning, as the node's clock since its boot counts them; wall clocks are nobody's here. */
  readonly now: number;
  readonly client: Runs;
  /** How often somebody has started or stopped it, enabled or disabled it: what the marks tell. */
  readonly changes: number;
  readonly masked: boolean;
  readonly paused: boolean;
  readonly disabled: boolean;
  /** The volume is attached; false: a replacement has taken it to another instance. */
  readonly placed: boolean;
  readonly identity: 'here' | 'leaving' | 'there';
  readonly ticket: BackTicket | null;
  readonly began: number | null;
  readonly lastCommand: string;
  /** The last one to stop the client since it ran: ours for the snapshot, a person, or another heal. */
  readonly stoppedBy: 'nobody' | 'us' | 'person' | 'heal';
  /** Of the attempt that has stopped it. */
  readonly attempt: 'before' | 'down' | 'asked' | 'taken' | 'dead' | 'over';
  /** When AWS began the snapshot; the call may still be under way. */
  readonly takenAt: number | null;
  readonly underWay: boolean;
  /** Whether the client had run again by then. */
  readonly wasUp: boolean;
  /** When the client really ran again, for the first time since the stop. */
  readonly ranAt: number | null;
  readonly isClean: boolean | null;
  readonly faults: number;
}

export const TIMER_NEVER = {
  person: 'a client that a person has stopped since is not started by the timer',
  masked: 'a client that is masked, disabled, or paused on its node is not started by the timer',
  two: 'two copies of one identity never run',
  unclean: 'a set that was begun when the client may have run is not called clean',
  long: 'a client that we alone have stopped is not down for longer than its timer says',
  replaced: 'the timer starts nothing once another heal has changed the node',
} as const;
type Never = (typeof TIMER_NEVER)[keyof typeof TIMER_NEVER];

export interface TimerRules {
  /** What others have done to the client is compared. */
  readonly compares: boolean;
  /** The mask and the pause are looked at. */
  readonly looks: boolean;
  /** The volumes have to be there. */
  readonly places: boolean;
  /** A later command ends it. */
  readonly fences: boolean;
  /** A question of the next attempt does not end it. */
  readonly keeps: boolean;
  /** The node says since when its client runs. */
  readonly tells: boolean;
}

export const TIMER_FULL: TimerRules = {
  compares: true,
  looks: true,
  places: true,
  fences: true,
  keeps: true,
  tells: true,
};

const marksOf = ({ client, changes, disabled }: TimerWorld): string => `${client} ${changes} ${disabled}`;

export function timerModel(rules: TimerRules = TIMER_FULL, faults = 3): Model<TimerWorld> {
  const worlds = new Interner<TimerWorld>();

  /** The client runs from now on. */
  const up = (world: TimerWorld): TimerWorld => ({
    ...world,
    client: 'running',
    stoppedBy: 'nobody',
    ranAt: world.ranAt ?? (world.attempt === 'before' ? null : world.now),
  });

  const kept = ({ ticket, lastCommand }: TimerWorld, id: string): BackTicket | null =>
    rules.keeps ? keptBy(ticket, lastCommand, id) : ticket;

  const runsElsewhere = ({ identity }: TimerWorld): boolean => identity === 'there';

  function brokenBy(before: TimerWorld, after: TimerWorld, who: 'timer' | 'other'): Never | undefined {
    if (after.client === 'running' && runsElsewhere(after) && who !== 'other') return TIMER_NEVER.two;
    if (who === 'timer' && before.client === 'stopped' && after.client === 'running') {
      if (before.stoppedBy === 'person') return TIMER_NEVER.person;
      if (before.stoppedBy === 'heal') return TIMER_NEVER.replaced;
      if (before.masked || before.paused || before.disabled) return TIMER_NEVER.masked;
    }
    const isOurs = after.client === 'stopped' && after.stoppedBy === 'us' && after.placed;
    if (
      isOurs &&
      !(after.masked || after.paused || after.disabled) &&
      (after.ticket === null || after.now > after.ticket.dueSeconds)
    )
      return TIMER_NEVER.long;
    if (after.isClean === true && after.wasUp) return TIMER_NEVER.unclean;
    return undefined;
  }

  /** One look of the timer, under the node's lock. */
  function looked(world: TimerWorld): TimerWorld {
    const { ticket } = world;
    if (ticket === null) return world;
    const decided = judgeBack(ticket, {
      ...{ upSeconds: world.now, isBusy: false },
      lastCommand: rules.fences ? world.lastCommand : ticket.knownTo,
      isPaused: rules.looks && world.paused,
      isMasked: rules.looks && world.masked,
      marks: rules.compares ? marksOf(world) : ticket.marks,
      isPlaced: rules.places ? world.placed : true,
    });
    if (decided === 'wait') return world;
    if (decided !== 'start' || world.masked) return { ...world, ticket: null };
    return { ...up(world), ticket: null, began: world.began ?? world.now };
  }

  /** start-client of a heal: the node tells what was before, and the set is judged by it. */
  function started(world: TimerWorld, id: string): TimerWorld {
    const ticket = kept(world, id);
    const isLeft = world.ticket !== null || world.began !== null;
    const isSame = world.ticket !== null && world.ticket.marks === marksOf(world);
    const ran = world.began !== null ? (world.now - world.began) * 60 : isSame ? null : 'unknown';
    const answer = {
      ...(isLeft && rules.tells && { ran }),
      result: 'done',
      before: { clients: [{ state: rules.tells ? world.client : 'stopped' }] },
    } as unknown as NodeAnswer;
    const clean = rules.tells ? { exitStatus: 0, lastLine: '', untilMs: DUE * 60_000 } : null;
    const sentAtMs = world.now * 60_000;
    const upSinceMs = upSinceOf(answer, { upSinceMs: null, clean }, { memory: { upSinceMs: sentAtMs }, sentAtMs });
    const takenAtMs = world.takenAt === null ? undefined : world.takenAt * 60_000;
    const isClean = takenAtMs === undefined ? null : !wasUp({ takenAtMs, upSinceMs });
    return {
      ...up({ ...world, ticket }),
      ...{ ticket: null, began: world.began ?? world.now, lastCommand: id, attempt: 'over', isClean },
    };
  }

  const next = (world: TimerWorld, emit: Emit<TimerWorld>): void => {
    const step = (words: string, to: TimerWorld, who: 'timer' | 'other' = 'other', isFault = false): void =>
      emit(words, to, { broken: brokenBy(world, to, who), ...(isFault && { fault: true }) });
    const fault = (words: string, to: Partial<TimerWorld>): void => {
      if (world.faults > 0) step(words, { ...world, ...to, faults: world.faults - 1 }, 'other', true);
    };
    const { attempt, client, now } = world;
    // The timer looks whenever it may: at the deadline, or late, since a command has the lock.
    const after = looked(world);
    if (after !== world) step('the timer looks', after, 'timer');
    // A minute is never let go by while the timer is due: it looks once a minute.
    if (now < LAST && after === world) step('a minute goes by', { ...world, now: now + 1 });

    if (attempt === 'before' && client === 'running') {
      const stopped: TimerWorld = {
        ...world,
        client: 'stopped',
        changes: world.changes + 1,
        stoppedBy: 'us',
        attempt: 'down',
        lastCommand: '4.1',
      };
      const ticket = { knownTo: '4.1', dueSeconds: now + DUE, marks: marksOf(stopped) };
      step('stop-client: the client has ended, and its timer is armed', { ...stopped, ticket });
    }
    if (attempt === 'down') step('CreateSnapshots is asked for', { ...world, attempt: 'asked', underWay: true });
    if (world.underWay)
      step('AWS begins the snapshot', {
        ...world,
        underWay: false,
        takenAt: now,
        wasUp: world.ranAt !== null,
        attempt: attempt === 'asked' ? 'taken' : attempt,
      });
    if (attempt === 'taken' && world.placed && !world.masked) step('start-client', started(world, '4.2'));
    if (attempt === 'down' || attempt === 'asked' || attempt === 'taken')
      fault('the heal dies, or AWS is away', { attempt: 'dead' });
    if (attempt === 'dead' && world.placed && !world.masked && world.identity === 'here') {
      step(
        'the next attempt asks the node, and starts the client',
        started({ ...world, ticket: kept(world, '5.1'), lastCommand: '5.1' }, '5.2'),
      );
      fault('the next attempt asks the node, and dies', {
        ticket: kept(world, '5.1'),
        lastCommand: '5.1',
      });
    }
    if (world.identity === 'leaving') step('the identity runs elsewhere', { ...world, identity: 'there' });
    if (world.identity !== 'here' || attempt === 'before') return;
    fault('a person stops the client', {
      client: 'stopped',
      stoppedBy: client === 'running' ? 'person' : world.stoppedBy,
      changes: world.changes + (client === 'running' ? 1 : 0),
    });
    if (client === 'stopped' && !world.masked)
      fault('a person starts the client', { ...up(world), changes: world.changes + 1 });
    fault('a person disables its unit', { disabled: true });
    fault('a person masks it', { masked: true });
    fault('a person pauses the node on the node', { paused: true });
    fault(
      'the machine boots, and its client with it',
      world.masked || world.disabled
        ? { ticket: null, began: null, client: 'stopped' }
        : { ...up(world), ticket: null, began: null },
    );
    if (attempt === 'dead') {
      fault('another heal stops the client for a while', {
        client: 'stopped',
        stoppedBy: 'heal',
        lastCommand: '6.2',
        changes: world.changes + (client === 'running' ? 1 : 0),
      });
      fault('a replacement asks, masks the client, and takes its volume', {
        client: 'stopped',
        stoppedBy: 'heal',
        masked: true,
        placed: false,
        identity: 'leaving',
        lastCommand: '6.2',
      });
      fault('a replacement takes the volume of a client that could not be masked', {
        client: 'stopped',
        placed: false,
        identity: 'leaving',
      });
    }
  };

  return {
    width: 1,
    initial: [
      {
        ...{ now: 0, client: 'running', changes: 0, masked: false, paused: false, disabled: false, placed: true },
        ...{ identity: 'here', ticket: null, began: null, lastCommand: '4.0', stoppedBy: 'nobody', attempt: 'before' },
        ...{ takenAt: null, underWay: false, wasUp: false, ranAt: null, isClean: null, faults },
      },
    ],
    encode: (world, row) => void row.fill(worlds.idOf(world)),
    decode: ([id = 0]) => worlds.valueOf(id),
    next,
    // Where nobody but us has done anything, the client runs again, whatever becomes of the heal.
    goal: (world) =>
      world.client === 'running' ||
      world.stoppedBy !== 'us' ||
      world.masked ||
      world.paused ||
      world.disabled ||
      !world.placed,
  };
}

export interface TimerRule {
  readonly sentence: string;
  readonly naive: string;
  readonly without: TimerRules;
}

export const TIMER_RULES: Readonly<Record<string, TimerRule>> = {
  'timer-compares': {
    sentence: 'the timer starts a client only as its stop has left it',
    naive: 'a client that is down when the timer is due is down through us',
    without: { ...TIMER_FULL, compares: false },
  },
  'timer-looks': {
    sentence: 'a mask and a pause on the node stop the timer',
    naive: 'a pause is read by functions',
    without: { ...TIMER_FULL, looks: false },
  },
  'timer-fences': {
    sentence: 'any command but a look or a start ends the timer',
    naive: 'the last stop decides',
    without: { ...TIMER_FULL, fences: false },
  },
  'timer-keeps': {
    sentence: 'the question of the next attempt does not end the timer',
    naive: 'who asks the node will start its client',
    without: { ...TIMER_FULL, keeps: false },
  },
  'timer-places': {
    sentence: 'the timer starts a client only where its volumes are',
    naive: 'what was unmounted is there',
    without: { ...TIMER_FULL, places: false },
  },
  'timer-tells': {
    sentence: 'a snapshot is clean by the node’s own word of when its client was started',
    naive: 'the client runs from when it was told to',
    without: { ...TIMER_FULL, tells: false },
  },
};
