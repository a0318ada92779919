// The shipped scripts on a simulated node: the same checks in the same order, and the same answers. The contract is in
// test/fixtures/contract/commands.json; the scripts and this file are both tested against it.
import type { Answer, Observation } from '../../../shared/node-commands/answer.ts';
import {
  type NodeOperation,
  nodeOperations,
  type Operation,
  operationParameters,
  type ParameterName,
  parameterRules,
} from '../../../shared/node-commands/parameters.ts';
import type { CommandOutcome, MachineCommand } from '../machine.ts';
import type { NodeCommands } from './client-commands.ts';
import { changeRunningClient, type PeersEnding, type PeersHost, readConfig, writeConfig } from './peer-commands.ts';

/** The part of a node that commands use. */
export interface CommandHost {
  /** Epoch seconds by the node's own clock. */
  clockSeconds(): number;
  /** Draws how long a step takes, in ms, between the bounds. */
  takesMs(lowMs: number, highMs: number): number;
  /** Runs the work after a time, unless the machine has lost its power by then. */
  later(delayMs: number, work: () => void): void;
  /** The observation, or a sentence that says why there is none. */
  observe(path: string, runtime: string, unit: string): Observation | string;
  /** Extends the partition and the filesystem at a path. */
  extend(path: string): void;
  /** Starts the client; true if it runs afterwards. */
  startClient(): boolean;
  /** Stops a running client whose log says that it cannot continue for lack of space, so that it can be started again. False for any other client. */
  stopEndedInside(): boolean;
  /** Whether the root volume can be written: what must survive a reboot is there. */
  rootWritable(): boolean;
  /** A command was refused: stale or late. */
  refused(): void;
  readonly peers: PeersHost;
  /** Commands about all clients and volumes. */
  readonly node: NodeCommands;
}

type Parameters = Readonly<Partial<Record<ParameterName, string>>>;

interface PendingCommand {
  readonly operation: Operation;
  readonly parameters: Parameters;
  readonly timeoutSeconds: number;
  readonly finished: (outcome: CommandOutcome) => void;
}

interface Memory {
  readonly fence: number;
  readonly ordinal: number;
  readonly recorded: string | undefined;
}

type Kind = 'heals' | 'peers';

/** /var/lib/chainmend survives a reboot, /run does not. */
interface Memories {
  readonly disk: Memory;
  readonly run: Memory;
}

/** Commands that may wait for the node's lock. */
const WAITING_MAX = 100;
const NO_VOLUME = 'field VolumeId: "" given, expected the id of the volume to grow';
const NOTHING_SEEN: Memory = { fence: 0, ordinal: 0, recorded: undefined };
const NOTHING_REMEMBERED: Memories = { disk: NOTHING_SEEN, run: NOTHING_SEEN };

export class CommandRunner {
  private readonly host: CommandHost;
  private readonly waiting: PendingCommand[] = [];
  private busy = false;
  /** Commands of heals and commands about peers have separate memories. */
  private memories: Readonly<Record<Kind, Memories>> = { heals: NOTHING_REMEMBERED, peers: NOTHING_REMEMBERED };

  constructor(host: CommandHost) {
    this.host = host;
  }

  /** Runs a command under the node's one lock. */
  run(operation: Operation, command: MachineCommand, finished: (outcome: CommandOutcome) => void): void {
    if (this.waiting.length >= WAITING_MAX)
      throw new RangeError(`more than ${WAITING_MAX} commands wait for one node's lock`);
    const missing = unusable(operation, command.parameters);
    if (missing !== undefined) {
      this.host.later(50, () => finished({ exitCode: 2, stdout: '', stderr: missing }));
      return;
    }
    this.waiting.push({ operation, parameters: command.parameters, timeoutSeconds: command.timeoutSeconds, finished });
    this.next();
  }

