// One command on one node, from sending to its end. Sources: doc comments of StatusDetails and TimeoutSeconds in @aws-sdk/client-ssm; "Understanding
// command statuses" (Systems Manager user guide).
import type { CommandOutcome, Machine, Machines } from '../../nodes/machine.ts';
import type { Kernel, Timer } from '../../simulator/kernel.ts';
import type { Random } from '../../simulator/random.ts';

export type InvocationStatus =
  | 'Pending'
  | 'Delayed'
  | 'InProgress'
  | 'Cancelling'
  | 'Success'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelled';

/** Without the spaces of the documentation, as the API writes them (and as CommandFilter's values are written). */
export type InvocationDetails =
  | Exclude<InvocationStatus, 'TimedOut'>
  | 'DeliveryTimedOut'
  | 'ExecutionTimedOut'
  | 'Undeliverable';

export interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  /** Before this moment GetCommandInvocation answers InvocationDoesNotExist: "eventually consistent" right after sending. */
  readonly visibleFromMs: number;
  status: InvocationStatus;
  details: InvocationDetails;
  /** −1: "the command hasn't started running on the managed node, or it wasn't received by the node". */
  responseCode: number;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  stdout: string;
  stderr: string;
}

/** What is run, the same on every node of a command. */
export interface CommandSpec {
  readonly commandId: string;
  readonly documentName: string;
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
  /** "If this time is reached and the command hasn't already started running, it won't run." */
  readonly deliverBeforeMs: number;
  readonly executionSeconds: number;
}

/** Limits of our random times for a healthy agent, from operators' observations; AWS publishes none (December 2026: none in "Understanding command
 * statuses"). */
const VISIBLE_MS = [100, 600] as const;
const DELIVERY_MS = [500, 1_500] as const;
/** The agent's document worker starts; afterwards it reports. With the script this takes one to two seconds. */
const WORKER_MS = [200, 500] as const;
const REPORT_MS = [200, 600] as const;
const CANCEL_MS = [500, 2_000] as const;
/** The fault `late-command`: most commands start within the protocol's start-by of 120 s, some long after it. */
const LATE_MS = [15_000, 90_000] as const;
const TOO_LATE_MS = [130_000, 420_000] as const;
const TOO_LATE_SHARE = 0.25;
/** The fault `doubled-command`: the second run begins so long after the first one. */
const DOUBLE_MS = [500, 90_000] as const;
/** Time between attempts to reach an agent that does not answer; it doubles up to a minute. */
const RETRY_MS = { first: 5_000, most: 60_000 } as const;
/** ENV_VAR parameters need SSM Agent 3.3.2746.0; an older one creates no variables. */
const ENV_VAR_AGENT = [3, 3, 2746, 0] as const;

/** When Systems Manager ends a command that its node has not ended: delivery time-out plus execution time-out. */
export const expiresAtMs = (order: CommandSpec): number => order.deliverBeforeMs + order.executionSeconds * 1_000;

export const isOver = ({ status }: Invocation): boolean =>
  status === 'Success' || status === 'Failed' || status === 'TimedOut' || status === 'Cancelled';

export function newInvocation(kernel: Kernel, commandId: string, instanceId: string): Invocation {
  return {
    commandId,
    instanceId,
    visibleFromMs: kernel.clock.now() + kernel.random(`ssm/${instanceId}`).integer(...VISIBLE_MS),
    status: 'Pending',
    details: 'Pending',
    responseCode: -1,
    startedAtMs: undefined,
    endedAtMs: undefined,
    stdout: '',
    stderr: '',
  };
}

/** Runs an invocation from its beginning to its end. Changes it in place; nothing changes after its end. */
export function carry(kernel: Kernel, machines: Machines, order: CommandSpec, invocation: Invocation): void {
  const { clock } = kernel;
  const random = kernel.random(`ssm/${invocation.instanceId}`);
  const expiry = clock.at(expiresAtMs(order), () =>
    end(kernel, order, invocation, { status: 'TimedOut', details: 'DeliveryTimedOut' }),
  );
  const deliver = (pauseMs: number): void => {
    if (isOver(invocation)) return;
    const machine = machines.get(invocation.instanceId);
    if (!machine) {
      end(kernel, order, invocation, { status: 'Failed', details: 'Undeliverable' });
    } else if (machine.reachable()) {
      invocation.status = 'InProgress';
      invocation.details = 'InProgress';
      startOn(kernel, machine, order, invocation, expiry);
    } else {
      invocation.status = 'Delayed';
      invocation.details = 'Delayed';
      const retryAtMs = clock.now() + pauseMs;
      if (retryAtMs < order.deliverBeforeMs) clock.at(retryAtMs, () => deliver(Math.min(2 * pauseMs, RETRY_MS.most)));
    }
  };
  clock.after(random.integer(...DELIVERY_MS), () => deliver(RETRY_MS.first));
}

