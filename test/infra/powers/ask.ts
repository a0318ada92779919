// Whether the role of a function may do something, by the policies of a synthesized template: the region's own evaluation of IAM decides.
import { decide, type PolicyDocument } from '../../../local/services/iam/policy.ts';
import { listOf, type Resource, statementsIn, text } from '../support.ts';

type Tags = Readonly<Record<string, string>>;
type Resources = (type: string) => Resource[];

export interface Has {
  /** The tags of the resource. */
  readonly has?: Tags;
  /** The tags in the request. */
  readonly gives?: Tags;
  /** Only the keys of these tags are in the request. */
  readonly takes?: readonly string[];
  readonly more?: Readonly<Record<string, string>>;
}

export function mayIn(
  resources: Resources,
  name: string,
  action: string,
  arn: string,
  { has = {}, gives = {}, takes, more = {} }: Has,
): boolean {
  const context = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(has)) context.set(`aws:resourcetag/${key.toLowerCase()}`, [value]);
  for (const [key, value] of Object.entries(gives)) context.set(`aws:requesttag/${key.toLowerCase()}`, [value]);
  const keys = takes ?? Object.keys(gives);
  if (keys.length > 0) context.set('aws:tagkeys', keys);
  for (const [key, value] of Object.entries(more)) context.set(key.toLowerCase(), [value]);
  return decide(policiesOf(resources, name), action, arn, context) === 'allowed';
}

export function policiesOf(resources: Resources, name: string): readonly PolicyDocument[] {
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === `chainmend-${name}`,
  );
  const role = resources('AWS::IAM::Role').find(({ id }) => text(fn?.Properties.Role) === `<${id}.Arn>`);
  if (role === undefined) throw new Error(`expected a function ${name} with a role in the template`);
  const statements = statementsIn(resources, role).map(({ effect, actions, resources: on, conditions }) => ({
    Effect: effect,
    Action: actions,
    Resource: on.map(real),
    Condition: conditionsOf(conditions),
  }));
  return [{ Statement: statements }];
}

/** An ARN of the template in its real form. */
const real = (arn: string): string =>
  arn
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', 'eu-west-1')
    .replaceAll('<AWS::AccountId>', '111122223333');

const conditionsOf = (conditions: Record<string, Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, values]) => [key, listOf(values).map((value) => real(text(value)))]),
      ),
    ]),
  );
