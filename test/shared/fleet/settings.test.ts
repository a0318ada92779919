// The fleet files as they are stored: one that is built to cost much costs its own fleet, and no other.
import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from '@jest/globals';
import { deployedParameterNames, deployedValues } from '../../../shared/fleet/membership.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import { fleetOf } from '../../../shared/fleet/selection.ts';
import { readSettings } from '../../../shared/fleet/settings.ts';
import { bitcoinFile, DEPLOYED } from '../../fixtures/builders/fleet.ts';
import { jsonStructures, within } from '../../fixtures/structures.ts';

/** As much as a parameter holds. */
const CHARACTERS = 8_192;
const NAMES = deployedParameterNames('/chainmend');
const EVIL = '/chainmend/fleets/evil';

const [deployment = { value: '' }] = deployedValues([
  parseStored(bitcoinFile()),
  parseStored(bitcoinFile({ fleet: 'evil', nodes: { tag: { Component: 'nodes/evil' } } })),
]);
const storing = (evil: string): SSMClient => {
  const Parameters = [
    { Name: DEPLOYED, Value: deployment.value },
    { Name: EVIL, Value: evil },
    { Name: '/chainmend/fleets/bitcoin', Value: JSON.stringify(bitcoinFile()) },
  ];
  return Object.assign(Object.create(SSMClient.prototype), { send: async () => ({ Parameters }) });
};

const files = {
  ...jsonStructures(),
  ...within('{"fleet":"evil","chain":"bitcoin","mode":"plan","nodes":', jsonStructures(), '}'),
};

it.each(Object.entries(files))('a stored file with %s is broken, and the others are read', async (_, worst) => {
  const { fleets, broken } = await readSettings(storing(worst(CHARACTERS * 0.9)), '/chainmend');
  expect(fleets.map(({ name }) => name)).toEqual(['bitcoin']);
  expect([...broken.keys()]).toEqual([EVIL]);
  expect(broken.get(EVIL)?.length).toBeLessThan(10_000);
});

it('a stored file that is nested too deep is told with the limit', async () => {
  const { broken } = await readSettings(storing('['.repeat(5_000) + ']'.repeat(5_000)), '/chainmend');
  expect(broken.get(EVIL)).toMatch(
    /^fleet file: the file is ".*; JSON is nested more than 32 deep; expected a JSON object/,
  );
});

it.each([
  ['is no JSON', '{"fleet":'],
  ['names no nodes', JSON.stringify(bitcoinFile({ fleet: 'evil', nodes: undefined }))],
  ['names all of its neighbour’s', JSON.stringify(bitcoinFile({ fleet: 'evil' }))],
])('a neighbour’s file that %s takes nothing from what it claims, and gives it nothing', async (_, evil) => {
  const { fleets, broken } = await readSettings(storing(evil), '/chainmend');
  const [bitcoin] = fleets;
  expect([...broken.keys()]).toEqual([EVIL]);
  expect(bitcoin?.neighbours).toMatchObject([{ name: 'evil', tags: { Component: 'nodes/evil' } }]);
  expect(fleetOf({ Component: 'nodes/bitcoin' }, fleets)).toBe(bitcoin);
  expect(fleetOf({ Component: 'nodes/evil' }, fleets)).toMatchObject({ refuse: 'node-unknown' });
});

it('a neighbour’s file that is broken or gone claims what carries the tags of both, as it did before', async () => {
  const staged = [bitcoinFile(), bitcoinFile({ fleet: 'evil', nodes: { tag: { Stage: 'evil' } } })];
  const [deployed] = deployedValues(staged.map(parseStored));
  const both = { Component: 'nodes/bitcoin', Stage: 'evil' };
  for (const evil of [[], [{ Name: EVIL, Value: '{' }]]) {
    const Parameters = [
      { Name: DEPLOYED, Value: deployed?.value },
      ...evil,
      { Name: '/chainmend/fleets/bitcoin', Value: JSON.stringify(bitcoinFile()) },
    ];
    const { fleets } = await readSettings(
      Object.assign(Object.create(SSMClient.prototype), { send: async () => ({ Parameters }) }),
      '/chainmend',
    );
    expect(fleetOf(both, fleets)).toMatchObject({ refuse: 'node-unknown', reason: expect.stringContaining('evil') });
  }
});

it('as many fleets are read as a deployment has room for, each with a pause', async () => {
  const files = Array.from({ length: 300 }, (_, at) =>
    bitcoinFile({ fleet: `coin${at}`, nodes: { tag: { Component: `nodes/coin${at}` } } }),
  );
  const parameters = [
    ...deployedValues(files.map(parseStored)).map(({ value: Value }, at) => ({ Name: NAMES[at], Value })),
    ...files.flatMap((file, at) => [
      { Name: `/chainmend/fleets/coin${at}`, Value: JSON.stringify(file) },
      { Name: `/chainmend/pauses/coin${at}`, Value: 'off' },
    ]),
  ];
  const send = async ({ input: { NextToken = '0' } }: { input: { NextToken?: string } }) => {
    const next = Number(NextToken) + 10;
    const more = next < parameters.length && { NextToken: String(next) };
    return { Parameters: parameters.slice(next - 10, next), ...more };
  };
  const ssm: SSMClient = Object.assign(Object.create(SSMClient.prototype), { send });
  const { fleets, broken } = await readSettings(ssm, '/chainmend');
  expect([fleets.length, broken.size]).toEqual([300, 0]);
});