/** "There is no guarantee that a request can be canceled": a command that has reached the node continues there, with any reported status. */
export function cancel(kernel: Kernel, order: CommandSpec, invocation: Invocation): void {
  if (isOver(invocation) || invocation.status === 'Cancelling') return;
  const cancelled = { status: 'Cancelled', details: 'Cancelled' } as const;
  if (invocation.status !== 'InProgress') {
    end(kernel, order, invocation, cancelled);
    return;
  }
  invocation.status = 'Cancelling';
  invocation.details = 'Cancelling';
  const afterMs = kernel.random(`ssm/${invocation.instanceId}`).integer(...CANCEL_MS);
  kernel.clock.after(afterMs, () => end(kernel, order, invocation, cancelled));
}

function startOn(kernel: Kernel, machine: Machine, order: CommandSpec, invocation: Invocation, expiry: Timer): void {
  const { clock } = kernel;
  const random = kernel.random(`ssm/${invocation.instanceId}`);
  const command = {
    commandId: order.commandId,
    documentName: order.documentName,
    script: order.script,
    parameters: createsVariables(machine.agentVersion) ? order.environment : {},
    timeoutSeconds: order.executionSeconds,
  };
  const isLate = kernel.fault('late-command');
  if (isLate) kernel.met('late-command');
  const lateMs = isLate ? latenessMs(random) : 0;
  clock.after(lateMs + random.integer(...WORKER_MS), () => {
    if (!machine.reachable()) return;
    if (!isOver(invocation)) invocation.startedAtMs = clock.now();
    const limit = clock.after(order.executionSeconds * 1_000, () => {
      expiry.cancel();
      end(kernel, order, invocation, { status: 'TimedOut', details: 'ExecutionTimedOut', responseCode: 137 });
    });
    machine.run(command, (outcome) => {
      limit.cancel();
      clock.after(random.integer(...REPORT_MS), () => {
        expiry.cancel();
        end(kernel, order, invocation, invocationEnd(outcome));
      });
    });
    if (kernel.fault('doubled-command')) {
      kernel.met('doubled-command');
      clock.after(random.integer(...DOUBLE_MS), () => {
        // The result of the second run is ignored: the agent reports a command once.
        if (machine.reachable()) machine.run(command, () => undefined);
      });
    }
  });
}

function latenessMs(random: Random): number {
  return random.next() < TOO_LATE_SHARE ? random.integer(...TOO_LATE_MS) : random.integer(...LATE_MS);
}

function invocationEnd({
  exitCode,
  stdout,
  stderr,
}: CommandOutcome): Partial<Invocation> & Pick<Invocation, 'status' | 'details'> {
  const status = exitCode === 0 ? 'Success' : 'Failed';
  return { status, details: status, responseCode: exitCode, stdout, stderr };
}

function end(
  kernel: Kernel,
  order: CommandSpec,
  invocation: Invocation,
  ending: Partial<Invocation> & Pick<Invocation, 'status' | 'details'>,
): void {
  if (isOver(invocation)) return;
  Object.assign(invocation, ending, { endedAtMs: kernel.clock.now() });
  kernel.working({
    what: 'SSM command',
    resources: [order.commandId, invocation.instanceId],
    from: order.sentAtMs,
    to: kernel.clock.now(),
  });
}

function createsVariables(agentVersion: string): boolean {
  const parts = agentVersion.split('.').map(Number);
  const differing = ENV_VAR_AGENT.findIndex((least, index) => parts[index] !== least);
  return differing === -1 || (parts[differing] ?? 0) > (ENV_VAR_AGENT[differing] ?? 0);
}
