// The VPC's resolver as a real server: machines look up names by DNS, and get the values of the region's hosted zones.
import dgram from 'node:dgram';
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, RECURSION_AVAILABLE } from 'dns-packet';
import { RESOLVER } from './lan.ts';

const DNS_PORT = 53;
/** Nothing here caches an answer: a changed record takes effect immediately. The product's names have TTLs of their own. */
const TTL_SECONDS = 1;
const NO_SUCH_NAME = 3;

/** The values of a name's records of a type, from the region's zones. */
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

/** Undefined for a message that is not a question. */
export function answerTo(message: Uint8Array, lookup: Lookup): Uint8Array | undefined {
  let question: ReturnType<typeof decode>;
  try {
    question = decode(Buffer.from(message));
  } catch {
    // A malformed message gets no answer, as from any resolver.
    return undefined;
  }
  const [asked] = question.questions ?? [];
  if (!asked) return undefined;
  const answers = look(asked.name, asked.type, lookup);
  // A name exists if it has an address or a text of some type; otherwise the answer is NXDOMAIN.
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
    // A string that cannot be a name has no records.
    return [];
  }
  return values.map((value): Answer => {
    if (type === 'A') return { type, name, ttl: TTL_SECONDS, data: value };
    if (type === 'TXT') return { type, name, ttl: TTL_SECONDS, data: value.replace(/^"|"$/g, '') };
    const [priority = 0, weight = 0, port = 0] = value.split(' ').map(Number);
    return { type, name, ttl: TTL_SECONDS, data: { priority, weight, port, target: value.split(' ')[3] ?? '.' } };
  });
}
