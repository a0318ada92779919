// `npm run mutants:membership`: takes the check of each kind of thing out of shared/fleet/membership.ts, one after the other in a copy of the checkout, and
// plays there what each caller does with things that a neighbour claims, too. Without the check every caller must reach them: or else its row of the table
// shows nothing. It prints each row, and fails where one still holds.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLAIMS, type Claim } from '../../shared/fleet/callers.ts';
import { copyCheckout, runNode, tidyUpOnSignals } from './copies.ts';
import { MUTANTS, mutated } from './mutants.ts';

/** The rule that is broken for each kind of thing, by its name. */
const RULES: Readonly<Record<Claim, string>> = {
  instance: 'what two fleets claim is nobody’s',
  volume: 'no volume that two fleets claim is grown, copied or exchanged',
  snapshot: 'no data of another fleet’s snapshot are restored',
  resource: 'what another fleet claims, too, is not used for another instance',
  named: 'a stored file names nothing that the deployment does not know',
  alarm: 'what is called by the name of a deployed fleet is that one’s, whether it has a file or not',
  record: 'what is called by the name of a deployed fleet is that one’s, whether it has a file or not',
};
const PATIENCE_MS = 15 * 60_000;
const PLAY = 'test/lab/mutants/membership-play.ts';

/** A row as the copy has played it. */
interface Played {
  readonly caller: string;
  readonly held: boolean;
}

async function tryClaim(copy: string, claim: Claim): Promise<readonly string[]> {
  const mutant = MUTANTS.find(({ name }) => name === RULES[claim]);
  if (!mutant) throw new Error(`mutants.ts has no rule "${RULES[claim]}"`);
  const path = join(copy, mutant.file);
  const whole = await readFile(path, 'utf8');
  const broken = mutated(mutant, whole);
  if ('fault' in broken) throw new Error(broken.fault);
  await writeFile(path, broken.text);
  try {
    const to = join(copy, `played-${claim}.json`);
    const { status, stderr } = await runNode(
      ['--disable-warning=ExperimentalWarning', '--import', './infra/engine.js', PLAY, claim, to],
      copy,
      PATIENCE_MS,
    );
    if (status !== 0) throw new Error(`${claim}: the stories were not played: ${stderr}`);
    const rows = JSON.parse(await readFile(to, 'utf8')) as readonly Played[];
    for (const { caller, held } of rows)
      console.log(
        `${claim.padEnd(10)}${caller.padEnd(18)}${held ? 'HOLDS without the check: its row shows nothing' : 'fails without the check'}`,
      );
    return rows.flatMap(({ caller, held }) => (held ? [`${caller} ${claim}`] : []));
  } finally {
    await writeFile(path, whole);
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((word) => !CLAIMS.some((claim) => claim === word));
if (unknown !== undefined) {
  console.error(`"${unknown}" is nothing that fleets claim: expected ${CLAIMS.join(', ')}, or nothing for all`);
  process.exit(2);
}

const strange = await tidyUpOnSignals(async () => {
  const copy = await copyCheckout();
  const found: string[] = [];
  for (const claim of CLAIMS.filter((one) => wanted.length === 0 || wanted.includes(one)))
    found.push(...(await tryClaim(copy, claim)));
  return found;
});
console.log(
  strange.length === 0 ? 'every row fails without the check' : `rows that show nothing: ${strange.join(', ')}`,
);
process.exitCode = strange.length === 0 ? 0 : 1;
