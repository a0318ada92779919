// Messages of SQS, as a receiver sees them: their attributes, and the digests that an SDK verifies.
import { createHash } from 'node:crypto';

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receiptHandle: string | undefined;
  receives: number;
  firstReceivedAtMs: number | undefined;
}

export interface ReceiveMessageInput {
  readonly QueueUrl: string;
  readonly MaxNumberOfMessages?: number;
  readonly VisibilityTimeout?: number;
  readonly WaitTimeSeconds?: number;
  readonly AttributeNames?: readonly string[];
  readonly MessageSystemAttributeNames?: readonly string[];
  readonly MessageAttributeNames?: readonly string[];
}

/** The attributes of messages that a receiver asks for. */
export interface Wanted {
  readonly system: readonly string[];
  readonly own: readonly string[];
}

/** MessageAttributeNames: "All or .*" for all, "bar.*" for those that begin with "bar.". */
const isWanted = (name: string, { own }: Wanted): boolean =>
  own.some((asked) =>
    asked.endsWith('.*') ? asked === '.*' || name.startsWith(asked.slice(0, -1)) : asked === 'All' || asked === name,
  );

export function received(message: Message, accountId: string, wanted: Wanted): object {
  const system: Record<string, string> = {
    SenderId: accountId,
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
  };
  const shown = Object.entries(system).filter(
    ([name]) => wanted.system.includes('All') || wanted.system.includes(name),
  );
  const own = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isWanted(name, wanted)));
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(shown.length > 0 ? { Attributes: Object.fromEntries(shown) } : {}),
    ...(Object.keys(own).length > 0 ? { MessageAttributes: own, ...attributesMd5(own) } : {}),
  };
}

/**
 * "Calculating the MD5 message digest for message attributes" (SQS developer guide): sorted by name, each part after its length in four bytes, and
 * one byte for the kind of value.
 */
export function attributesMd5(attributes: Message['attributes']): { MD5OfMessageAttributes?: string } {
  const entries = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
  if (entries.length === 0) return {};
  const hash = createHash('md5');
  const part = (content: string | Uint8Array): void => {
    const bytes = Buffer.from(content);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const [name, { DataType, StringValue, BinaryValue }] of entries) {
    part(name);
    part(DataType);
    hash.update(Uint8Array.of(DataType.startsWith('Binary') ? 2 : 1));
    part(BinaryValue ?? StringValue ?? '');
  }
  return { MD5OfMessageAttributes: hash.digest('hex') };
}

/** The SDK verifies it: "MD5OfMessageBody … to verify that Amazon SQS received the message correctly". */
export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
