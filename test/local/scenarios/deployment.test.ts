// The first day in an account, and the day after its stack was removed: deployments of the real template where some resources already exist.
import type { DescribeAlarmsOutput } from '@aws-sdk/client-cloudwatch';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ssmParameterStore } from '../../../infra/commands/fleets/parameter-store.ts';
import { ensureSynthesized } from '../../../infra/synth.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { allDisksFull } from '../../../local/scenarios/catalog/all-disks-full.ts';
import { run } from '../../../local/scenarios/run.ts';
import { settled } from '../../../local/scenarios/world/deployment.ts';
import type { Assembly } from '../../../local/simulator/cloudformation/assembly.ts';
import { type Deployment, readAssembly } from '../../../local/simulator/cloudformation/deploy.ts';
import { exampleFleets } from '../../fixtures/example-fleets.ts';
import { long } from '../../fixtures/long.ts';
import { runFleetVerb } from '../../fixtures/verbs.ts';
import { type WholeRegion, wholeRegion } from '../../fixtures/whole-region.ts';

let assembly: Assembly;
beforeAll(async () => {
  assembly = readAssembly(await ensureSynthesized({ fleets: exampleFleets }));
});

let whole: WholeRegion;

/** `npm run deploy` */
const npmRunDeploy = (template = assembly.template): Promise<Deployment> =>
  whole.region.deploy({ assembly: { ...assembly, template } });

const nothing = () => {
  throw new Error('this is not asked for here');
};

/** `npm run chainmend -- ${words}` */
async function npmRunFleets(...words: string[]) {
  const client = new SSMClient(await whole.as());
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const status = await runFleetVerb(words, {
    ...{
      directory: exampleFleets,
      store: async () => ssmParameterStore(client),
      say,
      complain: say,
      confirm: undefined,
    },
    belongings: nothing,
    account: nothing,
  });
  return { status, told: told.join('\n') };
}

const parameter = async (Name: string): Promise<unknown> => {
  const { Parameter } = (await whole.region.call('ssm', 'GetParameter', { Name })) as { Parameter: { Value: string } };
  return Parameter.Value;
};

describe('A deployment', () => {
  beforeEach(async () => {
    whole = await wholeRegion();
  });
  afterEach(() => whole.following.stop());

  it('goes well after somebody has pushed a fleet that was not deployed, which stored nothing', async () => {
    const { status, told } = await npmRunFleets('push', 'bitcoin');
    expect([status, told]).toEqual([1, expect.stringContaining('bitcoin: not deployed in this account and region')]);
    await npmRunDeploy();
    expect((await npmRunFleets('push', 'bitcoin')).told).toBe('bitcoin: nothing changed');
  });

  it('keeps the pause that somebody has set before it', async () => {
    await npmRunFleets('pause', '--why', 'until the plans were read');
    await npmRunDeploy();
    expect(await parameter('/chainmend/pause')).toBe('until the plans were read');
  });

  it('takes over the table and the documents that an earlier stack has left, with all that is in them', async () => {
    const { region } = whole;
    const { Resources } = assembly.template;
    const kept = Object.entries(Resources).filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete');
    expect(new Set(kept.map(([, { Type }]) => Type))).toEqual(
      new Set(['AWS::DynamoDB::GlobalTable', 'AWS::SSM::Document', 'AWS::SSM::Parameter', 'AWS::Lambda::Version']),
    );
    const named = kept.filter(([, { Type }]) => Type !== 'AWS::Lambda::Version');
    const before = await npmRunDeploy({ ...assembly.template, Resources: Object.fromEntries(named), Outputs: {} });
    const Item = { pk: { S: 'FLEET#bitcoin' }, sk: { S: 'NODE#i-0123456789abcdef0' }, fence: { N: '41' } };
    await region.call('dynamodb', 'PutItem', { TableName: 'chainmend', Item });

    const after = await npmRunDeploy();
    expect([...after.resources.keys()]).toEqual(expect.arrayContaining([...before.resources.keys()]));
    const { pk, sk } = Item;
    expect(await region.call('dynamodb', 'GetItem', { TableName: 'chainmend', Key: { pk, sk } })).toMatchObject({
      Item,
    });
  });
});

const MINUTE_MS = 60_000;

/** Invocations that Lambda did not start, of all functions. */
async function throttlesIn({ call, clock }: Region): Promise<number> {
  const names = Object.values(assembly.template.Resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::Lambda::Function' ? [String(Properties?.['FunctionName'])] : [],
  );
  let sum = 0;
  for (const Value of names) {
    const { Datapoints } = (await call('monitoring', 'GetMetricStatistics', {
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: [{ Name: 'FunctionName', Value }] },
      ...{ StartTime: new Date(clock.now() - 24 * 60 * MINUTE_MS), EndTime: new Date(clock.now()) },
      ...{ Period: 3_600, Statistics: ['Sum'] },
    })) as { Datapoints: { Sum: number }[] };
    sum += Datapoints.reduce((total, { Sum }) => total + Sum, 0);
  }
  return sum;
}

