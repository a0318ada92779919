// `npm run chainmend -- smoke` as an engineer uses it: a separate process that has only the variables that `npm start -- --serve` has printed. The stack exists,
// with the test's fleet; the region plays the node that the run launches.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstancesCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalRegion, serveLocally } from '../../../../infra/commands/local-region.ts';
import { isAsked } from '../../../fixtures/asked.ts';
import { differences, readRecording } from '../../../fixtures/recordings.ts';

const ROOT = join(import.meta.dirname, '../../../..');
/** `UPDATE=1 npm test -- smoke-region` writes it. */
const OF_REGION = join(ROOT, 'test/recordings/local-region.jsonl');
const BOOT_MS = 180_000;
const RUN_MS = 120_000;
const WORDS = '--subnet subnet-0123456789abcdef0 --instance-profile smoke-node --stack-is-deployed --yes';

/** Its own region, deployed and served, takes most of a minute: `npm test -- smoke` runs it. */
const ASKED = isAsked('smoke');

let served: LocalRegion;
let environment: Record<string, string> = {};
let ec2: EC2Client;
let ssm: SSMClient;
let cloudwatch: CloudWatchClient;

beforeAll(async () => {
  if (!ASKED) return;
  served = await serveLocally('smoke-ground@0');
  environment = { ...served.environment };
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = environment;
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  const how = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  [ec2, ssm, cloudwatch] = [new EC2Client(how), new SSMClient(how), new CloudWatchClient(how)];
}, BOOT_MS);

afterAll(async () => {
  if (!ASKED) return;
  for (const client of [ec2, ssm, cloudwatch]) client?.destroy();
  await served.end();
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param when actions to run as soon as a line of this kind is printed: "instance", "attached", … */
function npmRunSmoke(words: string, when: Record<string, (run: ChildProcess) => unknown> = {}): Promise<Ended> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    'infra/commands/chainmend-cli.ts',
    'smoke',
    ...words.split(' '),
  ];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const run = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH, NODE_COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({ input: run.stdout }).on('line', (line) => {
    stdout += `${line}\n`;
    when[/^[\d:]{8} {2}(\w+)/.exec(line)?.[1] ?? '']?.(run);
  });
  return new Promise((resolve) => run.once('close', (status) => resolve({ status, stdout, stderr })));
}

const TAGGED = { Filters: [{ Name: 'tag-key', Values: ['chainmend:smoke'] }] };

/** The existing resources of any run, as AWS shows them to every caller. */
async function there(): Promise<{ instances: string[]; volumes: string[]; alarms: string[]; pauses: string[] }> {
  const [{ Reservations = [] }, { Volumes = [] }, { MetricAlarms = [] }, { Parameters = [] }] = await Promise.all([
    ec2.send(new DescribeInstancesCommand(TAGGED)),
    ec2.send(new DescribeVolumesCommand(TAGGED)),
    cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'chainmend-smoke-' })),
    ssm.send(new GetParametersByPathCommand({ Path: '/chainmend/pauses' })),
  ]);
  const alive = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ State }) => State?.Name !== 'terminated',
  );
  return {
    instances: alive.map(({ InstanceId = '' }) => InstanceId),
    volumes: Volumes.map(({ VolumeId = '' }) => VolumeId),
    alarms: MetricAlarms.map(({ AlarmName = '' }) => AlarmName),
    pauses: Parameters.map(({ Value = '' }) => Value),
  };
}

const NOTHING = { instances: [], volumes: [], alarms: [], pauses: [] };

