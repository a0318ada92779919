// Who may write which partition of the table: the template and the table in the code must agree.
import { describe, expect, it } from '@jest/globals';
import { ACCESS, type StateUser } from '../../infra/constructs/state.ts';
import { WRITERS } from '../../shared/heal/records.ts';
import {
  bitcoin,
  buildStack,
  drilling,
  litecoin,
  type Resource,
  resourcesOf,
  type Statement,
  seeding,
  statementsIn,
  text,
  watchingReleases,
} from './support.ts';

const { stack } = buildStack({ fleets: [bitcoin, litecoin, seeding, watchingReleases, drilling] });
const resources = resourcesOf(stack);
const roles = resources('AWS::IAM::Role');
const functions = resources('AWS::Lambda::Function');
const users = Object.keys(ACCESS) as readonly StateUser[];

const statementsOf = (functionName: string): Statement[] => {
  const fn = functions.find(({ Properties }) => Properties.FunctionName === functionName);
  const role = roles.find(({ id }) => text(fn?.Properties.Role) === `<${id}.Arn>`);
  return statementsIn(resources, role as Resource);
};
const onTable = (statements: readonly Statement[]) =>
  statements.filter(({ actions }) => actions.some((action) => action.startsWith('dynamodb:')));
const keysOf = ({ conditions }: Statement): readonly string[] => {
  const [[operator, { 'dynamodb:LeadingKeys': keys } = {}] = [], ...more] = Object.entries(conditions);
  expect([operator, more]).toEqual(['ForAllValues:StringLike', []]);
  return keys as readonly string[];
};

describe('the table', () => {
  it.each(users)(
    '%s reads and writes what is its own, one item at a time, and nothing without a partition key',
    (user) => {
      const statements = onTable(statementsOf(`chainmend-${user}`));
      const { reads, writes } = ACCESS[user];
      const expected = [
        [['dynamodb:GetItem', 'dynamodb:Query'], [...reads]],
        ...(writes.length > 0 ? [[['dynamodb:PutItem'], [...writes]]] : []),
      ];
      expect(statements.map((statement) => [statement.actions, keysOf(statement)])).toEqual(expected);
    },
  );

  it('is no other function’s business', () => {
    const others = functions
      .map(({ Properties }) => String(Properties.FunctionName))
      .filter((name) => name.startsWith('chainmend-') && !users.includes(name.replace('chainmend-', '') as StateUser));
    for (const name of others) expect(onTable(statementsOf(name))).toEqual([]);
  });

  it('has a journal that nobody reads, and each function writes under its own name', () => {
    for (const user of users) {
      expect(ACCESS[user].reads.filter((key) => key.startsWith('JOURNAL'))).toEqual([]);
      const lines = ACCESS[user].writes.filter((key) => key.startsWith('JOURNAL'));
      expect(lines).toEqual(user === 'plan-snapshots' ? [] : [`JOURNAL#*#${user}`]);
    }
    expect(users.filter((user) => user !== 'plan-snapshots').sort()).toEqual([...WRITERS].sort());
  });
});

describe('an approval', () => {
  it('is nothing that a function of the suite may give', () => {
    const may = functions.flatMap(({ Properties }) =>
      statementsOf(String(Properties.FunctionName)).flatMap(({ actions }) => actions),
    );
    expect(may.filter((action) => /Callback/.test(action))).toEqual([]);
  });

  it('cannot be given by invoking a function: others are invoked by the alias for hints, heals by theirs', () => {
    const own = functions.map(({ Properties }) => String(Properties.FunctionName));
    const invoked = own
      .flatMap((name) => statementsOf(name))
      .filter(({ actions }) => actions.includes('lambda:InvokeFunction'))
      .flatMap((statement) => statement.resources)
      .map((arn) => arn.split(':function:')[1] ?? '');
    const asked = [
      'chainmend-register-nodes',
      'chainmend-rotate-peers',
      'chainmend-prune-retired',
      'chainmend-dispatch-heal',
    ];
    expect(invoked.filter((name) => asked.includes(name) || name.includes('*') === true)).toEqual(
      invoked.filter((name) => name === 'chainmend-probe-nodes-*'),
    );
    expect(invoked).toContain('chainmend-register-nodes:hints');
  });
});
