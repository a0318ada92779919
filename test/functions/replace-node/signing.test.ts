import { expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { guardOf } from '../../../functions/replace-node/judge.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { HOUR_MS } from '../../fixtures/builders/time.ts';
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

const STATE = '/data/irita/data/priv_validator_state.json';
const KEY = '/data/irita/config/priv_validator_key.json';
it.each<[string, Facts['role'], readonly string[], string | null]>([
  ['a validator whose other paths are listed as well', 'validator', [KEY, STATE], null],
  ['a validator of which only a copy of the state is listed', 'validator', [`${STATE}.bak`], 'validator'],
  ['a node of unknown role', 'unknown', [KEY], 'validator'],
  ['a follower, which signs nothing', 'follower', [KEY], null],
])('other data: %s', (_, role, identity, expected) => {
  const want = { do: 'restore', snapshotId: null, acknowledgesValidator: true } as const;
  const refusal = guardOf(facts({ fleet: consortium(identity, 'cometbft'), role, want }), 'swap');
  expect(refusal?.refuse ?? null).toBe(expected);
  if (expected) expect(refusal).toMatchObject({ page: true, retryAfterMs: HOUR_MS });
});