describe('npm run chainmend -- smoke', () => {
  it('makes nothing before somebody says --yes, and says what it would make and cost', async () => {
    const bare = WORDS.replace(' --yes', '');
    const refused = await npmRunSmoke(bare);
    expect(refused).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/Nothing was changed[\s\S]*--yes$/m),
    });
    const planned = await npmRunSmoke(`${bare} --plan`);
    expect(planned).toMatchObject({ status: 0, stderr: '' });
    expect(planned.stdout).toMatch(/gp3 volume of 2 GiB, and one t3\.small .* in subnet-0123456789abcdef0/);
    expect(planned.stdout).toMatch(/About \$0\.\d\d for half an hour/);
    if (ASKED) expect(await there()).toEqual(NOTHING);
  });

  if (!ASKED) return;

  it(
    'makes nothing where the profile’s role does not exist',
    async () => {
      const { status, stderr } = await npmRunSmoke(WORDS.replace('smoke-node', 'nobody'));
      expect(status).not.toBe(0);
      expect(stderr).toContain(
        'there is no instance profile nobody: make one whose role has AmazonSSMManagedInstanceCore and CloudWatchAgentServerPolicy',
      );
      expect(await there()).toEqual(NOTHING);
    },
    RUN_MS,
  );

  it(
    'heals one throw-away node, proves it, and leaves nothing',
    async () => {
      const file = join(mkdtempSync(join(tmpdir(), 'chainmend-recording-')), 'region.jsonl');
      const { status, stdout, stderr } = await npmRunSmoke(`${WORDS} --record ${file}`);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const recorded = readFileSync(file, 'utf8');
      if (process.env['UPDATE']) writeFileSync(OF_REGION, recorded);
      const [fresh, committed] = [readRecording(recorded), readRecording(readFileSync(OF_REGION, 'utf8'))];
      expect([...differences(fresh, committed), ...differences(committed, fresh)]).toEqual([]);
      expect(stdout).toMatch(/ account +111122223333 in eu-west-1, as /);
      expect(stdout).not.toMatch(/IAM does not say|not attached/);
      expect(stdout).toMatch(/ alarm +register-nodes has made chainmend-smoke-smoke-[0-9a-f]{6}-disk$/m);
      // 3 GiB, or 4 where CloudWatch has seen it fill: at that speed, no disk lasts.
      expect(stdout).toMatch(/ healed +volume 2 → ([34]) GiB by EC2; filesystem \1 GiB, \d+ % used; client running$/m);
      expect(stdout).toMatch(/\nHealed, and everything is removed: .*\.\n$/);
      expect(await there()).toEqual(NOTHING);
    },
    RUN_MS,
  );

  it(
    'removes everything where the heal does not come, and says why it did not; a person’s pause stays',
    async () => {
      const Name = '/chainmend/pauses/smoke';
      const Value = 'Anna moves the explorer’s database';
      const paused = () => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
      const { status, stdout, stderr } = await npmRunSmoke(WORDS, { attached: paused });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^not healed: it was paused meanwhile: Anna moves/);
      expect(stderr).toMatch(/\nNot healed\. Everything is removed\.\n$/);
      expect(stdout).toMatch(/ removed +instance i-/);
      expect(await there()).toEqual({ ...NOTHING, pauses: [Value] });

      const again = await npmRunSmoke(WORDS);
      expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing was made.\n  paused: Anna') });
      await ssm.send(new DeleteParameterCommand({ Name }));
    },
    RUN_MS,
  );

  it(
    'removes everything when somebody presses Ctrl-C',
    async () => {
      const { status, stderr } = await npmRunSmoke(WORDS, { instance: (run) => run.kill('SIGINT') });
      expect(status).toBe(1);
      expect(stderr).toMatch(/Interrupted/);
      expect(stderr).toMatch(/Not healed\. Everything is removed\.\n$/);
      expect(await there()).toEqual(NOTHING);
    },
    RUN_MS,
  );

  it(
    'stops at once when somebody presses it again, and says what is left and how to remove it',
    async () => {
      const { status, stderr } = await npmRunSmoke(WORDS, {
        instance: (run) => run.kill('SIGINT'),
        paused: (run) => run.kill('SIGINT'),
      });
      expect(status).toBe(130);
      const { instances } = await there();
      expect(stderr).toContain(
        `instance ${instances[0]} (made): aws ec2 terminate-instances --instance-ids ${instances[0]}`,
      );
      expect(stderr).toMatch(/volume vol-\w+ \(made\): aws ec2 delete-volume/);
      expect(stderr).toContain('npm run chainmend -- smoke --remove --stack-is-deployed');
      expect((await npmRunSmoke('--remove --stack-is-deployed --yes')).status).toBe(0);
      expect(await there()).toEqual(NOTHING);
    },
    RUN_MS,
  );

  it(
    'finds what a run that was killed has left, and removes it, as often as it is asked',
    async () => {
      const killed = await npmRunSmoke(WORDS, { attached: (run) => run.kill('SIGKILL') });
      expect(killed.status).toBeNull();
      const left = await there();
      expect(left.instances).toHaveLength(1);
      const next = await npmRunSmoke(WORDS);
      expect(next.status).toBe(1);
      expect(next.stderr).toContain(`an earlier run left instance ${left.instances[0]}`);
      expect(next.stderr).toContain('npm run chainmend -- smoke --remove');

      const removed = await npmRunSmoke('--remove --stack-is-deployed --yes');
      expect(removed).toMatchObject({ status: 0, stderr: '' });
      expect(removed.stdout).toMatch(/Nothing of a smoke test is left\.\n$/);
      expect(await there()).toEqual(NOTHING);
      const again = await npmRunSmoke('--remove --stack-is-deployed --yes');
      expect(again).toEqual({ status: 0, stdout: 'Nothing of a smoke test is left.\n', stderr: '' });
    },
    RUN_MS,
  );
});
