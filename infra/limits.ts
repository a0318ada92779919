// What CloudFormation takes of one template, said at synthesis with what to do about it: a deployment would find out after minutes. What IAM, EventBridge
// and Data Lifecycle Manager take is checked where it is made (constructs/).
import type { Stack } from 'aws-cdk-lib';
import { InputError } from './input-error.ts';

/** "AWS CloudFormation quotas", CloudFormation guide. The body is an object in S3: a template of an assembly is uploaded, never sent with the request. */
const RESOURCES = 500;
const OUTPUTS = 200;
const PARAMETERS = 200;
/** "1 MB", including whitespace; CDK takes it for this many, too. */
const BYTES = 1_000_000;

type Section = Readonly<Record<string, { readonly Type?: string }>>;

interface Template {
  readonly Resources?: Section;
  readonly Outputs?: Section;
  readonly Parameters?: Section;
}

/** @param noDashboards how a person leaves the dashboards out */
export function keepWithinLimits(stack: Stack, noDashboards: string): void {
  stack.node.addValidation({
    validate: () => {
      const fault = limitFault(templateOf(stack), isIndented(stack), noDashboards);
      if (fault !== undefined) throw new InputError(`${stack.node.path || stack.stackName}: ${fault}`);
      return [];
    },
  });
}

/** A sentence with the limit, the value, and what to do; undefined where CloudFormation takes the template. */
export function limitFault(template: Template, indented: boolean, noDashboards: string): string | undefined {
  const { Resources = {}, Outputs = {}, Parameters = {} } = template;
  const fewer = adviceFor(Resources, noDashboards);
  for (const [what, section, most] of [
    ['resources', Resources, RESOURCES],
    ['outputs', Outputs, OUTPUTS],
    ['parameters', Parameters, PARAMETERS],
  ] as const) {
    const count = Object.keys(section).length;
    if (count > most) return `the template has ${told(count)} ${what}, CloudFormation allows ${most}: ${fewer}`;
  }
  const bytes = Buffer.byteLength(JSON.stringify(template));
  const written = indented ? Buffer.byteLength(JSON.stringify(template, undefined, 1)) : bytes;
  if (written <= BYTES) return undefined;
  const advice =
    bytes <= BYTES ? `give the stack suppressTemplateIndentation: true, which makes it ${told(bytes)}` : fewer;
  return `the template has ${told(written)} bytes, CloudFormation allows ${told(BYTES)}: ${advice}`;
}

function adviceFor(resources: Section, noDashboards: string): string {
  const all = Object.values(resources);
  const dashboards = all.filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  const share = Buffer.byteLength(JSON.stringify(dashboards));
  const without =
    dashboards.length > 0
      ? `${noDashboards} leaves out ${dashboards.length} dashboards of ${told(share)} bytes; otherwise `
      : '';
  return `${without}take other resources out of the stack, or watch some of the fleets from another region or account`;
}

const told = (count: number): string => count.toLocaleString('en-US');

/** What CDK itself calls to write the template. */
function templateOf(stack: Stack): Template {
  const made = stack as unknown as { _toCloudFormation(): unknown };
  return stack.resolve(made._toCloudFormation()) as Template;
}

const isIndented = (stack: Stack): boolean =>
  !(stack as unknown as { readonly _suppressTemplateIndentation?: boolean })._suppressTemplateIndentation;
