// Plays a read-out of an account in a local region: `chainmend adopt --twin` starts it with a file, and reads one JSON line for each verdict.
import { readFileSync } from 'node:fs';
import type { TwinInput, TwinLine } from '../../../infra/commands/adopt/twin-form.ts';
import { WorldFileError } from '../../../local/scenarios/world-file/read.ts';
import { drill, drilledNodes, drillsOf } from '../../../local/twin/drills.ts';
import { twinOf } from '../../../local/twin/world.ts';
import { twinStorm } from './storms.ts';

process.env['TZ'] = 'UTC';

const say = (line: TwinLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const { readOut, fleets, seed, storms } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as TwinInput;
for (const document of fleets) {
  const { fleet } = document;
  const twin = twinOf(readOut, document);
  if (twin === undefined) {
    say({ kind: 'remark', fleet, text: 'no instance of the read-out carries its tags' });
    continue;
  }
  for (const text of twin.remarks) say({ kind: 'remark', fleet, text });
  try {
    for (const node of drilledNodes(twin))
      for (const which of drillsOf(node)) say(await drill(twin, node, which, seed));
    for (let at = 0; at < storms; at++) say(await twinStorm(twin, seed + at));
  } catch (error) {
    // What a world file cannot say: other fleets are played.
    if (!(error instanceof WorldFileError)) throw error;
    say({ kind: 'remark', fleet, text: `it cannot be played: ${error.message}` });
  }
}
