// The process behind the crash tests: one run of a scenario for each place where a function can be killed or an answer lost.
import { text } from 'node:stream/consumers';
import { programmed } from '../../local/region/request-faults.ts';
import { type Run, type RunOptions, run } from '../../local/run/run.ts';
import { findScenario } from '../../local/scenarios/index.ts';
import type { Crashed, Places } from './crash.ts';

const { scenario: name, heal, crash, places } = JSON.parse(await text(process.stdin)) as Places;
const scenario = findScenario(name);
if (!scenario) throw new Error(`there is no scenario ${name}`);
const results: Crashed[] = [];
for (const place of places) {
  const disturbed = crash === 'none' ? {} : { disturbed: true as const };
  results.push(ended(place, await run(scenario, { seed: 1, lane: 'sweep', ...disturbed, ...faultAt(place) })));
}
process.stdout.write(JSON.stringify(results));

function faultAt(place: number): Pick<RunOptions, 'hooks' | 'requestFaults'> {
  if (crash === 'none') return {};
  if (crash === 'answer lost' || crash === 'caller killed before' || crash === 'caller killed after') {
    const match = ({ actor, mutating }: { actor: string; mutating: boolean }) =>
      actor.startsWith(heal) && (crash !== 'answer lost' || mutating);
    return { requestFaults: programmed({ match, nth: place, fate: crash }) };
  }
  return { hooks: { checkpoint: (n) => (n === place ? crash : undefined) } };
}

function ended(place: number, { report, world, unmet }: Run): Crashed {
  const { calls } = world.region.front.trace;
  const [first] = world.region.lambda.executions().filter(({ arn }) => arn.includes(heal));
  return {
    place,
    modifications: calls.filter(
      ({ operation, outcome }) =>
        operation === 'ModifyVolume' && outcome !== 'caller killed before' && !/^[A-Z]/.test(outcome ?? ''),
    ).length,
    made: made(world),
    healed: report.heals.filter(({ kind, outcome }) => heal.endsWith(kind) && outcome === 'healed').length,
    unmet: [...unmet, ...report.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`)],
    checkpoints: first?.checkpoints ?? 0,
    healCalls: calls.filter(({ actor }) => actor.startsWith(heal)).length,
    mutatingCalls: calls.filter(
      ({ actor, operation }) => actor.startsWith(heal) && !/^(Describe|Get|List|Query)/.test(operation),
    ).length,
  };
}

/** What RunInstances, CreateVolume and CreateSnapshots of heals have left in the region. */
function made({ region }: Run['world']): number {
  return [
    ...region.ec2.volumes().map(({ tags }) => tags),
    ...region.ec2.instances().map(({ tags }) => tags),
    ...region.ec2.snapshots().map(({ tags }) => tags),
  ].filter(
    (tags) =>
      tags.some(({ Key }) => Key === 'chainmend:incident') && !tags.some(({ Key }) => Key === 'chainmend:keep-until'),
  ).length;
}
