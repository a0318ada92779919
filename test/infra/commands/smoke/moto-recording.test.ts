// What smoke's first steps get from moto's server, recorded as `smoke --record` records an account. `npm test -- moto` holds the committed recording
// against a fresh one; `UPDATE=1` writes it. recording.test.ts compares it with the local region's own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { expect, it } from '@jest/globals';
import { VERSION } from '../../../../infra/commands/program-name.ts';
import { awsAccount } from '../../../../infra/commands/smoke/aws-account.ts';
import type { Leftover } from '../../../../infra/commands/smoke/leftovers.ts';
import { recordTo } from '../../../../infra/commands/smoke/recording.ts';
import { isAsked } from '../../../fixtures/asked.ts';
import { motoPython, startMoto } from '../../../fixtures/moto/server.ts';
import { differences, readRecording } from '../../../fixtures/recordings.ts';

const RECORDING = join(import.meta.dirname, '../../../recordings/moto.jsonl');
const ROLE = 'smoke-node';
const RUN = 'smoke-0a1b2c';
const PLAYED_MS = 300_000;

const found = isAsked('moto') ? motoPython() : { lacking: 'it is asked for by name' };
const lacking = 'lacking' in found ? found.lacking : undefined;

interface Config {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

/** The instance profile that smoke wants, and a subnet of moto's own VPC. moto has no managed policies: smoke knows them by their names. */
async function furnish(config: Config): Promise<string> {
  const [iam, ec2] = [new IAMClient(config), new EC2Client(config)];
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: ROLE }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: ROLE, RoleName: ROLE }));
  const allowed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ssm:*', Resource: '*' }] };
  for (const PolicyName of ['AmazonSSMManagedInstanceCore', 'CloudWatchAgentServerPolicy']) {
    const made = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: JSON.stringify(allowed) }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: ROLE, PolicyArn: made.Policy?.Arn }));
  }
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  iam.destroy();
  ec2.destroy();
  return Subnets[0]?.SubnetId ?? '';
}

/** What smoke asks, in its order, but for lifecycle policies and the agent: there moto ends in an exception of its own (moto/differences.ts). */
async function play(config: Config, subnetId: string, file: string): Promise<void> {
  const account = awsAccount(config, recordTo(file, VERSION, Date.now));
  await account.identity();
  await account.withoutDurable();
  const { zone } = await account.subnet(subnetId);
  await account.profileLacks(ROLE);
  await account.parameter('/chainmend/pause');
  const imageId = await account.image();
  const volumeId = await account.makeVolume(RUN, RUN, zone);
  const userData = '#!/bin/sh\n';
  const instanceId = await account.makeInstance({
    ...{ run: RUN, fleet: RUN, imageId, subnetId, profile: ROLE, securityGroupId: undefined, userData },
  });
  await account.instanceState(instanceId);
  await account.volume(volumeId);
  await account.attach(volumeId, instanceId);
  await account.alarmNames('chainmend-smoke-');
  await account.pauseFleet('smoke', 'over');
  const made: readonly Leftover[] = [
    { kind: 'instance', id: instanceId, state: '', tags: {} },
    { kind: 'volume', id: volumeId, state: '', tags: {} },
    { kind: 'pause', id: '/chainmend/pauses/smoke', value: '' },
    { kind: 'snapshot', id: 'snap-00000000000000001', state: '', tags: {} },
    { kind: 'template', id: 'lt-00000000000000001', tags: {} },
  ];
  for (const one of made) {
    const found = await account.again(one);
    if (found !== undefined) await account.remove(found);
  }
}

(lacking === undefined ? it : it.skip)(
  `moto answers smoke's first steps as the recording has it${lacking === undefined ? '' : ` (skipped: ${lacking})`}`,
  async () => {
    if ('lacking' in found) return;
    const moto = await startMoto(found.python);
    const folder = mkdtempSync(join(tmpdir(), 'chainmend-moto-'));
    try {
      const file = join(folder, 'moto.jsonl');
      const credentials = { accessKeyId: 'moto', secretAccessKey: 'moto' };
      const config = { region: 'eu-west-1', endpoint: moto.url, credentials, maxAttempts: 1 };
      await play(config, await furnish(config), file);
      const recorded = readFileSync(file, 'utf8');
      if (process.env['UPDATE'] === '1') writeFileSync(RECORDING, recorded);
      const [fresh, committed] = [readRecording(recorded), readRecording(readFileSync(RECORDING, 'utf8'))];
      expect([...differences(fresh, committed), ...differences(committed, fresh)]).toEqual([]);
    } finally {
      await moto.close();
      rmSync(folder, { recursive: true });
    }
  },
  PLAYED_MS,
);
