// The front door of the region, the same for both lanes and the socket: validates, orders, limits, authorizes, answers.
import type { Models, OperationModel } from '../wire/model.ts';
import { HOST_REALM, ShapeProblem } from '../wire/shape.ts';
import type { VirtualClock } from './clock.ts';
import { refuseShape } from './front-errors.ts';
import { type TokenBuckets, throttlingError } from './limits.ts';
import type { Random } from './random.ts';
import { type Fate, isMutating, NO_REQUEST_FAULTS, type RequestFaults } from './request-faults.ts';
import { AwsError, type Call, type Operation, type Service } from './service.ts';
import { type CallRecord, canonical, Trace } from './trace.ts';

export interface Caller {
  /** Unique for each sandbox: "chainmend-resize-volume/3". */
  readonly actor: string;
  readonly roleArn?: string;
}

/** A request whose input has been copied from its caller and checked; a retry sends the same one again. */
export interface PreparedRequest {
  readonly service: string;
  readonly operation: string;
  /** Absent when the service is not modelled or has no such operation. */
  readonly model: OperationModel | undefined;
  readonly input: Readonly<Record<string, unknown>>;
  /** What is wrong with it; it is refused when it arrives. */
  readonly refusal: AwsError | undefined;
  canonicalInput: string | undefined;
}

export interface FrontDoorOptions {
  readonly clock: VirtualClock;
  readonly models: Models;
  /** Source of request ids. */
  readonly random: Random;
  readonly faults?: RequestFaults;
  /** API rates; absent: unlimited. */
  readonly limits?: TokenBuckets;
  /** Throws `AwsError` when the caller may not do this. */
  readonly authorize?: (
    call: Call,
    service: string,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ) => void;
  /** A sandbox has died; its front door key is gone. */
  readonly onSandboxKilled?: (actor: string) => void;
  /** How many calls the trace keeps in full. */
  readonly retain?: number;
}

