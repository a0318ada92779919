// The gateway of the region, the same for both lanes and the socket: validates, orders, limits, authorizes, answers.

import type { VirtualClock } from '../clock.ts';
import type { Random } from '../random.ts';
import { type FaultEffect, isMutating, NO_REQUEST_FAULTS, type RequestFaults } from '../request-faults.ts';
import {
  AwsError,
  type Call,
  internalFailure,
  type Operation,
  type Service,
  UnknownFilter,
  unavailable,
} from '../service.ts';
import { type CallRecord, canonical, type Outcome, Trace } from '../trace.ts';
import { documentsFilter } from './declarations.ts';
import { refuseShape, refuseViolations } from './errors.ts';
import type { Models, OperationModel } from './model.ts';
import type { TokenBuckets } from './rate-limits.ts';
import type { ServiceInterface } from './service-interface.ts';
import { HOST_REALM, ShapeProblem } from './shape.ts';

/** Its actor is unique for each sandbox: "chainmend-resize-volume/3". */
export type Caller = Omit<Call, 'at'>;

/** A request whose input has been copied from its caller and checked; a retry sends the same one again. */
export interface PreparedRequest {
  readonly service: string;
  readonly operation: string;
  /** Absent if the service is not modelled or has no such operation. */
  readonly model: OperationModel | undefined;
  readonly input: Readonly<Record<string, unknown>>;
  /** Its fault; the request is refused when it arrives. */
  readonly refusal: AwsError | undefined;
  canonicalInput: string | undefined;
}

export interface GatewayOptions {
  readonly clock: VirtualClock;
  readonly models: Models;
  /** Source of request ids. */
  readonly random: Random;
  readonly faults?: RequestFaults;
  /** API rates; absent: unlimited. */
  readonly limits?: TokenBuckets;
  /** Throws `AwsError` if the caller may not do this. */
  readonly authorize?: (
    call: Call,
    service: string,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ) => void;
  /** Whether the region knows the IAM checks of an operation, even if it does not emulate it. */
  readonly isMapped?: (service: string, operation: string) => boolean;
  /** A sandbox has died; its access key is removed. */
  readonly onSandboxKilled?: (actor: string) => void;
  /** Called with each request right after its effect: invariants look at the region before anything else can change it. */
  readonly onCall?: (record: CallRecord) => void;
  /** Called if an operation ended with an error that is not AWS's; its caller gets `InternalFailure`. Without it such a defect ends the run. */
  readonly onDefect?: (error: unknown, during: string) => void;
  /** How many calls the trace keeps in full. */
  readonly retain?: number;
}

