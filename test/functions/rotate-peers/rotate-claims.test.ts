// Right before a peer list is changed it is read again whose the node is.
import { expect, it } from '@jest/globals';
import { type RotateContext, readGuards } from '../../../functions/rotate-peers/context.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { suiteOf } from '../../../shared/model/suite.ts';
import { deployedOf } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { bitcoin } from '../../fixtures/fleet-documents.ts';

/** @param name of the suite that asks @param claim on the node; undefined: none */
function asked(name: string | undefined, claim: string | undefined) {
  const suite = suiteOf(name);
  const file = { ...bitcoin, mode: 'act' };
  const Parameters = [
    { Name: `/${suite}/pause`, Value: 'off' },
    { Name: `/${suite}/fleets/bitcoin`, Value: JSON.stringify(file) },
    { Name: `/${suite}/deployed/1`, Value: deployedOf(file) },
  ];
  const Tags = claim === undefined ? [] : [{ ResourceId: INSTANCE, Key: 'chainmend:suite', Value: claim }];
  const context = {
    clients: { ssm: { send: async () => ({ Parameters }) }, ec2: { send: async () => ({ Tags }) } },
    environment: { PARAMETER_PREFIX: `/${suite}` },
    fleet: parseFleet(file, suite),
    store: { readFleet: async () => ({ incidents: [], nodes: [] }) },
  } as unknown as RotateContext;
  return readGuards(context, { name: 'node1', instanceId: INSTANCE }, false);
}

it.each([
  ['without a claim it is of the suite without a name', undefined, undefined, null],
  ['a claim of another suite holds the one without a name back', undefined, 'payments', 'another-suite'],
  ['its own claim lets a suite with a name go on', 'payments', 'payments', null],
  ['without a claim no suite with a name goes on', 'payments', undefined, 'another-suite'],
  ['another one’s claim holds it back', 'orders', 'payments', 'another-suite'],
])('%s', async (_, name, claim, refuse) => {
  const judged = await asked(name, claim);
  expect('refuse' in judged ? judged.refuse : null).toBe(refuse);
});
