// A Lambda execution environment: one bundle in a `node:vm` context of its own, from its start until it is disposed of.
import vm from 'node:vm';
import type { VirtualClock } from '../clock.ts';
import type { Caller, Gateway, PreparedRequest } from '../gateway/gateway.ts';
import { handleWireRequest, scopeOf } from '../gateway/http.ts';
import {
  errorResponse,
  type GuestClient,
  type ObjectLane,
  objectResponse,
  type PreparedByHeaders,
  speakObjects,
} from '../gateway/object-protocol.ts';
import { nativeProtocol } from '../gateway/protocols.ts';
import type { Random } from '../random.ts';
import { LAMBDA_ENVIRONMENT } from './guest-environment.ts';
import { createGuestContext } from './guest-globals.ts';
import {
  type GuestReply,
  type GuestResponse,
  guestHttp,
  type RequestOptions,
  streamResponse,
  type Transport,
  wireRequest,
} from './guest-https.ts';
import { guestRequire } from './guest-modules.ts';
import {
  checkSendable,
  hostOf,
  isAwsHost,
  NOTHING_AROUND,
  type SandboxNetwork,
  sendOverNetwork,
} from './guest-network.ts';
import { guestTimers } from './guest-timers.ts';

/** fidelity: real bytes, signatures and codecs. sweep: objects instead of bytes, several times as fast, the same trace. */
export type Lane = 'fidelity' | 'sweep';

export interface SandboxOptions {
  /** From `compileBundle`. */
  readonly script: vm.Script;
  /** The asset's other files, by their specifiers: "./lazy.js". */
  readonly others?: ReadonlyMap<string, vm.Script>;
  /** The exported handler, in the fidelity lane. The sweep lane makes one with `createHandler({ clients })`. */
  readonly exportName?: string;
  /** The function's own variables; region, credentials and limits of the SDK are added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: VirtualClock;
  /** The sandbox's own stream: the source of all its randomness. */
  readonly random: Random;
  /** Unique in a region: "chainmend-resize-volume/3". */
  readonly actor: string;
  readonly roleArn: string;
  /** ARN of its function; every request of its code has it. */
  readonly functionArn?: string;
  readonly gateway: Gateway;
  readonly lane: Lane;
  /** The network around it; by default AWS and an internet without hosts. */
  readonly surroundings?: SandboxNetwork;
  /** What the function prints. */
  readonly log: (line: string) => void;
}

export interface Sandbox {
  readonly actor: string;
  readonly dead: boolean;
  /**
   * Runs the handler on a JSON event; returns the JSON part of its result. Rejects with a host `Error` that has the name, message and stack of the
   * guest's. If the sandbox dies, the promise stays pending for ever.
   */
  invoke(event: unknown, lambdaContext: object): Promise<unknown>;
  /** From now on every call stays pending for ever, no timer fires, nothing is printed, no promise settles. */
  kill(): void;
}

/**
 * Compiles a CommonJS bundle once; each sandbox runs it again.
 * @param cachedData what V8 has compiled of it before: `createCachedData`
 */
export function compileBundle(source: string, filename: string, cachedData?: Buffer): vm.Script {
  return new vm.Script(`(function (exports, require, module) {${source}\n})`, {
    filename,
    ...(cachedData && { cachedData }),
  });
}

/** Starts a sandbox: runs the bundle's top level. Throws its errors. */
export function createSandbox(options: SandboxOptions): Sandbox {
  return new GuestSandbox(options);
}

type GuestModule = (exports: object, require: unknown, module: object) => void;

type Handler = (event: unknown, context: object) => unknown;

interface GuestExports extends Readonly<Record<string, unknown>> {
  readonly awsClients?: (configure: (service: string) => object) => Readonly<Record<string, GuestClient>>;
  readonly createHandler?: (dependencies: { clients: object }) => Handler;
}