  /** The power is off: no running or waiting command continues, and /run is empty. */
  powerLost(): void {
    this.waiting.length = 0;
    this.busy = false;
    this.host.node.powerLost();
    this.change((memories) => ({ ...memories, run: NOTHING_SEEN }));
  }

  /** "<fence>.<ordinal>" of the highest command that a heal has sent. */
  lastCommand(): string {
    const { fence, ordinal } = this.seen('heals');
    return `${fence}.${ordinal}`;
  }

  /** Runs the work under the node's lock; false where a command has it. */
  underLock(work: (done: () => void) => void): boolean {
    if (this.busy) return false;
    this.busy = true;
    work(() => {
      this.busy = false;
      this.next();
    });
    return true;
  }

  forgetEverything(): void {
    this.change(() => NOTHING_REMEMBERED);
  }

  /** As if the last command had been killed after it was recorded and before its result was. */
  forgetLastAnswer(): void {
    this.change(({ disk, run }) => ({ disk: { ...disk, recorded: undefined }, run: { ...run, recorded: undefined } }));
  }

  private change(how: (memories: Memories) => Memories): void {
    this.memories = { heals: how(this.memories.heals), peers: how(this.memories.peers) };
  }

  /** The highest (fence, ordinal) of both memories; of two equals, the one with an answer. */
  private seen(kind: Kind): Memory {
    const { disk, run } = this.memories[kind];
    if (below(disk, run)) return run;
    if (below(run, disk)) return disk;
    return disk.recorded === undefined ? run : disk;
  }

  private next(): void {
    if (this.busy) return;
    const command = this.waiting.shift();
    if (!command) return;
    this.busy = true;
    const reply = (stdout: string) => {
      this.busy = false;
      command.finished({ exitCode: 0, stdout: `${stdout}\n`, stderr: '' });
      this.next();
    };
    // The script's own start: the shell, the lock, its reads.
    this.host.later(this.host.takesMs(80, 250), () => this.begin(command, reply));
  }

  private begin({ operation, parameters }: PendingCommand, reply: (answer: string) => void): void {
    const operationId = parameters.OperationId ?? '';
    const asked = parsed(operationId);
    const kind = kindOf(operation);
    const seen = this.seen(kind);
    const verdict = judged(asked, seen, this.host.clockSeconds(), Number(parameters.StartBy));
    if (verdict.verdict === 'repeat') {
      reply(verdict.answer);
      return;
    }
    if (verdict.verdict !== 'obey') {
      const { verdict: result, reason } = verdict;
      this.host.refused();
      reply(written({ operationId, fence: seen.fence, result, before: null, after: null, reason }));
      return;
    }
    this.remember(kind, { ...asked, recorded: undefined });
    const known = seen.recorded === undefined ? '' : `${seen.fence}.${seen.ordinal}`;
    const last = operation === 'inspect-node' && known !== '' ? { lastDone: known } : {};
    this.carryOut(operation, parameters, known, ({ result, before, after, reason, ...more }) => {
      const because = reason === undefined ? {} : { reason: reason.slice(0, 900) };
      const answer = written({ operationId, fence: asked.fence, result, before, after, ...because, ...last, ...more });
      this.remember(kind, { ...asked, recorded: answer });
      reply(answer);
    });
  }

  /** It begins and is cut off before it has done anything: the node knows of it, and nobody is answered. */
  cutOff(operation: Operation, { parameters }: MachineCommand): void {
    this.remember(kindOf(operation), { ...parsed(parameters.OperationId ?? ''), recorded: undefined });
  }

  private carryOut(operation: Operation, parameters: Parameters, known: string, done: (ending: Ending) => void): void {
    if (isNodeOperation(operation)) this.host.node.run(operation, parameters, done, known);
    else if (operation === 'grow-filesystem') this.growFilesystem(parameters, done);
    else if (operation === 'write-config') writeConfig(this.host.peers, parameters, done);
    else if (operation === 'change-peers') this.tell(parameters, done);
    else this.host.later(this.host.takesMs(100, 400), () => done(this.observed(parameters)));
  }

