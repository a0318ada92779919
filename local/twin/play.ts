// Plays stories for `chainmend diff`, with the chainmend of the checkout that this file lies in: it is started with a file, and says one line of JSON for
// each story.
import { readFileSync } from 'node:fs';
import type { PlayedLine, PlayInput, StoryWorld } from '../../infra/commands/diff/form.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { findScenario } from '../scenarios/catalog/index.ts';
import { type Run, run } from '../scenarios/run.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { worldIn } from '../scenarios/world-file/read.ts';

process.env['TZ'] = 'UTC';

const { stories } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PlayInput;
for (const { story, seed, world } of stories) {
  const scenario = scenarioFor(world);
  const acts = scenario ? actsOf(await run(scenario, { seed, lane: 'sweep' })) : ['all: has no such scenario'];
  process.stdout.write(`${JSON.stringify({ story, acts } satisfies PlayedLine)}\n`);
}

function scenarioFor(world: StoryWorld): Scenario | undefined {
  if ('file' in world) return worldIn('story.yaml', world.file, repositoryRoot);
  return findScenario(world.scenario);
}

/** Neither sentences nor times, heights and ids: two runs that do the same may differ in them. */
function actsOf({ report, unmet }: Run): readonly string[] {
  const { heals, plans, refusals, pages, violations, nodes, snapshots } = report;
  const used = snapshots.filter(({ rank }) => rank === 'verified').length;
  const quarantined = snapshots.filter(({ quarantined }) => quarantined).length;
  return [
    ...heals.map(
      ({ node, kind, rung, outcome }) => `${node}: ${kind === 'resize-volume' ? 'grow' : (rung ?? kind)}, ${outcome}`,
    ),
    ...plans.map(({ node, would }) => `${node}: planned ${withoutIds(would)}`),
    ...refusals.map(({ node, guardrail }) => `${node}: refused ${guardrail}`),
    ...pages.map(({ node, code }) => `${node}: paged ${code}`),
    ...violations.map(({ invariant }) => `all: broken ${invariant}`),
    ...unmet.map((sentence) => `all: it does not hold that ${sentence}`),
    ...nodes.map(
      ({ node, state, volumes }) =>
        `${node}: ends ${[state, ...volumes.map(({ role, sizeGiB }) => `${role} ${sizeGiB} GiB`)].join(', ')}`,
    ),
    ...(used > 0 ? [`all: ends with ${used} verified snapshots`] : []),
    ...(quarantined > 0 ? [`all: ends with ${quarantined} quarantined snapshots`] : []),
  ];
}

/** Ids of EC2 end with hexadecimal digits, and are drawn. */
function withoutIds(text: string): string {
  return text.replace(/\b([a-z]{1,8})-[0-9a-f]{8,17}\b/g, '$1-…');
}
