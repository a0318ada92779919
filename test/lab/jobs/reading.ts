// Measures what a person's verbs read of a healthy fleet: each is a process of its own against a served region, whose trace has its requests.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../../infra/paths.ts';
import { environmentFor } from '../../../local/cli/serve.ts';
import { createRegion, REGION_NAME, type Region } from '../../../local/region.ts';
import { healthNow } from '../../../local/scenarios/checks/expectations.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import { settled } from '../../../local/scenarios/world/deployment.ts';
import { type Item, sizeOfItem } from '../../../local/services/dynamodb/values.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen } from '../../../local/simulator/gateway/server.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type ReadingUsd, type ReadRequest, readingUsd } from '../../fixtures/cost.ts';
import { fleetOf } from './fleet-sweep.ts';

export interface ReadingAsked {
  readonly nodes: number;
  readonly metrics: 'classic' | 'otlp';
}

export interface ReadingMeasured {
  /** "report --since 7d" */
  readonly verb: string;
  /** By "service.Operation". */
  readonly requests: Readonly<Record<string, number>>;
  readonly usd: ReadingUsd;
}

/** The region takes hours to evaluate 90 days of PromQL for 500 nodes: over OTLP no history is read. */
const VERBS: Readonly<Record<ReadingAsked['metrics'], readonly string[]>> = {
  classic: ['status', 'status bitcoin', 'report --since 7d', 'backtest --days 90'],
  otlp: ['status', 'status bitcoin', 'report --since 7d'],
};
/** Over OTLP it is the command on a node that tells of its disk, and no alarm of a node has a name. */
const WAYS: Readonly<Record<ReadingAsked['metrics'], Partial<FleetDocument>>> = {
  classic: {},
  otlp: { probe: 'ssm', metrics: 'otlp', alarms: {} },
};
const READER = 'reader';
/** Sweeps before the first verb: by then each node has its metrics, alarms and records. */
const WARM_MINUTES = 6;
const MINUTE_MS = 60_000;
/** CloudTrail allows two requests a second. */
const SPEED = 20;
const VERB_MS = 300_000;

export async function job({ nodes, metrics }: ReadingAsked): Promise<ReadingMeasured[]> {
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  const world = await prepare(region, { fleets: { bitcoin: WAYS[metrics] }, build: (made) => fleetOf(made, nodes, 1) });
  await region.clock.run({ untilMs: region.clock.now() + WARM_MINUTES * MINUTE_MS });
  const seen = [...healthNow(world).values()].filter((health) => health === 'synced').length;
  if (seen !== nodes) throw new Error(`${seen} of ${nodes} nodes were seen to be synced: their verbs would read less`);
  const measured: ReadingMeasured[] = [];
  for (const verb of VERBS[metrics]) {
    const from = region.gateway.trace.calls.length;
    await play(region, verb);
    const requests: ReadRequest[] = [];
    for (const { actor, service, operation, input } of region.gateway.trace.calls.slice(from)) {
      if (actor !== READER) continue;
      const bytes = service === 'dynamodb' ? await bytesOf(region, operation, input as object) : undefined;
      requests.push({ service, operation, input, ...(bytes !== undefined && { bytes }) });
    }
    const counts: Record<string, number> = {};
    for (const { service, operation } of requests)
      counts[`${service}.${operation}`] = (counts[`${service}.${operation}`] ?? 0) + 1;
    measured.push({ verb, requests: counts, usd: readingUsd(requests, nodes) });
  }
  return measured;
}

/** Rejects where the verb does not end with 0: its requests would mean something else. */
async function play(region: Region, verb: string): Promise<void> {
  const fail = (error: unknown): never => {
    throw error;
  };
  const key = newAccessKey();
  const server = await listen(region.gateway, {
    admissions: [{ ...key, caller: { actor: READER } }],
    nowMs: () => region.clock.now(),
    onDefect: fail,
  });
  const following = region.clock.follow({ speed: SPEED, onError: fail });
  const folder = await mkdtemp(join(tmpdir(), 'chainmend-reading-'));
  try {
    const out = verb.startsWith('report') ? ['--out', join(folder, 'report.html')] : [];
    const words = ['infra/commands/chainmend-cli.ts', ...verb.split(' '), ...out];
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = {
      ...{ cwd: repositoryRoot, timeout: VERB_MS },
      env: { PATH, NODE_COMPILE_CACHE, ...environmentFor(server.url, key, REGION_NAME) },
    };
    await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], options);
  } finally {
    await following.stop();
    await server.close();
    await rm(folder, { recursive: true });
  }
}

interface Asked {
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, unknown>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
}

/** DynamoDB charges what it has read, whatever a filter or a projection leaves out: the read is asked again without them. */
async function bytesOf(region: Region, operation: string, input: Asked & object): Promise<number> {
  const {
    KeyConditionExpression: key = '',
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  } = input;
  const kept = Object.entries(input).filter(([name]) => !/^(?:Filter|Projection)Expression$|^Expression/.test(name));
  const used = (placeholders: Readonly<Record<string, unknown>> = {}) => {
    const some = Object.entries(placeholders).filter(([placeholder]) =>
      new Set(key.split(/[^#:\w]+/)).has(placeholder),
    );
    return some.length === 0 ? undefined : Object.fromEntries(some);
  };
  const asked = {
    ...Object.fromEntries(kept),
    ExpressionAttributeNames: used(names),
    ExpressionAttributeValues: used(values),
  };
  const { Item: one, Items: some = [] } = (await settled(region, () => region.call('dynamodb', operation, asked))) as {
    readonly Item?: Item;
    readonly Items?: readonly Item[];
  };
  return [...(one ? [one] : []), ...some].reduce((sum, item) => sum + sizeOfItem(item), 0);
}
