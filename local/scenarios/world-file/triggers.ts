// Moments of a timeline that follow what the suite does just then: a command to a node, or a call of AWS.
import type * as v from 'valibot';
import { about, choice, object, optional, usually, whole } from '../../../shared/fleet/schema-fields.ts';
import { type Operation, operationParameters } from '../../../shared/node-commands/parameters.ts';
import { START_MS } from '../../region.ts';
import { type CallRecord, wasCarriedOut } from '../../simulator/trace.ts';
import { NotThereError, type World } from '../world/world.ts';
import { minutes, nodeRef } from './fields.ts';

export const COMMANDS = Object.keys(operationParameters) as readonly Operation[];

/** What heals and sweeps change in AWS, as their operations are called. */
const CALLS = [
  ...(['ModifyVolume', 'CreateVolume', 'CopyVolumes', 'AttachVolume', 'DetachVolume', 'DeleteVolume'] as const),
  ...(['CreateSnapshots', 'DeleteSnapshot', 'CreateTags', 'StopInstances', 'StartInstances', 'RunInstances'] as const),
  ...(['EnterStandby', 'ExitStandby', 'AssociateAddress', 'ChangeResourceRecordSets', 'PutMetricAlarm'] as const),
] as const;

const later = usually('How long after it.', minutes, 0);
const time = usually('Which one of them, from 1.', whole(1, 100, 'as a number', 2), 1);
const until = optional('Not if that comes later than so many minutes after the story began.', minutes);

export const commandedMoment = object('{ commanded: restart-client, minutes: 1 }', {
  commanded: about('Such a command to a node, since the story began.', choice(COMMANDS, 'a command')),
  node: optional('Only to this node.', nodeRef),
  time,
  minutes: later,
  until,
});

export const calledMoment = object('{ called: ModifyVolume, time: 2 }', {
  called: about('Such a call of AWS by a function of chainmend, since the story began.', choice(CALLS, 'an operation')),
  time,
  minutes: later,
  until,
});

type Given<Schema extends v.GenericSchema> = Partial<v.InferOutput<Schema>>;
export type CommandedAt = Given<typeof commandedMoment> & Pick<v.InferOutput<typeof commandedMoment>, 'commanded'>;
export type CalledAt = Given<typeof calledMoment> & Pick<v.InferOutput<typeof calledMoment>, 'called'>;

interface Waiting {
  readonly at: CommandedAt | CalledAt;
  /** How many of them are still to come. */
  left: number;
  readonly act: () => unknown;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Reads each call of the story once, and looks for new ones once a second while somebody waits. */
export class Triggers {
  readonly #world: World;
  #waiting: Waiting[] = [];
  #read: number;
  #isLooking = false;

  constructor(world: World) {
    this.#world = world;
    this.#read = world.region.gateway.trace.calls.length;
  }

  /** @param act is called once, so long after the moment */
  wait(at: CommandedAt | CalledAt, act: () => unknown): void {
    this.#waiting.push({ at, left: at.time ?? 1, act });
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#lookLater();
  }

  #lookLater(): void {
    this.#world.region.clock.after(SECOND_MS, () => this.#look());
  }

  #look(): void {
    const { calls } = this.#world.region.gateway.trace;
    for (; this.#read < calls.length; this.#read++) {
      const call = calls[this.#read];
      if (call?.actor.startsWith('chainmend-') && wasTaken(call)) this.#heard(call);
    }
    const nowMs = this.#world.region.clock.now();
    this.#waiting = this.#waiting.filter(({ at: { until: last }, left }) => {
      return left > 0 && (last === undefined || nowMs <= START_MS + last * MINUTE_MS);
    });
    this.#isLooking = this.#waiting.length > 0;
    if (this.#isLooking) this.#lookLater();
  }

  #heard(call: CallRecord): void {
    for (const waiting of this.#waiting) {
      if (waiting.left === 0 || !this.#isMet(waiting.at, call)) continue;
      waiting.left--;
      if (waiting.left === 0) this.#world.at(waiting.at.minutes ?? 0, waiting.act);
    }
  }

  #isMet(at: CommandedAt | CalledAt, { operation, input }: CallRecord): boolean {
    if ('called' in at) return operation === at.called;
    if (operation !== 'SendCommand') return false;
    const { DocumentName = '', InstanceIds = [] } = input as {
      readonly DocumentName?: string;
      readonly InstanceIds?: readonly string[];
    };
    if (!DocumentName.startsWith(`chainmend-${at.commanded}-`)) return false;
    return at.node === undefined || InstanceIds.includes(this.#instanceOf(at.node));
  }

  /** Empty where the world has no such node any more: no command is for it. */
  #instanceOf(ref: string): string {
    const [fleet = '', name = ''] = ref.split('/');
    try {
      return this.#world.find(fleet, name).instanceId;
    } catch (error) {
      if (error instanceof NotThereError) return '';
      throw error;
    }
  }
}

/** Refused ones do not count; of one that is still under way nobody knows better. */
const wasTaken = (call: CallRecord): boolean => call.outcome === undefined || wasCarriedOut(call);
