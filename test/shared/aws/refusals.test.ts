// A refusal of AWS for one resource concerns only that resource: nothing milder, and nothing unrelated, waits for it.

import { EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { LadderActContext } from '../../../functions/replace-node/acts/act.ts';
import { cleanUp } from '../../../functions/replace-node/acts/cleanup.ts';
import { type Mutation, mutate } from '../../../functions/replace-node/acts/mutation.ts';
import { performAct } from '../../../functions/replace-node/acts/table.ts';
import { dropVolumes } from '../../../functions/replace-node/acts/volumes.ts';
import { newLeases } from '../../../functions/replace-node/state.ts';
import { runOnNodes } from '../../../functions/rotate-peers/commands.ts';
import type { RotateContext } from '../../../functions/rotate-peers/context.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import { ME } from '../../fixtures/builders/incident.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, type Shell, shell } from '../../fixtures/heal-shell.ts';
import { COPY_VOLUME, copy, ladderState, newReplacement, YOUNG } from '../../fixtures/replace-facts.ts';

const answered = (name: string, httpStatusCode: number): Error =>
  new EC2ServiceException({ name, message: 'so it is', $fault: 'client', $metadata: { httpStatusCode } });
const refused = answered('UnauthorizedOperation', 403);
const failing = (error: Error) => () => {
  throw error;
};
/** Paginators take only clients of the SDK: this one answers as the shell's does. */
const answering = (client: object, { tools }: Shell): object => Object.assign(client, { send: tools.clients.ec2.send });
const contextOf = (here: Shell, more: Partial<LadderActContext> = {}): LadderActContext =>
  ({
    ...turnAt(patientContext().ctx, '010'),
    ...here.tools,
    payload: { ...here.tools.payload, want: { do: 'heal' } },
    clients: {
      ...here.tools.clients,
      ec2: answering(new EC2Client({ region: 'eu-west-1' }), here),
      elb: answering(new ElasticLoadBalancingV2Client({ region: 'eu-west-1' }), here),
      autoscaling: here.tools.clients.ec2,
    },
    environment: { ...here.tools.environment, REGISTER_NODES_FUNCTION: 'register' },
    leases: newLeases({ execution: ME, fence: 4 }),
    recovers: false,
    state: null,
    ...more,
  }) as unknown as LadderActContext;
const results = ({ journal }: Shell): readonly string[] =>
  journal.filter(({ kind }) => kind === 'result').map(({ sentence }) => sentence);

afterEach(() => void jest.restoreAllMocks());

