// CloudFormation takes templates of at most 1 MB ("Template body size in an S3 object", CloudFormation quotas), including whitespace.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shareRuns } from '../../infra/constructs/shared-runs.ts';
import { type FleetFile, readFleets } from '../../infra/fleets.ts';
import type { Template } from '../../local/simulator/cloudformation/assembly.ts';
import { resolve } from '../../local/simulator/cloudformation/intrinsics.ts';
import { commandDocuments } from '../../shared/node-commands/index.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { manyFleets } from './many-fleets.ts';
import { buildStack, fleetFile } from './support.ts';

/** `cdk synth` and `cdk deploy` write the tree path of each resource and asset into the template, unless cdk.json says otherwise. */
const { pathMetadata = true, assetMetadata = true } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
) as { readonly pathMetadata?: boolean; readonly assetMetadata?: boolean };
const METADATA = {
  ...(pathMetadata && { 'aws:cdk:enable-path-metadata': 'true' }),
  ...(assetMetadata && { 'aws:cdk:enable-asset-metadata': 'true' }),
};

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

/** The bill of docs/deploy.md. */
function budgetOf(fleets: string): readonly number[] {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const row = page.split('\n').find((line) => line.startsWith(`| ${fleets} |`)) ?? '';
  return row
    .split('|')
    .slice(2, 4)
    .map((cell) => Number(cell.replaceAll(',', '')));
}

it.each([
  ['none', (): FleetFile[] => []],
  ['bitcoin of examples/fleets', bitcoinOfExamples],
  ['all of examples/fleets', () => readFleets(exampleFleets)],
  ['twenty-five', () => manyFleets(25).map(fleetFile)],
])('the template that is uploaded keeps its budget, with fleets: %s', (name, fleetsOf) => {
  const [resources = 0, bytesMax = 0] = budgetOf(name);
  const { bytes, template } = synthesized(fleetsOf());
  expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(resources);
  // The template contains the documents: without them any template would be small enough.
  expect(bytes).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThanOrEqual(bytesMax);
});

describe('what texts share', () => {
  const letters = fc.array(fc.constantFrom('a'.repeat(60), 'b\n', 'c"c'.repeat(30), 'd()'), { maxLength: 12 });
  const texts = fc.array(
    letters.map((parts) => parts.join(';')),
    { maxLength: 6 },
  );

  it('stands once, and joins to each of them', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { runs, pieces } = shareRuns(given, (text) => text.split(/(?<=;)/));
        const joined = pieces.map((own) => own.map((piece) => (typeof piece === 'string' ? piece : runs[piece.run])));
        expect(joined.map((own) => own.join(''))).toEqual(given);
        const used = pieces.flat().flatMap((piece) => (typeof piece === 'string' ? [] : [piece.run]));
        for (const run of Object.keys(runs)) expect(used.filter((key) => key === run).length).toBeGreaterThan(1);
      }),
    );
  });

  it('is cut where it saves most: a common line does not cut a longer run', () => {
    const run = `${'x'.repeat(80)};fi;${'y'.repeat(80)};`;
    const { runs, pieces } = shareRuns([`fi;${run}1;fi;`, `2;${run}fi;`], (text) => text.split(/(?<=;)/));
    expect(runs).toEqual({ text: run });
    expect(pieces).toEqual([
      ['fi;', { run: 'text' }, '1;fi;'],
      ['2;', { run: 'text' }, 'fi;'],
    ]);
  });
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