/** From a request's admission to its answer, in virtual ms. */
export const LATENCY_MS = 50;

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #clock: VirtualClock;
  readonly #faults: RequestFaults;
  readonly #operations = new Map<string, Operation>();
  readonly #sandboxes = new Map<string, () => void>();
  readonly trace: Trace;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#faults = options.faults ?? NO_REQUEST_FAULTS;
    this.trace = new Trace(options.retain);
  }

  get models(): Models {
    return this.#options.models;
  }

  serve(...services: readonly Service[]): void {
    for (const service of services) {
      for (const [name, operation] of Object.entries(service.operations)) {
        if (!this.models.get(service.name)?.operations.has(name)) {
          throw new Error(`${service.name}.${name}: AWS has no such operation`);
        }
        this.#operations.set(`${service.name}.${name}`, operation);
      }
    }
  }

  /** Makes a sandbox known, so that faults can kill it. */
  attach(actor: string, kill: () => void): void {
    if (this.#sandboxes.has(actor)) throw new Error(`actor "${actor}": expected a name that no other sandbox has`);
    this.#sandboxes.set(actor, kill);
  }

  /** Forgets a sandbox; called by the sandbox when it is disposed of. */
  detach(actor: string): void {
    this.#sandboxes.delete(actor);
  }

  /** Kills a sandbox now. False when there is none of that name any more. */
  kill(actor: string): boolean {
    const kill = this.#sandboxes.get(actor);
    if (kill === undefined) return false;
    this.#sandboxes.delete(actor);
    kill();
    this.#options.onSandboxKilled?.(actor);
    return true;
  }

  /** Sends a request from host code and waits for the answer. Rejects with `AwsError`. */
  request(
    asked: { service: string; operation: string; input?: object } & Caller,
  ): Promise<Readonly<Record<string, unknown>>> {
    const prepared = this.prepare(asked.service, asked.operation, asked.input ?? {});
    const copy = (output: object) =>
      prepared.model?.copyOutput(output, { realm: HOST_REALM }) as Record<string, unknown>;
    return new Promise((resolve, reject) => {
      this.send(prepared, asked, { render: copy, answer: resolve, fail: reject });
    });
  }

  /**
   * Copies and checks an input.
   * @param newToken gives a value to each absent idempotency token, as the SDK does where it serializes
   */
  prepare(service: string, operation: string, input: unknown, newToken?: () => string): PreparedRequest {
    const known = this.models.get(service);
    const model = known?.operations.get(operation);
    const unchecked = { service, operation, model, input: {}, canonicalInput: undefined };
    if (known === undefined || model === undefined)
      return { ...unchecked, refusal: unknownOperation(service, operation) };
    try {
      const absentTokens: ((token: string) => void)[] = [];
      const copy = model.copyInput(input ?? {}, { realm: HOST_REALM, absentTokens }) as Record<string, unknown>;
      if (newToken) for (const fill of absentTokens) fill(newToken());
      return { ...unchecked, input: copy, refusal: undefined };
    } catch (error) {
      if (!(error instanceof ShapeProblem)) throw error;
      return { ...unchecked, refusal: refuseShape(known, error) };
    }
  }

  /** Sends a prepared request; it is admitted in canonical order once nothing else can happen at this instant. */
  send<T>(request: PreparedRequest, caller: Caller, reply: Reply<T>): void {
    const key = () => `${caller.actor}|${request.service}.${request.operation}|${canonicalInput(request)}`;
    this.#clock.arrive(key, () => this.#admit(request, caller, reply));
  }

  #admit<T>(request: PreparedRequest, caller: Caller, reply: Reply<T>): void {
    const { service, operation, input } = request;
    const mortal = this.#sandboxes.has(caller.actor);
    if (reply.abandoned?.()) return;
    const at = this.#clock.now();
    const requestId = this.#options.random.uuid();
    const record: CallRecord = { at, actor: caller.actor, service, operation, input, outcome: undefined };
    this.trace.admitted(record);
    const end = (outcome: string) => this.trace.ended(record, outcome, this.#clock.now(), canonicalInput(request));
    const facts = { at, actor: caller.actor, service, operation, input, mutating: isMutating(operation), mortal };
    const fate = this.#faults.fateOf(facts);
    if (fate === 'caller killed before' && this.kill(caller.actor)) return end(fate);

    const settled = (result: { output: T } | { error: AwsError }): void => {
      const lost = fate === 'answer lost' || fate === 'caller killed after' ? fate : undefined;
      end(lost ?? ('error' in result ? result.error.name : 'ok'));
      if (lost === 'caller killed after') this.kill(caller.actor);
      if (lost !== undefined) return;
      this.#clock.at(at + LATENCY_MS, () => {
        if ('error' in result) reply.fail(result.error, requestId);
        else reply.answer(result.output, requestId);
      });
    };
    const failed = (error: unknown): void => {
      if (error instanceof AwsError) return settled({ error });
      this.#clock.fail(error);
    };
    try {
      const output = this.#perform(request, { ...caller, at }, fate);
      if (output instanceof Promise) {
        output.then((value: object) => settled({ output: reply.render(value, requestId) })).catch(failed);
      } else settled({ output: reply.render(output, requestId) });
    } catch (error) {
      failed(error);
    }
  }

  #perform(request: PreparedRequest, call: Call, fate: Fate | undefined): object | Promise<object> {
    const { service, operation, input } = request;
    if (request.refusal !== undefined) throw request.refusal;
    const perform = this.#operations.get(`${service}.${operation}`);
    if (perform === undefined) throw notEmulated(service, operation);
    this.#options.limits?.take(service, operation, input, call.at);
    if (fate === 'throttled') throw throttlingError(service, operation);
    this.#options.authorize?.(call, service, operation, input);
    return perform(input, call);
  }
}

/** How an answer goes back. All callbacks run on the region's side of the lane. */
export interface Reply<T> {
  /** Copies or writes the output at the moment of the effect: services may go on changing what they returned. */
  render(output: object, requestId: string): T;
  answer(rendered: T, requestId: string): void;
  fail(error: AwsError, requestId: string): void;
  /** Whether the caller was dead before its request got in. */
  abandoned?(): boolean;
}

function canonicalInput(request: PreparedRequest): string {
  request.canonicalInput ??= canonical(request.input);
  return request.canonicalInput;
}

const unknownOperation = (service: string, operation: string): AwsError =>
  new AwsError(
    'InvalidAction',
    `The service "${service}" of AWS has no operation ${operation} that this region knows of.`,
  );

const notEmulated = (service: string, operation: string): AwsError =>
  // Not a server fault (501): SDKs would try that again.
  new AwsError('NotImplemented', `${service}.${operation} is not emulated by the local region.`);
