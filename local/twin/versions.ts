// Plays two versions of a fleet file in the same stories: `chainmend diff` starts it with a file, and reads one JSON line for each story and version.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DiffInput, PlayedStory } from '../../infra/commands/diff/form.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import type { Report } from '../scenarios/report/report.ts';
import { run } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { worldIn } from '../scenarios/world-file/read.ts';
import { FAULT_TYPES } from '../storms/faults.ts';
import { worldFileOf } from '../storms/storm.ts';
import { drilledNodes, drillsOf, worldOf } from './drills.ts';
import { madeTwin } from './made.ts';
import { drawStorm } from './storms.ts';
import type { Twin } from './world.ts';

process.env['TZ'] = 'UTC';

const { before, after, nodes, seed, storms } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as DiffInput;
const versions = { before: madeTwin(before, nodes), after: madeTwin(after, nodes) } as const;

for (const node of drilledNodes(versions.before))
  for (const which of drillsOf(node))
    await playBoth(`drill ${which}`, seed, (twin) => {
      const same = twin.nodes.find(({ name }) => name === node.name) ?? node;
      const text = stringify(worldOf(twin, same, which), { aliasDuplicateObjects: false, lineWidth: 0 });
      return worldIn('drill.yaml', text, repositoryRoot);
    });
for (let at = 0; at < storms; at++) {
  // What the faults are is drawn once: both versions meet the same.
  const storm = drawStorm(versions.before, seed + at);
  await playBoth(`storm ${seed + at}`, seed + at, (twin, folder) => {
    writeFileSync(join(folder, `${twin.fleet.fleet}.yaml`), stringify(twin.fleet));
    const drawer = { prefix: 'storm-diff', fleets: folder, types: FAULT_TYPES };
    return worldIn('storm.yaml', worldFileOf(storm, drawer, repositoryRoot), repositoryRoot);
  });
}

async function playBoth(
  story: string,
  seed: number,
  worldFor: (twin: Twin, folder: string) => Scenario,
): Promise<void> {
  for (const by of ['before', 'after'] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'chainmend-diff-'));
    try {
      const { report } = await run(worldFor(versions[by], folder), { seed, lane: 'sweep' });
      const played: PlayedStory = { story, by, acts: actsOf(report) };
      process.stdout.write(`${JSON.stringify(played)}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function actsOf({ heals, plans, refusals, pages, violations }: Report): readonly string[] {
  return [
    ...heals.map(
      ({ node, kind, rung, outcome }) => `${node}: ${kind === 'resize-volume' ? 'grow' : (rung ?? kind)}, ${outcome}`,
    ),
    ...plans.map(({ node, kind }) => `${node}: planned ${kind}`),
    ...refusals.map(({ node, guardrail }) => `${node}: refused ${guardrail}`),
    ...pages.map(({ node, code }) => `${node}: paged ${code}`),
    ...violations.map(({ invariant }) => `all: broken ${invariant}`),
  ];
}
