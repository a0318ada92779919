// The journal: every decision, intent, result and page, kept 400 days, written once and never changed. Each function writes lines only to its own
// partition, and none reads them: no decision depends on the journal.
import type { JournalFields } from '../model/journal-fields.ts';
import { type PlainText, plainJson, plainText, SENTENCE_CHARACTERS } from '../text/plain-text.ts';
import { partitions, type Writer } from './records.ts';

const KEPT_DAYS = 400;
/** Evidence is cut rather than refused: a DynamoDB item holds 400 KB, and a reader holds less. */
const MAX_EVIDENCE_CHARACTERS = 4_000;
/** Fields are complete or missing: a list of all alarms that one request may delete fits. */
const MAX_FIELDS_CHARACTERS = 16_000;
/** Limit of a node's name, an execution's ARN, an act. */
const NAME_CHARACTERS = 500;

/** Replaces a node's name and instance where the line is about the whole fleet. */
export const WHOLE_FLEET = '-';

export const JOURNAL_KINDS = [
  'decision',
  'plan',
  'intent',
  'result',
  'refusal',
  'proof',
  'outcome',
  'page',
  /** A page again, the end of its cause, a healed node: messages that are no pages. */
  'notice',
  'progress',
] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];

export interface JournalEntry {
  readonly atMs: number;
  readonly kind: JournalKind;
  /** The sentence that a tired person reads. */
  readonly sentence: string;
  /** Guardrail, failure or page code, if there is one. */
  readonly code?: string;
  /** AWS operation that is intended or answered, with its subject: "ModifyVolume vol-…". */
  readonly act?: string;
  readonly evidence?: unknown;
  /** The content of the sentence as values: for programs. */
  readonly fields?: JournalFields;
}

/** The owner of a journal: its heal, and its writer. */
export interface JournalOwner {
  /** The function that writes, and its partition, which no other function may write. */
  readonly by: Writer;
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly incidentId: string;
  readonly attempt: number;
  readonly onsetMs: number;
  readonly heal: string;
  /** The execution or invocation. */
  readonly writer: string;
}

/** A line as it is stored: texts for people have been made plain. Only `createJournal` makes it. */
export interface JournalRecord {
  readonly at: string;
  readonly kind: JournalKind;
  readonly sentence: PlainText;
  readonly code: PlainText | undefined;
  readonly act: PlainText | undefined;
  /** JSON, cut after 4,000 characters. */
  readonly evidence: string | undefined;
  /** JSON of `JournalFields`; absent where there are none, or too many. */
  readonly fields: string | undefined;
  readonly fleet: PlainText;
  readonly node: PlainText;
  readonly instanceId: PlainText;
  readonly incidentId: PlainText;
  readonly attempt: number;
  readonly heal: PlainText;
  readonly writer: PlainText;
  readonly expiresAt: number;
}
/** The beginning of the sort keys of an incident's lines. It contains the incident, because two full volumes of one instance may have one onset. */
export const storyKey = ({
  onsetMs,
  instanceId,
  incidentId,
}: Pick<JournalOwner, 'onsetMs' | 'instanceId' | 'incidentId'>): string =>
  `${new Date(onsetMs).toISOString()}#${instanceId}#${incidentId}#`;

/** Where lines are written: the store, or the substitute of a test. */
export interface JournalTable {
  writeOnce(key: { readonly pk: string; readonly sk: string }, record: JournalRecord): Promise<void>;
}

export type Journal = (place: string, entry: JournalEntry) => Promise<void>;

/**
 * @returns a writer; `place` orders the entries of one attempt and makes a replayed step write the same one
 *   (sort key: onset, instance, incident, attempt, place), so that each writer's part of a story is read by one Query.
 */
export function createJournal(table: JournalTable, owner: JournalOwner): Journal {
  const { by, fleet, instanceId, incidentId, attempt } = owner;
  const story = `${storyKey({ onsetMs: owner.onsetMs, instanceId, incidentId })}${String(attempt).padStart(4, '0')}`;
  const names = {
    fleet: nameText(fleet),
    node: nameText(owner.node),
    instanceId: nameText(instanceId),
    incidentId: nameText(incidentId),
    heal: nameText(owner.heal),
    writer: nameText(owner.writer),
  };
  return async (place, { atMs, kind, sentence, code, act, evidence, fields }) => {
    const at = new Date(atMs).toISOString();
    const expiresAt = Math.floor(atMs / 1000) + KEPT_DAYS * 86_400;
    const text = evidence === undefined ? undefined : plainJson(evidence, MAX_EVIDENCE_CHARACTERS);
    await table.writeOnce(
      { pk: partitions.journal(fleet, by), sk: `${story}#${place}` },
      {
        at,
        kind,
        sentence: plainText(sentence, SENTENCE_CHARACTERS),
        code: code === undefined ? undefined : nameText(code),
        act: act === undefined ? undefined : nameText(act),
        evidence: text,
        fields: fields && wholeJson(fields),
        ...names,
        attempt,
        expiresAt,
      },
    );
  };
}

function wholeJson(fields: JournalFields): string | undefined {
  const json = plainJson(fields) ?? '';
  return json.length <= MAX_FIELDS_CHARACTERS ? json : undefined;
}

const nameText = (name: string): PlainText => plainText(name, NAME_CHARACTERS);
