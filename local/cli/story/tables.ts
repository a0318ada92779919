// Tables at the end of a story: a row for each node, and the records of a fleet if a run has changed them.
import type { NodeState } from '../../scenarios/report/report.ts';
import { grouped } from '../format.ts';
import { type Column, colors, tableLines } from '../terminal.ts';
import type { StoryFacts } from './facts.ts';

/** With more nodes than this, only the nodes of the story are listed. */
const NODES_MAX = 8;

export function nodesTable({ report, journal }: Pick<StoryFacts, 'report' | 'journal'>): string[] {
  const told = new Set(journal.map(({ fleet, node }) => `${fleet}/${node}`));
  const named = (node: NodeState): string => `${node.fleet}/${node.node}`;
  const fits = report.nodes.length <= NODES_MAX;
  const shown = (fits ? report.nodes : report.nodes.filter((node) => told.has(named(node)))).slice(0, NODES_MAX);
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

/** Fewer peers than these are too few for any client. */
const LONELY_PEERS = 3;

/** A run changed peers, or a running client has too few peers. */
const isAboutPeers = ({ nodes }: StoryFacts['report'], journal: StoryFacts['journal']): boolean =>
  journal.some(({ heal }) => heal === 'rotate-peers') ||
  nodes.some(({ state, peers }) => RUNNING.has(state) && peers < LONELY_PEERS);

const RUNNING: ReadonlySet<string> = new Set(['synced', 'behind', 'stuck', 'forked']);

/** Of a node that is not at the tip: how far it is behind. */
const stateText = ({ state, heightLag }: NodeState): string =>
  state === 'synced' || heightLag <= 0 ? state : `${state}, ${grouped(heightLag)} behind`;

const volumeText = ({ role, sizeGiB, usedPercent, type }: NodeState['volumes'][number]): string =>
  `${role} ${grouped(sizeGiB)} GiB ${type}, ${Math.floor(usedPercent)} % used`;

const RECORDS_MAX = 12;
const VALUES_MAX = 6;
const MARKER = '_chainmend.';

/** Records that carry our marker; none if no name was changed since the story began. */
export function recordsTable({ report, journal }: Pick<StoryFacts, 'report' | 'journal'>): string[] {
  const changed = journal.some(
    ({ heal, kind, operation, fields }) =>
      heal === 'register-nodes' &&
      kind === 'result' &&
      operation === 'ChangeResourceRecordSets' &&
      fields.status === 'done',
  );
  if (!changed) return [];
  const marked = new Set(report.dns.filter(({ type }) => type === 'TXT').map(({ name }) => name));
  const ours = report.dns.filter(({ name, type }) => type !== 'TXT' && marked.has(`${MARKER}${name}`));
  const rows = ours.slice(0, RECORDS_MAX).map(({ name, type, values }) => [name, type, valuesText(name, type, values)]);
  const left = ours.length - rows.length;
  return [
    ...tableLines([{ head: 'record' }, { head: 'type' }, { head: 'answers' }], rows),
    ...(left > 0 ? [colors.dim(`and ${left} more`)] : []),
  ];
}

function valuesText(name: string, type: string, values: readonly string[]): string {
  const shown = values.slice(0, VALUES_MAX).map((value) => (type === 'SRV' ? targetText(name, value) : value));
  return [...shown, ...(values.length > VALUES_MAX ? [`${values.length - VALUES_MAX} more`] : [])].join(', ');
}

/** "0 0 8333 node1.bitcoin.internal" in the zone of that name → "node1:8333" */
function targetText(name: string, value: string): string {
  const [, , port, target = value] = value.split(' ');
  const label = target.replace(/\.$/, '').split('.')[0] ?? '';
  const zone = target.replace(/\.$/, '').slice(label.length);
  return `${name.endsWith(zone) ? label : target}:${port}`;
}
