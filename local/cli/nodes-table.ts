// The nodes at the end of a run, a row each: what somebody wants to see who has just been told a story about some of them.
import Table from 'cli-table3';
import type { NodeState } from '../run/report.ts';
import { colors } from './colors.ts';
import type { StoryFacts } from './facts.ts';
import { grouped } from './words.ts';

/** More nodes than this are a fleet: then only those that the story is about. */
const ROWS_MAX = 8;

export function nodesTable({ report, journal }: Pick<StoryFacts, 'report' | 'journal'>): string[] {
  const told = new Set(journal.map(({ fleet, node }) => `${fleet}/${node}`));
  const named = (node: NodeState): string => `${node.fleet}/${node.node}`;
  const fits = report.nodes.length <= ROWS_MAX;
  const shown = (fits ? report.nodes : report.nodes.filter((node) => told.has(named(node)))).slice(0, ROWS_MAX);
  const table = new Table({
    head: ['node', 'role', 'state', 'height', 'volumes'],
    chars: BORDERLESS,
    style: { head: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: ['left', 'left', 'left', 'right', 'left'],
  });
  for (const node of shown)
    table.push([named(node), node.role, node.state, grouped(node.height), node.volumes.map(volumeText).join(', ')]);
  const [head = '', ...rows] = table.toString().split('\n');
  const left = report.nodes.length - shown.length;
  return [
    colors.dim(head.trimEnd()),
    ...rows.map((row) => row.trimEnd()),
    ...(left > 0 ? [colors.dim(`and ${left} more`)] : []),
  ];
}

const volumeText = ({ role, sizeGiB, usedPercent, type }: NodeState['volumes'][number]): string =>
  `${role} ${grouped(sizeGiB)} GiB ${type}, ${Math.floor(usedPercent)} % used`;

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;
