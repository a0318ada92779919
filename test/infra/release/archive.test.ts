// The archive of a release, as an owner without Node.js has it: unpacked in an empty folder, uploaded and deployed by calls of AWS's own API alone.
// `npm test -- archive` follows infra/release/APPLY.md with the AWS CLI, word for word.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unzipSync } from 'fflate';
import { writeArchive } from '../../../infra/release/archive.ts';
import { portableTemplate } from '../../../infra/release/portable-template.ts';
import { environmentFor } from '../../../local/cli/serve.ts';
import { createRegion } from '../../../local/region.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen } from '../../../local/simulator/gateway/server.ts';
import { ensureVersion1 } from '../../fixtures/aws-cli.ts';
import { exampleFleets } from '../../fixtures/example-fleets.ts';
import { long } from '../../fixtures/long.ts';
import { signedFetch } from '../../fixtures/signed-request.ts';

const BUCKET = 'owners-bucket';
const CONTEXT = { fleets: exampleFleets, nodeRoles: 'none', email: 'oncall@example.com' };
const SWEEP = Buffer.from('{"kind":"sweep"}');
const temporary = (): string => mkdtempSync(join(tmpdir(), 'chainmend-release-'));

const archive = (): Promise<string> => writeArchive(temporary(), join(temporary(), 'assembly'), CONTEXT);

/** As `unzip` does: a folder with all of it. */
function unpacked(path: string): string {
  const folder = temporary();
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const [only = '', ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return join(folder, only);
}

/** A region without any stack, which a socket serves. */
async function servedRegion() {
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false, isDeployedTo: true, onDefect });
  const key = newAccessKey();
  const server = await listen(region.gateway, { admissions: [{ ...key, caller: { actor: 'person' } }], onDefect });
  const following = region.clock.follow({ speed: 200 });
  const config = {
    ...{ region: region.kernel.regionName, endpoint: server.url, maxAttempts: 10 },
    credentials: key,
  };
  return {
    region,
    environment: environmentFor(server.url, key),
    cloudformation: new CloudFormationClient(config),
    lambda: new LambdaClient(config),
    put: async (path: string, body: string | Uint8Array = '') =>
      (await signedFetch(server.url, key, { method: 'PUT', path, body, service: 's3' })).status,
    end: async () => {
      await following.stop();
      await server.close();
    },
  };
}

const onDefect = (error: unknown): void => {
  throw error;
};

type Served = Awaited<ReturnType<typeof servedRegion>>;

