// A fleet's records at the end of a run that changed them: what a resolver answers now.
import { colors } from './colors.ts';
import type { StoryFacts } from './facts.ts';
import { tableLines } from './table.ts';

const ROWS_MAX = 12;
const VALUES_MAX = 6;
const MARKER = '_chainmend.';

/** Records that carry our marker; none where no name was changed since the story began. */
export function recordsTable({ report, journal }: Pick<StoryFacts, 'report' | 'journal'>): string[] {
  const changed = journal.some(
    ({ heal, kind, act = '', sentence }) =>
      heal === 'register-nodes' &&
      kind === 'result' &&
      act.startsWith('ChangeResourceRecordSets') &&
      sentence === 'done',
  );
  if (!changed) return [];
  const marked = new Set(report.dns.filter(({ type }) => type === 'TXT').map(({ name }) => name));
  const ours = report.dns.filter(({ name, type }) => type !== 'TXT' && marked.has(`${MARKER}${name}`));
  const rows = ours.slice(0, ROWS_MAX).map(({ name, type, values }) => [name, type, valuesText(name, type, values)]);
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
