// Creates exactly the resources of the synthesized template in the local region: what runs here is what would be deployed.

import type { CodeStore } from '../lambda-runtime/environment.ts';
import type { VpcEndpoints } from '../network/vpc-endpoints.ts';
import { ownValue } from '../own-properties.ts';
import type { Random } from '../random.ts';
import type { Assembly, TemplateResource } from './assembly.ts';
import { readBundle } from './assembly.ts';
import { customResource } from './custom-resources.ts';
import { type Created, conditionHolds, resolve, type Scope } from './intrinsics.ts';
import { creationOrder, needsOf } from './order.ts';
import type { Answers, Before, CallService, Maker, Properties, ResourceType, ResourceTypes } from './resource.ts';

export { readAssembly } from './assembly.ts';

export interface DeployOptions {
  readonly assembly: Assembly;
  /** How the services make resources, by type. */
  readonly resourceTypes: ResourceTypes;
  readonly accountId: string;
  readonly regionName: string;
  /** Stores the bundles of the functions; the Lambda service reads them there. */
  readonly code: CodeStore;
  /** Where the template's VPC endpoints are recorded. */
  readonly vpcEndpoints: VpcEndpoints;
  /** Where functions behind custom resources answer. */
  readonly answers: Answers;
  readonly call: CallService;
  /** Source of the random part of generated names. */
  readonly random: Random;
  /** Waits so many ms, before a throttled call is repeated or a resource is ready; without it a throttled call fails the deployment. */
  readonly wait?: (delayMs: number) => Promise<void>;
  /** `cdk deploy --import-existing-resources`, as in `npm run deploy`; true by default. */
  readonly importExistingResources?: boolean;
  /**
   * What does not wait for each other is made at the same time, as CloudFormation does it. By default one after the other, so that a run repeats to the
   * byte: its time costs nothing.
   */
  readonly atOnce?: boolean;
  /** Values for the template's parameters, instead of their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface Made extends Before {
  readonly type: string;
}

export interface Deployment {
  readonly stackName: string;
  /** The created resources, by logical id, in the order of creation. */
  readonly resources: ReadonlyMap<string, Made>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Types that belong to no service. */
const OWN_TYPES: ResourceTypes = {
  'AWS::CloudFormation::CustomResource': customResource,
  'AWS::CDK::Metadata': {
    uses: [],
    leaves: ['Analytics'],
    create: (_, maker) => ({ ref: maker.logicalId, attributes: {} }),
  },
};
/** The simulated version of the bootstrap stack; the CDK requires at least 6. */
const BOOTSTRAP_VERSION = '30';

/**
 * Deploys a new stack. Throws an Error that names resource, type and property for anything that the region cannot make. Resources that were made
 * before stay, as the region is discarded then.
 */
export const deploy = (options: DeployOptions): Promise<Deployment> =>
  makeAll(options, async (logicalId, resource, scope) =>
    makeNew(logicalId, readResource(logicalId, resource, scope, options), options),
  );

/** Makes the resources of a template, each after all that it needs. */
export async function makeAll(
  options: DeployOptions,
  makeOne: (logicalId: string, resource: TemplateResource, scope: Scope) => Promise<Made>,
): Promise<Deployment> {
  const { assembly, accountId, regionName } = options;
  const { template, stackName } = assembly;
  const resources = new Map<string, Made>();
  const parameters = await parameterValues(options);
  const scope: Scope = { template, stackName, accountId, regionName, parameters, resources };
  storeBundles(options);

  const make = async (logicalId: string): Promise<void> => {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new Error(`Resources.${logicalId}: not in the template`);
    if (resource.Condition !== undefined && !conditionHolds(resource.Condition, scope)) return;
    resources.set(logicalId, await makeOne(logicalId, resource, scope));
  };
  const order = creationOrder(template);
  if (options.atOnce) await allAtOnce(order, needsOf(template), make);
  else for (const logicalId of order) await make(logicalId);

  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, { Condition }]) => Condition === undefined || conditionHolds(Condition, scope))
    .map(([name, { Value }]) => [name, String(resolve(Value, scope, `Outputs.${name}`))]);
  return { stackName, resources, outputs: Object.fromEntries(outputs) };
}

/** @param order in which what is needed comes first */
async function allAtOnce(
  order: readonly string[],
  needs: ReadonlyMap<string, ReadonlySet<string>>,
  make: (logicalId: string) => Promise<void>,
): Promise<void> {
  const made = new Map<string, Promise<void>>();
  for (const id of order) {
    const before = [...(needs.get(id) ?? [])].map((other) => made.get(other));
    made.set(
      id,
      Promise.all(before).then(() => make(id)),
    );
  }
  await Promise.all(made.values());
}

/** A resource of the template with all that its handler gets. */
export interface ReadResource {
  readonly resource: TemplateResource;
  readonly type: ResourceType;
  readonly used: Properties;
}

/** Throws an Error for what the region does not emulate. */
export function readResource(
  logicalId: string,
  resource: TemplateResource,
  scope: Scope,
  options: DeployOptions,
): ReadResource {
  const { Type, Properties = {} } = resource;
  const type = ownValue(OWN_TYPES, Type) ?? ownValue(options.resourceTypes, Type);
  if (type === undefined) {
    throw new Error(`Resources.${logicalId}: the resource type ${Type} is not emulated by the local region`);
  }
  const known = new Set([...type.uses, ...(type.leaves ?? [])]);
  const unknown = Object.keys(Properties).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new Error(`Resources.${logicalId}: the property ${unknown} of ${Type} is not emulated by the local region`);
  }
  const resolved = resolve(Properties, scope, `Resources.${logicalId}.Properties`) as Properties;
  const used = Object.fromEntries(Object.entries(resolved).filter(([name]) => type.uses.includes(name)));
  return { resource, type, used };
}

