// `npm run heal -- journal FLEET[/NODE]`: the latest lines of all functions about a fleet or a node, in the order in which they were written.
import { plainText } from '../../../shared/text/plain-text.ts';
import type { HealCommandContext } from './context.ts';
import type { Target } from './target.ts';

export interface JournalOptions {
  /** Lines of each function that are read, and of all of them that are shown. */
  readonly lines?: number;
  /** Only those of this incident, or of those that begin so. */
  readonly incident?: string;
}

const LINES = 40;

export async function journal(
  context: HealCommandContext,
  { fleet, node, shown }: Target,
  options: JournalOptions,
): Promise<0 | 1> {
  const { lines: limit = LINES, incident } = options;
  const read = await context.suite().journal(fleet, limit);
  const lines = read
    .filter((line) => incident === undefined || line.incidentId.startsWith(incident))
    .filter(
      (line) =>
        node === undefined || ('instanceId' in node ? line.instanceId === node.instanceId : line.node === node.node),
    )
    .slice(-limit);
  if (lines.length === 0) {
    context.say(`The journal's latest lines say nothing of ${shown}.`);
    return 0;
  }
  for (const { atMs, by, node: about, kind, code, sentence } of lines) {
    const at = new Date(atMs).toISOString().replace('T', ' ').slice(0, 19);
    const words = plainText(`${code === undefined ? '' : `${code}: `}${sentence}`, 1_000);
    context.say(
      `${at}  ${by.padEnd(14)}  ${plainText(about, 40).padEnd(8)}  ${plainText(kind, 10).padEnd(8)}  ${words}`,
    );
  }
  return 0;
}
