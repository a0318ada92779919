// watch-releases in the stack: only where a fleet names a feed or a date, and without a right to touch anything.
import { describe, expect, it } from '@jest/globals';
import {
  bitcoin,
  buildStack,
  litecoin,
  type Resource,
  resourcesOf,
  statementsIn,
  text,
  watchingReleases,
} from './support.ts';

const stackOf = (fleets: NonNullable<Parameters<typeof buildStack>[0]>['fleets'] = []) => {
  const resources = resourcesOf(buildStack({ fleets }).stack);
  const fn = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === 'chainmend-watch-releases',
  );
  const role = fn && resources('AWS::IAM::Role').find(({ id }) => text(fn.Properties.Role) === `<${id}.Arn>`);
  return { fn, statements: role ? statementsIn(resources, role as Resource) : [], resources };
};

describe('watch-releases', () => {
  it('is not there where no fleet file says releases', () => {
    expect(stackOf([bitcoin, litecoin]).fn).toBeUndefined();
  });

  it('may read fleet files and its own memory, publish pages and measurements, and nothing else', () => {
    const actions = stackOf([watchingReleases]).statements.flatMap((statement) => statement.actions);
    expect([...new Set(actions)].filter((action) => !/^(logs|xray|kms|sqs):/.test(action)).sort()).toEqual([
      ...['cloudwatch:PutMetricData', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'sns:Publish'],
      'ssm:GetParametersByPath',
    ]);
  });

  it('is started once a day, and an invocation that fails is kept and told', () => {
    const { resources } = stackOf([watchingReleases]);
    const schedule = resources('AWS::Scheduler::Schedule').find(
      ({ Properties }) => Properties.Name === 'chainmend-watch-releases',
    );
    expect(schedule?.Properties).toMatchObject({
      ScheduleExpression: 'cron(17 7 * * ? *)',
      Target: { Input: '{"kind":"releases"}' },
    });
    const alarms = resources('AWS::CloudWatch::Alarm').map(({ Properties }) => text(Properties.AlarmName));
    expect(alarms.filter((name) => name.includes('watch-releases'))).not.toEqual([]);
  });
});
