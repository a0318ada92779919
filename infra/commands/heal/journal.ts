// `npm run chainmend -- journal FLEET[/NODE]`: prints the latest lines of all functions about a fleet or a node, in the order of writing.
import type { Writer } from '../../../shared/heal/records.ts';
import { names } from '../../../shared/text/names.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import type { HealCommandContext } from './context.ts';
import { isoText, secondText } from './show.ts';
import type { Target } from './target.ts';

export interface JournalOptions {
  /** How many lines of each function are read, and how many are shown in total. */
  readonly lines?: number;
  /** Only lines of this incident, or of incidents whose id begins with it. */
  readonly incident?: string;
  /** Only what this function has written. */
  readonly by?: Writer;
}

const LINES = 40;

export async function journal(
  context: HealCommandContext,
  { fleet, node, shown }: Target,
  options: JournalOptions,
): Promise<{ readonly status: 0; readonly facts: object }> {
  const { lines: limit = LINES, incident, by: writer } = options;
  const read = await context.suite().journal(fleet, limit, writer);
  const found = read
    .filter((line) => incident === undefined || line.incidentId.startsWith(incident))
    .filter(
      (line) =>
        node === undefined || ('instanceId' in node ? line.instanceId === node.instanceId : line.node === node.node),
    );
  const lines = found.slice(-limit);
  if (lines.length === 0) {
    context.say(`The journal's latest lines say nothing of ${shown}.`);
    return { status: 0, facts: { lines } };
  }
  for (const { atMs, by, node: about, kind, code, sentence } of lines) {
    const at = secondText(atMs);
    const words = plainText(`${code === undefined ? '' : `${code}: `}${sentence}`, 1_000);
    context.say(
      `${at}  ${by.padEnd(14)}  ${plainText(about, 40).padEnd(8)}  ${plainText(kind, 10).padEnd(8)}  ${words}`,
    );
  }
  const cut = [...new Set(found.slice(0, -limit).map(({ by }) => by))];
  if (cut.length > 0) context.say(`Older lines of ${names(cut)} are not shown: --by FUNCTION, or --lines NUMBER.`);
  return { status: 0, facts: { lines: lines.map((line) => ({ ...line, at: isoText(line.atMs) })) } };
}
