// What the gateway has to know of a service: which SDK client speaks to it, how often it may be asked, and in which words it refuses.
import type { AwsError } from '../service.ts';
import type { Violation } from './rules.ts';

export interface ServiceInterface {
  /** SigV4 signing name, by which requests are routed: "ec2", "monitoring". */
  readonly name: string;
  /** The SDK client whose schemas are the service's model. */
  readonly client: SdkClient;
  /** Path of the file with the lengths, sizes, ranges and patterns of request members (`limits.ts`); absent: none are checked. */
  readonly limits?: string;
  /** The service understands the older query protocol as well, though its client does not say so. */
  readonly queryCompatible?: true;
  /** Each answer has the CRC32 of its body in a header. */
  readonly checksums?: true;
  readonly refusals?: Refusals;
  /** API rate of an operation for this input; undefined where AWS publishes none. */
  readonly rateOf?: (operation: string, input: object) => Rate | undefined;
  /** What the service answers to one request too many; `ThrottlingException` unless given. */
  readonly throttled?: () => AwsError;
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
  /** Operations that name the same bucket share it; each operation has its own unless given. */
  readonly bucket?: string;
}

/** Where the service's errors differ from those of the framework that most services are built with. */
export interface Refusals {
  /** For a member that is required and absent. */
  readonly missing?: (path: string) => AwsError;
  /** For a value that the model does not allow; undefined: the framework's words. */
  readonly violation?: (violation: Violation, operation: string) => AwsError | undefined;
  /** The code of the framework's ValidationException. */
  readonly validationCode?: string;
  /** The code for a member of a wrong type. */
  readonly malformedCode?: string;
}
