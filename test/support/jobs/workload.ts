// A toy region for tests of clock, gateway and sandboxes: a few operations with state, and many guests at work.
import type vm from 'node:vm';
import { buildSync } from 'esbuild';
import pMap from 'p-map';
import { CLOUDWATCH } from '../../../local/services/cloudwatch/service.ts';
import { DYNAMODB } from '../../../local/services/dynamodb/service.ts';
import { EC2 } from '../../../local/services/ec2/service.ts';
import { LAMBDA } from '../../../local/services/lambda/service.ts';
import { SSM } from '../../../local/services/ssm/service.ts';
import { VirtualClock } from '../../../local/simulator/clock.ts';
import { Gateway } from '../../../local/simulator/gateway/gateway.ts';
import { loadModels } from '../../../local/simulator/gateway/model.ts';
import { TokenBuckets } from '../../../local/simulator/gateway/rate-limits.ts';
import { compileBundle, createSandbox, type Lane } from '../../../local/simulator/lambda-runtime/sandbox.ts';
import { randomStream } from '../../../local/simulator/random.ts';
import {
  combineRequestFaults,
  type FaultEffect,
  killing,
  lostAnswers,
  programmed,
  throttling,
} from '../../../local/simulator/request-faults.ts';
import { AwsError, type Service } from '../../../local/simulator/service.ts';

export interface WorkloadRun {
  readonly seed: number;
  readonly lane: Lane;
  readonly faults: readonly ('throttling' | 'lost-answers' | 'killed')[];
  readonly actors: number;
  readonly rounds: number;
  /** A fault at an exact call instead of seeded ones. */
  readonly at?: { readonly nth: number; readonly mutating?: boolean; readonly fate: FaultEffect };
}

export interface WorkloadResult {
  readonly traceHash: string;
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** What each guest says it saw; undefined where it died. */
  readonly seen: Readonly<Record<string, unknown>>;
  readonly log: readonly string[];
  readonly endedAtMs: number;
  readonly killed: readonly string[];
  /** Calls by sandboxes that were dead already. */
  readonly callsOfTheDead: number;
}

const START_MS = Date.parse('2026-01-01T12:00:00Z');

const { outputFiles } = buildSync({
  entryPoints: [new URL('../guest-workload.ts', import.meta.url).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
});
const script = compileBundle(outputFiles[0]?.text ?? '', 'workload.cjs');

/** One run after another; results are in the order of `runs`. */
export const job = (runs: readonly WorkloadRun[]): Promise<WorkloadResult[]> =>
  pMap(runs, (run) => runWorkload(script, run), { concurrency: 1 });

async function runWorkload(script: vm.Script, run: WorkloadRun): Promise<WorkloadResult> {
  const clock = new VirtualClock({ startMs: START_MS });
  const models = await loadModels([EC2, SSM, DYNAMODB, CLOUDWATCH, LAMBDA]);
  const stream = (name: string) => randomStream(run.seed, name);
  const { at } = run;
  const exact = at && programmed({ ...at, match: ({ mutating }) => mutating || !at.mutating });
  const faults = combineRequestFaults(
    ...(exact ? [exact] : []),
    ...run.faults.map((name) => {
      if (name === 'throttling') return throttling({ random: stream('throttling') });
      return name === 'killed' ? killing({ random: stream('killed'), atMost: 2 }) : lostAnswers();
    }),
  );
  const killed: string[] = [];
  const callsAtDeath = new Map<string, number>();
  const callsOf = (actor: string) => gateway.trace.calls.filter((call) => call.actor === actor).length;
  const onSandboxKilled = (actor: string) => {
    killed.push(actor);
    callsAtDeath.set(actor, callsOf(actor));
  };
  const limits = new TokenBuckets();
  const gateway = new Gateway({ clock, models, random: stream('requests'), faults, limits, onSandboxKilled });
  gateway.serve(...services(() => clock.now()));
  const log: string[] = [];
  const seen: Record<string, unknown> = {};
  let open = run.actors;
  for (let i = 0; i < run.actors; i++) {
    const actor = `guest/${i}`;
    const sandbox = createSandbox({
      script,
      environment: {},
      clock,
      random: stream(actor),
      actor,
      roleArn: 'arn:aws:iam::111122223333:role/guest',
      gateway,
      lane: run.lane,
      log: (line) => log.push(`${actor} ${line}`),
    });
    sandbox.invoke({ rounds: run.rounds, fleet: `f${i % 2}` }, {}).then(
      (result) => {
        seen[actor] = result;
        open--;
      },
      (error: Error) => {
        seen[actor] = `${error.name}: ${error.message}`;
        open--;
      },
    );
  }
  // All timers and late answers too: whatever a dead sandbox still did would show.
  await clock.run({ maxEvents: 200_000 });
  if (open !== killed.length) throw new Error(`${open} guests never ended, and ${killed.length} were killed`);
  const outcomes: Record<string, number> = {};
  for (const { outcome } of gateway.trace.calls) outcomes[outcome ?? 'open'] = (outcomes[outcome ?? 'open'] ?? 0) + 1;
  const { trace } = gateway;
  const callsOfTheDead = killed.reduce((sum, actor) => sum + callsOf(actor) - (callsAtDeath.get(actor) ?? 0), 0);
  const endedAtMs = clock.now();
  return { traceHash: trace.hash(), calls: trace.calls.length, outcomes, seen, log, endedAtMs, killed, callsOfTheDead };
}

function services(now: () => number): Service[] {
  const items = new Map<string, Record<string, unknown>>();
  let made = 0;
  return [
    {
      name: 'ec2',
      operations: {
        DescribeVolumes: () => ({
          Volumes: [
            {
              VolumeId: 'vol-1',
              Size: 500,
              CreateTime: new Date(START_MS + 7),
              Attachments: [],
              Tags: [{ Key: 'a', Value: '<&>' }],
            },
          ],
        }),
        ModifyVolume: ({ VolumeId, Size }) => ({ VolumeModification: { VolumeId, TargetSize: Size } }),
        CreateVolume: () => ({ VolumeId: `vol-${++made}` }),
      },
    },
    {
      name: 'dynamodb',
      operations: {
        PutItem: ({ Item }) => {
          const known = items.get(Item.pk.S);
          if (known !== undefined) {
            throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {
              data: { Item: known },
            });
          }
          items.set(Item.pk.S, Item);
          return {};
        },
      },
    },
    {
      name: 'ssm',
      operations: {
        SendCommand: () => ({ Command: { CommandId: `command-${++made}`, RequestedDateTime: new Date(now()) } }),
        GetParameter: ({ Name }) => {
          throw new AwsError('ParameterNotFound', `Parameter ${Name} not found.`);
        },
      },
    },
    {
      name: 'monitoring',
      operations: {
        PutMetricData: () => ({}),
        GetMetricData: () => ({ MetricDataResults: [{ Id: 'm1', Timestamps: [new Date(now())], Values: [1.5] }] }),
      },
    },
    {
      name: 'lambda',
      operations: { Invoke: ({ Payload }) => ({ StatusCode: 200, Payload }) },
    },
  ];
}
