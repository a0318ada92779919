// Service Quotas says the numbers that EC2 holds its callers to.
import { CreateVolumeCommand, DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListServiceQuotasCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ClientConfig, type WholeRegion, wholeRegion } from '../../../fixtures/whole-region.ts';

let whole: WholeRegion;
let config: ClientConfig;

beforeAll(async () => {
  whole = await wholeRegion();
  config = await whole.as();
});

afterAll(() => whole.following.stop());

const GP3 = { ServiceCode: 'ebs', QuotaCode: 'L-7A658B76' };

it('tells the storage that EC2 refuses more than, and the default of a new account beside it', async () => {
  whole.region.ec2.setQuotas({ storageTiB: { gp3: 2 } });
  const quotas = new ServiceQuotasClient(config);
  const { Quota } = await quotas.send(new GetServiceQuotaCommand(GP3));
  expect(Quota).toMatchObject({ Value: 2, QuotaName: 'Storage for General Purpose SSD (gp3) volumes, in TiB' });
  expect((await quotas.send(new GetAWSDefaultServiceQuotaCommand(GP3))).Quota?.Value).toBe(50);
  const ec2 = new EC2Client(config);
  const create = (Size: number) =>
    ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: `${whole.region.kernel.regionName}a`, Size, VolumeType: 'gp3' }),
    );
  await create(2_048);
  await expect(create(1)).rejects.toMatchObject({ name: 'VolumeLimitExceeded' });
});

it('lists what it knows of a service, and has no other quota', async () => {
  const quotas = new ServiceQuotasClient(config);
  const { Quotas = [] } = await quotas.send(new ListServiceQuotasCommand({ ServiceCode: 'ec2' }));
  expect(Quotas.map(({ QuotaCode }) => QuotaCode)).toEqual(['L-1216C47A']);
  await expect(
    quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-00000000' })),
  ).rejects.toMatchObject({ name: 'NoSuchResourceException' });
});

it('asks IAM for each question', async () => {
  const nobody = new ServiceQuotasClient(await whole.as([]));
  await expect(nobody.send(new GetServiceQuotaCommand(GP3))).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

it('counts vCPUs as EC2 says them of a type', async () => {
  const { InstanceTypes = [] } = await new EC2Client(config).send(
    new DescribeInstanceTypesCommand({ InstanceTypes: ['m6i.4xlarge'] }),
  );
  expect(InstanceTypes[0]?.VCpuInfo?.DefaultVCpus).toBe(16);
});
