// One local region, put together: clock, front door, services, machines, and the sandboxes that functions run in.
import type vm from 'node:vm';
import { Machines } from './nodes/machine.ts';
import { createAutoScaling } from './services/autoscaling/autoscaling.ts';
import { createCloudWatch } from './services/cloudwatch/cloudwatch.ts';
import { createDlm } from './services/dlm/dlm.ts';
import { createDynamoDb } from './services/dynamodb/dynamodb.ts';
import { createEc2 } from './services/ec2/service.ts';
import { createLoadBalancing } from './services/elasticloadbalancingv2/load-balancing.ts';
import { createEvents } from './services/events/events.ts';
import { createAuthorizer, createPermits } from './services/iam/authorizer.ts';
import type { Facts } from './services/iam/check.ts';
import { EBS_KEYS, isMapped } from './services/iam/requests.ts';
import { createIam } from './services/iam/roles.ts';
import { kmsKey } from './services/kms/key-ids.ts';
import { createKms } from './services/kms/kms.ts';
import { createLambda } from './services/lambda/service.ts';
import { resolver } from './services/route53/resolver.ts';
import { createRoute53 } from './services/route53/route53.ts';
import { createScheduler } from './services/scheduler/scheduler.ts';
import { createSecretsManager } from './services/secretsmanager/secretsmanager.ts';
import { createSns } from './services/sns/sns.ts';
import { createSqs } from './services/sqs/sqs.ts';
import { createSsm } from './services/ssm/service.ts';
import { createSts } from './services/sts/sts.ts';
import { VirtualClock } from './simulator/clock.ts';
import type { FaultName } from './simulator/faults.ts';
import { FrontDoor } from './simulator/gateway/gateway.ts';
import { loadModels, type Models } from './simulator/gateway/model.ts';
import { TokenBuckets } from './simulator/gateway/rate-limits.ts';
import type { AwsWork, BusEvent, Kernel, Receiver } from './simulator/kernel.ts';
import {
  CodeStore,
  type LambdaHooks,
  type Sandbox,
  type SandboxFunction,
  type StartSandbox,
} from './simulator/lambda-runtime/environment.ts';
import type { Surroundings } from './simulator/lambda-runtime/guest-network.ts';
import { compileBundle, createSandbox, type Lane } from './simulator/lambda-runtime/sandbox.ts';
import { Network } from './simulator/network/network.ts';
import { VpcEndpoints } from './simulator/network/vpc-endpoints.ts';
import { type Random, randomStream } from './simulator/random.ts';
import {
  combineRequestFaults,
  killing,
  lostAnswers,
  type RequestFaults,
  throttling,
} from './simulator/request-faults.ts';
import { AwsError } from './simulator/service.ts';
import type { CallRecord } from './simulator/trace.ts';

export const ACCOUNT_ID = '111122223333';
export const REGION_NAME = 'eu-west-1';
/** When a story begins; the stack was deployed in the quarter of an hour before. */
export const START_MS = Date.UTC(2026, 0, 1, 12);
const DEPLOYED_MS = START_MS - 15 * 60_000;

export interface RegionOptions {
  readonly seed: number;
  readonly lane: Lane;
  readonly faults?: readonly FaultName[];
  /** Of its clock: in the quarter of an hour before `START_MS` unless given. Real machines want a time that is theirs. */
  readonly startMs?: number;
  /** Faults at exact places, besides the seeded ones. */
  readonly requestFaults?: RequestFaults;
  readonly hooks?: LambdaHooks;
  /** Runs functions elsewhere than in `node:vm` contexts of this process; undefined for those that stay. */
  readonly sandbox?: (place: SandboxPlace) => Sandbox | undefined;
  /** False where something of the outside world is meant to be awaited: sockets, real machines. */
  readonly guard?: boolean;
  /** Concurrent executions of Lambda that the account may have; 1,000 unless given. */
  readonly accountConcurrency?: number;
  /** Told of each request right after its effect. */
  readonly onCall?: (record: CallRecord) => void;
  /** How many calls the trace keeps in full; all unless given. */
  readonly retain?: number;
  /**
   * Told of errors of the region itself, which then goes on; the caller of a request gets `InternalFailure`. Without it the first defect
   * ends the run: what is repeatable has to fail loudly (docs/adr/0022-a-served-region-outlives-its-defects.md).
   */
  readonly onDefect?: (error: unknown, during: string) => void;
}