export async function makeNew(logicalId: string, read: ReadResource, options: DeployOptions): Promise<Made> {
  const { resource, type, used } = read;
  const maker = makerFor(logicalId, options);
  const made = (created: Created): Made => ({ ...created, type: resource.Type, used });
  try {
    return made(await type.create(used, maker));
  } catch (cause) {
    if (isTaken(type, cause)) return made(await adopt(logicalId, resource, type.imports, used, maker, options));
    throw failed(logicalId, resource, cause);
  }
}

export function failed(logicalId: string, { Type }: TemplateResource, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Resources.${logicalId} (${Type}): ${reason}`, { cause });
}

type Imports = NonNullable<ResourceType['imports']>;

const isTaken = (type: ResourceType, error: unknown): type is ResourceType & { readonly imports: Imports } =>
  error instanceof Error && error.name === type.imports?.taken;

const KEEPING: ReadonlySet<string | undefined> = new Set(['Retain', 'RetainExceptOnCreate']);

/**
 * CloudFormation's conditions for importing a resource in a change set: a literal name in the template, and a deletion policy that keeps it ("Import
 * AWS resources into a CloudFormation stack automatically", CloudFormation guide). AWS refuses before it has made anything; here earlier resources of
 * the template already exist.
 */
function adopt(
  logicalId: string,
  { Type, Properties = {}, DeletionPolicy }: TemplateResource,
  { name, adopt }: Imports,
  used: Properties,
  maker: Maker,
  { importExistingResources = true }: DeployOptions,
): Promise<Created> | Created {
  const called = `${name}=${String(used[name])}`;
  if (!importExistingResources || typeof Properties[name] !== 'string') {
    throw new Error(`Resources.${logicalId} (${Type}): Resource of type '${Type}' with ${called} already exists.`);
  }
  if (!KEEPING.has(DeletionPolicy)) {
    throw new Error(
      'CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the ' +
        "DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. " +
        `The affected resources are ${logicalId} ({${called}})`,
    );
  }
  return adopt(used, maker);
}

// CloudFormation repeats throttled calls: 40 alarms are more than PutMetricAlarm's three a second.
const THROTTLED: ReadonlySet<string> = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);
const TRIES_MAX = 20;
const RETRY_MS = 1000;

/** The caller's `call`, repeated while the service throttles. */
function retryingCall({ call, wait }: DeployOptions): CallService {
  return async (service, operation, input) => {
    for (let tries = 1; ; tries++) {
      try {
        return await call(service, operation, input);
      } catch (error) {
        const isThrottled = error instanceof Error && THROTTLED.has(error.name);
        if (!isThrottled || wait === undefined || tries >= TRIES_MAX) throw error;
        await wait(RETRY_MS);
      }
    }
  };
}

export function makerFor(logicalId: string, options: DeployOptions): Maker {
  const { accountId, regionName, assembly, code, random, vpcEndpoints, answers } = options;
  const call = retryingCall(options);
  return {
    accountId,
    regionName,
    code,
    vpcEndpoints,
    answers,
    logicalId,
    call: async (service, operation, input) =>
      (await call(service, operation, input)) as Readonly<Record<string, unknown>>,
    generatedName: (maxLength = 255) => {
      const suffix = random.hex(12).toUpperCase();
      return `${`${assembly.stackName}-${logicalId}`.slice(0, maxLength - suffix.length - 1)}-${suffix}`;
    },
    uuid: () => random.uuid(),
    wait: async (delayMs) => options.wait?.(delayMs),
    arn: (service, resource) => `arn:aws:${service}:${regionName}:${accountId}:${resource}`,
  };
}

/** Defaults, the caller's values, and for SSM types the value of the named parameter. */
async function parameterValues({ assembly, call, parameters = {} }: DeployOptions): Promise<Map<string, unknown>> {
  const declared = assembly.template.Parameters ?? {};
  const unknown = Object.keys(parameters).find((name) => !Object.hasOwn(declared, name));
  if (unknown !== undefined) throw new Error(`parameters.${unknown}: the template has no such parameter`);
  const values = new Map<string, unknown>();
  for (const [name, { Type, Default }] of Object.entries(declared)) {
    const given = ownValue(parameters, name) ?? Default;
    if (given === undefined) throw new Error(`Parameters.${name}: it has no default, so a value must be given`);
    if (!Type.startsWith('AWS::SSM::Parameter::Value')) values.set(name, given);
    else if (/^\/cdk-bootstrap\/[^/]+\/version$/.test(String(given))) values.set(name, BOOTSTRAP_VERSION);
    else {
      const answer = (await call('ssm', 'GetParameter', { Name: given })) as { Parameter?: { Value?: string } };
      values.set(name, answer.Parameter?.Value ?? '');
    }
  }
  return values;
}

function storeBundles({ assembly, accountId, regionName, code }: DeployOptions): void {
  for (const { bucket, key, directory } of assembly.assets) {
    const resolved = bucket.replace(/\$\{AWS::(AccountId|Region)\}/g, (_, name: string) =>
      name === 'Region' ? regionName : accountId,
    );
    code.put(resolved, key, readBundle(directory));
  }
}
