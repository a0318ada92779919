// The tools of a heal around records in memory and clients that answer what a test says, for tests of what every heal shares.

import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { HealContext, Step } from '../../shared/heal/context.ts';
import type { JournalEntry } from '../../shared/heal/journal.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { partitions } from '../../shared/heal/records.ts';
import { type Key, keys } from '../../shared/heal/store.ts';
import type { HealPayload } from '../../shared/model/payload.ts';
import { bitcoinFile } from './builders/fleet.ts';
import { ME, payload } from './builders/incident.ts';
import { nodeRecord } from './builders/records.ts';
import { NOON_MS } from './builders/time.ts';

export interface Shell {
  readonly tools: HealContext;
  readonly nodes: Map<string, NodeRecord>;
  readonly journal: (JournalEntry & { readonly place: string })[];
  /** Names of the SDK's commands, in the order in which they were sent. */
  readonly calls: string[];
  readonly sent: Record<string, unknown>[];
  /** What the clients answer, by the command's name; a test may replace or add. */
  readonly answers: Record<string, (input: Record<string, unknown>) => unknown>;
  /** What parameter store holds. */
  readonly parameters: Map<string, string>;
  /** Names of those calls that change something, or have somebody else change it. */
  readonly changes: () => readonly string[];
  /** Called before each conditional write: somebody else may be first. */
  meanwhile: () => void;
}

export function shell(more: Partial<HealPayload> = {}, node: NodeRecord = nodeRecord({ owner: ME, fence: 4 })): Shell {
  const nodes = new Map([[node.instanceId, node]]);
  const calls: string[] = [];
  const sent: Record<string, unknown>[] = [];
  const journal: Shell['journal'] = [];
  const kept = new Map<string, object>();
  const nameOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;
  const parameters = new Map([
    ['/chainmend/pause', 'off'],
    ['/chainmend/fleets/bitcoin', JSON.stringify(bitcoinFile())],
  ]);
  const answers: Shell['answers'] = {
    GetParametersCommand: ({ Names }) => ({
      Parameters: (Names as string[]).flatMap((Name) => {
        const Value = parameters.get(Name);
        return Value === undefined ? [] : [{ Name, Value }];
      }),
    }),
    DescribeTagsCommand: () => ({ Tags: [] }),
    DescribeInstanceInformationCommand: () => ({
      InstanceInformationList: [{ PingStatus: 'Online', AgentVersion: '3.3.2746.0' }],
    }),
    SendCommandCommand: () => ({ Command: { CommandId: 'the-command' } }),
  };
  const client = {
    send: async (command: { readonly input: Record<string, unknown> }) => {
      const { name } = command.constructor;
      calls.push(name);
      sent.push(command.input);
      const answer = answers[name];
      if (!answer) throw new Error(`${name} was not expected`);
      return answer(command.input);
    },
  };
  // The SDK pages through what a client of its own class answers.
  const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), client);
  const elb = Object.assign(new ElasticLoadBalancingV2Client({ region: 'eu-west-1' }), client);
  const made: Shell = {
    nodes,
    journal,
    calls,
    sent,
    answers,
    parameters,
    changes: () => calls.filter((name) => !/^(Describe|Get|List)/.test(name)),
    meanwhile: () => {},
    tools: {
      clients: {
        ...{ ssm: client, ec2, ec2Once: ec2, lambda: client, lambdaOnce: client, sns: client },
        ...{ elb, autoscaling: client },
      },
      store: {
        readNode: async (_: string, instanceId: string) => nodes.get(instanceId),
        read: async (key: Key) => kept.get(nameOf(key)),
        between: async (partition: string) =>
          [...kept].flatMap(([name, record]) => {
            const [pk, sk] = name.split(' ');
            return pk === partition ? [{ sk, record }] : [];
          }),
        replace: async (key: Key, next: NodeRecord) => {
          if (key.pk === partitions.kept(next.fleet)) {
            kept.set(nameOf(key), next);
            return true;
          }
          made.meanwhile();
          if (key.sk !== keys.node(next.fleet, next.instanceId).sk)
            throw new Error(`${key.sk} is no record of ${next.instanceId}`);
          if ((nodes.get(next.instanceId)?.version ?? 0) !== next.version - 1) return false;
          nodes.set(next.instanceId, next);
          return true;
        },
      },
      journal: async (place: string, entry: JournalEntry) => void journal.push({ place, ...entry }),
      payload: { ...payload(), ...more } as HealPayload,
      execution: ME,
      environment: { TABLE_NAME: 'table', TOPIC_ARN: 'topic', PARAMETER_PREFIX: '/chainmend' },
    } as unknown as HealContext,
  };
  return made;
}

/** A context whose waits take no time, and remember how long they were to be. */
export function patientContext(): { readonly ctx: DurableContext; readonly waited: number[]; readonly step: Step } {
  const waited: number[] = [];
  const ctx = {
    wait: async (_: string, { seconds }: { readonly seconds: number }) => void waited.push(seconds),
    step: async (_: string, body: () => Promise<unknown>) => body(),
  } as unknown as DurableContext;
  return { ctx, waited, step: (_, body) => body() };
}

export const LONG_OVER_MS = NOON_MS;
/** Far in the future of whatever clock the tests run by. */
export const NEVER_OVER_MS = Date.parse('2999-01-01T00:00:00Z');
