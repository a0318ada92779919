import { expect, it } from '@jest/globals';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { facts } from '../../fixtures/replace-facts.ts';

const consortium = (identity: readonly string[]) =>
  parseFleet({
    ...{
      fleet: 'irita',
      chain: 'cometbft',
      mode: 'act',
      nodes: { tag: { Component: 'nodes/irita' } },
      role: 'validator',
    },
    ...{ docker: 'node', volumes: { data: '/data' }, identity },
  });

it('a restore of a validator that a person acknowledges needs the signing state’s own path', () => {
  const asked = (identity: readonly string[]) =>
    guardOf(
      facts({
        fleet: consortium(identity),
        role: 'validator',
        want: { do: 'restore', snapshotId: null, acknowledgesValidator: true },
      }),
      'swap',
    );
  expect(asked(['/data/irita/data'])).toMatchObject({
    refuse: 'validator',
    reason: expect.stringContaining('go back'),
  });
  expect(asked(['/data/irita/data/priv_validator_state.json'])).toBeNull();
});
