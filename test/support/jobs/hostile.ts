// Attacks a deployed region with nodes in it, by requests that no honest client sends.
import { ensurePrepared } from '../../../local/cli/print-story.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { manualRestore } from '../../../local/scenarios/catalog/manual-restore.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import { handleWireRequest } from '../../../local/simulator/gateway/http.ts';
import type { WireRequest, WireResponse } from '../../../local/simulator/gateway/message.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import { HOSTILE, type Known, type Position, placesOf, positionsOf } from '../hostile-inputs.ts';
import { mutants, wireRequests } from '../hostile-wire.ts';
import { type MotoCall, nameOf, type Saved, savedOf } from '../moto/calls/call.ts';
import { CALLS } from '../moto/calls/index.ts';

/** A minute of the region's work may fall into one request. */
const SLOW_MS = 2_000;
const TRIES_MAX = 10;

export interface Attack {
  /** Every nth of all places and words. */
  readonly every: number;
  /** How many requests are changed in their bytes, headers and paths. */
  readonly mutations: number;
}

export interface Attacked {
  readonly asked: number;
  /** How often each code, or "ok", was the answer. */
  readonly answered: Readonly<Record<string, number>>;
  /** Requests of the differential run that the region accepted, each of which was then made worse. */
  readonly accepted: number;
  /** What went wrong in the region itself, with the request that it was. */
  readonly defects: readonly string[];
}

export async function job({ every, mutations }: Attack): Promise<Attacked> {
  await ensurePrepared();
  const defects: string[] = [];
  let current = '';
  const region = await createRegion({
    seed: 1,
    lane: 'fidelity',
    guard: false,
    onDefect: (error, during) =>
      defects.push(`${current} (${during}): ${error instanceof Error ? error.stack : String(error)}`),
  });
  const known = await furnish(region);
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const answered = new Map<string, number>();
  let asked = 0;
  let turn = 0;
  const attack = async (service: string, operation: string, place: Position): Promise<void> => {
    for (const hostile of HOSTILE[place.kind]) {
      if (turn++ % every !== 0) continue;
      current = `${service}.${operation} ${place.path}=${String(hostile).slice(0, 60)}`;
      const beganMs = performance.now();
      const outcome = await patiently(region, service, operation, place.with(hostile));
      const tookMs = performance.now() - beganMs;
      if (tookMs > SLOW_MS) defects.push(`${current}: took ${Math.round(tookMs)} ms`);
      if (outcome === 'never') defects.push(`${current}: no answer within an hour`);
      if (outcome.startsWith('not of AWS')) defects.push(`${current}: ${outcome}`);
      answered.set(outcome, (answered.get(outcome) ?? 0) + 1);
      asked++;
      if (Object.getOwnPropertyNames(Object.prototype).join() !== before)
        defects.push(`${current}: changed Object.prototype`);
    }
  };

  // Requests that AWS and other emulators are asked, too; what was accepted is made worse.
  let saved: Saved = {};
  const accepted: [MotoCall, object][] = [];
  for (const call of CALLS) {
    const input = call.input(saved);
    current = nameOf(call);
    const { outcome, output } = await ask(region, call.service, call.operation, input);
    if (outcome !== 'ok') continue;
    accepted.push([call, input]);
    saved = { ...saved, ...savedOf(call, output) };
  }
  for (const [{ service, operation }, input] of accepted)
    for (const place of placesOf(input)) await attack(service, operation, place);
  // And every member that there is, whether an honest caller uses it or not.
  for (const service of region.gateway.models.values()) {
    for (const operation of region.gateway.operationsOf(service.name))
      for (const place of positionsOf(service, operation, known)) await attack(service.name, operation, place);
  }
  // The same over the wire, with bytes that no SDK would send.
  for (const { name, request } of mutants(await wireRequests(), mutations)) {
    current = name;
    const answer = await enterWith(region, request);
    if (answer instanceof Error) defects.push(`${name}: ${answer.stack}`);
    else if (answer === undefined) defects.push(`${name}: no answer within an hour`);
    else if (answer.statusCode >= 400 && answer.body.length === 0)
      defects.push(`${name}: ${answer.statusCode} and no word`);
    asked++;
  }
  current = 'afterwards';
  await region.clock.run({ untilMs: region.clock.now() + 600_000 });
  return { asked, accepted: accepted.length, answered: Object.fromEntries(answered), defects };
}