/** From a request's admission to its response, in virtual ms. */
export const LATENCY_MS = 50;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #clock: VirtualClock;
  readonly #faults: RequestFaults;
  readonly #operations = new Map<string, Operation>();
  readonly #sandboxes = new Map<string, () => void>();
  readonly trace: Trace;

  constructor(options: GatewayOptions) {
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

  /** The emulated operations of a service, by name; empty for an unknown service. */
  operationsOf(service: string): readonly string[] {
    const prefix = `${service}.`;
    const names = [...this.#operations.keys()].filter((name) => name.startsWith(prefix));
    return names.map((name) => name.slice(prefix.length)).sort();
  }

  /** Registers a sandbox, so that faults can kill it. */
  attach(actor: string, kill: () => void): void {
    if (this.#sandboxes.has(actor)) throw new Error(`actor "${actor}": expected a name that no other sandbox has`);
    this.#sandboxes.set(actor, kill);
  }

  /** Removes a sandbox; the sandbox calls it when it is disposed of. */
  detach(actor: string): void {
    this.#sandboxes.delete(actor);
  }

  /** Kills a sandbox now. False without a sandbox of that name. */
  kill(actor: string): boolean {
    const kill = this.#sandboxes.get(actor);
    if (kill === undefined) return false;
    this.#sandboxes.delete(actor);
    kill();
    this.#options.onSandboxKilled?.(actor);
    return true;
  }

  /** Sends a request from host code and waits for the response. Rejects with `AwsError`. */
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
   * @param newToken gives a value to each absent idempotency token, as the SDK does during serialization
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
      const violations = model.check(copy);
      const refusal = violations.length > 0 ? refuseViolations(known, operation, violations) : undefined;
      return { ...unchecked, input: copy, refusal };
    } catch (error) {
      if (!(error instanceof ShapeProblem)) throw error;
      return { ...unchecked, refusal: refuseShape(known, error) };
    }
  }

  /** Sends a prepared request; it is admitted in canonical order after nothing else can happen at this instant. */
  send<T>(request: PreparedRequest, caller: Caller, reply: Reply<T>): void {
    const key = () => `${caller.actor}|${request.service}.${request.operation}|${canonicalInput(request)}`;
    this.#clock.arrive(key, () => this.#admit(request, caller, reply));
  }

  #admit<T>(request: PreparedRequest, caller: Caller, reply: Reply<T>): void {
    if (reply.abandoned?.()) return;
    const { service, operation, input } = request;
    const at = this.#clock.now();
    const record: CallRecord = { at, actor: caller.actor, service, operation, input, outcome: undefined };
    this.trace.admitted(record);
    const mortal = this.#sandboxes.has(caller.actor);
    const facts = { at, actor: caller.actor, service, operation, input, mutating: isMutating(operation), mortal };
    const admitted = {
      request,
      record,
      reply,
      requestId: this.#options.random.uuid(),
      fate: mortalFate(this.#faults.fateOf(facts), mortal),
    };
    if (admitted.fate === 'caller killed before') {
      this.#finish(admitted, admitted.fate);
      return;
    }
    let output: object | Promise<object>;
    try {
      output = this.#perform(request, { ...caller, at }, admitted.fate);
    } catch (error) {
      this.#refuse(admitted, error);
      return;
    }
    if (!(output instanceof Promise)) this.#answer(admitted, output);
    else {
      output
        .then(
          (value: object) => this.#answer(admitted, value),
          (error: unknown) => this.#refuse(admitted, error),
        )
        .catch((error: unknown) => this.#clock.fail(error));
    }
  }

  #answer<T>(admitted: Admitted<T>, output: object): void {
    const { reply, requestId } = admitted;
    let rendered: T;
    try {
      rendered = reply.render(output, requestId);
    } catch (error) {
      this.#refuse(admitted, error);
      return;
    }
    this.#finish(admitted, 'ok', () => reply.answer(rendered, requestId));
  }

  #refuse<T>(admitted: Admitted<T>, error: unknown): void {
    const { reply, requestId, request } = admitted;
    if (error instanceof AwsError) {
      const refusal = this.#isKnownToAws(request, error) ? filterNotEmulated(request, error) : error;
      this.#finish(admitted, refusal.name, () => reply.fail(refusal, requestId));
      return;
    }
    const { onDefect } = this.#options;
    if (onDefect === undefined) {
      this.#clock.fail(error);
      return;
    }
    onDefect(error, `${request.service}.${request.operation}`);
    const failure = internalFailure();
    this.#finish(admitted, failure.name, () => reply.fail(failure, requestId));
  }

  #isKnownToAws({ service, model }: PreparedRequest, error: AwsError): error is UnknownFilter {
    const { client } = this.models.get(service)?.declared ?? {};
    const structure = model?.input.getName() ?? '';
    if (!(error instanceof UnknownFilter)) return false;
    return error.isDocumented ?? (!!client && documentsFilter(client.packageName, structure, error.filter));
  }

  /** Records the request, and delivers its response unless a fault prevents that. */
  #finish<T>({ request, record, fate }: Admitted<T>, outcome: Outcome, deliver?: () => void): void {
    const lost = fate === 'throttled' || fate === 'failed' ? undefined : fate;
    if (lost !== undefined && outcome !== lost && outcome !== 'ok') record.refused = outcome;
    this.trace.ended(record, lost ?? outcome, this.#clock.now(), canonicalInput(request));
    this.#options.onCall?.(record);
    if (lost === 'caller killed before' || lost === 'caller killed after') this.kill(record.actor);
    else if (lost === undefined && deliver !== undefined) this.#clock.at(record.at + LATENCY_MS, deliver);
  }

  #perform(request: PreparedRequest, call: Call, fate: FaultEffect | undefined): object | Promise<object> {
    const { service, operation, input } = request;
    if (request.refusal !== undefined) throw request.refusal;
    const perform = this.#operations.get(`${service}.${operation}`);
    if (perform === undefined) {
      // AWS reports a missing permission first.
      if (this.#options.isMapped?.(service, operation)) this.#options.authorize?.(call, service, operation, input);
      throw notEmulated(service, operation, this.operationsOf(service));
    }
    const declared = this.models.get(service)?.declared;
    const hasToken = this.#takeToken(declared, operation, input, call.at);
    if (!hasToken || fate === 'throttled') throw throttled(declared, operation);
    if (fate === 'failed') throw unavailable();
    this.#options.authorize?.(call, service, operation, input);
    refuseLacking(declared, request);
    // A mutating operation may keep and change its input: the trace and a retry must not see that.
    const own = isMutating(operation) ? request.model?.copyInput(input, { realm: HOST_REALM }) : input;
    return perform(own, call);
  }

  #takeToken(service: ServiceInterface | undefined, operation: string, input: object, nowMs: number): boolean {
    const { limits } = this.#options;
    const rate = limits && service?.rateOf?.(operation, input);
    return !limits || !service || !rate || limits.take(service.name, operation, rate, nowMs);
  }
}

