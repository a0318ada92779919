// What the roles of a synthesized stack may do, in words: docs/powers.csv. A test compares.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { FLEET_TAG } from '../../../shared/model/tags.ts';
import { listOf, type Resource, type Statement, statementsIn, text } from '../support.ts';
import { betweenFleets } from './between-fleets.ts';

type Resources = (type: string) => Resource[];

/** The file's text. */
export function powersOf(resources: Resources, fleets: readonly Fleet[]): string {
  const names = literalNames(resources);
  const roles = resources('AWS::IAM::Role');
  const roleOf = (role: unknown): Resource | undefined => roles.find(({ id }) => text(role) === `<${id}.Arn>`);
  const functions = resources('AWS::Lambda::Function')
    .map(({ Properties }) => ({ name: String(Properties.FunctionName), role: roleOf(Properties.Role) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const ofFunctions = functions.map(({ name, role }) => ({
    name,
    statements: role ? statementsIn(resources, role) : [],
  }));
  const schedules = resources('AWS::Scheduler::Schedule')
    .map(({ Properties }) => ({ name: String(Properties.Name), role: roleOf(Properties.Target.RoleArn) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, role }) => ({ name, statements: role ? statementsIn(resources, role) : [] }));
  const isCommon = ({ sid }: Statement): boolean => COMMON.includes(sid);
  const common = ofFunctions.flatMap(({ statements }) => statements.filter(isCommon));
  const rowsOfAll = rowsOf(common, names, fleets).map((row) => ({
    ...row,
    on: row.on.map((thing) => (thing.startsWith('the queue') ? 'the queue of failed invocations' : thing)),
  }));
  const whose = (who: string, rows: readonly Row[]): readonly Row[] => rows.map((row) => ({ ...row, who }));
  const rows = [
    ...whose('every function', together(rowsOfAll)),
    ...ofFunctions.flatMap(({ name, statements }) =>
      whose(
        name,
        rowsOf(
          statements.filter((statement) => !isCommon(statement)),
          names,
          fleets,
          (statement) => betweenFleets(statement, statements, fleets),
        ),
      ),
    ),
    ...schedules.flatMap(({ name, statements }) => whose(`schedule ${name}`, rowsOf(statements, names, fleets))),
    ...admitted(resources, names),
  ];
  return [HEAD, ...rows.map(cellsOf)].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}

/** What every function may do, in its own log group, for its own traces and its own queue. */
const COMMON = ['WriteLogs', 'WriteTraces', 'KeepFailedInvocations'];

interface Row {
  readonly who?: string;
  /** What fences it between fleets, or what it could do to another one; nothing in tables that are not about what a function does. */
  readonly toAnother?: string;
  readonly actions: readonly string[];
  readonly on: readonly string[];
  readonly when: readonly string[];
  /** Denied, even where another statement allows it. */
  readonly isDenied?: true;
}

const HEAD = ['who', 'may', 'on', 'only if', 'to another fleet'];

const cellsOf = (row: Row): readonly string[] => [
  row.who ?? '',
  (row.isDenied ? 'never ' : '') + row.actions.join(', '),
  row.on.join(', '),
  row.when.join('; '),
  row.toAnother ?? '',
];

const quoted = (cell: string): string => {
  const plain = cell.replaceAll('`', '');
  return plain.includes(',') || plain.includes('"') ? `"${plain.replaceAll('"', '""')}"` : plain;
};

/** Statements of the same actions on the same resources that differ only in the tags' fleet are one row. */
function rowsOf(
  statements: readonly Statement[],
  names: Names,
  fleets: readonly Fleet[],
  toAnother?: (statement: Statement) => string,
): readonly Row[] {
  const rows = new Map<string, { row: Row; whose: string[] }>();
  for (const statement of statements) {
    const { effect, actions, resources, conditions } = statement;
    const on = [...new Set(resources.map((resource) => thingOf(resource, names)))].sort();
    const { whose, rest } = split(conditions, names, fleets);
    const other = toAnother?.(statement);
    const key = JSON.stringify([effect, actions, on, rest, other]);
    const row: Row = {
      ...(other !== undefined && { toAnother: other }),
      actions: [...actions].sort(),
      on,
      when: rest,
      ...(effect === 'Deny' && { isDenied: true as const }),
    };
    const known = rows.get(key) ?? { row, whose: [] as string[] };
    known.whose.push(...whose);
    rows.set(key, known);
  }
  return [...rows.values()].map(({ row, whose }) => ({
    ...row,
    when: [...(whose.length > 0 ? [`it carries ${merged(whose, fleets).join(', or ')}`] : []), ...row.when],
  }));
}

/** "bitcoin or clique"; all of them are "any fleet". */
const fleetsIn = (some: readonly string[], fleets: readonly Fleet[]): string =>
  fleets.length > 1 && some.length === fleets.length && fleets.every(({ name }) => some.includes(name))
    ? 'any fleet'
    : either(some);

const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** "the tags of bitcoin", "the tags of clique" → "the tags of bitcoin, clique" */
function merged(whose: readonly string[], fleets: readonly Fleet[]): string[] {
  const prefix = 'the tags of ';
  const some = whose.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  const others = whose.filter((one) => !one.startsWith(prefix));
  return [...(some.length > 0 ? [prefix + fleetsIn([...new Set(some)].sort(), fleets)] : []), ...new Set(others)];
}

type Conditions = Statement['conditions'];

/** The conditions on the resource's own tags, and the other conditions. */
function split(
  conditions: Conditions,
  names: Names,
  fleets: readonly Fleet[],
): { readonly whose: readonly string[]; readonly rest: readonly string[] } {
  const entries = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({
      operator,
      key,
      values: listOf(values).map((value) => named(text(value), names)),
    })),
  );
  const isTag = ({ operator, key }: (typeof entries)[number]): boolean =>
    operator === 'StringEquals' && /^(aws|ssm|ec2):resourceTag\//i.test(key);
  const tags = entries.filter(isTag).map(({ key, values }) => ({ key: key.slice(key.indexOf('/') + 1), values }));
  const whose = tags.length === 0 ? [] : whoseOf(tags, fleets);
  const only = onlyFleet(tags, fleets);
  return {
    whose,
    rest: [
      ...new Set(
        entries
          .filter((entry) => !isTag(entry))
          .map((entry) => (only ? ownWordsOf(entry, only) : null) ?? wordsOf(entry, fleets)),
      ),
    ],
  };
}

/** The fleets that have these tags; the tags themselves where no fleet has them. */
function whoseOf(
  tags: readonly { readonly key: string; readonly values: readonly string[] }[],
  fleets: readonly Fleet[],
): string[] {
  const [only] = tags;
  if (tags.length === 1 && only?.key === FLEET_TAG) return [`\`${FLEET_TAG}\` of ${fleetsIn(only.values, fleets)}`];
  const asked = (own: Readonly<Record<string, string>>): boolean =>
    tags.length === Object.keys(own).length && tags.every(({ key, values }) => values.includes(own[key] ?? ''));
  const of = fleets.filter(({ nodes, volumes }) => [nodes.tags, ...volumes.map((volume) => volume.tags)].some(asked));
  const told = of.reduce((sum, { nodes }) => sum + Object.keys(nodes.tags).length, 0);
  const values = tags.reduce((sum, tag) => sum + tag.values.length, 0);
  if (of.length > 0 && told === values) return of.map(({ name }) => `the tags of ${name}`);
  return [tags.map(({ key, values }) => `\`${key}\` of ${either(values)}`).join(' and ')];
}

/** The one fleet whose values the tags are; undefined where they are those of several. */
function onlyFleet(
  tags: readonly { readonly key: string; readonly values: readonly string[] }[],
  fleets: readonly Fleet[],
): Fleet | undefined {
  const isOf = ({ tag, nodes, volumes }: Fleet, key: string, value: string): boolean =>
    key === FLEET_TAG ? value === tag : [nodes, ...volumes].some((one) => 'tags' in one && one.tags[key] === value);
  const some = fleets.filter((fleet) =>
    tags.some(({ key, values }) => values.some((value) => isOf(fleet, key, value))),
  );
  return some.length === 1 ? some[0] : undefined;
}

/** The values of that one fleet, without naming them: so all fleets that have a statement of their own are one row. */
function ownWordsOf({ operator, key, values }: Entry, { tag, volumes }: Fleet): string | null {
  const [, asked] = /^aws:RequestTag\/(.*)$/.exec(key) ?? [];
  if (operator === 'StringEqualsIfExists' && asked === FLEET_TAG && values.join() === tag)
    return `\`${key}\` is that fleet’s own name, where it is in the request`;
  if (operator === 'StringEqualsIfExists' && volumes.some(({ tags }) => values.join() === tags[asked ?? '']))
    return 'a tag by which a fleet knows its volumes has that fleet’s own value, where it is in the request';
  if (operator !== 'ForAllValues:StringLike' || key !== 'aws:TagKeys' || values.length === 1) return null;
  return `\`aws:TagKeys\` is nothing but \`${values[0]}\` or what that fleet knows its volumes by`;
}

interface Entry {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

function wordsOf({ operator, key, values }: Entry, fleets: readonly Fleet[]): string {
  const anyFleet = fleetsIn(values, fleets) === 'any fleet';
  const quoted = anyFleet ? ['the name of any fleet'] : values.map((value) => `\`${value}\``);
  const what = `\`${key}\``;
  switch (operator) {
    case 'Null': {
      const tag = /^aws:ResourceTag\/(.*)$/.exec(key)?.[1];
      if (tag !== undefined) return `it carries \`${tag}\``;
      return values[0] === 'false' ? `${what} is in the request` : `${what} is not in the request`;
    }
    case 'ForAllValues:StringEquals':
    case 'ForAllValues:StringEqualsIgnoreCase':
    case 'ForAllValues:StringLike':
      return `${what} is nothing but ${either(quoted)}`;
    case 'ForAnyValue:StringNotEquals':
      return `${what} has any other than ${either(quoted)}`;
    case 'StringNotEquals':
      return `it does not carry \`${key.slice(key.indexOf('/') + 1)}\` of ${anyFleet ? 'any fleet' : either(quoted)}`;
    case 'NumericLessThanEquals':
      return `${what} is at most ${values.join(', ')}`;
    case 'StringNotLike':
      return `${what} is not ${either(quoted)}`;
    case 'StringEqualsIfExists':
      return `${what} is ${either(quoted)}, where it is in the request`;
    case 'Bool':
    case 'StringEquals':
    case 'ArnLike':
    case 'ArnEquals':
      return `${what} is ${either(quoted)}`;
    default:
      throw new Error(`the operator ${operator} has no words in docs/powers.csv yet`);
  }
}

/** The readable name of a resource, by logical id. */
type Names = ReadonlyMap<string, string>;

function literalNames(resources: Resources): Names {
  const of = (type: string, property: string, kind: string): [string, string][] =>
    resources(type).map(({ id, Properties }) => [id, `${kind} \`${Properties[property] ?? id}\``]);
  return new Map([
    ...of('AWS::DynamoDB::GlobalTable', 'TableName', 'the table'),
    ...of('AWS::SNS::Topic', 'TopicName', 'the topic'),
    ...of('AWS::SQS::Queue', 'QueueName', 'the queue'),
    ...of('AWS::Lambda::Function', 'FunctionName', 'the function'),
    ...of('AWS::Events::Rule', 'Name', 'the rule'),
    ...resources('AWS::KMS::Key').map(({ id }): [string, string] => [id, 'the key of the pages']),
    ...resources('AWS::Lambda::Alias').map(({ id }): [string, string] => [id, 'its alias']),
  ]);
}

const named = (value: string, names: Names): string =>
  value
    .replace(/<([A-Za-z0-9]+)(\.Arn)?>/g, (whole, id: string) => names.get(id)?.replaceAll('`', '') ?? whole)
    .replaceAll('<AWS::Region>', 'REGION')
    .replaceAll('<AWS::AccountId>', 'ACCOUNT')
    .replaceAll('<AWS::Partition>', 'aws');

/** "arn:…:ec2:…:volume/*" → "`volume/*`", "*" → "everything"; the stack's own resources by their names. */
function thingOf(resource: string, names: Names): string {
  if (resource === '*') return 'everything';
  const id = /^<([A-Za-z0-9]+)(?:\.Arn)?>$/.exec(resource)?.[1];
  if (id !== undefined) return names.get(id) ?? `\`${id}\``;
  const arn = named(resource, names);
  if (/:document\/chainmend-[a-z-]+-[0-9a-f]{8}$/.test(arn)) return 'the documents that this deployment sends';
  const own = /^arn:aws:[a-z0-9-]+:(?:REGION)?:(?:ACCOUNT)?:(.*)$/.exec(arn)?.[1];
  return own?.startsWith('log-group:') ? 'its own log group' : `\`${own ?? arn}\``;
}

/** Grants in the policies of the stack's resources: rules, alarms and schedules, and who may assume the schedules' roles. */
function admitted(resources: Resources, names: Names): readonly Row[] {
  const whom = ({ Principal, Effect }: Resource['Properties']): string => {
    if (Principal === '*' || Principal?.AWS === '*') return Effect === 'Deny' ? 'nobody' : 'everybody';
    if (Principal?.Service !== undefined) return listOf(Principal.Service).join(', ');
    const account = text(Principal?.AWS);
    return account.endsWith(':root') ? 'who this account’s own policies say' : account;
  };
  const of = (owner: string, document: Resource['Properties']): Row[] =>
    listOf(document.Statement).map((statement) => {
      const { Action, Condition } = statement as Resource['Properties'];
      const { whose, rest } = split(Condition ?? {}, names, []);
      return {
        who: whom(statement as Resource['Properties']),
        actions: listOf(Action) as string[],
        on: [owner],
        when: [...whose, ...rest],
      };
    });
  const owners = (list: unknown): string =>
    listOf(list)
      .map((one) => names.get(text(one).replace(/[<>]|\.Arn/g, '')) ?? text(one))
      .join(', ');
  const permissions = resources('AWS::Lambda::Permission').map(
    ({ Properties }): Row => ({
      who: String(Properties.Principal),
      actions: [String(Properties.Action)],
      on: [thingOf(text(Properties.FunctionName), names)],
      when:
        Properties.SourceArn === undefined
          ? []
          : [`\`aws:SourceArn\` is \`${named(text(Properties.SourceArn), names)}\``],
    }),
  );
  const trusts = resources('AWS::IAM::Role').flatMap(({ Properties }) =>
    of('a role of the stack', Properties.AssumeRolePolicyDocument),
  );
  const rows = [
    ...trusts,
    ...resources('AWS::SNS::TopicPolicy').flatMap(({ Properties }) =>
      of(owners(Properties.Topics), Properties.PolicyDocument),
    ),
    ...resources('AWS::KMS::Key').flatMap(({ id, Properties }) => of(names.get(id) ?? id, Properties.KeyPolicy)),
    ...resources('AWS::SQS::QueuePolicy').flatMap(({ Properties }) =>
      of(owners(Properties.Queues), Properties.PolicyDocument),
    ),
    ...permissions,
  ];
  return together(rows);
}

/** The same grant on several resources is one row. */
function together(rows: readonly Row[]): readonly Row[] {
  const groups = Map.groupBy(rows, ({ who, actions, when }) => JSON.stringify([who, actions, when]));
  return [...groups.values()].flatMap(([first, ...more]) =>
    first ? [{ ...first, on: [...new Set([first, ...more].flatMap(({ on }) => on))].sort() }] : [],
  );
}
