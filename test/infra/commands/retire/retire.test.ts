// `npm run chainmend -- retire` and `left` against a region with a running fleet: they remove what the suite made, and nothing else.
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ssmParameterStore } from '../../../../infra/commands/fleets/parameter-store.ts';
import { type AwsClientConfig, readAccount } from '../../../../infra/commands/preflight/account.ts';
import { awsBelongings } from '../../../../infra/commands/retire/belongings.ts';
import { whyNotRetired } from '../../../../infra/commands/retire/retire.ts';
import { REGION_NAME, type Region } from '../../../../local/region.ts';
import { diskFull } from '../../../../local/scenarios/catalog/disk-full.ts';
import { run } from '../../../../local/scenarios/run.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { openIncidentRecord } from '../../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../../fixtures/builders/node.ts';
import { NOON_MS } from '../../../fixtures/builders/time.ts';
import { exampleFleets } from '../../../fixtures/example-fleets.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { long } from '../../../fixtures/long.ts';
import { runFleetVerb } from '../../../fixtures/verbs.ts';

let region: Region;
let following: ClockFollower;
let config: AwsClientConfig;

beforeAll(async () => {
  const { world } = await run(diskFull, { seed: 1, lane: 'sweep', guard: false });
  region = world.region;
  following = region.clock.follow({ speed: 200 });
  config = {
    region: REGION_NAME,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    requestHandler: inProcessHandler(region.gateway),
  };
});
afterAll(() => following.stop());

/** `npm run chainmend -- ${words}`; the person says yes after `meanwhile`. */
async function npmRunFleets(words: string, meanwhile?: () => unknown) {
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const status = await runFleetVerb(words.split(' '), {
    ...{ directory: exampleFleets, say, complain: say },
    store: async () => ssmParameterStore(new SSMClient(config)),
    belongings: async () => awsBelongings(config),
    account: (fleets) => readAccount(fleets, config),
    confirm: meanwhile && (async () => (await meanwhile()) !== false),
  });
  return { status, told: told.join('\n') };
}

const alarmNames = async (prefix: string): Promise<string[]> => {
  const { MetricAlarms } = (await region.call('monitoring', 'DescribeAlarms', { AlarmNamePrefix: prefix })) as {
    MetricAlarms: { AlarmName: string }[];
  };
  return MetricAlarms.map(({ AlarmName }) => AlarmName).sort();
};
const recordNames = () =>
  region.route53
    .records('bitcoin.internal')
    .filter(({ type }) => !['NS', 'SOA'].includes(type))
    .map(({ name, type }) => `${name} ${type}`)
    .sort();
const change = (Action: string, Name: string, Type: string, values: string[]) => {
  const ResourceRecords = values.map((Value) => ({ Value }));
  return { Action, ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords } };
};
const zoneId = async (): Promise<string> => {
  const { HostedZones } = (await region.call('route53', 'ListHostedZonesByName', { DNSName: 'bitcoin.internal' })) as {
    HostedZones: { Id: string }[];
  };
  return HostedZones[0]?.Id.replace('/hostedzone/', '') ?? '';
};
const write = async (...Changes: object[]) =>
  region.call('route53', 'ChangeResourceRecordSets', { HostedZoneId: await zoneId(), ChangeBatch: { Changes } });
const virtually = (minutes: number) =>
  new Promise((resolve) => void region.clock.after(minutes * 60_000, () => resolve(undefined)));

/** Resources that look like this fleet's but are not. */
const THEIRS = {
  alarms: ['chainmend-bitcoin-cash-node1-disk', 'chainmend-bitcoin-mine'],
  records: ['_chainmend.elsewhere.bitcoin.internal TXT', 'elsewhere.bitcoin.internal A', 'explorer.bitcoin.internal A'],
};

async function putTheirs(): Promise<void> {
  const alarm = {
    ...{ Namespace: 'Mine', MetricName: 'mine', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 1 },
    ComparisonOperator: 'GreaterThanThreshold',
  };
  const tags = (fleet: string) => [
    { Key: 'chainmend:fleet', Value: fleet },
    { Key: 'chainmend:kind', Value: 'disk' },
  ];
  await region.call('monitoring', 'PutMetricAlarm', { ...alarm, AlarmName: 'chainmend-bitcoin-mine' });
  const AlarmName = 'chainmend-bitcoin-cash-node1-disk';
  await region.call('monitoring', 'PutMetricAlarm', { ...alarm, AlarmName, Tags: tags('bitcoin-cash') });
  const marker = '"heritage=chainmend,fleet=bitcoin,region=us-east-1,type=A"';
  await write(
    change('CREATE', 'explorer.bitcoin.internal', 'A', ['10.0.9.9']),
    change('CREATE', 'elsewhere.bitcoin.internal', 'A', ['10.1.0.1']),
    change('CREATE', '_chainmend.elsewhere.bitcoin.internal', 'TXT', [marker]),
  );
}