  private tell(parameters: Parameters, done: (ending: Ending) => void): void {
    const { ending, afterMs } = changeRunningClient(this.host.peers, parameters);
    this.host.later(this.host.takesMs(100, 400) + afterMs, () => done(ending));
  }

  /** Read-only commands do not wait for the lock and are not recorded. */
  look(
    operation: 'read-config' | 'ask-peers' | 'see-clients',
    { parameters }: MachineCommand,
    finished: (outcome: CommandOutcome) => void,
  ): void {
    const missing = unusable(operation, parameters);
    if (missing !== undefined) {
      this.host.later(50, () => finished({ exitCode: 2, stdout: '', stderr: missing }));
      return;
    }
    this.host.later(this.host.takesMs(180, 650), () => {
      if (operation === 'see-clients') {
        const { result, before, after } = this.host.node.see(parameters);
        const answer = { operationId: parameters.OperationId ?? '', fence: 0, result, before, after };
        finished({ exitCode: 0, stdout: `${written(answer)}\n`, stderr: '' });
        return;
      }
      const told = operation === 'ask-peers' ? changeRunningClient(this.host.peers, parameters) : undefined;
      const { result, before, after, reason } = told?.ending ?? readConfig(this.host.peers, parameters);
      const because = reason === undefined ? {} : { reason };
      const stdout = `${written({ operationId: parameters['OperationId'] ?? '', fence: 0, result, before, after, ...because })}\n`;
      this.host.later(told?.afterMs ?? 0, () => finished({ exitCode: 0, stdout, stderr: '' }));
    });
  }

  private observed(parameters: Parameters): Ending {
    const seen = this.lookAt(parameters);
    if (typeof seen === 'string') return { result: 'failed', before: null, after: null, reason: seen };
    const reason = wrongVolume(seen, parameters.VolumeId ?? '');
    return { result: reason === undefined ? 'done' : 'failed', before: null, after: seen, reason };
  }

  private growFilesystem(parameters: Parameters, done: (ending: Ending) => void): void {
    const before = this.lookAt(parameters);
    if (typeof before === 'string') {
      done({ result: 'failed', before: null, after: null, reason: before });
      return;
    }
    const wrong = parameters.VolumeId ? wrongVolume(before, parameters.VolumeId) : NO_VOLUME;
    if (wrong !== undefined) {
      done({ result: 'failed', before, after: before, reason: wrong });
      return;
    }
    const growMs = this.host.takesMs(400, 1_200) + (before.partitioned ? this.host.takesMs(400, 900) : 0);
    this.host.later(growMs, () => {
      this.host.extend(before.path);
      const grown = this.lookAt(parameters);
      const minimum = Number(parameters.MinimumSizeBytes ?? '0');
      if (typeof grown === 'string') done({ result: 'failed', before, after: null, reason: grown });
      else if (grown.sizeBytes < minimum)
        done({ result: 'failed', before, after: grown, reason: tooSmall(grown, minimum) });
      else if (parameters.StartClient === 'yes') this.startClient(parameters, before, grown, done);
      else done({ result: 'done', before, after: grown, reason: undefined });
    });
  }

  /** A running client is left alone unless it cannot continue. A client that was started counts as running if it still runs 2 s later. */
  private startClient(
    parameters: Parameters,
    before: Observation,
    grown: Observation,
    done: (ending: Ending) => void,
  ): void {
    const isStopped = grown.client === 'running' && this.host.stopEndedInside();
    if (!isStopped && (grown.client === 'running' || grown.client === 'unknown')) {
      const reason = grown.client === 'unknown' ? 'the client was not started: it is unknown' : undefined;
      done({ result: 'done', before, after: grown, reason });
      return;
    }
    this.host.later(this.host.takesMs(300, 1_500), () => {
      this.host.startClient();
      this.host.later(2_000, () => {
        const after = this.lookAt(parameters);
        if (typeof after === 'string') done({ result: 'failed', before, after: grown, reason: after });
        else
          done({
            result: 'done',
            before,
            after,
            reason: after.client === 'running' ? undefined : `the client was started and is ${after.client} after 2 s`,
          });
      });
    });
  }

