import { SSMServiceException } from '@aws-sdk/client-ssm';
import { describe, expect, it } from '@jest/globals';
import { awaitNode, clockAhead, type NodeCommandInput, sendToNode } from '../../../shared/heal/node-commands.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { LONG_OVER_MS, NEVER_OVER_MS, patientContext, shell } from '../../fixtures/heal-shell.ts';

const input: NodeCommandInput = {
  holder: { execution: ME, fence: 4 },
  ordinal: 1,
  document: 'chainmend-stop-client-0123',
  parameters: { OperationId: ['4.1'] },
  overAtMs: NEVER_OVER_MS,
  intent: { sentence: 'stop the client', act: 'SendCommand stop-client 4.1', evidence: { why: 'a snapshot is due' } },
};

const SENT = { commandId: 'the-command', overAtMs: NEVER_OVER_MS };

describe('a command to a node', () => {
  it('is sent when nobody may succeed us before it is over, and the guards are read last', async () => {
    const { tools, nodes, calls, journal } = shell();
    expect(await sendToNode(tools, { ...input, startsClientAtMs: 7 }, '05')).toEqual(SENT);
    expect(nodes.get(INSTANCE)).toMatchObject({ quietAfterMs: NEVER_OVER_MS, clientOwedSinceMs: 7 });
    expect(calls).not.toContain('DescribeInstanceInformationCommand');
    expect(calls.at(-1)).toBe('SendCommandCommand');
    expect(calls.filter((name) => name === 'GetParametersCommand')).toHaveLength(2);
    expect(journal).toEqual([{ place: '05-intent', atMs: expect.any(Number), kind: 'intent', ...input.intent }]);
  });

  it('has the parameters that the fleet of the last guard asks for', async () => {
    const { tools, sent } = shell();
    await sendToNode(tools, { ...input, parameters: (fleet) => ({ Path: [fleet.name] }) }, '05');
    expect(sent.at(-1)).toMatchObject({
      DocumentName: 'chainmend-stop-client-0123',
      InstanceIds: [INSTANCE],
      Parameters: { Path: ['bitcoin'] },
      Comment: 'chainmend 7f3a0c1d 4.1',
    });
  });

  it.each([
    ['Online', '3.2.0.0', 'running', 'agent-too-old'],
    ['ConnectionLost', '3.3.2746.0', 'running', 'node-silent'],
    ['ConnectionLost', '3.3.2746.0', 'stopped', 'instance-stopped'],
    ['ConnectionLost', '3.3.2746.0', 'terminated', 'instance-gone'],
  ])(
    'that SSM does not take is told by its cause, where the agent is %s (%s) and the instance %s: %s',
    async (PingStatus, AgentVersion, Name, refuse) => {
      const here = shell();
      here.answers['DescribeInstanceInformationCommand'] = () => ({
        InstanceInformationList: [{ PingStatus, AgentVersion }],
      });
      here.answers['DescribeInstancesCommand'] = () => ({ Reservations: [{ Instances: [{ State: { Name } }] }] });
      here.answers['SendCommandCommand'] = () => {
        throw new SSMServiceException({
          name: 'InvalidInstanceId',
          $fault: 'client',
          $metadata: { httpStatusCode: 400 },
        });
      };
      expect(await sendToNode(here.tools, input, '05')).toMatchObject({ refuse });
    },
  );

  it.each([
    ['InvalidInstanceId', 'node-silent', /does not take commands for i-.*InvalidInstanceId/],
    [
      'AccessDeniedException',
      'aws-refused',
      /AWS refuses to send a command to i-.* without the fleet's tags .*AccessDeniedException/,
    ],
    ['MaxDocumentSizeExceeded', 'aws-refused', /MaxDocumentSizeExceeded/],
  ])('that SSM refuses with %s is a refusal that is told: %s', async (name, refuse, reason) => {
    const here = shell();
    here.answers['SendCommandCommand'] = () => {
      throw new SSMServiceException({ name, message: 'no', $fault: 'client', $metadata: { httpStatusCode: 400 } });
    };
    const sent = await sendToNode(here.tools, input, '05');
    expect(sent).toMatchObject({ refuse, page: true, reason: expect.stringMatching(reason) });
  });

  it('of which nobody knows whether it was sent is thrown on, so that it is sent again under the same name', async () => {
    const here = shell();
    here.answers['SendCommandCommand'] = () => {
      const $metadata = { httpStatusCode: 500 };
      throw new SSMServiceException({ name: 'InternalServerError', message: 'no', $fault: 'server', $metadata });
    };
    await expect(sendToNode(here.tools, input, '05')).rejects.toThrow('no');
  });

  it('is not sent under a pause, and nothing need be waited out then', async () => {
    const { tools, parameters, nodes, calls } = shell();
    parameters.set('/chainmend/pause', 'audit');
    expect(await sendToNode(tools, input, '05')).toMatchObject({ refuse: 'paused' });
    expect(nodes.get(INSTANCE)?.quietAfterMs).toBe(0);
    expect(calls).not.toContain('SendCommandCommand');
  });

  it('is not sent under a pause that began while its intent was written', async () => {
    const { tools, parameters, calls, ...here } = shell();
    const told = tools.journal;
    const pausing = {
      ...tools,
      journal: async (...entry: Parameters<typeof told>) => {
        parameters.set('/chainmend/pause', 'now');
        await told(...entry);
      },
    };
    expect(await sendToNode(pausing, input, '05')).toMatchObject({ refuse: 'paused' });
    expect(here.journal).toHaveLength(1);
    expect(calls).not.toContain('SendCommandCommand');
  });

  it('that puts back what we took down is sent under a pause', async () => {
    const { tools, parameters } = shell();
    parameters.set('/chainmend/pause', 'audit');
    expect(await sendToNode(tools, { ...input, mayPutBack: true }, '05')).toEqual(SENT);
  });

  it('is not sent by one that has lost the node', async () => {
    const { tools, calls } = shell({}, nodeRecord({ owner: OTHER, fence: 5 }));
    expect(await sendToNode(tools, input, '05')).toEqual({ lost: true });
    expect(calls).not.toContain('SendCommandCommand');
  });

  it('to another instance raises that one’s quiet time', async () => {
    const instanceId = 'i-0fedcba9876543210';
    const { tools, nodes, sent } = shell();
    nodes.set(instanceId, nodeRecord({ instanceId, owner: ME, fence: 4 }));
    await sendToNode(tools, { ...input, instanceId }, '05');
    expect(nodes.get(instanceId)?.quietAfterMs).toBe(NEVER_OVER_MS);
    expect(nodes.get(INSTANCE)?.quietAfterMs).toBe(0);
    expect(sent.at(-1)).toMatchObject({ InstanceIds: [instanceId] });
  });
});