describe('retiring a fleet', () => {
  it('is refused while it is looked after, since all of it would be made again', async () => {
    const { status, told } = await npmRunFleets('retire bitcoin --yes');
    expect(status).toBe(1);
    expect(told).toMatch(/^bitcoin is looked after, .*npm run chainmend -- pause bitcoin --why .*Nothing was removed/);
    expect((await alarmNames('chainmend-bitcoin-')).length).toBeGreaterThan(5);
  });

  it('is refused while a heal is at work, or has left something half done', () => {
    const idle = { isDeployed: true, isStored: false, paused: undefined, incidents: [], nodes: [] };
    expect(whyNotRetired('bitcoin', idle)).toBeUndefined();
    const incident = openIncidentRecord();
    const claimed = { ...incident, state: 'claimed' as const, payload: {} as never, execution: 'arn' };
    expect(whyNotRetired('bitcoin', { ...idle, incidents: [claimed] })).toMatch(
      /^heals are open: bitcoin\/node2 disk:data/,
    );
    expect(whyNotRetired('bitcoin', { ...idle, incidents: [incident] })).toBeUndefined();
    const node = {
      ...{
        fleet: 'bitcoin',
        instanceId: INSTANCE,
        owner: null,
        fence: 1,
        quietAfterMs: 0,
        modifications: [],
        version: 1,
      },
      operation: {
        kind: 'grow',
        phase: 'down',
        incidentId: 'f9d5',
        volumeId: 'vol-1',
        found: { sizeGiB: 1 },
        toGiB: 2,
      },
    };
    const halfDone = { ...node, operation: { ...node.operation, intentAtMs: NOON_MS } } as never;
    expect(whyNotRetired('bitcoin', { ...idle, nodes: [halfDone] })).toMatch(/half done/);
    // Open incidents of a destroyed stack do not run any more.
    expect(whyNotRetired('bitcoin', { ...idle, isDeployed: false, incidents: [claimed] })).toBeUndefined();
  });

  it('is asked for first, and a misspelt or ill-formed name removes nothing', async () => {
    expect(await npmRunFleets('pause bitcoin --why retired')).toMatchObject({ status: 0 });
    const before = [await alarmNames('chainmend-bitcoin-'), recordNames()];
    expect(await npmRunFleets('retire bitcoin')).toMatchObject({
      status: 1,
      told: expect.stringContaining('npm run chainmend -- retire bitcoin --yes'),
    });
    const no = await npmRunFleets('retire bitcoin', () => false);
    expect(no).toMatchObject({
      status: 1,
      told: expect.stringMatching(/names in the zone bitcoin\.internal\n.*\nNothing was removed\.$/s),
    });
    expect((await npmRunFleets('retire bitcion --yes')).told).toMatch(
      /^No alarm and no DNS record .* fleet bitcion\.$/,
    );
    expect((await npmRunFleets('retire * --yes')).status).toBe(2);
    expect([await alarmNames('chainmend-bitcoin-'), recordNames()]).toEqual(before);
  });

  long('retire')('says what a destroy would leave, with the command for each', async () => {
    const { status, told } = await npmRunFleets('left bitcoin');
    expect(status).toBe(0);
    expect(told).toMatch(
      /\d+ alarms \(\$\d\.\d\d a month\).* and \d+ DNS names\. Remove them: npm run chainmend -- retire bitcoin$/m,
    );
    expect(told).toContain('aws dynamodb delete-table --table-name chainmend');
  });

  it('removes what carries our marks at that moment, and leaves everything else', async () => {
    await putTheirs();
    const [taken = ''] = (await alarmNames('chainmend-bitcoin-node')).slice(0, 1);
    const before = await alarmNames('chainmend-bitcoin-');
    const { status, told } = await npmRunFleets('retire bitcoin', async () => {
      // While the person reads, somebody takes over an alarm and a record.
      const ResourceARN = `arn:aws:cloudwatch:${REGION_NAME}:111122223333:alarm:${taken}`;
      await region.call('monitoring', 'UntagResource', { ResourceARN, TagKeys: ['chainmend:fleet'] });
      const marker = region.route53
        .records('bitcoin.internal')
        .find(({ name }) => name.startsWith('_chainmend.node1.'));
      await write(change('DELETE', marker?.name ?? '', 'TXT', [...(marker?.values ?? [])]));
    });
    expect(told).toMatch(new RegExp(`Removed: ${before.length - 3} of ${before.length - 2} alarms, `));
    expect(status).toBe(0);
    expect(await alarmNames('chainmend-bitcoin-')).toEqual([...THEIRS.alarms, taken].sort());
    expect(recordNames()).toEqual([...THEIRS.records, 'node1.bitcoin.internal A'].sort());
  });

  long('retire')('stays done: a paused fleet’s alarms and records are not made again', async () => {
    // register-nodes runs every five minutes.
    await virtually(11);
    expect(await alarmNames('chainmend-bitcoin-node')).toHaveLength(1);
    expect((await npmRunFleets('retire bitcoin --yes')).told).toMatch(/^No alarm and no DNS record/);
  });
});
