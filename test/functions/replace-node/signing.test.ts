import { expect, it } from '@jest/globals';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { facts } from '../../fixtures/replace-facts.ts';

const consortium = (identity: readonly string[], chain: string) =>
  parseFleet({
    ...{
      fleet: 'irita',
      chain,
      mode: 'act',
      nodes: { tag: { Component: 'nodes/irita' } },
      role: 'validator',
    },
    ...{ docker: 'node', volumes: { data: '/data' }, identity },
  });

it.each(['cometbft', 'osmosis', 'celestia'])(
  'a restore of a validator of %s that a person acknowledges needs the signing state’s own path',
  (chain) => {
    const asked = (identity: readonly string[]) =>
      guardOf(
        facts({
          fleet: consortium(identity, chain),
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
  },
);