describe('the answer of a node', () => {
  const awaiting = {
    commandId: 'the-command',
    operationId: '4.2',
    overAtMs: NEVER_OVER_MS,
    parse: (stdout: string) => JSON.parse(stdout) as { readonly result: 'done'; readonly fence: number },
    sentenceOf: ({ result }: { readonly result: string }) => result,
  };
  /** SSM's answers, poll after poll; the last one repeats. */
  const polled = (...words: readonly object[]) => {
    const here = shell();
    let poll = 0;
    here.answers['GetCommandInvocationCommand'] = () => words[Math.min(poll++, words.length - 1)];
    return { ...here, ...patientContext() };
  };
  const pending = { Status: 'InProgress' };

  it('is awaited with growing patience, and is journalled', async () => {
    const done = { Status: 'Success', StandardOutputContent: '{"result":"done","fence":4}' };
    const { tools, ctx, step, waited, journal } = polled(pending, pending, pending, done);
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, awaiting)).toEqual({
      answer: { result: 'done', fence: 4 },
    });
    expect(waited).toEqual([1, 1, 2, 3]);
    expect(journal).toMatchObject([
      { place: '06-result', sentence: 'done', act: 'SendCommand 4.2', fields: { status: 'done', fence: 4 } },
    ]);
  });

  it.each([
    ['done', 'over, and nobody waits for it any more', false],
    ['failed', 'over as well', false],
    ['late', 'not over: another copy of it may be on its way', true],
  ])('that says %s is %s', async (result, _, isQuiet) => {
    const said = { Status: 'Success', StandardOutputContent: JSON.stringify({ result, fence: 4 }) };
    const { tools, ctx, step, nodes } = polled(said);
    nodes.set(INSTANCE, nodeRecord({ owner: ME, fence: 4, quietAfterMs: NEVER_OVER_MS }));
    await awaitNode({ ...tools, durable: ctx, step, place: '06' }, awaiting);
    expect(nodes.get(INSTANCE)?.quietAfterMs === NEVER_OVER_MS).toBe(isQuiet);
  });

  it('that cannot be asked for is journalled: nobody knows', async () => {
    const { tools, ctx, step, journal, answers } = polled();
    answers['GetCommandInvocationCommand'] = () => {
      throw new Error('no answer');
    };
    await expect(awaitNode({ ...tools, durable: ctx, step, place: '06' }, awaiting)).rejects.toThrow('no answer');
    expect(journal).toMatchObject([
      { place: '06-result', sentence: expect.stringContaining('nobody knows'), fields: { status: 'unknown' } },
    ]);
  });

  it('that is none ends the command, in the words of SSM', async () => {
    const { tools, ctx, step } = polled({ Status: 'Failed', StatusDetails: 'Failed', StandardOutputContent: 'oops' });
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, awaiting)).toEqual({
      over: expect.stringMatching(/^Failed \(.*"oops" is not valid JSON\)$/),
    });
  });

  it.each([pending, { Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' }])(
    'that does not come is given up only when the command can no longer run: %j',
    async (words) => {
      const { tools, ctx, step } = polled(words);
      const turn = { ...tools, durable: ctx, step, place: '06' };
      const over = await awaitNode(turn, { ...awaiting, overAtMs: LONG_OVER_MS });
      expect(over).toEqual({ over: expect.stringMatching(/command 4\.2 was not answered.*can no longer run/) });
      await expect(awaitNode({ ...tools, durable: ctx, step, place: '06' }, awaiting)).rejects.toThrow(
        /was polled \d+ times/,
      );
    },
  );

  it('of a short command is not awaited as long as an earlier, longer one may run', async () => {
    const { tools, ctx, step, nodes } = polled(pending);
    nodes.set(INSTANCE, nodeRecord({ owner: ME, fence: 4, quietAfterMs: NEVER_OVER_MS }));
    const input = { ...awaiting, overAtMs: LONG_OVER_MS };
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, input)).toEqual({
      over: expect.stringContaining('no longer run'),
    });
  });

  const agentIs =
    (PingStatus: string, AgentVersion = '3.3.2746.0') =>
    () => ({ InstanceInformationList: [{ PingStatus, AgentVersion }] });
  const first = { ...awaiting, operationId: '4.1' };

  it('to the first command of a fence does not come while the agent is gone: that is told after some seconds', async () => {
    const { tools, ctx, step, waited, answers, journal } = polled(pending);
    answers['DescribeInstanceInformationCommand'] = agentIs('ConnectionLost');
    answers['DescribeInstancesCommand'] = () => ({ Reservations: [{ Instances: [{ State: { Name: 'running' } }] }] });
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, first)).toMatchObject({
      over: 'its SSM agent is ConnectionLost',
      silence: { refuse: 'node-silent', page: true },
    });
    expect(waited).toEqual([1, 1, 2, 3, 5]);
    expect(journal).toMatchObject([{ sentence: 'command 4.1 is not answered: its SSM agent is ConnectionLost' }]);
  });

  it('is none where the agent hands over no parameters, and then its age is told', async () => {
    const { tools, ctx, step, answers } = polled({ Status: 'Failed', StandardOutputContent: '' });
    answers['DescribeInstanceInformationCommand'] = agentIs('Online', '3.2.0.0');
    answers['DescribeInstancesCommand'] = () => ({ Reservations: [{ Instances: [{ State: { Name: 'running' } }] }] });
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, first)).toMatchObject({
      silence: { refuse: 'agent-too-old' },
    });
  });

  it('that is only slow is awaited on, with the same patience', async () => {
    const done = { Status: 'Success', StandardOutputContent: '{"result":"done","fence":4}' };
    const { tools, ctx, step, waited } = polled(...Array.from({ length: 6 }, () => pending), done);
    expect(await awaitNode({ ...tools, durable: ctx, step, place: '06' }, first)).toMatchObject({ answer: {} });
    expect(waited).toEqual([1, 1, 2, 3, 5, 5, 10]);
  });
});

describe('an answer that takes the command for late', () => {
  const late = { result: 'late', fence: 4, reason: 'the clock here says 12:04:22Z' } as const;

  it('before it is late tells of a clock that is ahead, and not of the agent', () => {
    expect(clockAhead(late, NOON_MS + 120_000, NOON_MS + 3_000)).toMatchObject({
      refuse: 'clock-ahead',
      reason: expect.stringContaining('12:04:22Z'),
      page: true,
    });
  });

  it.each([
    ['came after its start-by', late, NOON_MS],
    ['has no start-by that is known', late, undefined],
    ['is no such answer', { ...late, result: 'done' } as const, NOON_MS + 120_000],
  ])('tells nothing of the clock where it %s', (_, answer, startByMs) => {
    expect(clockAhead(answer, startByMs, NOON_MS + 3_000)).toBeNull();
  });
});
