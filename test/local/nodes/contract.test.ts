// The simulated node plays the same stories as the shipped scripts do on real filesystems.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { SimulatedChain } from '../../../local/nodes/chain.ts';
import type { FilesystemType } from '../../../local/nodes/content.ts';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import { SimulatedNode } from '../../../local/nodes/node.ts';
import { parseAnswer } from '../../../shared/node-commands/answer.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

interface NodeStory {
  volumeId: string;
  path: string;
  mounted: boolean;
  filesystem: FilesystemType;
  partitioned: boolean;
  deviceMiB: number;
  filesystemMiB: number;
  full: boolean;
  runtime: 'systemd' | 'docker' | 'compose' | 'none';
  unit: string;
  client: 'running' | 'stopped' | 'failed';
}

interface Send {
  operation: string;
  startInSeconds: number;
  [parameter: string]: string | number;
}

interface Expectation {
  result?: string;
  fence?: number;
  before?: object | null;
  after?: object | null;
  reason?: string;
  sameAnswerAsStep?: number;
  filesystem?: 'as before' | 'whole device';
  started?: string[];
}

type Step = { send: Partial<Send>; expect: Expectation } | { do: string; deviceMiB?: number };

interface Fixtures {
  defaults: { node: NodeStory; send: Send };
  cases: { name: string; node: Partial<NodeStory>; steps: Step[] }[];
}

const MIB = 2 ** 20;
const fixtures = JSON.parse(readFileSync('test/fixtures/contract/commands.json', 'utf8')) as Fixtures;

describe('a simulated node obeys the contract of the command scripts', () => {
  it.each(fixtures.cases)('$name', ({ node: story, steps }) => {
    const kernel = testKernel();
    const facts = { ...fixtures.defaults.node, ...story };
    const node = nodeOf(kernel, facts);
    const answers: string[] = [];
    for (const [index, step] of steps.entries()) {
      if ('do' in step) {
        happens(node, facts, step);
        answers[index] = '';
        continue;
      }
      const volume = node.volumes[0];
      const sizeBefore = volume?.sizeBytes;
      const startsBefore = node.report().clientStarts.length;
      const sent = { ...fixtures.defaults.send, ...step.send } as Send;
      const stdout = answerTo(kernel, node, facts, sent);
      answers[index] = stdout;
      const { result, fence, before, after, reason, sameAnswerAsStep, filesystem, started } = step.expect;
      const answer = parseAnswer(stdout);
      expect(answer.operationId).toBe(sent['OperationId']);
      if (sameAnswerAsStep !== undefined) expect(stdout).toBe(answers[sameAnswerAsStep]);
      if (result !== undefined) expect(answer.result).toBe(result);
      if (fence !== undefined) expect(answer.fence).toBe(fence);
      if (before === null) expect(answer.before).toBeNull();
      else if (before) expect(answer.before).toMatchObject(before);
      if (after === null) expect(answer.after).toBeNull();
      else if (after) expect(answer.after).toMatchObject(after);
      if (reason !== undefined) expect(answer.reason).toMatch(new RegExp(reason));
      if (filesystem === 'as before') expect(volume?.sizeBytes).toBe(sizeBefore);
      if (filesystem === 'whole device') {
        expect(volume?.sizeBytes).toBeGreaterThan(sizeBefore ?? 0);
        expect((volume?.deviceBytes ?? 0) - (volume?.sizeBytes ?? 0)).toBeLessThanOrEqual(4 * MIB);
      }
      if (started) expect(node.report().clientStarts.slice(startsBefore)).toEqual(started);
    }
  });
});

function nodeOf(kernel: TestKernel, facts: NodeStory): SimulatedNode {
  const chain = new SimulatedChain(kernel, {
    name: 'still',
    heightAtStart: 100,
    blockIntervalMs: 86_400_000,
    bytesPerBlock: 1_000,
    inodesPerBlock: 0,
    consensus: 'elsewhere',
  });
  return new SimulatedNode(kernel, chain, {
    instanceId: 'i-0123456789abcdef0',
    name: 'node1',
    privateIp: '10.0.0.11',
    runtime: facts.runtime,
    unit: facts.unit === 'node@*' ? 'node@0.21.0.service' : facts.unit,
    client: facts.client,
    volumes: [
      {
        volumeId: facts.volumeId,
        role: 'data',
        path: facts.path,
        filesystem: facts.filesystem,
        partitioned: facts.partitioned,
        mounted: facts.mounted,
        deviceBytes: facts.deviceMiB * MIB,
        filesystemBytes: facts.filesystemMiB * MIB,
        usedBytes: (facts.full ? facts.filesystemMiB : 100) * MIB,
      },
    ],
  });
}

function happens(node: SimulatedNode, facts: NodeStory, step: { do: string; deviceMiB?: number }): void {
  switch (step.do) {
    case 'grow the device':
      node.volumeResized(facts.volumeId, (step.deviceMiB ?? 0) / 1_024);
      break;
    case 'forget everything':
      node.forgetCommands();
      break;
    case 'forget the last answer':
      node.forgetLastAnswer();
      break;
    default:
      throw new Error(`the fixtures do what this test does not know: ${step.do}`);
  }
}

function answerTo(kernel: TestKernel, node: SimulatedNode, facts: NodeStory, send: Send): string {
  const { operation, startInSeconds, ...given } = send;
  const parameters: Record<string, string> = {
    Path: facts.path,
    VolumeId: facts.volumeId,
    Runtime: facts.runtime,
    Unit: facts.unit,
    StartBy: String(Math.floor(kernel.clock.now() / 1_000) + startInSeconds),
  };
  for (const [name, value] of Object.entries(given)) parameters[name] = String(value);
  let outcome: CommandOutcome | undefined;
  const command = {
    commandId: 'c',
    documentName: `chainmend-${operation}-0a1b2c3d`,
    script: '',
    parameters,
    timeoutSeconds: 60,
  };
  node.run(command, (ended) => {
    outcome = ended;
  });
  kernel.advance(60_000);
  expect(outcome?.exitCode).toBe(0);
  return outcome?.stdout ?? '';
}
