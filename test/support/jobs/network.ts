// Asks nodes and endpoints of regions with a network, from functions on the internet and in the VPC.
import { buildSync } from 'esbuild';
import pMap from 'p-map';
import { createRegion, type Region } from '../../../local/region.ts';
import { SUBNET_ID, VPC_ID } from '../../../local/services/ec2/service.ts';
import type { Lane } from '../../../local/simulator/lambda-runtime/sandbox.ts';
import type { HttpHost } from '../../../local/simulator/network/network.ts';
import type { GuestEvent, Seen } from '../network-guest.ts';

const { outputFiles } = buildSync({
  entryPoints: [new URL('../network-guest.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
});
const source = outputFiles[0]?.text ?? '';

/** `callee` may be invoked, `outside` may not, not even by itself. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:callee',
    },
    { Effect: 'Allow', Action: 'ssm:GetParameter', Resource: '*' },
  ],
};

export interface NetworkRun {
  readonly lane: Lane;
  readonly seed?: number;
  /** The function that a person invokes: on the internet, or in the VPC. */
  readonly by: 'outside' | 'inside';
  readonly steps: GuestEvent['steps'];
  /** Services to which the VPC has an endpoint. */
  readonly endpoints?: readonly string[];
  /** Addresses by their names in the VPC's private zone, and in a public one. */
  readonly names?: Readonly<Record<'private' | 'public', Readonly<Record<string, string>>>>;
  readonly reserved?: Readonly<Record<string, number>>;
  /** Kills the function's sandbox, so long after the invocation. */
  readonly killAfterMs?: number;
}

export interface NetworkRan {
  readonly tookMs: number;
  readonly functionError: string | undefined;
  readonly payload: Seen[] | { readonly errorType: string; readonly errorMessage: string };
  readonly traceHash: string;
  readonly calls: readonly string[];
  readonly log: readonly string[];
}

/** One run after another; results are in the order of `runs`. */
export const job = (runs: readonly NetworkRun[]): Promise<NetworkRan[]> => pMap(runs, carryOut, { concurrency: 1 });

async function carryOut(run: NetworkRun): Promise<NetworkRan> {
  const region = await createRegion({ seed: run.seed ?? 1, lane: run.lane });
  const { clock } = region;
  const call = async (service: string, operation: string, input: object): Promise<Record<string, unknown>> => {
    let ended: { output: Record<string, unknown> } | { error: Error } | undefined;
    region.call(service, operation, input).then(
      (output) => {
        ended = { output };
      },
      (error: Error) => {
        ended = { error };
      },
    );
    await clock.run({ until: () => ended !== undefined });
    if (ended === undefined) throw new Error(`${operation} never ended`);
    if ('error' in ended) throw ended.error;
    return ended.output;
  };

  for (const service of run.endpoints ?? []) {
    region.vpcEndpoints.add({ vpcId: VPC_ID, serviceName: `com.amazonaws.eu-west-1.${service}` });
  }
  attachHosts(region);
  for (const [kind, records] of Object.entries(run.names ?? {})) {
    const isPrivate = kind === 'private';
    const HostedZoneId = region.route53.addZone({
      name: `bitcoin.${isPrivate ? 'internal' : 'example'}`,
      private: isPrivate,
    });
    const Changes = Object.entries(records).map(([Name, Value]) => ({
      Action: 'CREATE',
      ResourceRecordSet: { Name, Type: 'A', TTL: 60, ResourceRecords: [{ Value }] },
    }));
    await call('route53', 'ChangeResourceRecordSets', { HostedZoneId, ChangeBatch: { Changes } });
  }
  // Until every name server answers so.
  if (run.names) await clock.run({ untilMs: clock.now() + 60_000 });
  region.code.put('assets', 'guest', { path: 'guest/index.cjs', source, sha256: 'network-guest' });
  await call('ssm', 'PutParameter', { Name: '/fleet', Value: 'bitcoin', Type: 'String' });
  for (const [name, VpcConfig] of [
    ['outside', undefined],
    ['callee', undefined],
    ['inside', { SubnetIds: [SUBNET_ID], SecurityGroupIds: ['sg-1'] }],
  ] as const) {
    const { Role } = await call('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument: '{}' });
    await call('iam', 'PutRolePolicy', { RoleName: name, PolicyName: 'own', PolicyDocument: JSON.stringify(POLICY) });
    await call('lambda', 'CreateFunction', {
      FunctionName: name,
      Role: (Role as { Arn: string }).Arn,
      Code: { S3Bucket: 'assets', S3Key: 'guest' },
      Timeout: name === 'callee' ? 5 : 120,
      ...(VpcConfig && { VpcConfig }),
    });
  }
  for (const [FunctionName, ReservedConcurrentExecutions] of Object.entries(run.reserved ?? {})) {
    await call('lambda', 'PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions });
  }
  if (run.killAfterMs !== undefined) clock.after(run.killAfterMs, () => region.gateway.kill(`${run.by}/1`));

  const startedMs = clock.now();
  const Payload = Buffer.from(JSON.stringify({ steps: run.steps }));
  const answer = await call('lambda', 'Invoke', { FunctionName: run.by, Payload });
  const tookMs = clock.now() - startedMs;
  // Whatever a dead sandbox still did would show.
  await clock.run({ untilMs: clock.now() + 120_000 });
  return {
    tookMs,
    functionError: answer['FunctionError'] as string | undefined,
    payload: JSON.parse(Buffer.from(answer['Payload'] as Uint8Array).toString()),
    traceHash: region.gateway.trace.hash(),
    calls: region.gateway.trace.calls.map(({ actor, operation, outcome }) => `${actor} ${operation} ${outcome}`),
    log: region.log,
  };
}

function attachHosts({ network }: Region): void {
  let asked = 0;
  const answers: HttpHost = (port, { method, path, headers, body }) => ({
    kind: 'response',
    statusCode: path === '/missing' ? 404 : 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ nth: ++asked, port, method, path, ...headers, body: Buffer.from(body).toString() }),
    afterMs: 30,
  });
  const large = Buffer.alloc(10 * 1024 * 1024, ' ');
  const vpc = { vpcId: VPC_ID };
  network.attach('10.0.0.11', vpc, answers);
  network.attach('10.0.0.12', vpc, () => ({ kind: 'refused' }));
  network.attach('10.0.0.13', vpc, () => ({ kind: 'silent' }));
  network.attach('10.0.0.14', vpc, (_, { path }) => ({
    kind: 'response',
    statusCode: 200,
    ...(path === '/announced' && { headers: { 'Content-Length': String(large.length) } }),
    body: large,
    afterMs: 70,
  }));
  network.attach('10.0.0.15', vpc, () => ({ kind: 'response', statusCode: 200, body: '{}', afterMs: 20_000 }));
  network.attach('10.0.0.16', vpc, () => ({
    kind: 'response',
    statusCode: 200,
    body: JSON.stringify('é'.repeat(200_000)),
    afterMs: 0,
  }));
  network.attach('10.9.0.11', { vpcId: 'vpc-another' }, answers);
  network.attach('reference.example', 'internet', answers);
}