  private lookAt({ Path = '', Runtime = '', Unit = '' }: Parameters): Observation | string {
    return this.host.observe(Path, Runtime, Unit);
  }

  private remember(kind: Kind, memory: Memory): void {
    const place = this.host.rootWritable() ? 'disk' : 'run';
    this.memories = { ...this.memories, [kind]: { ...this.memories[kind], [place]: memory } };
  }
}

type Ending = PeersEnding;

const isNodeOperation = (operation: Operation): operation is NodeOperation =>
  nodeOperations.some((one) => one === operation);

const kindOf = (operation: Operation): Kind =>
  operation === 'write-config' || operation === 'change-peers' ? 'peers' : 'heals';

interface CommandOrdinal {
  readonly fence: number;
  readonly ordinal: number;
}

type FenceDecision =
  | { readonly verdict: 'obey' }
  | { readonly verdict: 'repeat'; readonly answer: string }
  | { readonly verdict: 'stale' | 'late'; readonly reason: string };

/** In this order: stale, already answered, late, to be executed. */
function judged(asked: CommandOrdinal, seen: Memory, nowSeconds: number, startBySeconds: number): FenceDecision {
  if (below(asked, seen)) return { verdict: 'stale', reason: `this node has seen ${seen.fence}.${seen.ordinal}` };
  if (!below(seen, asked) && seen.recorded !== undefined) return { verdict: 'repeat', answer: seen.recorded };
  if (nowSeconds > startBySeconds) {
    return { verdict: 'late', reason: lateness(startBySeconds, nowSeconds) };
  }
  return { verdict: 'obey' };
}

/** As `lateness` of shared/node-commands/limit.sh. */
const lateness = (startBySeconds: number, nowSeconds: number): string =>
  `this was to begin by ${clockTime(startBySeconds)}, and the clock here says ${clockTime(nowSeconds)}: the command came late, or that clock is ahead`;

const clockTime = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(11, 19)}Z`;

const below = (a: CommandOrdinal, b: CommandOrdinal): boolean =>
  a.fence < b.fence || (a.fence === b.fence && a.ordinal < b.ordinal);

/** Why a script could not begin: a parameter is missing in its environment, or the operation id is invalid. */
function unusable(operation: Operation, parameters: Parameters): string | undefined {
  const missing = operationParameters[operation].find((name) => parameters[name] === undefined);
  if (missing) return `parameter ${missing} did not arrive in the environment: SSM Agent 3.3.2746.0 or later is needed`;
  const { pattern } = parameterRules.OperationId;
  const given = parameters.OperationId ?? '';
  return new RegExp(pattern).test(given)
    ? undefined
    : `parameter OperationId: "${given.slice(0, 100)}" given, expected ${pattern}`;
}

/** "<fence>.<ordinal>", which `unusable` has checked. */
function parsed(operationId: string): CommandOrdinal {
  const [fence = 0, ordinal = 0] = operationId.split('.').map(Number);
  return { fence, ordinal };
}

const tooSmall = ({ path, sizeBytes }: Observation, minimum: number): string =>
  `the filesystem at ${path} has ${sizeBytes} bytes, expected at least ${minimum}`;

function wrongVolume(seen: Observation, volumeId: string): string | undefined {
  if (volumeId === '' || seen.volumeId === volumeId) return undefined;
  return seen.volumeId === ''
    ? `${seen.path} is on ${seen.device}, which does not tell its EBS volume: expected ${volumeId}`
    : `${seen.path} is on ${seen.device}, which is ${seen.volumeId}, not ${volumeId}`;
}

const written = (answer: Omit<Answer, 'before' | 'after'> & Pick<Ending, 'before' | 'after'>): string =>
  JSON.stringify(answer);
