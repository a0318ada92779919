// Owners' systems: each folder is whole, and two of their worlds are played once. `npm test -- systems` plays all of them, on twenty seeds: a minute each.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../../infra/fleets.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { systems } from '../../../local/scenarios/world-file/systems.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';

const SEEDS = Array.from({ length: isAsked('systems') ? 20 : 1 }, (_, at) => at + 1);
const PLAYED = sampled(
  'systems',
  systems().map(({ name }) => name),
  3,
);
const PATIENCE_MS = 60 * 60_000;

describe.each(systems())('$name', ({ name, world, scenario }) => {
  const text = readFileSync(join(repositoryRoot, world), 'utf8');

  it('is called as its folder, and has a page that says how to try it', () => {
    expect(scenario.name).toBe(name);
    const page = readFileSync(join(repositoryRoot, dirname(world), 'README.md'), 'utf8');
    expect(page).toContain(`npm start -- --world ${world}`);
  });

  if (!PLAYED.includes(name)) return;

  it.each(SEEDS)(
    'goes through its life with seed %i',
    async (seed) => {
      const [played] = await runJob('worlds', { texts: [text], folder: dirname(world), seed });
      expect(played).toEqual({ name, unmet: [] });
    },
    PATIENCE_MS,
  );
});

it('the 25 files of the exchange are those of its table', () => {
  const folder = join(repositoryRoot, 'examples/systems/exchange');
  const made = mkdtempSync(join(tmpdir(), 'coins-'));
  execFileSync(process.execPath, [join(folder, 'make.mjs'), made]);
  const textsIn = (place: string) =>
    readFleets(place).map(({ path }) => [basename(path), readFileSync(path, 'utf8')] as const);
  expect(textsIn(made)).toHaveLength(25);
  expect(textsIn(join(folder, 'fleets'))).toEqual(textsIn(made));
  rmSync(made, { recursive: true });
});
