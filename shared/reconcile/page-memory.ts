// The owner of the pages of who looks at a fleet again and again. A page is written down as owed before it is sent, so that it comes although a run dies or SNS
// is away; it says what the look of that moment has found; one whose cause is over meanwhile is not sent; and what was sent ends with its cause.
import type { SNSClient } from '@aws-sdk/client-sns';
import type { FollowedPage, OwedPage, PageMemory } from '../guardrails/names.ts';
import { page, THE_FLEET } from '../heal/notify.ts';
import { sameRecord } from '../heal/store.ts';
import { followPages, withSent } from './followed-pages.ts';

/** Something that a look has found, and that people are told of. */
export interface Held extends OwedPage {
  /** What is so now; null: it lasts as far as anybody knows, and nothing can be said of it now. */
  readonly sentence: string | null;
  /** People have to know now. */
  readonly isDue: boolean;
}

/** Many more than a fleet can owe: what SNS does not take for days does not grow for ever. */
const MAX_OWED = 8;

type Named = Pick<FollowedPage, 'code' | 'subject'>;
const isSame = (one: Named, other: Named): boolean => one.code === other.code && one.subject === other.subject;

/** Pure. What is remembered after a look. @param held all that it has found: what is not among it is over */
export function afterLook({ owed: stored, pages }: PageMemory, held: readonly Held[], nowMs: number): PageMemory {
  // Records of earlier versions have null.
  const owed = stored ?? [];
  const left = held.filter((one) => one.isDue || owed.some((before) => isSame(before, one))).slice(0, MAX_OWED);
  const going = held.map(({ code, subject }) => ({ code, subject, seenAtMs: nowMs }));
  return {
    owed: left.map(({ code, subject }) => ({ code, subject })),
    ...(pages && { pages: followPages(pages, going, true, nowMs) }),
  };
}

/** Pure. When people were told of it last, ms since the epoch; null where they were not, or its end was seen since. */
export const lastToldMs = ({ pages = [] }: PageMemory, about: OwedPage): number | null =>
  pages.find((one) => isSame(one, about) && one.state !== 'ended')?.atMs ?? null;

interface Sender {
  readonly clients: { readonly sns: SNSClient };
  readonly environment: { readonly TOPIC_ARN: string };
  /** Its line in the journal. */
  readonly write: (sent: { readonly code: OwedPage['code']; readonly sentence: string }) => Promise<void>;
  /** Changes what is remembered, from what is stored. */
  readonly remember: (change: (memory: PageMemory) => PageMemory) => Promise<unknown>;
}

const membersOf = ({ owed = [], pages = [] }: PageMemory): PageMemory => ({ owed, pages });

/** What a look has found, where its record has nothing else to change: it is written only where that changes it. */
export async function tellFound(
  sender: Sender,
  fleet: string,
  memory: PageMemory,
  held: readonly Held[],
  nowMs: number,
): Promise<void> {
  const next = afterLook(memory, held, nowMs);
  if (!sameRecord(membersOf(memory), membersOf(next))) await sender.remember((now) => afterLook(now, held, nowMs));
  await sendOwed(sender, fleet, next, held);
}

/**
 * Sends what is owed. Twice is possible where an answer of SNS was lost; never is not.
 *
 * @param memory as it is stored after the look
 */
export async function sendOwed(
  { clients, environment, write, remember }: Sender,
  fleet: string,
  { owed = [] }: PageMemory,
  held: readonly Held[],
): Promise<void> {
  for (const due of owed) {
    const { code, subject } = due;
    const sentence = held.find((one) => isSame(one, due))?.sentence ?? null;
    // Of what nobody can say now, people hear when it is known again.
    if (sentence === null) continue;
    await page(clients.sns, environment.TOPIC_ARN, { fleet, node: THE_FLEET, code, sentence, subject });
    await remember(({ owed: now = [], pages = [] }) => ({
      owed: now.filter((one) => !isSame(one, due)),
      pages: withSent(pages, fleet, [{ refuse: code, subject, reason: sentence }], Date.now()),
    }));
    await write({ code, sentence });
  }
}