/** Where and as whom a new sandbox runs. */
export interface SandboxPlace {
  readonly fn: SandboxFunction;
  readonly actor: string;
  readonly clock: VirtualClock;
  readonly front: FrontDoor;
  readonly log: (line: string) => void;
}

/** One invocation of a function: which calls of the trace are its. */
export interface InvocationSpan {
  readonly actor: string;
  readonly functionName: string;
  readonly event: unknown;
  /** Positions in the trace. */
  readonly fromCall: number;
  toCall: number | undefined;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
}

/** What functions print, kept for those who want to look. */
const LOG_LINES_MAX = 5_000;
const WORKS_MAX = 100_000;
const SPANS_MAX = 200_000;

export type Region = Awaited<ReturnType<typeof createRegion>>;

let models: Promise<Models> | undefined;

export async function createRegion(options: RegionOptions) {
  const { seed, lane, faults = [] } = options;
  const { onDefect } = options;
  models ??= loadModels();
  const clock = new VirtualClock({
    startMs: options.startMs ?? DEPLOYED_MS,
    ...(options.guard === false && { guard: false }),
    ...(onDefect && { onDefect: (error: unknown) => onDefect(error, 'work that nobody waits for') }),
  });
  const kernel = new RegionKernel(clock, seed, new Set(faults));
  const machines = new Machines();
  const log: string[] = [];
  const spans: InvocationSpan[] = [];

  const cloudwatch = createCloudWatch(kernel);
  const sqs = createSqs(kernel, cloudwatch.record);
  const events = createEvents(kernel, sqs, cloudwatch.record);
  kernel.bus = events.emit;
  const scheduler = createScheduler(kernel, sqs, cloudwatch.record);
  const sns = createSns(kernel);
  const dynamodb = createDynamoDb(kernel);
  const ssm = createSsm(kernel, machines);
  const ec2 = createEc2(kernel, machines, cloudwatch.record);
  const iam = createIam(kernel);
  const kms = createKms(kernel, ec2);
  const route53 = createRoute53(kernel);
  const secretsmanager = createSecretsManager(kernel);
  const code = new CodeStore();
  const network = new Network();
  network.resolveWith(resolver(route53));
  const vpcEndpoints = new VpcEndpoints();
  const elb = createLoadBalancing(kernel, ec2, network);
  const autoscaling = createAutoScaling(kernel, ec2, elb);

  const facts: Facts = {
    tags: (arn) => {
      if (arn.startsWith('arn:aws:secretsmanager:')) return secretsmanager.tags(arn);
      if (arn.startsWith('arn:aws:cloudwatch:')) return cloudwatch.alarmTags(arn.split(':alarm:').at(-1) ?? '');
      if (arn.startsWith('arn:aws:autoscaling:')) return autoscaling.tags(arn);
      if (arn.startsWith('arn:aws:elasticloadbalancing:')) return elb.tags(arn);
      return ec2.tags(arn.split('/').at(-1) ?? '');
    },
    attachedInstance: (volumeId) => ec2.attachedInstance(volumeId),
    attachedVolumes: (instanceId) => {
      const root = ec2.instances().find((instance) => instance.instanceId === instanceId)?.rootDeviceName;
      return ec2
        .volumes()
        .filter(({ attachment }) => attachment?.instanceId === instanceId)
        .map(({ volumeId, attachment }) => ({ volumeId, isRoot: attachment?.device === root }));
    },
    ec2Keys: (id) => ec2.conditionKeys(id),
    launch: (input) => ec2.planOf(input),
    launchTemplate: (name) => ec2.launchTemplates().find((template) => template.name === name)?.launchTemplateId,
    associatedAddress: (associationId) =>
      ec2.addresses().find(({ association }) => association?.associationId === associationId)?.allocationId,
    scalingGroup: (name) => autoscaling.groups().find((group) => group.name === name)?.arn,
    owningGroup: (instanceId) => autoscaling.ownerOf(instanceId)?.arn,
    partitionKey: (tableName) => dynamodb.partitionKey(tableName),
    secureParameters: (names) => ssm.secureParameters(names),
    secureParametersBelow: (path, recursive) => ssm.secureParametersBelow(path, recursive),
    secret: (secretId) => secretsmanager.secret(secretId),
    resourcePolicy: (arn) => {
      if (arn.startsWith('arn:aws:sns:')) return sns.policy(arn);
      if (arn.startsWith('arn:aws:sqs:')) return sqs.policy(arn);
      if (arn.startsWith('arn:aws:kms:')) return kms.policy(arn);
      if (arn.startsWith('arn:aws:iam:')) return iam.trustOf(arn);
      return arn.startsWith('arn:aws:lambda:') ? lambda.policy(arn) : undefined;
    },
    topicKey: (arn) => {
      const key = sns.keyOf(arn);
      return key === undefined ? undefined : kmsKey(key, kernel);
    },
  };
  const authorize = createAuthorizer(kernel, iam, facts);
  kernel.permits = createPermits(kernel, iam, facts);
  ec2.askForKeys((call, KeyId, uses) => uses.every((use) => authorize(call, EBS_KEYS, use, { KeyId }) === undefined));
  const front = new FrontDoor({
    clock,
    models: await models,
    random: kernel.random('front'),
    faults: seededFaults(kernel, faults, options.requestFaults),
    limits: new TokenBuckets(),
    authorize: (call, service, operation, input) => {
      const denied = authorize(call, service, operation, input);
      if (denied) throw denied;
    },
    isAsked: isMapped,
    onSandboxKilled: (actor) => lambda.sandboxKilled(actor),
    ...(options.onCall && { onCall: options.onCall }),
    ...(onDefect && { onDefect }),
    ...(options.retain !== undefined && { retain: options.retain }),
  });

  const around = (fn: SandboxFunction): Surroundings => ({
    network,
    place: fn.vpc ?? 'internet',
    endpoints: vpcEndpoints,
  });
  const sandboxes = sandboxFactory({ clock, seed, lane, front, log, spans, around, elsewhere: options.sandbox });
  const lambda = createLambda(kernel, {
    startSandbox: sandboxes,
    code,
    vpcOf: ec2.vpcOf,
    metric: (namespace, name, dimensions, value) => cloudwatch.record(namespace, name, dimensions, value, clock.now()),
    ...(options.hooks && { observe: options.hooks }),
    ...(options.accountConcurrency !== undefined && { accountConcurrency: options.accountConcurrency }),
  });
  front.serve(
    ec2,
    ssm,
    cloudwatch,
    events,
    scheduler,
    sns,
    sqs,
    dynamodb,
    iam.service,
    lambda.service,
    route53,
    secretsmanager,
    autoscaling,
    elb,
    createDlm(kernel, ec2),
    kms,
    createSts(kernel),
  );

  return {
    clock,
    kernel,
    front,
    machines,
    code,
    /** Nodes and reference endpoints are attached here, for functions to ask over HTTP. */
    network,
    vpcEndpoints,
    log,
    spans,
    cloudwatch,
    events,
    scheduler,
    sns,
    sqs,
    dynamodb,
    ssm,
    ec2,
    autoscaling,
    elb,
    iam,
    kms,
    lambda,
    route53,
    secretsmanager,
    /** A request from outside of any function: a person, the deployment, a simulated agent. Waits where it is throttled. */
    call: (service: string, operation: string, input: object, actor = 'person') =>
      patiently(clock, () => front.request({ service, operation, input, actor })),
  };
}

