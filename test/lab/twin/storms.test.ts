// The storms of a twin: drawn for the world that was read.
import { expect, it } from '@jest/globals';
import { adoptionOf } from '../../../infra/commands/adopt/adoption.ts';
import { documentOf } from '../../../infra/commands/adopt/proposal.ts';
import { twinOf } from '../../../local/twin/world.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { nodesNamed, someReadOut } from '../../fixtures/builders/read-out.ts';
import { drawStorm } from './storms.ts';

it('the same seed draws the same storm, and another seed another one', () => {
  const readOut = someReadOut(nodesNamed(['node1', 'node2', 'node3'], { Component: 'nodes/bitcoin' }));
  const [fleet] = adoptionOf(readOut).fleets;
  const twin = fleet && twinOf(readOut, documentOf(fleet) as FleetDocument);
  if (twin === undefined) throw new Error('no fleet was proposed');
  expect(drawStorm(twin, 1)).toEqual(drawStorm(twin, 1));
  expect(drawStorm(twin, 1).faults).not.toEqual(drawStorm(twin, 2).faults);
});
