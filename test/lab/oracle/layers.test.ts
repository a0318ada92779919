// `npm run layers` keeps the judge apart from what it judges, the generators of storms from each other, and the laboratory from everything else.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';

const JUDGE = 'the judge knows nothing of how chainmend works';
const SECOND = 'the second generator of storms knows its seam alone';
const FIRST = 'the first generator of storms knows nothing of the second';
const LABORATORY = 'nothing outside the laboratory imports it';

const fromJudge = (imported: string, at: number) => [`test/lab/oracle/promises/one${at}.ts`, imported] as const;
const fromSecond = (imported: string, at: number) => [`test/lab/storms/b/one${at}.ts`, imported] as const;

/** By the rule that it breaks: who imports what. */
const FORBIDDEN: Readonly<Record<string, readonly (readonly [importer: string, imported: string])[]>> = {
  [JUDGE]: [
    'functions/replace-node/decide.ts',
    'shared/guardrails/breaker.ts',
    'shared/fleet/resolve.ts',
    'local/scenarios/checks/invariants.ts',
    'test/lab/storms/play.ts',
    'test/fixtures/court.ts',
    'infra/fleets.ts',
  ].map(fromJudge),
  [SECOND]: [
    'test/lab/storms/faults.ts',
    'test/lab/storms/owners.ts',
    'test/lab/storms/generate.ts',
    'test/lab/storms/draw.ts',
    'test/lab/storms/play.ts',
    'functions/replace-node/decide.ts',
    'shared/fleet/schema.ts',
    'local/scenarios/world-file/timeline.ts',
  ].map(fromSecond),
  [FIRST]: [['test/lab/storms/rollouts.ts', 'test/lab/storms/b/index.ts']],
  [LABORATORY]: ['test/fixtures/one.ts', 'test/shared/one.test.ts', 'local/cli/one.ts', 'infra/one.ts'].map(
    (importer) => [importer, 'test/lab/storms/play.ts'] as const,
  ),
};
const ALLOWED = [
  ...['shared/fleet/schema.ts', 'local/services/ec2/model.ts', 'local/nodes/node.ts', 'local/region.ts'].map(
    (imported, at) => fromJudge(imported, 100 + at),
  ),
  ...['test/lab/storms/storm.ts', 'test/lab/storms/generator.ts', 'local/scenarios/world-file/schema.ts'].map(
    (imported, at) => fromSecond(imported, 100 + at),
  ),
];

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

let folder: string;
let violations: readonly Violation[];

/** What dependency-cruiser says of a checkout that has these files alone. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'layers-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('tsconfig.json', '{}');
  const pairs = [...Object.values(FORBIDDEN).flat(), ...ALLOWED];
  for (const [, imported] of pairs) write(imported, 'export const it = 1;\n');
  for (const [importer, imported] of pairs) {
    const path = relative(dirname(importer), imported);
    const from = path.startsWith('.') ? path : `./${path}`;
    write(importer, `import { it } from '${from}';\nexport const mine = it;\n`);
  }
  const tool = join(repositoryRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(repositoryRoot, '.dependency-cruiser.mjs');
  const words = [tool, 'infra', 'local', 'test', '--config', config, '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: folder }).catch(
    (error: { readonly stdout: string }) => error,
  );
  violations = (JSON.parse(stdout) as { readonly summary: { readonly violations: readonly Violation[] } }).summary
    .violations;
});
afterAll(() => rmSync(folder, { recursive: true }));

const rulesBroken = (importer: string, imported: string): readonly string[] =>
  violations.flatMap(({ rule, from, to }) => (from === importer && to === imported ? [rule.name] : []));

describe.each(Object.entries(FORBIDDEN))('%s', (rule, pairs) => {
  it.each(pairs)('%s may not import %s', (importer, imported) => {
    expect(rulesBroken(importer, imported)).toContain(rule);
  });
});

it.each(ALLOWED)('%s may import %s', (importer, imported) => {
  expect(rulesBroken(importer, imported)).toEqual([]);
});
