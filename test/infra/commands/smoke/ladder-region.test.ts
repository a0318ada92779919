// `npm run chainmend -- smoke --ladder` in an account where the stack is deployed: two hours and a half of an engineer's time, played in the region's time.
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DLMClient, GetLifecyclePoliciesCommand } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from '@jest/globals';
import { awsSuite } from '../../../../infra/commands/heal/aws-suite.ts';
import { awsAccount } from '../../../../infra/commands/smoke/aws-account.ts';
import type { SmokeContext } from '../../../../infra/commands/smoke/context.ts';
import { createRegion, REGION_NAME } from '../../../../local/region.ts';
import { smokeLadderGround } from '../../../../local/scenarios/catalog/smoke-ground.ts';
import { prepare } from '../../../../local/scenarios/run.ts';
import { settled } from '../../../../local/scenarios/world/deployment.ts';
import { isAsked } from '../../../fixtures/asked.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { runSmoke } from '../../../fixtures/verbs.ts';

const BARE = '--ladder --subnet subnet-0123456789abcdef0 --instance-profile smoke-node --stack-is-deployed'.split(' ');
const RUN_MS = 240_000;

/** Ten seconds of work, and its own deployment: `npm test -- smoke` runs it. */
const ASKED = isAsked('smoke');

async function run(
  words: readonly string[],
): Promise<{ readonly status: 0 | 1 | 2; readonly told: string; readonly left: object }> {
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  await prepare(region, smokeLadderGround);
  const config = {
    ...{ region: REGION_NAME, credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' } },
    requestHandler: inProcessHandler(region.gateway),
  };
  const told: string[] = [];
  const nobody = () => {
    throw new Error('CDK is not asked here');
  };
  const context: SmokeContext = {
    ...{
      account: () => awsAccount(config),
      cdk: { deploy: nobody, destroy: nobody },
      made: new Map(),
      confirm: undefined,
    },
    suite: () =>
      awsSuite({
        lambda: new LambdaClient(config),
        dynamodb: new DynamoDBClient(config),
        ssm: new SSMClient(config),
        sts: new STSClient(config),
      }),
    say: (text) => void told.push(text),
    complain: (text) => void told.push(text),
    nowMs: () => region.clock.now(),
    sleep: (ms) => new Promise((resolve) => void region.clock.after(ms, resolve)),
    ...{ chance: () => '0a1b2c', interrupted: new AbortController().signal },
  };
  const status = await settled(region, () => runSmoke(words, context));
  return { status, told: told.join('\n'), left: await settled(region, () => there(config)) };
}

/** The existing resources of any run, as AWS shows them to every caller. */
async function there(config: object): Promise<object> {
  const [ec2, dlm, ssm, cloudwatch] = [
    ...[new EC2Client(config), new DLMClient(config), new SSMClient(config), new CloudWatchClient(config)],
  ] as [EC2Client, DLMClient, SSMClient, CloudWatchClient];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const { Policies = [] } = await dlm.send(new GetLifecyclePoliciesCommand({}));
  const { MetricAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix: 'chainmend-smoke-' }),
  );
  return {
    instances: Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name !== 'terminated',
    ),
    volumes: (await ec2.send(new DescribeVolumesCommand({}))).Volumes,
    snapshots: (await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots,
    templates: (await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates,
    policies: Policies.filter(({ Tags = {} }) => 'chainmend:smoke' in Tags),
    alarms: MetricAlarms,
    pauses: (await ssm.send(new GetParametersByPathCommand({ Path: '/chainmend/pauses' }))).Parameters,
  };
}

const NOTHING = { instances: [], volumes: [], snapshots: [], templates: [], policies: [], alarms: [], pauses: [] };

/** A run's findings about the account, with the word of each. */
const FOUND = {
  so: [
    /^replace-node may pass on arn:aws:iam::111122223333:role\/smoke-node$/,
    /^snap-\w+, of a lifecycle policy, is held and locked for 1 day$/,
    /^snap-\w+, which is nobody's, has stopped no heal$/,
    /^\d\d+ commands ran, with their empty parameters$/,
    /^5 alarms of the fleet were made with their tags, and their contributors read$/,
    /^no function has failed: nothing was denied, and every answer of AWS could be read$/,
    /^chainmend-probe-nodes-vpc-0123456789abcdef0 stands in its VPC$/,
  ],
  unseen: [
    /^whether a stack can be created again over what it kept: this one was there already$/,
    /^how EC2 recovers an instance by itself \(.+\): nobody can ask it to$/,
  ],
  'not so': [],
};

describe('npm run chainmend -- smoke --ladder', () => {
  if (!ASKED) {
    it('says what it would make and what that costs, and asks AWS nothing', async () => {
      const told: string[] = [];
      const say = (text: string) => void told.push(text);
      const nothing = new Proxy({}, { get: () => () => Promise.reject(new Error('AWS was asked')) });
      const desk = { account: () => nothing, say, complain: say } as unknown as SmokeContext;
      expect(await runSmoke([...BARE, '--plan'], desk)).toBe(0);
      expect(told.join('\n')).toMatch(/its fleet "smoke-ladder" gets a node for two hours or three\./);
      expect(told.join('\n')).toMatch(
        /from a launch template of its own\..*\nAbout \$0\.\d\d for two and a half hours/s,
      );
    });
    return;
  }

  it(
    'grows, restarts and restores one throw-away node, tells what only an account can, and leaves nothing',
    async () => {
      const { status, told, left } = await run([...BARE, '--yes']);
      expect({ status, told }).toEqual({
        status: 0,
        told: expect.stringContaining('\nHealed, and everything is removed: '),
      });
      expect(left).toEqual(NOTHING);
      const words = (kind: string) =>
        [...told.matchAll(/^[\d:]{8} {2}(.{8}) (.*)$/gm)].flatMap(([, what = '', said = '']) =>
          what.trim() === kind ? [said.trim()] : [],
        );
      for (const [kind, found] of Object.entries(FOUND))
        expect(words(kind)).toEqual(found.map((line) => expect.stringMatching(line)));
      const [disk = '', restarted = '', swapped = ''] = words('healed');
      expect(disk).toMatch(/^volume 2 → 3 GiB by EC2; filesystem 3 GiB/);
      expect(restarted).toMatch(/^restarted: height \d+, synced/);
      // The snapshot of the stopped client: the other two are younger or older, and of a running client.
      const [, cleanId] = /(snap-\w+), of the stopped client/.exec(told) ?? [];
      expect(swapped).toMatch(new RegExp(`^vol-\\w+ → vol-\\w+, of ${cleanId}: height \\d+`));
    },
    RUN_MS,
  );
});
