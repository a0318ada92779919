// What is tried on a twin, one trouble at a time, and what came of it.
import { stringify } from 'yaml';
import { DRILLS, type Drill, type DrillVerdict } from '../../infra/commands/adopt/twin-form.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { resolveFleet } from '../../shared/fleet/resolve.ts';
import { GUARDRAILS, type GuardrailCode } from '../../shared/model/guardrail-codes.ts';
import { plainText } from '../../shared/text/plain-text.ts';
import { INVARIANTS } from '../scenarios/checks/invariants.ts';
import type { Report } from '../scenarios/report/report.ts';
import { run } from '../scenarios/run.ts';
import { worldIn } from '../scenarios/world-file/read.ts';
import type { WorldInput } from '../scenarios/world-file/schema.ts';
import type { Twin, TwinNode } from './world.ts';

/** When the trouble begins. */
const AT_MINUTES = 3;
/** Full enough for an alarm, and for a heal. */
const FULL_PERCENT = 92;
/** So long is waited for a heal: a client has half an hour to start, a ladder climbs three rungs, and a refusal is tried again within the hour. */
const MINUTES: Readonly<Record<Drill, number>> = { 'full-disk': 45, stuck: 90, 'corrupt-data': 240, loss: 150 };
const HOURS_MAX = 12;
const SENTENCE_CHARACTERS = 300;

/** The first node of each role, a follower before any other: one of them stands for its like. */
export function drilledNodes({ nodes, roles }: Twin): readonly TwinNode[] {
  const first = new Map<string, TwinNode>();
  for (const node of nodes) {
    const role = roles.get(node.name) ?? 'unknown';
    if (!first.has(role) && node.powered !== false) first.set(role, node);
  }
  return [...first.values()];
}

/** A full disk needs one. */
export const drillsOf = ({ volumes = [] }: TwinNode): readonly Drill[] =>
  DRILLS.filter((drill) => volumes.length > 0 || (drill !== 'full-disk' && drill !== 'corrupt-data'));

export async function drill(twin: Twin, node: TwinNode, which: Drill, seed: number): Promise<DrillVerdict> {
  const text = stringify(worldOf(twin, node, which), { aliasDuplicateObjects: false, lineWidth: 0 });
  const { report } = await run(worldIn('twin.yaml', text, repositoryRoot), { seed, lane: 'sweep' });
  return verdictOf(report, {
    fleet: twin.fleet.fleet,
    node: node.name,
    role: twin.roles.get(node.name) ?? 'unknown',
    drill: which,
  });
}

/**
 * The twin as a world file, with one trouble.
 * @param usedPercent of a disk that is full
 */
export function worldOf(
  twin: Twin,
  node: TwinNode,
  which: Drill,
  usedPercent: number = fullPercentOf(twin),
): WorldInput {
  const ref = `${twin.fleet.fleet}/${node.name}`;
  const nodes =
    which === 'full-disk' ? twin.nodes.map((one) => (one === node ? filled(one, usedPercent) : one)) : twin.nodes;
  const troubles: Readonly<Record<Drill, readonly object[]>> = {
    'full-disk': [],
    stuck: [{ at: AT_MINUTES, do: 'hang', node: ref }],
    'corrupt-data': [{ at: AT_MINUTES, do: 'corrupt-data', node: ref }],
    loss: [{ at: AT_MINUTES, do: 'kill-instance', node: ref }],
  };
  const silent = twin.silent.map((name) => ({ at: 0, do: 'lose-agent', node: `${twin.fleet.fleet}/${name}` }));
  return {
    world: `twin-${which}`,
    says: `What was read in an account, and ${which} of ${node.name}.`,
    fleets: [twin.fleet],
    chains: { [twin.fleet.fleet]: twin.chain },
    nodes: [...nodes],
    ...(twin.snapshots.length > 0 && { snapshots: twin.snapshots }),
    before: twin.before,
    timeline: [...silent, ...troubles[which]] as NonNullable<WorldInput['timeline']>,
    until: { minutes: MINUTES[which] },
    hours: HOURS_MAX,
    expect: [],
    pagesAtMost: 1_000,
    attemptsAtMost: 1_000,
  };
}

/** So full that this fleet file has it grown. */
export const fullPercentOf = ({ fleet }: Pick<Twin, 'fleet'>): number =>
  Math.min(99, Math.max(FULL_PERCENT, resolveFleet(fleet).disk.growAtPercent + 3));

const filled = (node: TwinNode, usedPercent: number): TwinNode => ({
  ...node,
  volumes: (node.volumes ?? []).map((volume, at) => (at === 0 ? { ...volume, usedPercent } : volume)),
});

/** What comes behind it tells what to do, which the runbooks have. */
const firstSentence = (text: string): string => /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;

/** Of a node that is so at the end nobody can say that it was healed. */
const UNWELL = ['unreachable', 'stuck', 'forked'];

/** What the report says of the node in trouble. A heal that was followed by another one, or whose node is not well at the end, has not healed. */
export function verdictOf(
  report: Pick<Report, 'heals' | 'refusals' | 'pages' | 'nodes' | 'violations'>,
  about: Pick<DrillVerdict, 'fleet' | 'node' | 'role' | 'drill'>,
): DrillVerdict {
  const wanted = about.drill === 'full-disk' ? 'resize-volume' : 'replace-node';
  const mine = report.heals.filter(({ node, kind }) => node === about.node && kind === wanted);
  const ended = mine.at(-1);
  const state = report.nodes.find(({ node, fleet }) => node === about.node && fleet === about.fleet)?.state ?? 'gone';
  const healed = ended?.outcome === 'healed' && !UNWELL.includes(state) ? ended : undefined;
  const broken = report.violations.map(({ invariant, detail }) =>
    plainText(`${INVARIANTS[invariant]} ${detail}`, SENTENCE_CHARACTERS),
  );
  if (healed !== undefined) {
    const by = wanted === 'resize-volume' ? 'grow' : (healed.rung ?? 'restart');
    return {
      kind: 'drill',
      ...about,
      healed: true,
      by,
      seconds: healed.alarmToHealedSeconds,
      codes: [],
      why: '',
      broken,
    };
  }
  const refusals = report.refusals.filter(({ node, kind }) => node === about.node && kind === wanted);
  const pages = report.pages.filter(
    ({ node, fleet }) => fleet === about.fleet && (node === about.node || node === 'fleet'),
  );
  const codes = [...new Set([...refusals.map(({ guardrail }) => guardrail), ...pages.map(({ code }) => code)])];
  const [last] = refusals.slice(-1);
  const [page] = pages.slice(-1);
  const why =
    ended?.outcome === 'healed'
      ? `it was called healed, and is ${state} at the end`
      : ended !== undefined
        ? ended.reason
        : last !== undefined
          ? firstSentence(GUARDRAILS[last.guardrail as GuardrailCode] ?? last.reason)
          : page !== undefined
            ? page.sentence
            : 'nothing noticed it';
  return {
    kind: 'drill',
    ...about,
    healed: false,
    by: null,
    seconds: null,
    codes,
    why: plainText(why, SENTENCE_CHARACTERS),
    broken,
  };
}
