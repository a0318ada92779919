// Plays pasts with the whole suite at work, reads them back as `chainmend backtest` reads an account, and sets each verdict beside what the suite did.
import pMap from 'p-map';
import { readHistories } from '../../../infra/commands/backtest/account.ts';
import { backtestOf, type Row } from '../../../infra/commands/backtest/backtest.ts';
import { NODE } from '../../../infra/commands/backtest/growth-then.ts';
import type { History } from '../../../infra/commands/backtest/history.ts';
import { AGENT, CLIENT, SILENT } from '../../../infra/commands/backtest/ladder-then.ts';
import { type Verdict, wordOf } from '../../../infra/commands/backtest/verdict.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { REGION_NAME } from '../../../local/region.ts';
import { findScenario } from '../../../local/scenarios/catalog/index.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen } from '../../../local/simulator/gateway/server.ts';
import { stormOf } from '../storms/draw-storm.ts';
import { GENERATORS, type GeneratorName } from '../storms/generators.ts';
import { worldFileOf } from '../storms/storm.ts';

/** A scenario, or a storm: of what its generator composes, or of one type of faults. */
export type Past =
  | { readonly scenario: string }
  | { readonly storm: GeneratorName; readonly seed: number; readonly only?: readonly string[] };

export interface Compared {
  readonly past: string;
  readonly node: string;
  readonly trouble: string;
  /** "grow to 140 GiB", "refused size-ceiling", "not knowable" */
  readonly backtest: string;
  readonly why: string;
  /** What the suite did first, in the same words; null where it did nothing. */
  readonly suite: string | null;
  /** Its sentence. */
  readonly told: string;
  readonly is: Is;
  /** The same where nothing was asked of the nodes at the time, as before chainmend is deployed. */
  readonly unasked: Is;
}

type Is = 'equal' | 'not knowable' | 'different';

const HOURS = 4;
const MINUTE_MS = 60_000;
const LATER_MS = 16 * MINUTE_MS;
/** A fleet in which something goes wrong every quarter of an hour would never be looked back at. */
const LOOKS_MOST = 6;
const MAX_EVENTS = 5_000_000;

/** One past after another. */
export const job = async (pasts: readonly Past[]): Promise<Compared[]> =>
  (await pMap(pasts, compared, { concurrency: 1 })).flat();

function scenarioOf(past: Past): { readonly name: string; readonly scenario: Scenario; readonly seed: number } {
  if ('scenario' in past) {
    const scenario = findScenario(past.scenario);
    if (!scenario) throw new Error(`there is no scenario ${past.scenario}`);
    return { name: past.scenario, scenario, seed: 1 };
  }
  const { storm, seed, only } = past;
  const drawn = stormOf(seed, { hours: HOURS, generator: storm, ...(only && { only }) });
  const text = worldFileOf(drawn, GENERATORS[storm], repositoryRoot);
  const types = only ? `${drawn.faults.map(({ type }) => type).join(', ')} ` : '';
  return { name: `${storm} ${types}${seed}`, scenario: worldIn('storm.yaml', text, repositoryRoot), seed };
}

async function compared(past: Past): Promise<readonly Compared[]> {
  const { name, scenario, seed } = scenarioOf(past);
  const { world } = await run(scenario, { seed, lane: 'sweep', guard: false });
  const histories = await readLater(world);
  const results = histories.map(backtestOf);
  const unasked = histories.map(withoutAnswers).map(backtestOf);
  const journal = readJournal(world.region, world.tableName);
  return results.flatMap(({ fleet, rows }, which) =>
    rows.map((row, at): Compared => {
      const [suite, told] = suiteVerdict(journal, fleet, row);
      return {
        ...{ past: name, node: `${fleet}/${row.incident.node}`, trouble: row.incident.trouble },
        ...{ backtest: wordOf(row.verdict), why: row.verdict.because, suite, told, is: comparedTo(row, suite) },
        unasked: comparedTo(unasked[which]?.rows[at] ?? row, suite),
      };
    }),
  );
}

const withoutAnswers = (history: History): History => ({
  ...history,
  nodes: history.nodes.map((one) => ({ ...one, told: [] })),
});

/** A person who looks back waits until CloudTrail has the calls of the last incident. */
async function readLater(world: World): Promise<readonly History[]> {
  const { clock } = world.region;
  for (let time = 1; ; time++) {
    await clock.run({ untilMs: clock.now() + LATER_MS, maxEvents: MAX_EVENTS });
    const histories = await readBack(world);
    const results = histories.map(backtestOf);
    const lastMs = Math.max(0, ...results.flatMap(({ rows }) => rows.map(({ incident }) => incident.onsetMs)));
    if (clock.now() - lastMs >= LATER_MS - MINUTE_MS || time === LOOKS_MOST) return histories;
  }
}