const throttled = (service: ServiceInterface | undefined, operation: string): AwsError =>
  service?.throttled?.(operation) ?? new AwsError('ThrottlingException', `Rate exceeded for operation ${operation}`);

interface Admitted<T> {
  readonly request: PreparedRequest;
  readonly record: CallRecord;
  readonly reply: Reply<T>;
  readonly requestId: string;
  readonly fate: FaultEffect | undefined;
}

/** How a response goes back. All callbacks run on the region's side of the lane. */
export interface Reply<T> {
  /** Copies or serializes the output at the moment of the effect: services may change it later. */
  render(output: object, requestId: string): T;
  answer(rendered: T, requestId: string): void;
  fail(error: AwsError, requestId: string): void;
  /** Whether the caller died before its request was admitted. */
  abandoned?(): boolean;
}

/** A person or a CLI cannot be killed. */
const mortalFate = (fate: FaultEffect | undefined, mortal: boolean): FaultEffect | undefined =>
  !mortal && (fate === 'caller killed before' || fate === 'caller killed after') ? undefined : fate;

function canonicalInput(request: PreparedRequest): string {
  request.canonicalInput ??= canonical(request.input);
  return request.canonicalInput;
}

const filterNotEmulated = (request: PreparedRequest, { filter }: UnknownFilter): AwsError =>
  partNotEmulated(request, `the filter ${filter}`);

const partNotEmulated = ({ service, operation }: PreparedRequest, part: string): AwsError =>
  new AwsError('NotImplemented', `The local region does not emulate ${part} of ${service}.${operation}`);

function refuseLacking(declared: ServiceInterface | undefined, request: PreparedRequest): void {
  const given = request.input as Readonly<Record<string, unknown>>;
  const lacking = declared?.lacks?.[request.operation]?.find((member) => asksForSomething(given[member]));
  if (lacking !== undefined) throw partNotEmulated(request, lacking);
}

/** `NONE` is the default of every member that knows the word. */
function asksForSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 'NONE') return false;
  return typeof value !== 'object' || value instanceof Date || Object.keys(value).length > 0;
}

const unknownOperation = (service: string, operation: string): AwsError =>
  new AwsError(
    'InvalidAction',
    `The service "${service}" of AWS has no operation ${operation} that this region knows of.`,
  );

function notEmulated(service: string, operation: string, known: readonly string[]): AwsError {
  const others = known.length > 0 ? `it knows ${known.join(', ')}` : 'it knows nothing of this service';
  // Not a server fault (501): SDKs would retry that.
  return new AwsError('NotImplemented', `${service}.${operation} is not emulated by the local region; ${others}.`);
}
