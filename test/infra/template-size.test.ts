// CloudFormation takes templates of at most 1 MB ("Template body size in an S3 object", CloudFormation quotas), including whitespace.
import { statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { commandDocuments } from '../../shared/node-commands/index.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { manyFleets } from './many-fleets.ts';
import { buildStack, fleetFile } from './support.ts';

/** The options of `cdk synth` and `cdk deploy`: the template then also has the tree path of each resource. */
const context = { 'aws:cdk:enable-path-metadata': 'true', 'aws:cdk:enable-asset-metadata': 'true' };

it.each([
  ['the fleets of examples/fleets', () => readFleets(exampleFleets), 645_000],
  ['five fleets', () => manyFleets(5).map(fleetFile), 640_000],
  ['twenty-five fleets', () => manyFleets(25).map(fleetFile), 812_000],
])('the template that is uploaded for %s keeps its budget', (_, fleetsOf, bytes) => {
  const { app } = buildStack({
    fleets: fleetsOf(),
    commands: commandDocuments(),
    context,
    email: 'oncall@example.com',
  });
  const { templateFullPath } = app.synth().getStackByName('Chainmend');
  const { size } = statSync(templateFullPath);
  // The template contains the documents: without them any template would be small enough.
  expect(size).toBeGreaterThan(300_000);
  expect(size).toBeLessThanOrEqual(bytes);
});