/** Hundreds of alarms at three a second take minutes. */
const MAX_THROTTLED = 1_000;

async function patiently<T>(clock: VirtualClock, request: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await request();
    } catch (error) {
      const throttled = error instanceof AwsError && /Throttl|RequestLimitExceeded|TooManyRequests/.test(error.name);
      if (!throttled || tried === MAX_THROTTLED) throw error;
      await clock.sleep(1_000);
    }
  }
}

class RegionKernel implements Kernel {
  readonly accountId = ACCOUNT_ID;
  readonly regionName = REGION_NAME;
  readonly clock: VirtualClock;
  /** Set once the bus exists. */
  bus: (event: BusEvent) => void = () => {};
  /** Set once there is IAM. */
  permits: Kernel['permits'] = () => undefined;
  readonly works: AwsWork[] = [];
  readonly #seed: number;
  readonly #faults: ReadonlySet<FaultName>;
  readonly #streams = new Map<string, Random>();
  readonly #receivers: [string, Receiver][] = [];

  constructor(clock: VirtualClock, seed: number, faults: ReadonlySet<FaultName>) {
    this.clock = clock;
    this.#seed = seed;
    this.#faults = faults;
  }

  random(stream: string): Random {
    const known = this.#streams.get(stream);
    if (known) return known;
    const random = randomStream(this.#seed, `region/${stream}`);
    this.#streams.set(stream, random);
    return random;
  }

  emit(event: BusEvent): void {
    this.bus(event);
  }

  working(work: AwsWork): void {
    if (this.works.length >= WORKS_MAX) this.works.shift();
    this.works.push(work);
  }

  fault(name: FaultName): boolean {
    return this.#faults.has(name);
  }

  receive(arnPrefix: string, receiver: Receiver): void {
    this.#receivers.push([arnPrefix, receiver]);
  }

  deliver(arn: string, payload: string): void {
    const receiver = this.#receivers.find(([prefix]) => arn.startsWith(prefix))?.[1];
    if (!receiver) throw new AwsError('ResourceNotFoundException', `nothing in the local region receives for ${arn}`);
    receiver(arn, payload);
  }
}

function seededFaults(kernel: Kernel, names: readonly FaultName[], exact: RequestFaults | undefined): RequestFaults {
  const faults = names.flatMap((name): RequestFaults[] => {
    if (name === 'throttling') return [throttling({ random: kernel.random('faults/throttling') })];
    if (name === 'lost-answers') return [lostAnswers()];
    if (name === 'killed') return [killing({ random: kernel.random('faults/killed') })];
    return [];
  });
  return combineRequestFaults(...(exact ? [exact] : []), ...faults);
}

/** Bundles are compiled once a process: every region of a sweep over seeds runs the same scripts. */
const compiled = new Map<string, vm.Script>();

function sandboxFactory({
  clock,
  seed,
  lane,
  front,
  log,
  spans,
  around,
  elsewhere,
}: {
  readonly clock: VirtualClock;
  readonly seed: number;
  readonly lane: Lane;
  readonly front: FrontDoor;
  readonly log: string[];
  readonly spans: InvocationSpan[];
  readonly around: (fn: SandboxFunction) => Surroundings;
  readonly elsewhere: RegionOptions['sandbox'];
}): StartSandbox {
  const started = new Map<string, number>();
  const inThisProcess = (fn: SandboxFunction, actor: string, note: (line: string) => void): Sandbox => {
    const { functionName, version, roleArn, code, handler, environment, memoryMiB } = fn;
    const script = compiled.get(code.sha256) ?? compileBundle(code.source, code.path);
    compiled.set(code.sha256, script);
    return createSandbox({
      script,
      exportName: handler.split('.').at(-1) ?? 'handler',
      environment: {
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_VERSION: version,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
        ...environment,
      },
      clock,
      random: randomStream(seed, `actor/${actor}`),
      actor,
      roleArn,
      functionArn: `arn:aws:lambda:${REGION_NAME}:${ACCOUNT_ID}:function:${functionName}`,
      front,
      lane,
      surroundings: around(fn),
      log: note,
    });
  };
  return (fn: SandboxFunction) => {
    const { functionName } = fn;
    const number = (started.get(functionName) ?? 0) + 1;
    started.set(functionName, number);
    const actor = `${functionName}/${number}`;
    const note = (line: string): void => {
      if (log.length >= LOG_LINES_MAX) log.shift();
      log.push(`${new Date(clock.now()).toISOString()} ${actor} ${line}`);
    };
    const sandbox = elsewhere?.({ fn, actor, clock, front, log: note }) ?? inThisProcess(fn, actor, note);
    return {
      actor,
      get dead() {
        return sandbox.dead;
      },
      kill: () => sandbox.kill(),
      invoke: async (event, context) => {
        const span: InvocationSpan = {
          actor,
          functionName,
          event,
          fromCall: front.trace.calls.length,
          toCall: undefined,
          startedAtMs: clock.now(),
          endedAtMs: undefined,
        };
        if (spans.length < SPANS_MAX) spans.push(span);
        try {
          return await sandbox.invoke(event, context);
        } catch (error) {
          const { name, message, stack = '' } = error as Error;
          note(`${name}: ${message}${stack.split('\n').slice(1, 6).join('')}`);
          throw error;
        } finally {
          span.toCall = front.trace.calls.length;
          span.endedAtMs = clock.now();
        }
      },
    };
  };
}