/** Until it is not in progress any more. */
async function ended({ cloudformation }: Served, StackName: string): Promise<Stack | undefined> {
  for (let asked = 0; asked < 2_000; asked++) {
    const { Stacks: [stack] = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    if (!stack?.StackStatus?.endsWith('_IN_PROGRESS')) return stack;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${StackName} is still in progress`);
}

describe('the archive', () => {
  let path: string;
  let folder: string;
  let served: Served;

  beforeAll(async () => {
    path = await archive();
    folder = unpacked(path);
    served = await servedRegion();
  });
  afterAll(() => served.end());

  it('is the same, byte for byte, when it is written again', async () => {
    expect(readFileSync(await archive()).equals(readFileSync(path))).toBe(true);
  });

  it('says what is in it: checksums of each file, and a bill of materials without a time', () => {
    expect(
      execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' }),
    ).toContain('Chainmend.template.json: OK');
    const summed = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').matchAll(/^[0-9a-f]{64} {2}(.+)$/gm);
    expect([...summed].map(([, name]) => name)).toEqual(
      readdirSync(folder)
        .filter((name) => name !== 'SHA256SUMS')
        .sort(),
    );
    const bill = JSON.parse(readFileSync(join(folder, 'chainmend.cdx.json'), 'utf8'));
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.components.length).toBeGreaterThan(100);
    expect([bill.serialNumber, bill.metadata.timestamp]).toEqual([undefined, undefined]);
    expect(bill.metadata.component).toMatchObject({ name: 'chainmend', type: 'application' });
  });

  const create = (StackName: string, more: object = {}) =>
    served.cloudformation.send(
      new CreateStackCommand({
        StackName,
        TemplateURL: `https://${BUCKET}.s3.eu-west-1.amazonaws.com/Chainmend.template.json`,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: [{ ParameterKey: 'AssetsBucket', ParameterValue: BUCKET }],
        ...more,
      }),
    );

  it('deploys a suite that works, by S3 and CloudFormation alone', async () => {
    expect(await served.put(`/${BUCKET}`)).toBe(200);
    for (const name of readdirSync(folder).filter((name) => /\.zip$|\.template\.json$/.test(name)))
      expect(await served.put(`/${BUCKET}/${name}`, readFileSync(join(folder, name)))).toBe(200);
    await expect(create('Chainmend', { Capabilities: [] })).rejects.toThrow('Requires capabilities : [CAPABILITY_IAM]');
    await create('Chainmend');
    expect(await ended(served, 'Chainmend')).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
    const { FunctionError, Payload = new Uint8Array() } = await served.lambda.send(
      new InvokeCommand({ FunctionName: 'chainmend-watch-fleet', Qualifier: 'sweeps', Payload: SWEEP }),
    );
    expect([FunctionError, Buffer.from(Payload).toString()]).toEqual([undefined, 'null']);
  });

  it('updates it, and says so where nothing is new', async () => {
    const request = {
      StackName: 'Chainmend',
      TemplateURL: `https://${BUCKET}.s3.eu-west-1.amazonaws.com/next.template.json`,
      Capabilities: ['CAPABILITY_NAMED_IAM' as const],
      Parameters: [{ ParameterKey: 'AssetsBucket', UsePreviousValue: true }],
    };
    const template = readFileSync(join(folder, 'Chainmend.template.json'), 'utf8');
    await served.put(`/${BUCKET}/next.template.json`, template);
    await expect(served.cloudformation.send(new UpdateStackCommand(request))).rejects.toThrow(
      'No updates are to be performed.',
    );
    const other = template.replace('Grows a full volume', 'Grows a volume');
    await served.put(`/${BUCKET}/next.template.json`, other);
    await served.cloudformation.send(new UpdateStackCommand(request));
    expect(await ended(served, 'Chainmend')).toMatchObject({ StackStatus: 'UPDATE_COMPLETE' });
  });

  it('is refused with the function whose code is not in the bucket', async () => {
    const empty = 'empty-bucket';
    await served.put(`/${empty}`);
    await create('Other', { Parameters: [{ ParameterKey: 'AssetsBucket', ParameterValue: empty }] });
    expect(await ended(served, 'Other')).toMatchObject({
      StackStatus: 'CREATE_FAILED',
      StackStatusReason: expect.stringMatching(/Resources\.\w+ \(AWS::\w+::\w+\): /),
    });
  });
});

it('a template that would still need CDK’s bootstrap is no archive', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
  const bucket = { 'Fn::Sub': 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}' };
  const code = (where: unknown) => ({ Resources: { Function: { Code: { S3Bucket: where, S3Key: 'a.zip' } } } });
  expect(portableTemplate({ ...code(bucket), Parameters: { BootstrapVersion: {}, Own: { Type: 'String' } } })).toEqual({
    Resources: { Function: { Code: { S3Bucket: { Ref: 'AssetsBucket' }, S3Key: 'a.zip' } } },
    Parameters: { Own: { Type: 'String' }, AssetsBucket: expect.objectContaining({ Type: 'String' }) },
  });
  expect(() => portableTemplate(code('cdk-hnb659fds-assets-1-eu-west-1'))).toThrow('still names cdk-hnb659fds');
});

long('archive')(
  'the page in the archive is right: the AWS CLI does all that it says',
  async () => {
    const cli = await ensureVersion1();
    if ('lacks' in cli) throw new Error(`expected ${cli.lacks}`);
    const folder = unpacked(await archive());
    const served = await servedRegion();
    try {
      await served.put(`/${BUCKET}`);
      const [, commands = ''] = /```\n([^`]*)```/.exec(readFileSync(join(folder, 'APPLY.md'), 'utf8')) ?? [];
      const typed = commands.replaceAll('BUCKET', BUCKET).replaceAll('REGION', 'eu-west-1');
      const env = { ...served.environment, PATH: `${cli.folder}:/usr/bin:/bin`, HOME: temporary() };
      await promisify(execFile)('bash', ['-euc', typed], { cwd: folder, env, timeout: 300_000 });
      expect(await ended(served, 'Chainmend')).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
    } finally {
      await served.end();
    }
  },
  600_000,
);