describe('an act of the ladder', () => {
  const act = (call: Mutation['call'], more: Partial<Mutation> = {}): Mutation => ({
    act: 'CreateTags snap-1',
    sentence: 'a tag is set',
    call,
    ...more,
  });

  it('that AWS refuses by a throw has failed, in AWS’s words, and the heal goes on from there', async () => {
    const here = shell();
    expect(await mutate(contextOf(here), act(failing(refused)))).toMatchObject({
      is: 'failed',
      code: 'UnauthorizedOperation',
      reason: expect.stringMatching(/has to carry the fleet's tags.*: UnauthorizedOperation: so it is$/),
    });
    expect(results(here)).toEqual([expect.stringMatching(/^failed: .*UnauthorizedOperation: so it is$/)]);
  });

  it('of which nobody knows whether it happened is asked again, and ends the attempt where that does not help', async () => {
    for (const error of [answered('RequestLimitExceeded', 400), new Error('lost')])
      await expect(mutate(contextOf(shell()), act(failing(error)))).rejects.toBe(error);
    const fault = mutate(contextOf(shell()), act(failing(answered('InternalError', 500))));
    await expect(fault).rejects.toMatchObject({ name: 'AwsFault', message: 'so it is' });
  });

  it('on which nothing rests leaves it at that, and says so', async () => {
    const here = shell();
    const error = answered('InternalError', 500);
    const result = await mutate(contextOf(here), act(failing(error), { bestEffort: true }));
    expect(result).toMatchObject({ is: 'unknown', reason: 'so it is' });
    expect(results(here)).toEqual(['unknown: so it is']);
  });
});

it('a node whose names cannot be taken out of the pool gets its other volume all the same', async () => {
  const here = shell();
  here.answers['InvokeCommand'] = failing(answered('AccessDeniedException', 403));
  const has = ladderState({ rung: 'swap', restoredVolumes: copy() });
  const { result, state: after } = await performAct(contextOf(here, { state: has }), { do: 'leave-pool' });
  expect(result).toMatchObject({ is: 'failed' });
  expect(after).toMatchObject({ hold: 'held', pool: 'left', setback: null });
  expect(results(here)).toEqual([expect.stringContaining('failed: AccessDeniedException: so it is; its names follow')]);
});

it('a copy that did not help is put away, though neither it nor its snapshot takes a tag', async () => {
  const here = shell();
  Object.assign(here.answers, {
    DescribeVolumesCommand: () => ({
      Volumes: [
        { VolumeId: COPY_VOLUME, State: 'available', Size: 500, VolumeType: 'gp3', AvailabilityZone: 'eu-west-1a' },
      ],
    }),
    CreateTagsCommand: failing(refused),
  });
  const has = ladderState({
    restoredVolumes: copy({ givenUp: { door: 'data', fault: 'mount', reason: 'it holds nothing' } }),
  });
  expect(await dropVolumes.execute(contextOf(here, { recovers: true, state: has }), {})).toMatchObject({ is: 'done' });
  const [told] = results(here);
  expect(told).toContain(
    `it cannot be tagged, and stays until a person deletes it: ${COPY_VOLUME}: UnauthorizedOperation`,
  );
  expect(told).toContain('not quarantined: snap-00: UnauthorizedOperation');
});

describe('a hand-over', () => {
  const target = (name: string) => ({
    TargetGroupArn: `arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/${name}/1`,
    TargetGroupName: name,
    TargetType: 'instance',
    VpcId: 'vpc-0123456789abcdef0',
    Port: 8545,
  });
  const instance = (InstanceId: string) => ({
    InstanceId,
    State: { Name: 'running' },
    VpcId: 'vpc-0123456789abcdef0',
    PrivateIpAddress: '10.0.0.1',
    Tags: [],
  });

  function handingOver(register: (input: Record<string, unknown>) => unknown) {
    const here = shell();
    Object.assign(here.answers, {
      DescribeInstancesCommand: ({ Filters }: { Filters: { Values: string[] }[] }) => ({
        Reservations: [{ Instances: [instance(Filters[0]?.Values[0] ?? '')] }],
      }),
      DescribeAddressesCommand: () => ({ Addresses: [] }),
      DescribeTargetGroupsCommand: () => ({ TargetGroups: [target('rpc'), target('p2p')] }),
      DescribeTargetHealthCommand: () => ({
        TargetHealthDescriptions: [
          { Target: { Id: ladderState().found.instanceId, Port: 8545 }, TargetHealth: { State: 'healthy' } },
        ],
      }),
      RegisterTargetsCommand: register,
      DeregisterTargetsCommand: () => ({}),
      PublishCommand: () => ({}),
    });
    const has = ladderState({ rung: 'replace', proved: 'it follows', replacement: newReplacement() });
    const piece = { kind: 'hand-over', target: YOUNG } as const;
    const done = cleanUp.execute(contextOf(here, { recovers: true, state: has }), { piece, volumes: [] });
    return { here, done };
  }

  it('goes on with the next target group where one is refused, and takes nobody out of that one', async () => {
    const { here, done } = handingOver(({ TargetGroupArn }) => {
      if (String(TargetGroupArn).includes('/rpc/')) throw refused;
      return {};
    });
    expect(await done).toMatchObject({ is: 'failed', reason: expect.stringContaining('UnauthorizedOperation') });
    const left = here.sent.filter((_, at) => here.calls[at] === 'DeregisterTargetsCommand');
    expect(left.map(({ TargetGroupArn }) => String(TargetGroupArn).split('/')[1])).toEqual(['p2p']);
    expect(here.journal.filter(({ kind }) => kind === 'page')).toEqual([
      expect.objectContaining({ code: 'not-handed-over', sentence: expect.stringContaining('Do it by hand') }),
    ]);
  });

  it('that cannot even be planned is told of, and does not make the heal fail', async () => {
    const { here, done } = handingOver(() => ({}));
    here.answers['DescribeTargetGroupsCommand'] = failing(answered('AccessDenied', 403));
    expect(await done).toMatchObject({ is: 'failed', reason: expect.stringContaining('AccessDenied') });
  });
});

it('a command that Systems Manager refuses for some of a fleet’s nodes is asked of the others', async () => {
  const ids = Array.from({ length: 60 }, (_, at) => `i-${String(at).padStart(17, '0')}`);
  const here = shell({}, nodeRecord());
  here.answers['SendCommandCommand'] = ({ InstanceIds }) => {
    if ((InstanceIds as string[]).includes(ids[0] ?? '')) throw answered('InvalidInstanceId', 400);
    return { Command: { CommandId: 'the-command' } };
  };
  here.answers['GetCommandInvocationCommand'] = () => ({ Status: 'Failed', StandardOutputContent: 'no answer' });
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((done: () => void) => void done()) as never);
  const tools = {
    clients: { ssm: here.tools.clients.ssm },
    environment: { READ_CONFIG_DOCUMENT: 'read-config' },
    untilMs: Date.now() + 60_000,
  } as unknown as RotateContext;
  let ordinal = 0;
  const targets = ids.map((instanceId) => fleetNode({ instanceId }));
  const results = await runOnNodes(tools, () => ({ epochSeconds: 1, ordinal: ++ordinal }), targets, {
    operation: 'read-config',
    file: '/etc/bitcoin/bitcoin.conf',
  });
  const reasons = ids.map((id) => results.get(id)).map((one) => (one?.state === 'unknown' ? one.reason : one?.state));
  expect(reasons.filter((reason) => reason?.includes('InvalidInstanceId'))).toHaveLength(50);
  expect(reasons.filter((reason) => reason?.includes('Failed'))).toHaveLength(10);
});
