// A run of the smoke test that is recorded names nobody's account, and each recording in test/recordings is compared with the local region's own.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from '@jest/globals';
import { masker } from '../../../../infra/commands/smoke/mask.ts';
import { type Call, recordTo } from '../../../../infra/commands/smoke/recording.ts';
import { RECORDED } from '../../../fixtures/moto/recorded.ts';
import { differences, readRecording, unjudged } from '../../../fixtures/recordings.ts';

const FOLDER = join(import.meta.dirname, '../../../recordings');
const recordings = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));
const read = (name: string): readonly Call[] => readRecording(readFileSync(join(FOLDER, name), 'utf8'));
const ofRegion = read('local-region.jsonl');

describe('what is masked', () => {
  const mask = masker();

  it('is the account, people, addresses, ids and keys; the same thing gets the same mask', () => {
    expect(
      mask({
        Arn: 'arn:aws:sts::210987654321:assumed-role/acme-admins/anna',
        Account: '210987654321',
        UserId: 'AROA1234567890ABCDEFG:anna@acme.example',
        Instances: [
          {
            InstanceId: 'i-0a1b2c3d4e5f60718',
            PrivateIpAddress: '10.20.30.40',
            PrivateDnsName: 'ip-10-20-30-40.ec2.internal',
          },
        ],
        again: 'i-0a1b2c3d4e5f60718 of 210987654321',
      }),
    ).toEqual({
      Arn: 'arn:aws:sts::111122220001:assumed-role/name-1',
      Account: '111122220001',
      UserId: 'AROA0000000000000001:person1@example.com',
      Instances: [
        {
          InstanceId: 'i-00000000000000001',
          PrivateIpAddress: '198.18.0.1',
          PrivateDnsName: 'ip-198-18-0-1.ec2.internal',
        },
      ],
      again: 'i-00000000000000001 of 111122220001',
    });
  });

  it("is the value of each tag and parameter that is not chainmend's, and the name of a role", () => {
    const answer = {
      Tags: [
        { Key: 'chainmend:smoke', Value: 'smoke-0a1b2c' },
        { Key: 'acme:team', Value: 'treasury' },
      ],
      Parameter: { Name: '/chainmend/pauses/smoke', Value: 'Anna moves the explorer’s database' },
      RoleName: 'acme-nodes',
      Filters: [{ Name: 'tag-key', Values: ['chainmend:smoke'] }],
      message: 'the role acme-nodes of treasury may not',
    };
    const said = JSON.stringify(mask(answer));
    expect(said).toContain('smoke-0a1b2c');
    expect(said).toContain('tag-key');
    expect(said).not.toMatch(/treasury|Anna|acme/i);
  });

  it('is bounded: texts are cut, bytes are a number, and depth ends', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 100; level++) deep = [deep];
    expect(String(mask('x'.repeat(100_000)))).toHaveLength(2_049);
    expect(mask(new Uint8Array(9))).toEqual({ bytes: 9 });
    expect(JSON.stringify(mask(deep))).toContain('…');
  });
});

it('a call and its answer are a line of the file, and an error as well; a file that exists is not written', async () => {
  const answers = [200, 403];
  const server = createServer((_, response) => {
    response.writeHead(answers.shift() ?? 500, { 'content-type': 'text/xml' });
    response.end(
      answers.length === 1
        ? '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>210987654321</Account></GetCallerIdentityResult></GetCallerIdentityResponse>'
        : '<ErrorResponse><Error><Code>AccessDenied</Code><Message>210987654321 may not</Message></Error></ErrorResponse>',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const file = join(mkdtempSync(join(tmpdir(), 'chainmend-recording-')), 'one.jsonl');
  const client = new STSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' } },
  });
  client.middlewareStack.use(recordTo(file, '0.1.0', () => 1_700_000_000_000));
  await client.send(new GetCallerIdentityCommand({}));
  await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toThrow('may not');
  client.destroy();
  server.close();
  const call = { seconds: 0, client: 'STSClient', command: 'GetCallerIdentityCommand', input: {} };
  expect(readRecording(readFileSync(file, 'utf8'))).toEqual([
    { ...call, output: { Account: '111122220001' } },
    { ...call, error: { name: 'AccessDenied', message: '111122220001 may not', status: 403 } },
  ]);
  expect(() => recordTo(file, '0.1.0', () => 0)).toThrow(
    /--record .*one\.jsonl: EEXIST.*; expected a file that does not exist yet/,
  );
});

/** Whose answers a recording has, where it is not an account's, and the differences that are judged. */
const OTHERS: Readonly<Record<string, { readonly whose: string; readonly judged: readonly string[] }>> = {
  'moto.jsonl': { whose: 'moto', judged: RECORDED.flatMap(({ sentences }) => sentences) },
};

describe('a recording of an account, or of moto', () => {
  it.each(recordings)('%s: the region answers with the same members, types and errors', (name) => {
    const { whose = 'AWS', judged = [] } = OTHERS[name] ?? {};
    expect(unjudged(differences(read(name), ofRegion, whose), judged).slice(0, 1)).toEqual([]);
  });

  it('differs in nothing that is not judged, nor is anything judged that does not differ; each has a reason and a source', () => {
    expect(unjudged(['a', 'b'], ['b', 'c'])).toEqual(['a', 'it differs no more: c']);
    for (const { why, source } of RECORDED) {
      expect(why).toMatch(/\w.*\.$/);
      expect(source).toMatch(/\w/);
    }
  });

  const changed = (command: string, change: (call: Call) => Call): readonly Call[] =>
    ofRegion.map((call) => (call.command === command && call.output ? change(call) : call));

  it('shows a member that the region lacks, another type, and another error', () => {
    expect(
      differences(
        changed('GetCallerIdentityCommand', (call) => ({
          ...call,
          output: { ...(call.output as object), Partition: 'aws' },
        })),
        ofRegion,
      ),
    ).toEqual(["STS GetCallerIdentity: the region's answer has no Partition"]);
    expect(
      differences(
        changed('GetCallerIdentityCommand', (call) => ({
          ...call,
          output: { ...(call.output as object), Account: 1 },
        })),
        ofRegion,
      ),
    ).toEqual(['STS GetCallerIdentity: Account is number in AWS, and text in the region']);
    const { output: _, ...refused } = ofRegion.find(({ command }) => command === 'CreateVolumeCommand') as Call;
    const error = { name: 'VolumeLimitExceeded', message: '', status: 400 };
    expect(differences([...ofRegion, { ...refused, error }], ofRegion)).toEqual([
      'EC2 CreateVolume: AWS fails with VolumeLimitExceeded (400), the region never does',
    ]);
  });
});
