// Reads the suite's own journal from the region's table.
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { JournalKind } from '../../../shared/heal/journal.ts';
import type { Writer } from '../../../shared/heal/records.ts';
import type { JournalFields } from '../../../shared/model/journal-fields.ts';
import type { Region } from '../../region.ts';

export interface JournalLine {
  readonly atMs: number;
  readonly place: string;
  readonly kind: JournalKind;
  readonly sentence: string;
  readonly code: string | undefined;
  /** Of an outcome: how it ended. */
  readonly act: string | undefined;
  /** Of an intent or a result: the AWS operation and the first resource of its input. Empty elsewhere. */
  readonly operation: string;
  readonly target: string;
  /** Of a command to a node; the result of a command has only its id. */
  readonly command: string | undefined;
  readonly operationId: string | undefined;
  readonly evidence: string | undefined;
  readonly fields: JournalFields;
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  readonly incidentId: string;
  readonly attempt: number;
  /** The function that wrote it. */
  readonly by: Writer;
  readonly heal: string;
  readonly writer: string;
}

type Item = Parameters<typeof fromItem>[0];
/** The journal is read at every mutation, and entries never change. */
const read = new WeakMap<Item, JournalLine>();

/** All entries, in the order of writing. */
export function readJournal(region: Region, tableName: string): JournalLine[] {
  const lines = region.dynamodb.items(tableName).flatMap((stored): JournalLine[] => {
    const item = stored as Item;
    if (!item['pk']?.S?.startsWith('JOURNAL#')) return [];
    const line = read.get(item) ?? lineOf(item);
    read.set(item, line);
    return [line];
  });
  return lines.sort((a, b) => a.atMs - b.atMs || (a.writer + a.place < b.writer + b.place ? -1 : 1));
}

function lineOf(item: Item): JournalLine {
  const record = fromItem(item);
  const text = (name: string): string => String(record[name] ?? '');
  // The partition names the writer: no other function may write there. Only the dispatcher writes about other heals.
  const by = text('pk').split('#').at(-1) as Writer;
  const optional = (name: string): string | undefined => (record[name] === undefined ? undefined : text(name));
  return {
    atMs: Date.parse(text('at')),
    place: text('sk').split('#').at(-1) ?? '',
    kind: text('kind') as JournalKind,
    sentence: text('sentence'),
    code: optional('code'),
    act: optional('act'),
    evidence: optional('evidence'),
    fields: JSON.parse(optional('fields') ?? '{}') as JournalFields,
    ...readAct(text('kind') as JournalKind, text('act')),
    fleet: text('fleet'),
    node: text('node'),
    instanceId: text('instanceId'),
    incidentId: text('incidentId'),
    attempt: Number(record['attempt']),
    by,
    heal: by === 'dispatch-heal' ? text('heal') : by,
    writer: text('writer'),
  };
}

type Act = Pick<JournalLine, 'operation' | 'target' | 'command' | 'operationId'>;

/** "ModifyVolume vol-…", "SendCommand grow-filesystem 4.1", and as its result "SendCommand 4.1" (shared/heal/journal.ts). */
export function readAct(kind: JournalKind, act: string): Act {
  if (kind !== 'intent' && kind !== 'result')
    return { operation: '', target: '', command: undefined, operationId: undefined };
  const [operation = '', ...about] = act.split(' ');
  const isCommand = operation === 'SendCommand';
  return {
    operation,
    target: about[0] ?? '',
    command: isCommand && about.length > 1 ? about[0] : undefined,
    operationId: isCommand ? about.at(-1) : undefined,
  };
}

/** Evidence has a limited length: cut evidence is not JSON, and is ignored. */
export function evidenceIn<T>({ evidence }: Pick<JournalLine, 'evidence'>): T | undefined {
  if (evidence === undefined) return undefined;
  try {
    return JSON.parse(evidence) as T;
  } catch {
    return undefined;
  }
}
