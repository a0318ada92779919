// One heal's calls by hand, through unmodified SDK clients and the wire: AWS's own clients understand these services.
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  EC2Client,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersCommand,
  InvocationDoesNotExist,
  ParameterNotFound,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Machines } from '../../../../local/nodes/machine.ts';
import { createEc2, type Ec2 } from '../../../../local/services/ec2/service.ts';
import { createSsm } from '../../../../local/services/ssm/service.ts';
import type { ClockFollower } from '../../../../local/simulator/clock.ts';
import { parseAnswer } from '../../../../shared/node-commands/answer.ts';
import { commandParameters, leastFilesystemBytes } from '../../../../shared/node-commands/command.ts';
import { commandDocuments } from '../../../../shared/node-commands/index.ts';
import { chainOf, dataVolume, nodeOf } from '../../../fixtures/builders/simulated-node.ts';
import { type GatewayRegion, gatewayRegion } from '../../../fixtures/gateway-region.ts';
import { inProcessHandler } from '../../../fixtures/in-process-handler.ts';
import { testKernel } from '../../../fixtures/kernel.ts';

const GIB = 2 ** 30;
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };

let region: GatewayRegion;
let following: ClockFollower;
let world: Ec2;
let ec2: EC2Client;
let ssm: SSMClient;
let instanceId: string;
let volumeId: string;

beforeAll(async () => {
  region = await gatewayRegion([], {}, ['ec2', 'ssm']);
  const kernel = { ...testKernel(), clock: region.clock };
  const machines = new Machines();
  world = createEc2(kernel, machines, () => undefined);
  region.gateway.serve(world, createSsm(kernel, machines));
  const requestHandler = inProcessHandler(region.gateway);
  ec2 = new EC2Client({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler });
  ssm = new SSMClient({ region: 'eu-west-1', credentials, maxAttempts: 1, requestHandler });

  instanceId = world.addInstance({ privateIp: '10.0.0.11', tags: { Component: 'nodes/bitcoin' } });
  volumeId = world.addVolume({ sizeGiB: 500, attachedTo: { instanceId, device: '/dev/sdf' }, tags: { role: 'data' } });
  machines.add(
    nodeOf(kernel, chainOf(kernel, { blockIntervalMs: 600_000 }), {
      instanceId,
      client: 'failed',
      volumes: [dataVolume({ volumeId, usedBytes: 500 * GIB })],
    }),
  );
  following = region.follow();
});

afterAll(() => following.stop());

it('a full disk is found, grown and its client started, all through the SDK', async () => {
  const Filters = [{ Name: 'tag:Component', Values: ['nodes/*'] }];
  const found = await ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 5 }));
  expect(found.Reservations?.[0]?.Instances?.[0]).toMatchObject({
    InstanceId: instanceId,
    State: { Name: 'running' },
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeId: volumeId, AttachTime: expect.any(Date) } }],
    Tags: [{ Key: 'Component', Value: 'nodes/bitcoin' }],
  });

  const { VolumeModification } = await ec2.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: 900 }));
  expect(VolumeModification).toMatchObject({ ModificationState: 'modifying', OriginalSize: 500, TargetSize: 900 });
  await expect(ec2.send(new ModifyVolumeCommand({ VolumeId: volumeId, Size: 901 }))).rejects.toMatchObject({
    name: 'IncorrectModificationState',
    $metadata: { httpStatusCode: 400 },
  });
  await virtually(20_000);
  const modifications = await ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [volumeId] }));
  expect(modifications.VolumesModifications).toMatchObject([
    { ModificationState: 'optimizing', StartTime: expect.any(Date) },
  ]);
  const volumes = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volumeId] }));
  expect(volumes.Volumes).toMatchObject([
    { Size: 900, State: 'in-use', Attachments: [{ InstanceId: instanceId, State: 'attached' }] },
  ]);

  const { name, content } = commandDocuments().growFilesystem;
  await ssm.send(new CreateDocumentCommand({ Name: name, Content: JSON.stringify(content), DocumentType: 'Command' }));
  const managed = await ssm.send(
    new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
  );
  expect(managed.InstanceInformationList).toMatchObject([{ PingStatus: 'Online', LastPingDateTime: expect.any(Date) }]);
  const Parameters = commandParameters({
    operation: 'grow-filesystem',
    fence: 4,
    ordinal: 2,
    sentAtMs: region.clock.now(),
    path: '/data',
    volumeId,
    runtime: { kind: 'systemd', unit: 'node@*' },
    minimumSizeBytes: leastFilesystemBytes(900),
    startClient: true,
  });
  const sent = await ssm.send(
    new SendCommandCommand({ DocumentName: name, InstanceIds: [instanceId], Parameters, TimeoutSeconds: 120 }),
  );
  const asked = new GetCommandInvocationCommand({ CommandId: sent.Command?.CommandId, InstanceId: instanceId });
  await virtually(15_000);
  const ended = await ssm.send(asked);
  expect(ended).toMatchObject({ Status: 'Success', ResponseCode: 0 });
  expect(parseAnswer(ended.StandardOutputContent ?? '')).toMatchObject({
    result: 'done',
    before: { client: 'failed', sizeBytes: 500 * GIB },
    after: { client: 'running', sizeBytes: 900 * GIB },
  });
});

it('parameters are written and read, and a missing one is the SDK’s own exception', async () => {
  await ssm.send(new PutParameterCommand({ Name: '/chainmend/pause', Value: 'off', Type: 'String' }));
  const both = await ssm.send(new GetParametersCommand({ Names: ['/chainmend/pause', '/chainmend/pauses/bitcoin'] }));
  expect(both.Parameters).toMatchObject([{ Value: 'off', Version: 1, LastModifiedDate: expect.any(Date) }]);
  expect(both.InvalidParameters).toEqual(['/chainmend/pauses/bitcoin']);
  const unknown = new GetCommandInvocationCommand({ CommandId: '0'.repeat(36), InstanceId: instanceId });
  await expect(ssm.send(unknown)).rejects.toBeInstanceOf(InvocationDoesNotExist);
  await expect(ssm.send(new GetParameterCommand({ Name: '/none' }))).rejects.toBeInstanceOf(ParameterNotFound);
});

const virtually = (ms: number): Promise<void> => new Promise((resolve) => void region.clock.after(ms, resolve));
