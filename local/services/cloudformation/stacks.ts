// AWS CloudFormation, as far as an owner without CDK uses it: stacks of templates, made, updated and described.

import { isDeepStrictEqual } from 'node:util';
import type {
  Capability,
  CreateStackInput,
  DescribeStacksInput,
  Parameter,
  Stack,
  StackStatus,
  UpdateStackInput,
} from '@aws-sdk/client-cloudformation';
import type { Template } from '../../simulator/cloudformation/assembly.ts';
import type { Deployment, DeployOptions } from '../../simulator/cloudformation/deploy.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError, type Service } from '../../simulator/service.ts';

export interface StacksNeeds {
  readonly deploy: (options: Pick<DeployOptions, 'assembly'> & Partial<DeployOptions>) => Promise<Deployment>;
  readonly update: (
    options: Pick<DeployOptions, 'assembly'> & Partial<DeployOptions>,
    before: { readonly deployment: Deployment; readonly template: DeployOptions['assembly']['template'] },
  ) => Promise<Deployment>;
  /** The object of S3 at a URL. */
  readonly objectAt: (url: string) => Uint8Array | undefined;
}

/** "Template body size in a request", "Template body size in an S3 object" (CloudFormation quotas). */
const BODY_BYTES_MAX = 51_200;
const OBJECT_BYTES_MAX = 1_000_000;

interface Known {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly capabilities: readonly Capability[];
  parameters: Readonly<Record<string, string>>;
  template: Template;
  status: StackStatus;
  reason: string | undefined;
  /** Undefined until it was made. */
  deployment: Deployment | undefined;
}

type Asked = Pick<CreateStackInput, 'TemplateBody' | 'TemplateURL' | 'Capabilities'>;

export function createStacks(kernel: Kernel, { deploy, update, objectAt }: StacksNeeds): Service {
  const stacks = new Map<string, Known>();
  const random = kernel.random('stacks');

  const templateOf = ({ TemplateBody, TemplateURL, Capabilities = [] }: Asked): Template => {
    const template = parsed(TemplateURL === undefined ? bodyOf(TemplateBody) : objectOf(TemplateURL, objectAt));
    refuseUnacknowledged(template, Capabilities);
    return template;
  };

  /** Goes on after the answer: `work` makes or changes the stack. */
  const begin = (stack: Known, verb: 'CREATE' | 'UPDATE', work: () => Promise<Deployment>): void => {
    stack.status = `${verb}_IN_PROGRESS`;
    stack.reason = undefined;
    work().then(
      (deployment) => {
        stack.deployment = deployment;
        stack.status = `${verb}_COMPLETE`;
      },
      // The region takes nothing back: what was made stays, as with `--on-failure DO_NOTHING`.
      (error: unknown) => {
        stack.status = `${verb}_FAILED`;
        stack.reason = error instanceof Error ? error.message : String(error);
      },
    );
  };

  return {
    name: 'cloudformation',
    operations: {
      CreateStack: (input: CreateStackInput) => {
        const { StackName: name = '', Parameters } = input;
        if (stacks.has(name)) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
        const template = templateOf(input);
        const parameters = valuesOf(Parameters, {});
        const stack: Known = {
          id: `arn:aws:cloudformation:${kernel.regionName}:${kernel.accountId}:stack/${name}/${random.uuid()}`,
          ...{ name, template, parameters },
          createdAt: new Date(kernel.clock.now()),
          capabilities: input.Capabilities ?? [],
          status: 'CREATE_IN_PROGRESS',
          ...{ reason: undefined, deployment: undefined },
        };
        stacks.set(name, stack);
        const own = { assembly: assemblyOf(name, template), parameters, importExistingResources: false };
        begin(stack, 'CREATE', () => deploy(own));
        return { StackId: stack.id };
      },
      UpdateStack: (input: UpdateStackInput) => {
        const { StackName: name = '', Parameters } = input;
        const stack = stacks.get(name);
        if (stack === undefined) throw missing(name);
        const { deployment, template: before, parameters: given } = stack;
        if (deployment === undefined || stack.status.endsWith('_IN_PROGRESS'))
          throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
        const [template, parameters] = [templateOf(input), valuesOf(Parameters, given)];
        if (isDeepStrictEqual([template, parameters], [before, given]))
          throw invalid('No updates are to be performed.');
        const own = { assembly: assemblyOf(name, template), parameters, importExistingResources: false };
        begin(stack, 'UPDATE', async () => {
          const updated = await update(own, { deployment, template: before });
          Object.assign(stack, { template, parameters });
          return updated;
        });
        return { StackId: stack.id };
      },
      DescribeStacks: ({ StackName: name }: DescribeStacksInput) => {
        if (name === undefined) return { Stacks: [...stacks.values()].map(described) };
        const stack = [...stacks.values()].find((one) => one.name === name || one.id === name);
        if (stack === undefined) throw missing(name);
        return { Stacks: [described(stack)] };
      },
    },
  };
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);
const missing = (name: string): AwsError => invalid(`Stack with id ${name} does not exist`);

