// Plays the rows of one kind of thing, and writes which of them held: `node … membership-play.ts CLAIM FILE`.
import { writeFileSync } from 'node:fs';
import { run } from '../../../local/scenarios/run.ts';
import { ROWS, rowOf, SCENARIOS } from '../../local/scenarios/cases/membership-callers.ts';
import { READERS } from '../../shared/fleet/callers.ts';

const [claim, file = ''] = process.argv.slice(2);
const rows = ROWS.filter((row) => row.claim === claim);
const played: { caller: string; held: boolean }[] = [];
for (const scenario of SCENARIOS.filter(({ name }) => rows.some(({ story }) => story === name))) {
  const { unmet } = await run(scenario, { seed: 1, lane: 'sweep' });
  for (const { caller, claim: of } of rows.filter(({ story }) => story === scenario.name))
    played.push({ caller, held: !unmet.includes(rowOf(caller, of)) });
}
for (const { caller, finds } of READERS.filter((one) => one.claim === claim))
  played.push({ caller, held: (await finds()).length === 0 });
writeFileSync(file, JSON.stringify(played));
