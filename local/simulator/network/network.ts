// The networks around the region: VPCs in which nodes listen on private addresses, and the internet with its reference endpoints.
// Functions reach what AWS would let them reach: inside their VPC, or the internet where they have none.

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What comes of a request, as its sender sees it. Times are virtual. */
export type HttpAnswer =
  | {
      readonly kind: 'response';
      readonly statusCode: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
      /** From the request until the whole answer is there. */
      readonly afterMs: number;
    }
  /** Nothing listens on the port: ECONNREFUSED. */
  | { readonly kind: 'refused' }
  /** No such address, or no route to it: EHOSTUNREACH. */
  | { readonly kind: 'no-route' }
  /** No such name: ENOTFOUND. */
  | { readonly kind: 'no-name' }
  /** Packets vanish; whoever waits waits for ever: a security group, a machine without power. */
  | { readonly kind: 'silent' };

/** A machine on the network: what listens on each of its ports. */
export type HttpHost = (port: number, request: HttpRequest) => HttpAnswer;

/** A real one, which answers in its own time. */
export type RealHost = (port: number, request: HttpRequest) => Promise<HttpAnswer>;

/** Goes on at once where the answer is there at once, as simulated hosts give it: nothing then waits for a turn of the event loop. */
export function whenAnswered(answer: HttpAnswer | Promise<HttpAnswer>, then: (answer: HttpAnswer) => void): void {
  if (answer instanceof Promise) answer.then(then);
  else then(answer);
}

/** Where a sender or a host stands. */
export type NetworkLocation = { readonly vpcId: string } | 'internet';

/** Answers with the address behind a name as DNS tells it to who stands at `from`; undefined where there is no such name. */
export type Resolve = (name: string, from: NetworkLocation) => string | undefined;

export class Network {
  readonly #hosts = new Map<string, { readonly location: NetworkLocation; readonly host: HttpHost | RealHost }>();

  #resolve: Resolve = () => undefined;

  /** Names are looked up so, before those that hosts are attached by. */
  resolveWith(resolve: Resolve): void {
    this.#resolve = resolve;
  }

  /** `address`: an IP address, or a name for a host on the internet. */
  attach(address: string, location: NetworkLocation, host: HttpHost | RealHost): void {
    if (this.#hosts.has(address)) throw new Error(`a host at ${address} exists already`);
    this.#hosts.set(address, { location, host });
  }

  detach(address: string): void {
    this.#hosts.delete(address);
  }

  request(
    from: NetworkLocation,
    address: string,
    port: number,
    request: HttpRequest,
  ): HttpAnswer | Promise<HttpAnswer> {
    // The sender's own machine, where nothing else runs.
    if (LOOPBACK.test(address) && !this.#hosts.has(address)) return { kind: 'refused' };
    const resolved = IP_ADDRESS.test(address) ? address : (this.#resolve(address, from) ?? address);
    const known = this.#hosts.get(resolved);
    if (!known) return { kind: IP_ADDRESS.test(resolved) ? 'no-route' : 'no-name' };
    return isReachable(from, known.location) ? known.host(port, request) : { kind: 'silent' };
  }
}

const IP_ADDRESS = /^[0-9.]+$|:/;
const LOOPBACK = /^(localhost|127\.[0-9.]+|::1)$/;

/** A VPC here has neither NAT nor peering: from inside it only itself is reached, from outside nothing in it. */
const isReachable = (from: NetworkLocation, to: NetworkLocation): boolean =>
  from === 'internet' || to === 'internet' ? from === to : from.vpcId === to.vpcId;