/** Code is in S3 already. */
const assemblyOf = (stackName: string, template: Template) => ({ stackName, template, assets: [] });

function bodyOf(body: string | undefined): string {
  if (body === undefined) throw invalid('Either Template URL or Template Body must be specified.');
  if (Buffer.byteLength(body) <= BODY_BYTES_MAX) return body;
  throw invalid(
    `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${BODY_BYTES_MAX}`,
  );
}

function objectOf(url: string, objectAt: StacksNeeds['objectAt']): string {
  const object = objectAt(url);
  if (object === undefined) throw invalid(`S3 error: The specified key does not exist: ${url}`);
  if (object.length > OBJECT_BYTES_MAX) throw invalid(`Template may not exceed ${OBJECT_BYTES_MAX} bytes in size.`);
  return Buffer.from(object).toString('utf8');
}

function parsed(text: string): Template {
  let template: Partial<Template> | null;
  try {
    template = JSON.parse(text);
  } catch {
    throw invalid('Template format error: the local region reads templates in JSON.');
  }
  const resources = template?.Resources;
  if (
    typeof resources === 'object' &&
    resources &&
    Object.values(resources).every((one) => typeof one?.Type === 'string')
  )
    return template as Template;
  throw invalid('Template format error: At least one Resources member must be defined.');
}

/** "If your template contains IAM resources with custom names, you must specify CAPABILITY_NAMED_IAM" (CreateStack). */
function refuseUnacknowledged({ Resources }: Template, capabilities: readonly Capability[]): void {
  const ofIam = Object.values(Resources).filter(({ Type }) => Type.startsWith('AWS::IAM::'));
  const isNamed = ofIam.some(({ Properties }) =>
    Object.keys(Properties ?? {}).some((name) => /^(Role|ManagedPolicy|InstanceProfile)Name$/.test(name)),
  );
  const needed = isNamed ? ['CAPABILITY_NAMED_IAM'] : ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'];
  if (ofIam.length === 0 || capabilities.some((capability) => needed.includes(capability))) return;
  throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed[0]}]`);
}

const valuesOf = (
  parameters: readonly Parameter[] = [],
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    parameters.flatMap(({ ParameterKey: key = '', ParameterValue: value, UsePreviousValue }) => {
      const chosen = UsePreviousValue ? ownValue(before, key) : value;
      return chosen === undefined ? [] : [[key, chosen]];
    }),
  );

const described = ({ id, name, status, reason, createdAt, parameters, capabilities, deployment }: Known): Stack => ({
  StackId: id,
  StackName: name,
  StackStatus: status,
  CreationTime: createdAt,
  Capabilities: [...capabilities],
  Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
  Outputs: Object.entries(deployment?.outputs ?? {}).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })),
  ...(reason !== undefined && { StackStatusReason: reason }),
});