/** Asks again where it is throttled: what is hostile shall reach the service. */
async function patiently(region: Region, service: string, operation: string, input: unknown): Promise<string> {
  for (let tries = 1; ; tries++) {
    const { outcome } = await ask(region, service, operation, input);
    if (!/^(RequestLimitExceeded|Throttling)/.test(outcome) || tries === TRIES_MAX) return outcome;
    await region.clock.run({ untilMs: region.clock.now() + 2_000 });
  }
}

interface Told {
  /** "ok", or the code of the refusal. */
  readonly outcome: string;
  readonly output: unknown;
}

async function ask(region: Region, service: string, operation: string, input: unknown): Promise<Told> {
  let told: Told | undefined;
  region.gateway.request({ service, operation, input: input as object, actor: 'person' }).then(
    (output) => {
      told = { outcome: 'ok', output };
    },
    (error: unknown) => {
      told = { outcome: error instanceof AwsError ? error.name : `not of AWS: ${String(error)}`, output: undefined };
    },
  );
  await region.clock.run({ until: () => told !== undefined, untilMs: region.clock.now() + 3_600_000 });
  return told ?? { outcome: 'never', output: undefined };
}

/** The answer to a request in wire form, or what was thrown in its place; undefined: there was none. */
async function enterWith(region: Region, request: WireRequest): Promise<WireResponse | Error | undefined> {
  let answer: WireResponse | Error | undefined;
  handleWireRequest(region.gateway, request, { actor: 'person' }).then(
    (response) => {
      answer = response;
    },
    (error: unknown) => {
      answer = error instanceof Error ? error : new Error(String(error));
    },
  );
  await region.clock.run({ until: () => answer !== undefined, untilMs: region.clock.now() + 3_600_000 });
  return answer;
}

/** A world with volumes, snapshots and a journal, and the names of what is in it. */
async function furnish(region: Region): Promise<Known> {
  const world = await prepare(region, manualRestore);
  const { instanceId = '' } = world.nodes[0] ?? {};
  const [volume] = region.ec2.volumes();
  const functionName = 'chainmend-resize-volume';
  const call = (service: string, operation: string, input: object) => region.call(service, operation, input);
  const settled = async <T>(asked: Promise<T>): Promise<T> => {
    let over = false;
    void asked.finally(() => {
      over = true;
    });
    await region.clock.run({ until: () => over, untilMs: region.clock.now() + 600_000 });
    return asked;
  };
  const { QueueUrl } = await settled(call('sqs', 'CreateQueue', { QueueName: 'attacked' }));
  const { TopicArn } = await settled(call('sns', 'CreateTopic', { Name: 'attacked' }));
  const { HostedZones } = await settled(call('route53', 'ListHostedZones', {}));
  const zone = (HostedZones as { Id: string }[])[0]?.Id.replace('/hostedzone/', '') ?? '';
  const { Roles } = await settled(call('iam', 'ListRoles', {}));
  const role = (Roles as { RoleName: string; Arn: string }[])[0];
  return {
    AlarmName: 'chainmend-bitcoin-node1-disk',
    AlarmNames: 'chainmend-bitcoin-node1-disk',
    AttributeName: 'pk',
    AvailabilityZone: 'eu-west-1a',
    FunctionName: functionName,
    HostedZoneId: zone,
    Id: zone,
    InstanceId: instanceId,
    InstanceIds: instanceId,
    KeyId: 'alias/aws/ebs',
    Name: '/chainmend/pause',
    Names: '/chainmend/pause',
    Path: '/chainmend',
    QueueName: 'attacked',
    QueueUrl: String(QueueUrl),
    ResourceIds: instanceId,
    Resources: instanceId,
    RoleName: role?.RoleName ?? '',
    Rule: 'chainmend-alarms',
    SnapshotId: region.ec2.snapshots()[0]?.snapshotId ?? '',
    TableName: world.tableName,
    TopicArn: String(TopicArn),
    VolumeId: volume?.volumeId ?? '',
    VolumeIds: volume?.volumeId ?? '',
  };
}