/** What the node itself told the suite, and what the verdict says that it takes for granted: AWS keeps nothing of it. Such a verdict never counts as equal. */
const BROKEN: Readonly<Record<string, readonly string[]>> = {
  'refused volume-not-found': [NODE],
  'refused filesystem-unsupported': [NODE],
  'refused format-limit': [NODE],
  'refused client-stopped': [CLIENT],
  'refused client-unknown': [CLIENT],
  'refused node-silent': [AGENT, NODE],
  'refused clock-ahead': [AGENT, NODE],
  'stop-start': [AGENT],
  restart: [SILENT],
};

/** A size that depends on the minute is told from the least to the most. */
function isWithin(verdict: Verdict, suite: string | null): boolean {
  if (verdict.is !== 'healed' || verdict.toGiB === undefined || verdict.upToGiB === undefined) return false;
  const sizeGiB = Number(/^grow to (\d+) GiB$/.exec(suite ?? '')?.[1] ?? Number.NaN);
  return sizeGiB >= verdict.toGiB && sizeGiB <= verdict.upToGiB;
}

function comparedTo({ verdict, provided }: Row, suite: string | null): Is {
  if (verdict.is === 'not knowable') return 'not knowable';
  // Where nothing is begun, nothing is written down.
  if (wordOf(verdict) === (suite ?? 'left alone') || isWithin(verdict, suite)) return 'equal';
  const isBroken = (BROKEN[suite ?? ''] ?? []).some((proviso) => provided.includes(proviso));
  return isBroken ? 'not knowable' : 'different';
}

async function readBack({ region }: World) {
  const key = newAccessKey();
  const server = await listen(region.gateway, {
    admissions: [{ ...key, caller: { actor: 'reader' } }],
    nowMs: () => region.clock.now(),
    onDefect: (error) => {
      throw error;
    },
  });
  const following = region.clock.follow({
    speed: 20,
    onError: (error) => {
      throw error;
    },
  });
  try {
    const asked = { fleets: [], days: 1, files: undefined, status: () => {}, nowMs: () => region.clock.now() };
    return await readHistories(asked, { region: REGION_NAME, endpoint: server.url, credentials: key });
  } finally {
    await following.stop();
    await server.close();
  }
}

/** Whoever waits for a turn is not refused, and the turn comes. */
const WAITS: ReadonlySet<string> = new Set(['restarts-paced', 'staggered']);
/** Nor is what could not be seen for the moment a verdict, where a later look of the same incident gave one. */
const UNSEEN: ReadonlySet<string> = new Set(['node-silent', 'clock-ahead', 'unreadable', 'throttled', 'busy']);

/** The first that the suite did, or refused, in an incident of that node and of that kind. */
function suiteVerdict(
  journal: readonly JournalLine[],
  fleet: string,
  { incident }: Row,
): readonly [verdict: string | null, told: string] {
  const heal = incident.trouble === 'full disk' ? 'resize-volume' : 'replace-node';
  const [fromMs, toMs] = [
    incident.fromMs - 2 * MINUTE_MS,
    (incident.toMs ?? Number.POSITIVE_INFINITY) + 30 * MINUTE_MS,
  ];
  const own = journal.filter(
    (line) =>
      line.fleet === fleet &&
      line.node === incident.node &&
      line.heal === heal &&
      line.atMs >= fromMs &&
      line.atMs <= toMs,
  );
  let unseen: readonly [string, string] | undefined;
  for (const { kind, code, fields, operation, evidence, sentence } of own) {
    if (kind === 'refusal' && WAITS.has(code ?? '')) continue;
    if (kind === 'refusal' && UNSEEN.has(code ?? '')) {
      unseen ??= [`refused ${code}`, sentence];
      continue;
    }
    if (kind === 'refusal') return [`refused ${code}`, sentence];
    // In mode plan, or ask: "grow 200 → 240 GiB", "restart, then swap".
    if (kind === 'plan')
      return [
        (fields.would ?? '')
          .replace(/^(wait for EBS, then )?grow the filesystem to /, 'grow to ')
          .replace(/^grow .*→ /, 'grow to ')
          .replace(/, then .*/, ''),
        sentence,
      ];
    if (heal === 'replace-node' && fields.rung != null) return [fields.rung, sentence];
    if (heal === 'resize-volume' && kind === 'intent' && operation === 'ModifyVolume')
      return [`grow to ${/"(?:Size|toGiB)":(\d+)/.exec(evidence ?? '')?.[1] ?? '?'} GiB`, sentence];
    // The volume is large enough, and the filesystem is not.
    const filesystem =
      heal === 'resize-volume' && kind === 'intent' && /^grow the filesystem to (\d+) GiB/.exec(sentence);
    if (filesystem) return [`grow to ${filesystem[1]} GiB`, sentence];
    if (heal === 'resize-volume' && kind === 'outcome') return ['left alone', sentence];
  }
  return unseen ?? [null, ''];
}
