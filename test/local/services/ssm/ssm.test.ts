import type {
  CommandInvocation,
  DescribeInstanceInformationResult,
  GetCommandInvocationResult,
  ListCommandsResult,
  SendCommandResult,
} from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import { createSsm, type Ssm } from '../../../../local/services/ssm/service.ts';
import { parseAnswer } from '../../../../shared/node-commands/answer.ts';
import { type CommandInput, commandParameters } from '../../../../shared/node-commands/command.ts';
import { commandDocuments } from '../../../../shared/node-commands/index.ts';
import { INSTANCE, DATA_VOLUME as VOLUME } from '../../../fixtures/builders/node.ts';
import { chainOf, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../../fixtures/kernel.ts';

const GIB = 2 ** 30;
const documents = commandDocuments();

let kernel: TestKernel;
let ssm: Ssm;
let node: SimulatedNode;

/** Nothing of the node changes while a test looks. */
const slowChain = () => chainOf(kernel, { blockIntervalMs: 600_000, bytesPerBlock: 2 ** 20, inodesPerBlock: 0 });
const call = <T>(operation: string, input: object): T => ssm.operations[operation]?.(input, kernel.call()) as T;
const refused = (name: string, message?: RegExp) =>
  expect.objectContaining({ name, ...(message ? { message: expect.stringMatching(message) } : {}) });

beforeEach(() => {
  kernel = testKernel();
  const machines = new Machines();
  ssm = createSsm(kernel, machines);
  node = nodeOf(kernel, slowChain());
  machines.add(node);
  for (const { name, content } of [documents.observeNode, documents.growFilesystem]) {
    call('CreateDocument', { Name: name, Content: JSON.stringify(content), DocumentType: 'Command' });
  }
});

function observe(overrides: Partial<CommandInput> = {}, request: object = {}): string {
  const Parameters = commandParameters({
    operation: 'observe-node',
    fence: 4,
    ordinal: 1,
    sentAtMs: kernel.clock.now(),
    path: '/data',
    volumeId: VOLUME,
    runtime: { kind: 'systemd', unit: 'node@*' },
    ...overrides,
  });
  const input = {
    DocumentName: documents.observeNode.name,
    InstanceIds: [INSTANCE],
    Parameters,
    TimeoutSeconds: 60,
    ...request,
  };
  return call<SendCommandResult>('SendCommand', input).Command?.CommandId ?? '';
}

const invocation = (CommandId: string): GetCommandInvocationResult =>
  call('GetCommandInvocation', { CommandId, InstanceId: INSTANCE });

describe('a command', () => {
  it('does not exist at first, is pending, in progress, and succeeds with the script’s answer', () => {
    const commandId = observe();
    expect(() => invocation(commandId)).toThrow(refused('InvocationDoesNotExist'));
    const seen = new Set<string | undefined>();
    for (let step = 0; step < 100; step++) {
      kernel.advance(50);
      try {
        seen.add(invocation(commandId).Status);
      } catch (error) {
        seen.add((error as Error).name);
      }
    }
    expect([...seen]).toEqual(['InvocationDoesNotExist', 'Pending', 'InProgress', 'Success']);
    const { StandardOutputContent, ...ended } = invocation(commandId);
    expect(ended).toMatchObject({
      StatusDetails: 'Success',
      ResponseCode: 0,
      PluginName: 'aws:runShellScript',
      DocumentVersion: '1',
    });
    expect(parseAnswer(StandardOutputContent ?? '')).toMatchObject({
      result: 'done',
      fence: 4,
      after: { volumeId: VOLUME, client: 'running' },
    });
    const [work] = kernel.works;
    expect(work).toMatchObject({ what: 'SSM command', resources: [commandId, INSTANCE] });
    const tookMs = (work?.to ?? 0) - (work?.from ?? 0);
    expect(tookMs).toBeGreaterThan(1_000);
    expect(tookMs).toBeLessThan(5_000);
  });

  it('to a node whose agent does not answer is delayed, and times out undelivered', () => {
    node.setAgentConnected(false);
    const commandId = observe();
    kernel.advance(10_000);
    expect(invocation(commandId)).toMatchObject({ Status: 'Delayed', ResponseCode: -1, ExecutionStartDateTime: '' });
    kernel.advance(60_000);
    node.setAgentConnected(true);
    kernel.advance(600_000);
    expect(invocation(commandId)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'DeliveryTimedOut',
      ResponseCode: -1,
    });
    expect(node.report().fencedCommands).toBe(0);
  });

  it('reaches a node that comes back before the delivery time-out', () => {
    node.setAgentConnected(false);
    const commandId = observe();
    kernel.advance(10_000);
    node.setAgentConnected(true);
    kernel.advance(30_000);
    expect(invocation(commandId).Status).toBe('Success');
  });

  it('fails with the agent’s words when the root disk is full', () => {
    node.write('/', 100 * GIB);
    const commandId = observe();
    kernel.advance(10_000);
    expect(invocation(commandId)).toMatchObject({
      Status: 'Failed',
      StandardErrorContent: expect.stringMatching(/Plugin with name aws:runShellScript not found/),
    });
  });

  it('that was cancelled may have run all the same', () => {
    const commandId = observe();
    kernel.advance(1_800);
    expect(invocation(commandId).Status).toBe('InProgress');
    call('CancelCommand', { CommandId: commandId });
    expect(invocation(commandId).Status).toBe('Cancelling');
    kernel.advance(10_000);
    const early = observe({ fence: 3 });
    kernel.advance(10_000);
    expect(parseAnswer(invocation(early).StandardOutputContent ?? '').result).toBe('stale');
  });

  it('by AWS-RunShellScript runs what a person types, as far as this node knows it: SIGSTOP for its client, until that is started again', () => {
    const type = (...commands: string[]): GetCommandInvocationResult => {
      const input = { DocumentName: 'AWS-RunShellScript', InstanceIds: [INSTANCE], Parameters: { commands } };
      const { Command } = call<SendCommandResult>('SendCommand', input);
      kernel.advance(10_000);
      return invocation(Command?.CommandId ?? '');
    };
    expect(type('reboot')).toMatchObject({ Status: 'Failed', ResponseCode: 127 });
    expect(type('systemctl kill --signal=STOP geth.service').Status).toBe('Failed');
    const stop = 'systemctl kill --signal=STOP node@0.20.0.service';
    expect(type(stop, 'reboot').Status).toBe('Failed');
    expect(type(stop)).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    const [before] = [node.client.height(), kernel.advance(3_600_000)];
    expect([node.client.state, node.client.height()]).toEqual(['running', before]);
    expect(node.localRpc(8_332, { method: 'POST', path: '/', headers: {}, body: Buffer.from('{}') }).kind).toBe(
      'silent',
    );
    node.restartClient();
    kernel.advance(3_600_000);
    expect(node.client.height()).toBeGreaterThan(before);
    expect(node.localRpc(8_332, { method: 'POST', path: '/', headers: {}, body: Buffer.from('{}') }).kind).toBe(
      'response',
    );
    expect(() => call('DeleteDocument', { Name: 'AWS-RunShellScript' })).toThrow(refused('InvalidDocument'));
  });

  it('is refused for what its document does not allow', () => {
    const send = (request: object) => () => observe({}, request);
    expect(send({ DocumentName: 'chainmend-nothing' })).toThrow(refused('InvalidDocument'));
    expect(send({ DocumentVersion: '7' })).toThrow(refused('InvalidDocumentVersion'));
    expect(send({ DocumentHash: 'x', DocumentHashType: 'Sha256' })).toThrow(refused('InvalidDocument'));
    expect(send({ Parameters: {} })).toThrow(refused('InvalidParameters', /OperationId is required/));
    expect(send({ InstanceIds: ['i-0fffffffffffffff0'] })).toThrow(
      refused('InvalidInstanceId', /\[\[i-0fffffffffffffff0\]\]/),
    );
    expect(send({ InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${index}`) })).toThrow(
      refused('ValidationException', /50/),
    );
    expect(send({ TimeoutSeconds: 5 })).toThrow(refused('ValidationException', /greater than or equal to 30/));
    const shell = { ...commandParameters({ ...plain(), operation: 'observe-node' }), Path: ['/data; reboot'] };
    expect(send({ Parameters: shell })).toThrow(refused('InvalidParameters', /Path.*allowed pattern/));
    expect(send({ Parameters: { ...shell, Path: ['/data'], Extra: ['x'] } })).toThrow(
      refused('InvalidParameters', /Extra is not defined/),
    );
  });

  it('brings no variables to a node whose agent is too old for them', () => {
    const machines = new Machines();
    const old = createSsm(kernel, machines);
    machines.add(nodeOf(kernel, slowChain(), { agentVersion: '3.2.582.0' }));
    const { name, content } = documents.observeNode;
    old.operations['CreateDocument']?.({ Name: name, Content: JSON.stringify(content) }, kernel.call());
    ssm = old;
    const commandId = observe();
    kernel.advance(10_000);
    expect(invocation(commandId)).toMatchObject({
      Status: 'Failed',
      ResponseCode: 2,
      StandardErrorContent: expect.stringMatching(/3\.3\.2746/),
    });
  });

  it('is listed with its counts, and its invocations with their output', () => {
    const commandId = observe();
    kernel.advance(10_000);
    expect(call<ListCommandsResult>('ListCommands', { CommandId: commandId }).Commands).toMatchObject([
      { Status: 'Success', TargetCount: 1, CompletedCount: 1, ErrorCount: 0, DeliveryTimedOutCount: 0 },
    ]);
    const list = (input: object) =>
      call<{ CommandInvocations: CommandInvocation[] }>('ListCommandInvocations', input).CommandInvocations;
    expect(list({ CommandId: commandId, Details: true })[0]?.CommandPlugins?.[0]?.Output).toMatch(/"result":"done"/);
    expect(list({ Filters: [{ key: 'Status', value: 'Failed' }] })).toEqual([]);
  });
});

describe('faults of commands', () => {
  it('late-command: it starts minutes later, some beyond their start-by, which the node then refuses', () => {
    kernel.faults.add('late-command');
    const results = new Set<string>();
    for (let ordinal = 1; ordinal <= 20; ordinal++) {
      const commandId = observe({ ordinal }, { TimeoutSeconds: 600 });
      kernel.advance(600_000);
      results.add(parseAnswer(invocation(commandId).StandardOutputContent ?? '').result);
    }
    expect(results).toEqual(new Set(['done', 'late']));
    expect(node.report().fencedCommands).toBeGreaterThan(0);
  });

  it('doubled-command: the node runs it twice, and the second run answers what was recorded or is refused', () => {
    kernel.faults.add('doubled-command');
    observe();
    kernel.advance(300_000);
    observe({ ordinal: 2 });
    kernel.advance(300_000);
    expect(node.report().fencedCommands).toBe(0);
    kernel.faults.add('node-amnesia');
    observe({ ordinal: 1 });
    kernel.advance(300_000);
    expect(node.report().fencedCommands).toBe(0);
  });
});

describe('managed nodes', () => {
  it('are Online or ConnectionLost, with the agent’s version', () => {
    const list = (input: object) =>
      call<DescribeInstanceInformationResult>('DescribeInstanceInformation', input).InstanceInformationList;
    expect(list({ Filters: [{ Key: 'InstanceIds', Values: [INSTANCE] }] })).toMatchObject([
      { PingStatus: 'Online', AgentVersion: '3.3.3050.0' },
    ]);
    node.powerOff();
    expect(list({ InstanceInformationFilterList: [{ key: 'PingStatus', valueSet: ['ConnectionLost'] }] })).toHaveLength(
      1,
    );
    expect(() => list({ Filters: [{ Key: 'Color', Values: ['x'] }] })).toThrow(refused('InvalidFilterKey'));
  });
});

const plain = () => ({
  fence: 1,
  ordinal: 1,
  sentAtMs: kernel.clock.now(),
  path: '/data',
  volumeId: VOLUME,
  runtime: { kind: 'systemd' as const, unit: 'node@*' },
});
