// `npm run layers` keeps the judge apart from what it judges, and the generators of storms from each other.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';

const RULE = 'the judge knows nothing of how chainmend works';

/** What dependency-cruiser says of a checkout in which a file, one of the judge's by default, imports this one. */
async function broken(imported: string, importer = 'test/lab/oracle/promises/one.ts'): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layers-'));
  try {
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write('tsconfig.json', '{}');
    write(imported, 'export const it = 1;\n');
    const path = relative(dirname(importer), imported);
    write(importer, `import { it } from '${path.startsWith('.') ? path : `./${path}`}';\nexport const mine = it;\n`);
    const tool = join(repositoryRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const config = join(repositoryRoot, '.dependency-cruiser.mjs');
    const words = [tool, importer.split('/')[0] ?? '', '--config', config, '--output-type', 'json'];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder }).catch(
      (error: { readonly stdout: string }) => error,
    );
    const { summary } = JSON.parse(stdout) as {
      readonly summary: { readonly violations: readonly { readonly rule: { readonly name: string } }[] };
    };
    return summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it.each([
  'functions/replace-node/decide.ts',
  'shared/guardrails/breaker.ts',
  'shared/fleet/resolve.ts',
  'local/scenarios/checks/invariants.ts',
  'test/lab/storms/play.ts',
  'test/fixtures/court.ts',
  'infra/fleets.ts',
])('the judge may not import %s', async (imported) => {
  expect(await broken(imported)).toContain(RULE);
});

it.each(['shared/fleet/schema.ts', 'local/services/ec2/model.ts', 'local/nodes/node.ts', 'local/region.ts'])(
  'the judge may import %s',
  async (imported) => {
    expect(await broken(imported)).toEqual([]);
  },
);

it.each([
  'test/lab/storms/faults.ts',
  'test/lab/storms/owners.ts',
  'test/lab/storms/generate.ts',
  'test/lab/storms/draw.ts',
  'test/lab/storms/play.ts',
  'functions/replace-node/decide.ts',
  'shared/fleet/schema.ts',
  'local/scenarios/world-file/timeline.ts',
])('the second generator of storms may not import %s', async (imported) => {
  expect(await broken(imported, 'test/lab/storms/b/one.ts')).toContain(
    'the second generator of storms knows its seam alone',
  );
});

it.each(['test/lab/storms/storm.ts', 'test/lab/storms/generator.ts', 'local/scenarios/world-file/schema.ts'])(
  'the second generator of storms may import %s',
  async (imported) => {
    expect(await broken(imported, 'test/lab/storms/b/one.ts')).toEqual([]);
  },
);

it('the first generator of storms may not import the second one', async () => {
  expect(await broken('test/lab/storms/b/index.ts', 'test/lab/storms/generate.ts')).toContain(
    'the first generator of storms knows nothing of the second',
  );
});

it.each(['test/fixtures/one.ts', 'test/shared/one.test.ts', 'local/cli/one.ts', 'infra/one.ts'])(
  '%s may not import the laboratory',
  async (importer) => {
    expect(await broken('test/lab/storms/play.ts', importer)).toContain('nothing outside the laboratory imports it');
  },
);
