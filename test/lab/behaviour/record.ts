// Records what every scenario does, to compare two versions of the product: `npm run behaviour -- FILE [PART/PARTS] [TEXT]`. TEXT selects the runs
// whose name contains it. Each line of the file is one run. It has the callers of EC2, SSM, Route 53, CloudWatch and Lambda, in order, with each
// outcome. It also has the end of the run. Inputs are left out: names of tags, parameters and records may change while behaviour stays the same.
import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import type { Report } from '../../../local/scenarios/report/report.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { FAULTS, type FaultName, isFaultName } from '../../../local/simulator/faults.ts';
import type { Lane } from '../../../local/simulator/lambda-runtime/sandbox.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';

/** Services by their signing names: "monitoring" is CloudWatch's. */
const COMPARED = new Set(['ec2', 'ssm', 'route53', 'monitoring', 'lambda']);
const SEEDS = [1, 2, 3, 4, 5];
const LANES: readonly Lane[] = ['sweep', 'fidelity'];

interface Planned {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly lane: Lane;
  readonly faults: readonly FaultName[];
}

/** Every scenario with five seeds in both lanes, and with each fault in the faster lane. */
const planned: readonly Planned[] = allScenarios().flatMap((scenario) => [
  ...LANES.flatMap((lane) => SEEDS.map((seed) => ({ scenario, seed, lane, faults: [] }))),
  ...Object.keys(FAULTS)
    .filter(isFaultName)
    .map((fault) => ({ scenario, seed: 1, lane: 'sweep' as const, faults: [fault] })),
]);

const [file, part = '1/1', text = ''] = process.argv.slice(2);
const [at, parts] = part.split('/').map(Number);
if (file === undefined || !at || !parts) throw new TypeError('usage: npm run behaviour -- FILE [PART/PARTS] [TEXT]');
process.env['TZ'] = 'UTC';
// At once: a file that is still being opened is foreign work to a run on virtual time.
writeFileSync(file, '');
for (const [index, each] of planned.filter((one) => nameOf(one).includes(text)).entries()) {
  if (index % parts !== at - 1) continue;
  const { scenario, ...options } = each;
  const { report, unmet, world } = await run(scenario, options);
  const calls = world.region.gateway.trace.calls.filter(({ service }) => COMPARED.has(service)).map(lineOf);
  const line = {
    name: nameOf(each),
    unmet,
    ...endOf(report),
    calls: calls.length,
    order: hashOf(calls),
    counts: countsOf(calls),
  };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

function nameOf({ scenario, seed, lane, faults }: Planned): string {
  return `${scenario.name} seed ${seed} ${lane}${faults.length === 0 ? ' undisturbed' : ` ${faults.join(' ')}`}`;
}

function lineOf({ actor, service, operation, outcome }: CallRecord): string {
  return `${actor} ${service}.${operation} ${outcome ?? 'unanswered'}`;
}

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

function countsOf(lines: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of [...lines].sort()) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}

/** The end of a run as codes and numbers, without sentences. */
function endOf({ heals, plans, refusals, pages, nodes, dns, snapshots, fencedCommands, violations }: Report): object {
  return {
    heals: heals.map(({ kind, fleet, node, rung, outcome, alarmToHealedSeconds, apiCalls }) =>
      [kind, fleet, node, rung ?? '-', outcome, alarmToHealedSeconds, apiCalls].join(' '),
    ),
    plans: plans.map(({ kind, fleet, node }) => `${kind} ${fleet} ${node}`),
    refusals: refusals.map(({ kind, fleet, node, guardrail }) => `${kind} ${fleet} ${node} ${guardrail}`),
    pages: pages.map(({ fleet, node, code }) => `${fleet} ${node} ${code}`),
    nodes: hashOf(nodes.map((node) => JSON.stringify(node))),
    dns: hashOf(dns.map((each) => JSON.stringify(each))),
    snapshots: snapshots.length,
    fencedCommands,
    violations: violations.length,
  };
}
