// Builds one local region: clock, gateway, services, machines, and the sandboxes of functions.

import { Machines } from './nodes/machine.ts';
import type { StacksNeeds } from './services/cloudformation/stacks.ts';
import { ebsKeyCheck } from './services/ec2/permissions.ts';
import type { Ec2 } from './services/ec2/service.ts';
import { createAuthorizer } from './services/iam/authorizer.ts';
import { ServiceRegistry } from './services/registry.ts';
import { resolver } from './services/route53/resolver.ts';
import {
  CONDITION_KEYS,
  createOwnersServices,
  createServices,
  OWNERS_SERVICES,
  RESOURCE_TYPES,
  SERVICES,
} from './services/services.ts';
import { VirtualClock } from './simulator/clock.ts';
import { CustomResourceAnswers } from './simulator/cloudformation/custom-resources.ts';
import { type DeployOptions, deploy } from './simulator/cloudformation/deploy.ts';
import { update } from './simulator/cloudformation/update.ts';
import type { FaultName } from './simulator/faults.ts';
import { Gateway } from './simulator/gateway/gateway.ts';
import { loadModels } from './simulator/gateway/model.ts';
import { TokenBuckets } from './simulator/gateway/rate-limits.ts';
import { RegionKernel } from './simulator/kernel.ts';
import { CodeStore, type LambdaHooks, type Sandbox } from './simulator/lambda-runtime/environment.ts';
import type { Lane } from './simulator/lambda-runtime/sandbox.ts';
import { createSandboxes, type InvocationSpan, type SandboxLocation } from './simulator/lambda-runtime/sandboxes.ts';
import { Network } from './simulator/network/network.ts';
import { VpcEndpoints } from './simulator/network/vpc-endpoints.ts';
import { combineRequestFaults, Outages, type RequestFaults, seededFaults } from './simulator/request-faults.ts';
import { AwsError } from './simulator/service.ts';
import type { CallRecord } from './simulator/trace.ts';

export const ACCOUNT_ID = '111122223333';
export const REGION_NAME = 'eu-west-1';
/** Of worlds with two. */
export const SECOND_REGION_NAME = 'eu-central-1';
/** Of worlds with two. */
export const SECOND_ACCOUNT_ID = '444455556666';
/** When a story begins; the stack is deployed in the quarter of an hour before. */
export const START_MS = Date.UTC(2026, 0, 1, 12);
const DEPLOYED_MS = START_MS - 15 * 60_000;

export interface RegionOptions {
  readonly seed: number;
  readonly lane: Lane;
  readonly faults?: readonly FaultName[];
  /** Of its clock; by default in the quarter of an hour before `START_MS`. Real machines need a start time of their own. */
  readonly startMs?: number;
  /** Faults at exact places, besides the seeded ones. */
  readonly requestFaults?: RequestFaults;
  readonly hooks?: LambdaHooks;
  /** Runs functions outside of the `node:vm` contexts of this process; undefined for functions that stay. */
  readonly sandbox?: (place: SandboxLocation) => Sandbox | undefined;
  /** False if the run waits for the outside world: sockets, real machines. */
  readonly guard?: boolean;
  /** The account's limit of concurrent Lambda executions; 1,000 by default. */
  readonly accountConcurrency?: number;
  /** Called with each request right after its effect. */
  readonly onCall?: (record: CallRecord) => void;
  /** How many calls the trace keeps in full; all by default. */
  readonly retain?: number;
  /** Where it is; `REGION_NAME` by default. */
  readonly regionName?: string;
  /** Whose it is; `ACCOUNT_ID`'s by default. */
  readonly accountId?: string;
  /**
   * Another region of the same account, or the same region of another account, in the same world, whose clock it has. What lifecycle policies copy or share
   * goes from one to the other.
   */
  readonly beside?: Neighbour;
  /** It has S3 and CloudFormation, with which owners deploy stacks of theirs. */
  readonly isDeployedTo?: boolean;
  /** A new lifecycle policy takes its first snapshots within so long; within a day by default, as AWS says. */
  readonly policiesBeginWithinMs?: number;
  /**
   * Called with errors of the region itself, which then continues; the caller of a request gets `InternalFailure`. Without it the first defect ends
   * the run: a repeatable run must fail loudly.
   */
  readonly onDefect?: (error: unknown, during: string) => void;
}

/** What a region has to do with another one. */
export interface Neighbour {
  readonly clock: VirtualClock;
  readonly kernel: Pick<RegionKernel, 'regionName' | 'accountId'>;
  readonly ec2: Pick<Ec2, 'copiesTo' | 'receiveCopy' | 'sharesWith' | 'receiveShared'>;
}

export type Region = Awaited<ReturnType<typeof createRegion>>;

