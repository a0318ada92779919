// The VPC's resolver as a real server: machines look names up by DNS, and hear what the region's hosted zones say.
import dgram from 'node:dgram';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from 'dns-packet';
import { RESOLVER } from './lan.ts';

const DNS_PORT = 53;
/** Nobody here keeps an answer: what a record says is heard at once. Names have their own time to live in the product. */
const TTL_SECONDS = 1;
const NO_SUCH_NAME = 3;

/** The values of a name's records of a type, as the region's zones have them. */
export type Lookup = (name: string, type: string) => readonly string[];

export interface Resolver {
  close(): void;
}

export function serveNames(lookup: Lookup): Promise<Resolver> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (message, { address, port }) => {
    const answer = answerTo(message, lookup);
    if (answer) socket.send(answer, port, address);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(DNS_PORT, RESOLVER, () => resolve({ close: () => socket.close() }));
  });
}

/** Undefined for what is no question. */
export function answerTo(message: Uint8Array, lookup: Lookup): Uint8Array | undefined {
  let question: ReturnType<typeof decode>;
  try {
    question = decode(Buffer.from(message));
  } catch {
    // Whoever sends such a thing hears nothing, as from any resolver.
    return undefined;
  }
  const [asked] = question.questions ?? [];
  if (!asked) return undefined;
  const answers = look(asked.name, asked.type, lookup);
  // A name that exists has an address or a text of some kind; else there is none.
  const exists = answers.length > 0 || ['A', 'SRV', 'TXT'].some((type) => look(asked.name, type, lookup).length > 0);
  return encode({
    type: 'response',
    id: question.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (exists ? 0 : NO_SUCH_NAME),
    questions: [asked],
    answers: [...answers],
  });
}

function look(name: string, type: string, lookup: Lookup): readonly Answer[] {
  if (type !== 'A' && type !== 'SRV' && type !== 'TXT') return [];
  let values: readonly string[];
  try {
    values = lookup(name, type);
  } catch {
    // What cannot be a name has no records.
    return [];
  }
  return values.map((value): Answer => {
    if (type === 'A') return { type, name, ttl: TTL_SECONDS, data: value };
    if (type === 'TXT') return { type, name, ttl: TTL_SECONDS, data: value.replace(/^"|"$/g, '') };
    const [priority = 0, weight = 0, port = 0] = value.split(' ').map(Number);
    return { type, name, ttl: TTL_SECONDS, data: { priority, weight, port, target: value.split(' ')[3] ?? '.' } };
  });
}
