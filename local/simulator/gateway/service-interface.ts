// The gateway's view of a service: its SDK client, its API rates, and its errors for refused requests.
import type { AwsError } from '../service.ts';
import type { WireRequest } from './message.ts';
import type { Violation } from './rules.ts';

export interface ServiceInterface {
  /** SigV4 signing name, which routes requests: "ec2", "monitoring". */
  readonly name: string;
  /** The SDK client whose schemas are the service's model. */
  readonly client: SdkClient;
  /** Path of the file with the lengths, sizes, ranges and patterns of request members (`limits.ts`); absent: none are checked. */
  readonly limits?: string;
  /** HTTPS endpoints that no operation of the SDK describes. */
  readonly endpoints?: readonly PlainEndpoint[];
  /** The service also accepts the older query protocol, although its client does not say so. */
  readonly queryCompatible?: true;
  /** Each response has the CRC32 of its body in a header. */
  readonly checksums?: true;
  readonly refusals?: Refusals;
  /** Members of inputs that the service does not have, by operation: a request that asks for something by one of them is not emulated. */
  readonly lacks?: Readonly<Record<string, readonly string[]>>;
  /** API rate of an operation for this input; undefined if none is known. */
  readonly rateOf?: (operation: string, input: object) => Rate | undefined;
  /** The service's error for a throttled request; `ThrottlingException` by default. */
  readonly throttled?: (operation: string) => AwsError;
}

/** A request to a path of its own, signed like every other, with a body that is not the SDK's. */
export interface PlainEndpoint {
  readonly method: 'POST';
  readonly path: string;
  /** In the form of an SDK's static schemas: what the body means, in the trace and in the service. */
  readonly operation: readonly [
    9,
    namespace: string,
    name: string,
    traits: 0,
    input: () => unknown,
    output: () => unknown,
  ];
  /** Throws `AwsError` for a body that is not understood. */
  readInput(request: WireRequest): object;
  /** @param output what the operation has answered */
  writeOutput(
    request: WireRequest,
    output: object,
  ): { readonly contentType: string; readonly body: string | Uint8Array };
}

export interface SdkClient {
  /** Its type declarations have what its schemas lack. */
  readonly packageName: string;
  readonly load: () => Promise<Readonly<Record<string, unknown>>>;
}

/** A token bucket. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
  /** Operations that name the same bucket share it; by default each operation has its own. */
  readonly bucket?: string;
}

/** Errors of the service that differ from the framework's, which most services use. */
export interface Refusals {
  /** For a required member that is absent. */
  readonly missing?: (path: string) => AwsError;
  /** For a value that the model does not allow; undefined: the framework's error. */
  readonly violation?: (violation: Violation, operation: string) => AwsError | undefined;
  /** The code of the framework's ValidationException. */
  readonly validationCode?: string;
  /** The code for a member of a wrong type. */
  readonly malformedCode?: string;
}