export async function createRegion(options: RegionOptions) {
  const { seed, lane, faults = [], hooks, accountConcurrency, onCall, onDefect, retain, beside } = options;
  const models = await loadModels(options.isDeployedTo ? [...SERVICES, ...OWNERS_SERVICES] : SERVICES);
  const clock = beside?.clock ?? clockOf(options);
  const { accountId = ACCOUNT_ID, regionName = REGION_NAME } = options;
  const isOtherAccount = beside !== undefined && beside.kernel.accountId !== accountId;
  if (beside && isOtherAccount === (beside.kernel.regionName !== regionName))
    throw new Error(
      `${regionName} of ${accountId} is beside neither another region of it nor the same of another account`,
    );
  const kernel = new RegionKernel({
    ...{ accountId, regionName, clock, conditionKeys: CONDITION_KEYS, seed, faults },
    ...(beside && { streams: isOtherAccount ? accountId : regionName }),
  });
  const machines = new Machines();
  const code = new CodeStore();
  const network = new Network();
  const vpcEndpoints = new VpcEndpoints();
  const answers = new CustomResourceAnswers(network, regionName);
  const log: string[] = [];
  const spans: InvocationSpan[] = [];
  const registry = new ServiceRegistry(kernel);
  const outages = new Outages();

  const gateway = new Gateway({
    clock,
    models,
    random: kernel.random('gateway'),
    faults: combineRequestFaults(outages, seededFaults(kernel, faults, options.requestFaults)),
    limits: new TokenBuckets(),
    authorize: (call, service, operation, input) => {
      const denied = authorizer.authorize(call, service, operation, input);
      if (denied) throw denied;
    },
    isMapped: (service, operation) => registry.isMapped(service, operation),
    onSandboxKilled: (actor) => services.lambda.sandboxKilled(actor),
    ...(onCall && { onCall }),
    ...(onDefect && { onDefect }),
    ...(retain !== undefined && { retain }),
  });
  /** What a world says was called before it began, oldest first: in the history of calls alone. */
  const before: CallRecord[] = [];
  const startSandbox = createSandboxes({
    ...{ clock, seed, accountId, regionName, lane, gateway, log, spans },
    surroundingsOf: (fn) => ({ network, location: fn.vpc ?? 'internet', endpoints: vpcEndpoints }),
    elsewhere: options.sandbox,
  });
  const services = createServices(registry, {
    ...{ machines, network, code, startSandbox },
    nowMs: () => clock.now(),
    requests: () => (before.length === 0 ? gateway.trace.calls : [...before, ...gateway.trace.calls]),
    ...(hooks && { hooks }),
    ...(accountConcurrency !== undefined && { accountConcurrency }),
    ...(options.policiesBeginWithinMs !== undefined && { policiesBeginWithinMs: options.policiesBeginWithinMs }),
  });
  if (beside && isOtherAccount) {
    beside.ec2.sharesWith(accountId, services.ec2);
    services.ec2.sharesWith(beside.kernel.accountId, beside.ec2);
  } else if (beside) {
    beside.ec2.copiesTo(regionName, services.ec2);
    services.ec2.copiesTo(beside.kernel.regionName, beside.ec2);
  }
  const authorizer = createAuthorizer(kernel, services.iam, registry);
  kernel.bus = services.events.emit;
  kernel.permits = authorizer.permits;
  network.resolveWith(resolver(services.route53));
  services.ec2.askForKeys(
    (call, keyId, uses) =>
      authorizer.authorizeChecks(call, 'kms', () => uses.map((use) => ebsKeyCheck(use, keyId, kernel))) === undefined,
  );
  /** A request from outside of any function: a person, the deployment, a simulated agent. Waits if it is throttled. */
  const call = (service: string, operation: string, input: object, actor = 'person') =>
    retryThrottled(clock, () => gateway.request({ service, operation, input, actor }));
  const deployment = (own: Pick<DeployOptions, 'assembly'> & Partial<DeployOptions>): DeployOptions => ({
    ...{ accountId, regionName, code, vpcEndpoints, answers, resourceTypes: RESOURCE_TYPES },
    call: (service, operation, input) => call(service, operation, input, 'cloudformation'),
    random: kernel.random('cloudformation'),
    wait: (delayMs) => clock.sleep(delayMs),
    ...own,
  });
  const stacks: Omit<StacksNeeds, 'objectAt'> = {
    deploy: (own) => deploy(deployment(own)),
    update: (own, before) => update(deployment(own), before),
  };
  if (options.isDeployedTo) createOwnersServices(registry, { code, ...stacks });
  gateway.serve(...registry.services());

  return {
    clock,
    kernel,
    gateway,
    machines,
    code,
    /** A call of before the region began, which AWS remembers: later ones come after. */
    wasCalled: (record: Omit<CallRecord, 'outcome'>): void => {
      before.push({ ...record, outcome: 'ok' });
      before.sort((a, b) => a.at - b.at);
    },
    /** Nodes and reference endpoints are attached here; functions reach them over HTTP. */
    network,
    vpcEndpoints,
    outages,
    log,
    spans,
    ...services,
    call,
    /** Deploys the stack of a cloud assembly, and updates one. */
    ...stacks,
  };
}

const clockOf = ({ startMs = DEPLOYED_MS, guard, onDefect }: RegionOptions): VirtualClock =>
  new VirtualClock({
    startMs,
    ...(guard === false && { guard: false }),
    ...(onDefect && { onDefect: (error: unknown) => onDefect(error, 'work that nobody waits for') }),
  });

/** Hundreds of alarms at three a second take minutes. */
const MAX_THROTTLED = 1_000;

async function retryThrottled<T>(clock: VirtualClock, request: () => Promise<T>): Promise<T> {
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
