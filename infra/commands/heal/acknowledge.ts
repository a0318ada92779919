// `ack`: says that a person looks after a page, so that it is not repeated; without a page it lists those whose cause lasts.
import type { AcknowledgeAnswer, ListedPage } from '../../../shared/events/acknowledge.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { unasked } from '../consent.ts';
import { notFoundError } from '../fleets/context.ts';
import type { HealCommandContext } from './context.ts';
import { isoText } from './show.ts';

const NOBODY = 'somebody at a command line';
const MAX_BY = 20;

/** @throws UsageError where no page has this key or code */
export async function acknowledgePage(
  context: HealCommandContext,
  written: string | undefined,
): Promise<{ readonly status: 0; readonly facts: object }> {
  const suite = context.suite();
  if (written === undefined) {
    const { open } = await suite.acknowledge(undefined, NOBODY, unasked('ack'));
    for (const line of openLines(open)) context.say(line);
    return { status: 0, facts: { open: open.map(asFacts) } };
  }
  const by = plainText((await suite.caller()) ?? NOBODY, 256);
  const answer = await suite.acknowledge(written, by, unasked('ack'));
  if (answer.acknowledged.length === 0)
    throw notFoundError('page that is repeated', plainText(written, 300), wordsFor(answer).slice(0, 20));
  for (const key of answer.acknowledged)
    context.say(`${plainText(key, 300)}: yours now. It is not repeated, and its end is told.`);
  return { status: 0, facts: { acknowledged: answer.acknowledged, by } };
}

/** What a person may have meant. */
const wordsFor = ({ open }: AcknowledgeAnswer): readonly string[] =>
  [...new Set(open.flatMap(({ key, code }) => [key, code]))].map((word) => plainText(word, 300)).sort();

/** The lines of `ack` without a page, in 80 columns. */
function openLines(open: readonly ListedPage[]): readonly string[] {
  if (open.length === 0) return ['No page is open: nobody is waited for.'];
  return open
    .toSorted((a, b) => a.sentAtMs - b.sentAtMs)
    .flatMap(({ key, code, sentAtMs, times, acknowledgedBy }) => [
      plainText(key, 300),
      `  ${plainText(code, 40)} · sent ${new Date(sentAtMs).toISOString().slice(5, 16).replace('T', ' ')} UTC, ${times === 1 ? 'once' : `${times} times`} · ${seenBy(acknowledgedBy)}`,
    ]);
}

/** The last part of an ARN is a name that people know. */
const seenBy = (by: string | undefined): string =>
  by === undefined ? 'nobody has seen it' : `seen by ${plainText(by.split(/[/:]/).at(-1) ?? '', MAX_BY)}`;

const asFacts = ({ sentAtMs, ...page }: ListedPage): object => ({ ...page, sentAt: isoText(sentAtMs) });
