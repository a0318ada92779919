// The process behind the crash tests: one run of disk-full for each place where a function can be killed or an answer lost.
import { text } from 'node:stream/consumers';
import { programmed } from '../../local/region/request-faults.ts';
import { type Run, type RunOptions, run } from '../../local/run/run.ts';
import { diskFull } from '../../local/scenarios/disk-full.ts';
import type { Crashed, Places } from './crash.ts';

const HEAL = 'chainmend-resize-volume';

const { crash, places } = JSON.parse(await text(process.stdin)) as Places;
const results: Crashed[] = [];
for (const place of places)
  results.push(ended(place, await run(diskFull, { seed: 1, lane: 'sweep', ...faultAt(place) })));
process.stdout.write(JSON.stringify(results));

function faultAt(place: number): Pick<RunOptions, 'hooks' | 'requestFaults'> {
  if (crash === 'none') return {};
  if (crash === 'answer lost' || crash === 'caller killed before' || crash === 'caller killed after') {
    const match = ({ actor, mutating }: { actor: string; mutating: boolean }) =>
      actor.startsWith(HEAL) && (crash !== 'answer lost' || mutating);
    return { requestFaults: programmed({ match, nth: place, fate: crash }) };
  }
  return { hooks: { checkpoint: (n) => (n === place ? crash : undefined) } };
}

function ended(place: number, { report, world, unmet }: Run): Crashed {
  const { calls } = world.region.front.trace;
  const [first] = world.region.lambda.executions();
  return {
    place,
    modifications: calls.filter(
      ({ operation, outcome }) =>
        operation === 'ModifyVolume' && outcome !== 'caller killed before' && !/^[A-Z]/.test(outcome ?? ''),
    ).length,
    sizeGiB: report.nodes[1]?.volumes[0]?.sizeGiB ?? 0,
    unmet: [
      ...unmet.filter((sentence) => !/^(one heal|nobody was paged)/.test(sentence)),
      ...report.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`),
    ],
    checkpoints: first?.checkpoints ?? 0,
    healCalls: calls.filter(({ actor }) => actor.startsWith(HEAL)).length,
    mutatingCalls: calls.filter(
      ({ actor, operation }) => actor.startsWith(HEAL) && !/^(Describe|Get|List|Query)/.test(operation),
    ).length,
  };
}