/** The suite's own alarms that have paged. Pages of CloudWatch, unlike those of the functions, name an alarm and its new state. */
const alarmsPaged = ({ sns }: Region): { readonly name: string; readonly atMs: number }[] =>
  sns.published().flatMap(({ atMs, message }) => {
    const [, name = ''] = /"AlarmName":"(chainmend\/[^"]+)"/.exec(message) ?? [];
    return name !== '' && message.includes('"NewStateValue":"ALARM"') ? [{ name, atMs }] : [];
  });

describe('The first hours of a stack', () => {
  /** Makes a deployment take AWS's ten minutes. CloudFormation makes resources in parallel; here they come one after the other. */
  const RESOURCE_MS = 4_000;

  interface FirstHours {
    /** Names of the suite's own alarms that have paged, in order, with the minutes since the end of the deployment. */
    readonly paged: readonly (readonly [alarm: string, afterMinutes: number])[];
    /** Names of metric alarms of the suite that are in ALARM at the end. */
    readonly on: readonly string[];
    readonly tookMinutes: number;
  }

  async function firstHours(
    minutes: number,
    {
      without = [],
      accountConcurrency = 1_000,
    }: { readonly without?: readonly string[]; readonly accountConcurrency?: number } = {},
  ): Promise<FirstHours> {
    const region = await createRegion({ seed: 1, lane: 'sweep', guard: false, accountConcurrency });
    const { Resources } = assembly.template;
    const made = Object.entries(Resources).filter(
      ([, { Type, Properties }]) =>
        Type !== 'AWS::Scheduler::Schedule' || !without.includes(String(Properties?.['Name'])),
    );
    const startMs = region.clock.now();
    await settled(region, () =>
      region.deploy({
        assembly: { ...assembly, template: { ...assembly.template, Resources: Object.fromEntries(made) } },
        call: async (service, operation, input) => {
          await region.clock.sleep(RESOURCE_MS);
          return region.call(service, operation, input, 'cloudformation');
        },
      }),
    );
    const deployedMs = region.clock.now();
    await region.clock.run({ untilMs: deployedMs + minutes * MINUTE_MS });
    const paged = alarmsPaged(region).map(
      ({ name, atMs }) => [name, Math.ceil((atMs - deployedMs) / MINUTE_MS)] as const,
    );
    const asked = { AlarmNamePrefix: 'chainmend/', StateValue: 'ALARM', AlarmTypes: ['MetricAlarm'], MaxRecords: 100 };
    const { MetricAlarms = [] } = (await settled(region, () =>
      region.call('monitoring', 'DescribeAlarms', asked),
    )) as DescribeAlarmsOutput;
    const on = MetricAlarms.flatMap(({ AlarmName }) => AlarmName ?? []).toSorted();
    return { paged, on, tookMinutes: (deployedMs - startMs) / MINUTE_MS };
  }

  it('page nobody: silence before the first sweep is not yet silence', async () => {
    const { paged, tookMinutes } = await firstHours(40);
    expect(tookMinutes).toBeGreaterThan(5);
    expect(paged).toEqual([]);
  });

  long('deployment')('page within half an hour where nobody ever sweeps, watches, registers or rotates', async () => {
    const { paged, on } = await firstHours(60, {
      without: ['chainmend-sweep', 'chainmend-watch', 'chainmend-register-nodes', 'chainmend-rotate-peers'],
    });
    expect(on).toEqual(
      ['register-nodes', 'rotate-peers', 'sweeps', 'watches'].map((what) => `chainmend/${what}-missing`),
    );
    expect(paged.map(([name]) => name)).toEqual(['chainmend/blind']);
    for (const [, afterMinutes] of paged) expect(afterMinutes).toBeLessThanOrEqual(30);
  });

  long('deployment')('page within half an hour where the account lets none of them run', async () => {
    const { paged, on } = await firstHours(30, { accountConcurrency: 0 });
    const expected = ['chainmend/sweeps-missing', 'chainmend/throttles'];
    expect(on).toEqual(expect.arrayContaining(expected));
    expect(paged.map(([name]) => name).sort()).toEqual(['chainmend/blind', 'chainmend/failing']);
  });
});

describe('An account with little concurrency of Lambda', () => {
  it('has a fleet healed though invocations meet and are throttled, and nobody is paged for what is tried again', async () => {
    const options = { seed: 1, lane: 'sweep', accountConcurrency: 2, disturbed: true, guard: false } as const;
    const { unmet, world } = await run(allDisksFull, options);
    expect(await settled(world.region, () => throttlesIn(world.region))).toBeGreaterThan(0);
    expect(unmet).toEqual([]);
    expect(alarmsPaged(world.region)).toEqual([]);
  });
});
