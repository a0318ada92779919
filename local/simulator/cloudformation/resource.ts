// A handler of one CloudFormation resource type, and what it may use.
import type { CodeStore } from '../lambda-runtime/environment.ts';
import type { VpcEndpoints } from '../network/vpc-endpoints.ts';
import { ownValue } from '../own-properties.ts';
import type { Created } from './intrinsics.ts';

/** Calls an operation of an emulated service as the actor "cloudformation". */
export type CallService = (service: string, operation: string, input: object) => unknown;

/** Addresses for the answers of custom resources (custom-resources.ts). */
export interface Answers {
  next(): {
    readonly url: string;
    readonly answer: Promise<{
      readonly Status: 'SUCCESS' | 'FAILED';
      readonly Reason?: string;
      readonly PhysicalResourceId: string;
      readonly RequestId: string;
      readonly Data?: Readonly<Record<string, string>>;
    }>;
  };
}

export interface Maker {
  readonly accountId: string;
  readonly regionName: string;
  readonly code: CodeStore;
  /** Where endpoints are recorded. */
  readonly vpcEndpoints: VpcEndpoints;
  /** Where functions behind custom resources answer. */
  readonly answers: Answers;
  readonly logicalId: string;
  /** Calls an emulated service; the result has the operation's own members. */
  call(service: string, operation: string, input: object): Promise<Readonly<Record<string, unknown>>>;
  /** CloudFormation's name for a resource without one: stack, logical id and random characters. */
  generatedName(maxLength?: number): string;
  uuid(): string;
  /** Lets so much time pass: CloudFormation goes on when a resource is ready. */
  wait(delayMs: number): Promise<void>;
  /** An ARN of this account and region. */
  arn(service: string, resource: string): string;
}

/** Properties of a resource with all intrinsic functions resolved. */
export type Properties = Readonly<Record<string, unknown>>;

/** A resource as an update finds it. */
export interface Before extends Created {
  /** What it was made of. */
  readonly used: Properties;
}

export interface ResourceType {
  /** Properties that the handler applies to the region. */
  readonly uses: readonly string[];
  /** Properties without a meaning in the region, or without a visible effect there. All others are an error. */
  readonly leaves?: readonly string[];
  create(properties: Properties, maker: Maker): Promise<Created> | Created;
  /** Changes what was made of other properties. `create` where making it again changes it. Without it the region refuses the change. */
  update?(properties: Properties, maker: Maker, before: Before): Promise<Created> | Created;
  /** For types that a stack can leave behind: how a deployment adopts an existing resource with the name. */
  readonly imports?: {
    /** The property that holds the name. */
    readonly name: string;
    /** The service's error code for a name that is taken. */
    readonly taken: string;
    /** The existing resource, in `create`'s form; it is not changed. */
    adopt(properties: Properties, maker: Maker): Promise<Created> | Created;
  };
}

/** By type: "AWS::SQS::Queue". */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** A required member of an operation's result. Throws an Error that names it if the service omitted it. */
export function member(answer: Readonly<Record<string, unknown>>, name: string): string {
  const value = ownValue(answer, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`the service's answer has no ${name}`);
}

/** Text of a property; empty if it is absent. */
export const text = (value: unknown): string => (value === undefined ? '' : String(value));

/** The present members of an object, for inputs whose optional members must not be `undefined`. */
export function pick(properties: Properties, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (properties[name] === undefined ? [] : [[name, properties[name]]])),
  );
}

/** Values for an API that takes text: numbers and booleans as text, policies as JSON. */
export function texts(properties: Properties, names: readonly string[]): Record<string, string> {
  const entries = Object.entries(pick(properties, names));
  return Object.fromEntries(entries.map(([name, value]) => [name, asText(value)]));
}

export const asText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

export const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
