// The networks around the region: VPCs in which nodes listen on private addresses, and the internet with its reference endpoints. Functions reach
// what they would reach on AWS: their VPC, or the internet without a VPC.

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The result of a request for its sender. Times are virtual. */
export type HttpAnswer =
  | {
      readonly kind: 'response';
      readonly statusCode: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
      /** From the request until the whole response is there. */
      readonly afterMs: number;
    }
  /** Nothing listens on the port: ECONNREFUSED. */
  | { readonly kind: 'refused' }
  /** No such address, or no route to it: EHOSTUNREACH. */
  | { readonly kind: 'no-route' }
  /** No such name: ENOTFOUND. */
  | { readonly kind: 'no-name' }
  /** Packets vanish, and the sender waits for ever: a security group, a machine without power. */
  | { readonly kind: 'silent' };

/** A machine on the network: it answers on each of its ports. */
export type HttpHost = (port: number, request: HttpRequest) => HttpAnswer;

/** A real machine, which answers in its own time. */
export type RealHost = (port: number, request: HttpRequest) => Promise<HttpAnswer>;

/** Continues synchronously if the answer is already there, as from simulated hosts: then nothing waits for a turn of the event loop. */
export function whenAnswered(answer: HttpAnswer | Promise<HttpAnswer>, then: (answer: HttpAnswer) => void): void {
  if (answer instanceof Promise) answer.then(then);
  else then(answer);
}

/** The location of a sender or a host. */
export type NetworkLocation = { readonly vpcId: string } | 'internet';

/** The address of a name in DNS for a sender at `from`; undefined without such a name. */
export type Resolve = (name: string, from: NetworkLocation) => string | undefined;

export class Network {
  readonly #hosts = new Map<string, { readonly location: NetworkLocation; readonly host: HttpHost | RealHost }>();

  #resolve: Resolve = () => undefined;

  /** Sets the DNS for names; it is used before the names of attached hosts. */
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
    // The sender's own machine, where nothing else listens.
    if (LOOPBACK.test(address) && !this.#hosts.has(address)) return { kind: 'refused' };
    const resolved = IP_ADDRESS.test(address) ? address : (this.#resolve(address, from) ?? address);
    const known = this.#hosts.get(resolved);
    if (!known) return { kind: IP_ADDRESS.test(resolved) ? 'no-route' : 'no-name' };
    return isReachable(from, known.location) ? known.host(port, request) : { kind: 'silent' };
  }
}

const IP_ADDRESS = /^[0-9.]+$|:/;
const LOOPBACK = /^(localhost|127\.[0-9.]+|::1)$/;

/** A VPC here has no NAT and no peering: its inside reaches only itself, and the outside reaches nothing in it. */
const isReachable = (from: NetworkLocation, to: NetworkLocation): boolean =>
  from === 'internet' || to === 'internet' ? from === to : from.vpcId === to.vpcId;