class GuestSandbox implements Sandbox {
  readonly actor: string;
  dead = false;
  readonly #options: SandboxOptions;
  readonly #parseJson: (text: string) => unknown;
  readonly #killTimers: () => void;
  readonly #handler: Handler;
  readonly #prepared: PreparedByHeaders = new WeakMap();
  readonly #realm: ReturnType<typeof createGuestContext>['realm'];
  /** Rejects the invocation in progress when the runtime itself ends. */
  #crash: ((error: unknown) => void) | undefined;

  constructor(options: SandboxOptions) {
    this.actor = options.actor;
    this.#options = options;
    const { clock, random } = options;
    const timers = guestTimers(clock, this.actor, (error) => this.#endRuntime(error));
    this.#killTimers = timers.killAll;
    const context = createGuestContext({
      timers,
      random,
      now: () => clock.now(),
      startMs: clock.now(),
      environment: { ...LAMBDA_ENVIRONMENT, ...options.environment },
      log: (line) => void (this.dead || options.log(line)),
    });
    this.#parseJson = context.parseJson;
    this.#realm = context.realm;
    const transport: Transport = {
      connect: (request) => this.#connect(request),
      send: (request, body, reply) => this.#send(request, body, reply),
    };
    const http = guestHttp('http:', transport, timers);
    const https = guestHttp('https:', transport, timers);
    const run = (script: vm.Script, require: unknown): GuestExports => {
      const module: { exports: GuestExports } = { exports: {} };
      (script.runInContext(context.context) as GuestModule)(module.exports, require, module);
      return module.exports;
    };
    const others = new Map([...(options.others ?? [])].map(([name, script]) => [name, () => run(script, require)]));
    const require = guestRequire({ ...context, timers, random, http, https, others });
    const exports = run(options.script, require);
    this.#handler = this.#handlerOf(exports);
    options.gateway.attach(this.actor, () => this.kill());
  }

  invoke(event: unknown, lambdaContext: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.dead) return;
      const fail = (error: unknown) => this.dead || reject(hostError(error));
      this.#crash = (error) => reject(hostError(error));
      const run = async () => this.#handler(this.#parseJson(JSON.stringify(event ?? null)), lambdaContext);
      run().then((result) => {
        if (this.dead) return;
        const text = JSON.stringify(result);
        resolve(text === undefined ? undefined : JSON.parse(text));
      }, fail);
    });
  }

  kill(): void {
    if (this.dead) return;
    this.dead = true;
    this.#killTimers();
    this.#options.gateway.detach(this.actor);
  }

  /** An uncaught exception ends a Lambda runtime, and the environment with it. */
  #endRuntime(error: unknown): void {
    const crash = this.#crash;
    this.kill();
    crash?.(error);
  }

  /** Runs guest code that no caller waits for: an exception in a listener, or an error event without a listener, ends the runtime. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#endRuntime(error);
    }
  }

  #handlerOf(exports: GuestExports): Handler {
    const { lane, exportName = 'handler' } = this.#options;
    if (lane === 'fidelity') {
      const handler = exports[exportName];
      if (typeof handler !== 'function') throw new Error(`the bundle exports no function "${exportName}"`);
      return handler as Handler;
    }
    if (!exports.awsClients || !exports.createHandler) {
      throw new Error('the sweep lane needs a bundle that exports awsClients and createHandler');
    }
    const clients = exports.awsClients((service) => ({ ...LEAN, signer: scopeSigner(service) }));
    const { gateway, random } = this.#options;
    const objects: ObjectLane = {
      prepared: this.#prepared,
      prepare: (service, operation, input) => gateway.prepare(service, operation, input, random.uuid),
    };
    const speaking = new Set<GuestClient>();
    return exports.createHandler({
      // A client is made at its first use, as on AWS.
      clients: new Proxy(clients, {
        get: (made, name: string) => {
          const client = made[name];
          if (client !== undefined && !speaking.has(client)) speakObjects(client, objects);
          if (client !== undefined) speaking.add(client);
          return client;
        },
      }),
    });
  }

  /** A request to AWS from a VPC without NAT vanishes if the VPC has no endpoint for the service. */
  #connect(options: RequestOptions): boolean {
    const { location, endpoints } = this.#options.surroundings ?? NOTHING_AROUND;
    if (!isAwsHost(hostOf(options))) {
      checkSendable(options);
      return true;
    }
    if (location === 'internet') return true;
    const prepared = options.headers && this.#prepared.get(options.headers);
    const service = prepared?.service ?? scopeOf(wireRequest(options, NO_BODY))?.service;
    return service !== undefined && endpoints.has(location.vpcId, service);
  }

  #send(options: RequestOptions, body: Uint8Array, reply: GuestReply): void {
    if (this.dead) return;
    if (!isAwsHost(hostOf(options))) {
      const { clock, gateway, surroundings = NOTHING_AROUND } = this.#options;
      const sender = { actor: this.actor, clock, trace: gateway.trace, ...surroundings };
      sendOverNetwork(sender, options, body, {
        isDead: () => this.dead,
        respond: (response) => this.#guarded(() => reply.respond(response)),
        fail: (error) => this.#guarded(() => reply.fail(error)),
      });
      return;
    }
    if (!this.#connect(options)) return;
    const whileAlive = (response: GuestResponse): void => void (this.dead || reply.respond(response));
    const prepared = options.headers && this.#prepared.get(options.headers);
    if (prepared !== undefined) this.#sendObject(prepared, whileAlive);
    else {
      handleWireRequest(this.#options.gateway, wireRequest(options, body), this.#caller, () => this.dead).then(
        (answer) => whileAlive(streamResponse(answer)),
        (error: unknown) => this.#options.clock.fail(error),
      );
    }
  }

  get #caller(): Caller {
    const { roleArn, functionArn } = this.#options;
    return { actor: this.actor, roleArn, ...(functionArn !== undefined && { functionArn }) };
  }

  #sendObject(request: PreparedRequest, respond: (response: GuestResponse) => void): void {
    const { gateway } = this.#options;
    const { model } = request;
    const service = gateway.models.get(request.service);
    if (model === undefined || service === undefined) throw new Error(`${request.service} has no model`);
    gateway.send(request, this.#caller, {
      render: (output) => model.copyOutput(output, { realm: this.#realm }) as object,
      answer: (output, requestId) => respond(objectResponse(output, requestId)),
      fail: (error, requestId) => respond(errorResponse(nativeProtocol(service).writeError(service, error, requestId))),
      abandoned: () => this.dead,
    });
  }
}

const NO_BODY = new Uint8Array();

const nothing = (): void => {};

/**
 * Leaves out what an SDK client does besides calling AWS. The user agent is not read here. `cacheMiddleware` is the SDK's own setting. A logger
 * without `info` avoids the copy of each input and output that hides secrets from an unused log. Retries, time-outs and the order of middleware stay
 * (`speakObjects` says which go).
 */
const LEAN = {
  cacheMiddleware: true,
  defaultUserAgentProvider: async () => [],
  ignoreConfiguredEndpointUrls: true,
  logger: { trace: nothing, debug: nothing, warn: nothing, error: nothing },
};

/** Signs only with the scope, which routes requests. */
const scopeSigner = (service: string) => ({
  sign: async (request: { headers: Record<string, string> }) => {
    request.headers['authorization'] = `AWS4-HMAC-SHA256 Credential=SWEEP/20260101/eu-west-1/${service}/aws4_request`;
    return request;
  },
});

function hostError(thrown: unknown): Error {
  if (typeof thrown !== 'object' || thrown === null) return new Error(String(thrown));
  const { name, message, stack } = thrown as Partial<Error>;
  return Object.assign(new Error(message, { cause: thrown }), { name: name ?? 'Error', stack });
}
