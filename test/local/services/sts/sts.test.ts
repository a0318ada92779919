import { expect, it } from '@jest/globals';
import { createSts } from '../../../../local/services/sts/service.ts';
import { testKernel } from '../../../fixtures/kernel.ts';

const kernel = testKernel();
const { GetCallerIdentity } = createSts(kernel).operations;

it('a person is a user of the account', () => {
  expect(GetCallerIdentity?.({}, kernel.call())).toEqual({
    Account: '111122223333',
    Arn: 'arn:aws:iam::111122223333:user/person',
    UserId: 'AIDALOCALREGION',
  });
});

it('a function is a session of its role', () => {
  const roleArn = 'arn:aws:iam::111122223333:role/heal';
  const call = { ...kernel.call('chainmend-resize-volume/3'), roleArn };
  expect(GetCallerIdentity?.({}, call)).toMatchObject({
    Arn: 'arn:aws:sts::111122223333:assumed-role/heal/chainmend-resize-volume@3',
  });
});
