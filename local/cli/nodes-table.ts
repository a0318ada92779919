// The nodes at the end of a run, a row each: what somebody wants to see who has just been told a story about some of them.
import type { NodeState } from '../scenarios/report/report.ts';
import { colors } from './colors.ts';
import type { StoryFacts } from './facts.ts';
import { type Column, tableLines } from './table.ts';
import { grouped } from './words.ts';

/** More nodes than this are a fleet: then only those that the story is about. */
const ROWS_MAX = 8;

export function nodesTable({ report, journal }: Pick<StoryFacts, 'report' | 'journal'>): string[] {
  const told = new Set(journal.map(({ fleet, node }) => `${fleet}/${node}`));
  const named = (node: NodeState): string => `${node.fleet}/${node.node}`;
  const fits = report.nodes.length <= ROWS_MAX;
  const shown = (fits ? report.nodes : report.nodes.filter((node) => told.has(named(node)))).slice(0, ROWS_MAX);
  const withPeers = isAboutPeers(report, journal);
  const columns: Column[] = [
    ...[{ head: 'node' }, { head: 'role' }, { head: 'state' }, { head: 'height', align: 'right' as const }],
    ...(withPeers ? [{ head: 'peers', align: 'right' as const }] : []),
    { head: 'volumes' },
  ];
  const rows = shown.map((node) => [
    ...[named(node), node.role, stateText(node), grouped(node.height)],
    ...(withPeers ? [grouped(node.peers)] : []),
    node.volumes.map(volumeText).join(', '),
  ]);
  const left = report.nodes.length - shown.length;
  return [...tableLines(columns, rows), ...(left > 0 ? [colors.dim(`and ${left} more`)] : [])];
}

/** Fewer than these are too few for anybody. */
const LONELY_PEERS = 3;

/** Something was done about peers, or a client that runs has too few. */
const isAboutPeers = ({ nodes }: StoryFacts['report'], journal: StoryFacts['journal']): boolean =>
  journal.some(({ heal }) => heal === 'rotate-peers') ||
  nodes.some(({ state, peers }) => RUNNING.has(state) && peers < LONELY_PEERS);

const RUNNING: ReadonlySet<string> = new Set(['synced', 'behind', 'stuck', 'forked']);

/** Who is not at the tip: how far from it. */
const stateText = ({ state, heightLag }: NodeState): string =>
  state === 'synced' || heightLag <= 0 ? state : `${state}, ${grouped(heightLag)} behind`;

const volumeText = ({ role, sizeGiB, usedPercent, type }: NodeState['volumes'][number]): string =>
  `${role} ${grouped(sizeGiB)} GiB ${type}, ${Math.floor(usedPercent)} % used`;
