// audit-snapshots in the stack: only where a fleet has drills, and without a right to touch anything that is not a drill's.
import { describe, expect, it } from '@jest/globals';
import { bitcoin, buildStack, drilling, litecoin, type Resource, resourcesOf, statementsIn, text } from './support.ts';

const NODE_ROLE = 'arn:aws:iam::111122223333:role/nodes';
const stackOf = (fleets: NonNullable<Parameters<typeof buildStack>[0]>['fleets'] = []) => {
  const resources = resourcesOf(buildStack({ fleets, nodeRoles: [NODE_ROLE] }).stack);
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-audit-snapshots',
  );
  const role = fn && resources('AWS::IAM::Role').find(({ id }) => text(fn.Properties.Role) === `<${id}.Arn>`);
  return { fn, statements: role ? statementsIn(resources, role as Resource) : [], resources };
};
const rulesOf = (fleets: Parameters<typeof stackOf>[0]) =>
  stackOf(fleets)
    .resources('AWS::Events::Rule')
    .map(({ Properties }) => Properties.Name);

describe('where no fleet has drills', () => {
  it('the function is not there, nobody may start it, and no rule listens to lifecycle policies', () => {
    const { fn, resources } = stackOf([bitcoin, litecoin]);
    expect(fn).toBeUndefined();
    expect(JSON.stringify(resources('AWS::IAM::Role'))).not.toContain('function:chainmend-audit-snapshots');
    expect(rulesOf([bitcoin, litecoin])).not.toContain('chainmend-policies');
  });
});

describe('where a fleet has drills', () => {
  const { fn, statements, resources } = stackOf([bitcoin, drilling]);
  const may = (action: string) => statements.filter(({ actions }) => actions.includes(action));
  const tagOf = (key: string) => ({ StringEquals: { [key]: ['dash'] } });

  it('the function is durable, for a day of catching up and an approval of two', () => {
    expect(fn?.Properties.DurableConfig).toMatchObject({ ExecutionTimeout: 84 * 3600 });
  });

  it.each(['ec2:TerminateInstances', 'ec2:DeleteVolume'])(
    '%s only what carries the tag of a drill of that fleet',
    (action) => {
      expect(may(action).map(({ conditions }) => conditions)).toEqual([tagOf('aws:ResourceTag/chainmend:drill')]);
    },
  );

  it('commands only throw-away instances, by the four documents that it needs', () => {
    const [instances, documents, ...more] = may('ssm:SendCommand');
    expect(more).toEqual([]);
    expect(instances?.conditions).toEqual(tagOf('ssm:resourceTag/chainmend:drill'));
    expect(documents?.resources.map((one) => text(one).replace(/.*document\/chainmend-(.*)-\*$/, '$1'))).toEqual([
      ...['inspect-node', 'restart-client', 'start-client', 'ask-node'],
    ]);
  });

  it('launches only with that tag, and in the one group that the file names', () => {
    const made = may('ec2:RunInstances').find(({ resources: on }) =>
      on.some((one) => text(one).endsWith('instance/*')),
    );
    expect(made?.conditions).toEqual(tagOf('aws:RequestTag/chainmend:drill'));
    const groups = may('ec2:RunInstances').flatMap(({ resources: on }) =>
      on.map(text).filter((one) => one.includes('security-group')),
    );
    expect(groups.map((one) => one.replace(/.*:/, ''))).toEqual(['security-group/sg-0d0000000000000d1']);
  });

  it('stops, attaches and tags no node, and makes and takes no volume or snapshot of one', () => {
    const actions = new Set(statements.flatMap((statement) => statement.actions));
    const never =
      /^ec2:(Stop|Start|Attach|Detach|Modify|CreateVolume|CreateSnapshot|DeleteSnapshot|DeleteTags|Copy|Lock|Associate)/;
    expect([...actions].filter((action) => never.test(action))).toEqual([]);
    const tags = may('ec2:CreateTags').map(({ conditions, resources: on }) => [on.map(text), conditions] as const);
    for (const [on, conditions] of tags)
      expect(on.every((one) => one.includes('snapshot/')) || JSON.stringify(conditions).includes('RunInstances')).toBe(
        true,
      );
  });

  it('is started by the dispatcher alone, and what fails is kept and told', () => {
    const dispatcher = resources('AWS::IAM::Role').filter(({ Properties }) =>
      JSON.stringify(Properties.Policies ?? []).includes('function:chainmend-audit-snapshots:live'),
    );
    expect(dispatcher.map(({ id }) => id.replace(/Role.*/, ''))).toEqual(['DispatchHeal']);
  });

  it('a lifecycle policy that reports an error is heard', () => {
    expect(rulesOf([drilling])).toContain('chainmend-policies');
  });
});
