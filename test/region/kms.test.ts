// KMS keys as unmodified SDK clients see them, and what a heal makes of them before it needs one.
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgeKey } from '../../shared/aws/keys.ts';
import type { ReplaceClients } from '../../shared/aws/replace-clients.ts';
import { describeVolumes } from '../../shared/aws/volumes.ts';
import { type PacedRegion, pacedRegion } from '../support/paced-region.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const KEY = `arn:aws:kms:eu-west-1:111122223333:key/${ID}`;

let paced: PacedRegion;
let region: PacedRegion['region'];
let aws: ReplaceClients;

beforeEach(async () => {
  paced = await pacedRegion();
  ({ region } = paced);
  aws = await paced.clients();
});

afterEach(() => paced.end());

const describeKey = async (KeyId: string) => (await aws.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

describe('A key', () => {
  it('is known by its id, its ARN, and by the alias of a service of AWS', async () => {
    expect(await describeKey(ID)).toMatchObject({
      Arn: KEY,
      KeyState: 'Enabled',
      Enabled: true,
      KeyManager: 'CUSTOMER',
    });
    expect(await describeKey(KEY)).toMatchObject({
      KeyId: ID,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
    });
    expect(await describeKey('alias/aws/ebs')).toMatchObject({ KeyManager: 'AWS', KeyState: 'Enabled' });
    expect((await describeKey(KEY))?.CreationDate?.getTime()).toBeLessThan(region.clock.now());
  });

  it('is the one that volumes are encrypted with', async () => {
    const volumeId = region.ec2.addVolume({ sizeGiB: 10 });
    const [volume] = await describeVolumes(aws.ec2, { ids: [volumeId] });
    expect(volume).toMatchObject({ encrypted: true, kmsKeyId: (await describeKey('alias/aws/ebs'))?.Arn });
  });

  it('is not found where it is none, and not seen where it is another account’s', async () => {
    await expect(describeKey('not-a-key')).rejects.toThrow('does not exist');
    await expect(describeKey(KEY.replace('eu-west-1', 'us-east-1'))).rejects.toThrow('Invalid arn us-east-1');
    await expect(describeKey(KEY.replace('111122223333', '444455556666'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(describeKey('alias/nodes')).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('The judgement of a key', () => {
  it('lets through one that is enabled, and names what to do about one that is not', async () => {
    expect(await judgeKey(aws.kms, KEY)).toEqual({ usable: true });
    region.ec2.setKeyEnabled(KEY, false);
    expect(await judgeKey(aws.kms, KEY)).toEqual({ unusable: `KMS key ${KEY} is Disabled: enable it` });
    region.ec2.setKeyEnabled(KEY, true);
    expect(await judgeKey(aws.kms, KEY)).toEqual({ usable: true });
  });

  it('asks nobody about a key of another region, and names the rights that are missing for one of ours', async () => {
    expect(await judgeKey(aws.kms, KEY.replace('eu-west-1', 'us-east-1'))).toEqual({
      unusable: expect.stringContaining('is in us-east-1: a volume of eu-west-1 needs'),
    });
    expect(paced.count('DescribeKey')).toBe(0);
    const { kms } = await paced.clients([{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }]);
    expect(await judgeKey(kms, KEY)).toEqual({
      unusable: expect.stringMatching(/kms:DescribeKey on resource.*must allow kms:DescribeKey, kms:CreateGrant/s),
    });
    const allowed = await paced.clients([{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: KEY }]);
    expect(await judgeKey(allowed.kms, KEY)).toEqual({ usable: true });
  });

  it('says of a key that is not there that it is not, and of what nobody knows nothing', async () => {
    expect(await judgeKey(aws.kms, 'not-a-key')).toMatchObject({
      unusable: expect.stringContaining('NotFoundException'),
    });
    const silent = {
      config: { region: async () => 'eu-west-1' },
      send: async () => Promise.reject(new Error('timed out')),
    };
    await expect(judgeKey(silent as unknown as ReplaceClients['kms'], KEY)).rejects.toThrow('timed out');
  });
});
