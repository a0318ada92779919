// What a handler of one CloudFormation resource type is, and what it may use.
import type { CodeStore } from '../lambda-runtime/environment.ts';
import type { VpcEndpoints } from '../network/vpc-endpoints.ts';
import { ownValue } from '../own-properties.ts';
import type { Created } from './intrinsics.ts';

/** Carries out an operation of an emulated service as the actor "cloudformation". */
export type CallService = (service: string, operation: string, input: object) => unknown;

export interface Maker {
  readonly accountId: string;
  readonly regionName: string;
  readonly code: CodeStore;
  /** Where endpoints are recorded. */
  readonly vpcEndpoints: VpcEndpoints;
  readonly logicalId: string;
  /** Calls an emulated service; the answer's members are the operation's own. */
  call(service: string, operation: string, input: object): Promise<Readonly<Record<string, unknown>>>;
  /** The name that CloudFormation gives to what has none: stack, logical id and random characters. */
  generatedName(maxLength?: number): string;
  uuid(): string;
  /** An ARN of this account and region. */
  arn(service: string, resource: string): string;
}

/** Properties of a resource with all intrinsic functions resolved. */
export type Properties = Readonly<Record<string, unknown>>;

export interface ResourceType {
  /** Properties that the handler carries over to the region. */
  readonly uses: readonly string[];
  /** Properties that mean nothing in the region, or nothing that could be told there. All others are an error. */
  readonly leaves?: readonly string[];
  create(properties: Properties, maker: Maker): Promise<Created> | Created;
  /** For types that a stack can leave behind: how a deployment takes over what carries the name already. */
  readonly imports?: {
    /** The property that holds the name. */
    readonly name: string;
    /** The error by which the service says that the name is taken. */
    readonly taken: string;
    /** What is there, as `create` would have told of it; nothing of it is changed. */
    adopt(properties: Properties, maker: Maker): Promise<Created> | Created;
  };
}

/** By type: "AWS::SQS::Queue". */
export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** A member that an operation's answer must have. Throws an Error that names it when the service left it out. */
export function member(answer: Readonly<Record<string, unknown>>, name: string): string {
  const value = ownValue(answer, name);
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`the service's answer has no ${name}`);
}

/** Text of a property; empty when it is absent. */
export const text = (value: unknown): string => (value === undefined ? '' : String(value));

/** The members of an object that are there, for inputs whose optional members must not be `undefined`. */
export function pick(properties: Properties, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (properties[name] === undefined ? [] : [[name, properties[name]]])),
  );
}

/** Values that an API takes as text: numbers and booleans as written, policies as JSON. */
export function texts(properties: Properties, names: readonly string[]): Record<string, string> {
  const entries = Object.entries(pick(properties, names));
  return Object.fromEntries(entries.map(([name, value]) => [name, asText(value)]));
}

export const asText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

export const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
