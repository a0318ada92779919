// The journal: every decision, intent, result and page, kept 400 days, written once and never changed. Each function writes lines of its own
// partition only, and none reads them: nothing is ever decided by the journal.
import type { JournalFields } from '../model/journal-fields.ts';
import { type PlainText, plainJson, plainText, SENTENCE_CHARACTERS } from '../text/plain-text.ts';
import { partitions, type Writer } from './records.ts';

const KEPT_DAYS = 400;
/** Evidence is cut rather than refused: a DynamoDB item holds 400 KB, and a reader holds less. */
const MAX_EVIDENCE_CHARACTERS = 4_000;
/** Fields are whole or not there: a list of all alarms that one request may delete fits. */
const MAX_FIELDS_CHARACTERS = 16_000;
/** Of a node, an execution's ARN, an act. */
const NAME_CHARACTERS = 500;

/** In place of a node's name and instance where all of the fleet is meant. */
export const WHOLE_FLEET = '-';

export type JournalKind =
  | 'decision'
  | 'plan'
  | 'intent'
  | 'result'
  | 'refusal'
  | 'proof'
  | 'outcome'
  | 'page'
  | 'progress';

export interface JournalEntry {
  readonly atMs: number;
  readonly kind: JournalKind;
  /** What a tired person reads. */
  readonly sentence: string;
  /** Guardrail, failure or page code, where there is one. */
  readonly code?: string;
  /** AWS operation that is intended or answered, with what it is about: "ModifyVolume vol-…". */
  readonly act?: string;
  readonly evidence?: unknown;
  /** The same as the sentence says, as values: for programs. */
  readonly fields?: JournalFields;
}

/** Whose journal: the heal it belongs to, and who writes. */
export interface JournalOwner {
  /** The function that writes: its partition, which nobody else may write. */
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

/** A line as it is stored: what a person reads of it has been made plain. `createJournal` alone makes it. */
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
/** How the sort keys of an incident's lines begin. The incident, too: two full volumes of one instance may have one onset. */
export const storyKey = ({
  onsetMs,
  instanceId,
  incidentId,
}: Pick<JournalOwner, 'onsetMs' | 'instanceId' | 'incidentId'>): string =>
  `${new Date(onsetMs).toISOString()}#${instanceId}#${incidentId}#`;

/** Where lines are written: the store, or what a test puts in its place. */
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
