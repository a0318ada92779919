// Faults of single requests: throttled, response lost, or cut off because the caller dies.
import type { FaultName } from './faults.ts';
import type { Kernel } from './kernel.ts';
import type { Random } from './random.ts';

/** A request that was admitted and has no effect yet. */
export interface AdmittedRequest {
  readonly at: number;
  readonly actor: string;
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly mutating: boolean;
  /** Whether the caller is a sandbox, which can die. */
  readonly mortal: boolean;
}

export type FaultEffect =
  /** Refused with the service's throttling error; no effect. */
  | 'throttled'
  /** Answered with a server fault (503); no effect. */
  | 'failed'
  /** Takes effect; the response never arrives. */
  | 'answer lost'
  /** The caller dies and the request has no effect. */
  | 'caller killed before'
  /** The request takes effect and the caller dies before the response. */
  | 'caller killed after';

export interface RequestFaults {
  /** Undefined: the request is not disturbed. Called once for each request, in canonical order. */
  fateOf(request: AdmittedRequest): FaultEffect | undefined;
}

export const NO_REQUEST_FAULTS: RequestFaults = { fateOf: () => undefined };

/** The first fault with a result decides. All are called, so that one fault never shifts the draws of another. */
export function combineRequestFaults(...faults: readonly RequestFaults[]): RequestFaults {
  return {
    fateOf: (request) => {
      const fates = faults.map((fault) => fault.fateOf(request));
      return fates.find((fate) => fate !== undefined);
    },
  };
}

/** Throttles a share of all requests, but never more than `inARow` in a row for one actor's operation. */
export function throttling(options: { random: Random; share?: number; inARow?: number }): RequestFaults {
  const { random, share = 0.15, inARow = 2 } = options;
  const running = new Map<string, number>();
  return {
    fateOf: (request) => {
      const key = `${request.actor} ${request.service}.${request.operation}`;
      const before = running.get(key) ?? 0;
      const throttled = random.next() < share && before < inARow;
      running.set(key, throttled ? before + 1 : 0);
      return throttled ? 'throttled' : undefined;
    },
  };
}

/** The first `perOperation` responses of each mutating operation never arrive. */
export function lostAnswers(options: { perOperation?: number } = {}): RequestFaults {
  const { perOperation = 1 } = options;
  const lost = new Map<string, number>();
  return {
    fateOf: (request) => {
      if (!request.mutating || !request.mortal) return undefined;
      const key = `${request.service}.${request.operation}`;
      const before = lost.get(key) ?? 0;
      if (before >= perOperation) return undefined;
      lost.set(key, before + 1);
      return 'answer lost';
    },
  };
}

/** Sandboxes die at seeded points, before or after one of their requests, at most `atMost` times in a run. */
export function killing(options: { random: Random; share?: number; atMost?: number }): RequestFaults {
  const { random, share = 0.08, atMost = 12 } = options;
  let killed = 0;
  return {
    fateOf: (request) => {
      if (!request.mortal || killed >= atMost || random.next() >= share) return undefined;
      killed++;
      return random.next() < 0.5 ? 'caller killed before' : 'caller killed after';
    },
  };
}

/**
 * Outages of whole services: while one lasts, every request of a function to that service is answered with a server fault. People and the region
 * itself are not affected.
 */
export class Outages implements RequestFaults {
  readonly #untilMs = new Map<string, number>();
  readonly #failed = new Map<string, number>();

  /**
   * @param service the signing name: CloudWatch is "monitoring"
   * @param untilMs ms since the epoch; an outage is prolonged, never shortened
   */
  begin(service: string, untilMs: number): void {
    this.#untilMs.set(service, Math.max(this.#untilMs.get(service) ?? 0, untilMs));
  }

  fateOf({ service, at, mortal }: AdmittedRequest): FaultEffect | undefined {
    if (!mortal || at >= (this.#untilMs.get(service) ?? 0)) return undefined;
    this.#failed.set(service, this.failed(service) + 1);
    return 'failed';
  }

  /** Whether the service answers nobody at that moment (ms since the epoch). */
  isAway(service: string, atMs: number): boolean {
    return atMs < (this.#untilMs.get(service) ?? 0);
  }

  /** Whether one lasts at that moment (ms since the epoch). */
  lasting(atMs: number): boolean {
    return [...this.#untilMs.values()].some((untilMs) => atMs < untilMs);
  }

  /** How many requests an outage of the service has met. */
  failed(service: string): number {
    return this.#failed.get(service) ?? 0;
  }
}

/** The faults of these names, and those that are on for a while, drawn from the region's seed; faults at exact places come first. */
export function seededFaults(
  kernel: Pick<Kernel, 'random' | 'fault' | 'met'>,
  names: readonly FaultName[],
  exact: RequestFaults | undefined,
): RequestFaults {
  const makers: Readonly<Partial<Record<FaultName, () => RequestFaults>>> = {
    throttling: () => throttling({ random: kernel.random('faults/throttling') }),
    'lost-answers': () => lostAnswers(),
    killed: () => killing({ random: kernel.random('faults/killed') }),
  };
  // The named ones first, in their order; a timeline may switch on the others for a while.
  const order = new Set([...names, ...(Object.keys(makers) as FaultName[])]);
  const faults = [...order].flatMap((name) => {
    const make = makers[name];
    return make ? [whileOn(kernel, name, make)] : [];
  });
  return combineRequestFaults(...(exact ? [exact] : []), ...faults);
}

/** Draws nothing while its fault is off. */
function whileOn(kernel: Pick<Kernel, 'fault' | 'met'>, name: FaultName, make: () => RequestFaults): RequestFaults {
  let faults: RequestFaults | undefined;
  return {
    fateOf: (request) => {
      if (!kernel.fault(name)) return undefined;
      faults ??= make();
      const fate = faults.fateOf(request);
      if (fate !== undefined) kernel.met(name);
      return fate;
    },
  };
}

export interface ProgrammedFault {
  /** Which requests count; all if absent. */
  readonly match?: (request: AdmittedRequest) => boolean;
  /** The n-th request that counts, from 1. */
  readonly nth: number;
  readonly fate: FaultEffect;
}

/** Faults at exact places, for tests that try every one of them. */
export function programmed(...faults: readonly ProgrammedFault[]): RequestFaults {
  const seen = faults.map(() => 0);
  return {
    fateOf: (request) => {
      let fate: FaultEffect | undefined;
      faults.forEach((fault, i) => {
        if (fault.match !== undefined && !fault.match(request)) return;
        seen[i] = (seen[i] ?? 0) + 1;
        if (seen[i] === fault.nth) fate ??= fault.fate;
      });
      return fate;
    },
  };
}

/** Whether an operation changes anything, by AWS's naming of operations. Receiving from a queue counts, because it hides messages. */
export const isMutating = (operation: string): boolean =>
  !/^(BatchGet|Check|Describe|Get|Head|List|Lookup|Query|Scan|Search|Select|Simulate|Test|Validate)/.test(operation);
