// CloudFormation takes templates of at most 1 MB ("Template body size in an S3 object", CloudFormation quotas), including whitespace.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type FleetFile, readFleets } from '../../infra/fleets.ts';
import type { Template } from '../../local/simulator/cloudformation/assembly.ts';
import { resolve } from '../../local/simulator/cloudformation/intrinsics.ts';
import { commandDocuments } from '../../shared/node-commands/index.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { manyFleets } from './many-fleets.ts';
import { buildStack, fleetFile } from './support.ts';

/** The options of `cdk synth` and `cdk deploy`: the template then also has the tree path of each resource. */
const METADATA = { 'aws:cdk:enable-path-metadata': 'true', 'aws:cdk:enable-asset-metadata': 'true' };

function synthesized(
  fleets: FleetFile[],
  context: Readonly<Record<string, string>> = {},
): { readonly bytes: number; readonly template: Template } {
  const { app } = buildStack({
    fleets,
    commands: commandDocuments(),
    context: { ...METADATA, ...context },
    email: 'oncall@example.com',
  });
  const text = readFileSync(app.synth().getStackByName('Chainmend').templateFullPath, 'utf8');
  return { bytes: Buffer.byteLength(text), template: JSON.parse(text) as Template };
}

const bitcoinOfExamples = () => readFleets(exampleFleets).filter(({ document }) => document.fleet === 'bitcoin');

it.each([
  ['none', { resources: 118, bytes: 306_000 }, (): FleetFile[] => []],
  ['bitcoin of examples/fleets', { resources: 122, bytes: 325_000 }, bitcoinOfExamples],
  ['all of examples/fleets', { resources: 142, bytes: 391_000 }, () => readFleets(exampleFleets)],
  ['twenty-five', { resources: 179, bytes: 543_500 }, () => manyFleets(25).map(fleetFile)],
])('the template that is uploaded keeps its budget, with fleets: %s', (_, most, fleetsOf) => {
  const { bytes, template } = synthesized(fleetsOf());
  expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(most.resources);
  // The template contains the documents: without them any template would be small enough.
  expect(bytes).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThanOrEqual(most.bytes);
});

describe('the documents in the template', () => {
  const documentsIn = (template: Template): object[] => {
    const scope = {
      ...{ template, stackName: 'Chainmend', accountId: '111122223333', regionName: 'eu-west-1' },
      ...{ parameters: new Map(), resources: new Map() },
    };
    return Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::SSM::Document')
      .map(({ Properties = {} }) => ({
        name: Properties['Name'],
        content: resolve(Properties['Content'], scope, 'Content'),
      }));
  };
  const theirs = Object.values(commandDocuments()).map(({ name, content }) => ({ name, content }));

  it('are, as CloudFormation joins them, the documents that they are named by', () => {
    const { template } = synthesized([]);
    expect(documentsIn(template)).toEqual(theirs);
    // "200 mappings", "200 attributes" of each; keys are letters and digits ("Mappings", CloudFormation guide).
    for (const mapping of Object.values(template.Mappings ?? {})) {
      const keys = Object.values(mapping).flatMap((values) => Object.keys(values));
      expect(keys.length).toBeGreaterThan(50);
      expect(keys.length).toBeLessThanOrEqual(200);
      expect(keys.filter((key) => !/^[A-Za-z0-9]{1,255}$/.test(key))).toEqual([]);
    }
  });

  it('are written out where the context says so', () => {
    const { template } = synthesized([], { 'chainmend:documents': 'whole' });
    expect(template.Mappings).toBeUndefined();
    expect(documentsIn(template)).toEqual(theirs);
    expect(() => synthesized([], { 'chainmend:documents': 'shared' })).toThrow(
      'context "chainmend:documents" is "shared", expected whole',
    );
  });
});
