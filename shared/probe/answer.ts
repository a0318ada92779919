// Parses the answer of the function in the nodes' VPC. Nodes can reach that function, and it reads their answers. Its caller has more rights, so it
// accepts nothing from it that has not the expected form. One node's wrong reading says nothing about the others.
import * as v from 'valibot';
import { MAXIMUM_MISSING } from '../chains/answers.ts';
import {
  countersOf,
  MAXIMUM_HEIGHTS,
  type NodePeers,
  type NodeStatus,
  type Peer,
  type ReadingErrorCode,
  UNSAID,
} from '../chains/client.ts';
import type { ConsensusMetrics, GethMetrics } from '../chains/metrics.ts';
import { parseJson } from '../text/json.ts';
import { plainText } from '../text/plain-text.ts';
import type { PeersReading, ProbeAnswer, StatusReading } from './protocol.ts';

/** The text is no answer at all. */
export class ProbeAnswerError extends Error {
  override readonly name = 'ProbeAnswerError';
}

/**
 * @param functionName for the message
 * @throws ProbeAnswerError where it is no answer; wrong readings are left out, as if those nodes had not been asked
 */
export function parseProbeAnswer(functionName: string, text: string): ProbeAnswer {
  const no = (cause?: unknown): ProbeAnswerError =>
    new ProbeAnswerError(`${functionName} answered ${plainText(text, 100)}, expected statuses and peers`, { cause });
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw no(cause);
  }
  const lists = v.safeParse(listsSchema, json);
  if (!lists.success) throw no();
  const { statuses, peers } = lists.output;
  return { statuses: those(statusSchema, statuses), peers: those(peersSchema, peers) };
}

function those<T>(schema: v.GenericSchema<unknown, T>, entries: readonly unknown[]): readonly T[] {
  return entries.flatMap((entry) => {
    const parsed = v.safeParse(schema, entry, { abortEarly: true });
    return parsed.success ? [parsed.output] : [];
  });
}

const listsSchema = v.object({ statuses: v.array(v.unknown()), peers: v.array(v.unknown()) });

const CODES = [
  'unreachable',
  'slow',
  'too-large',
  'redirected',
  'unauthorized',
  'busy',
  'malformed',
  'refused',
  'misconfigured',
] as const satisfies readonly ReadingErrorCode[];

const REASON_CHARACTERS = 600;
/** A hash, an id, a version, a name of a network. */
const WORD_CHARACTERS = 256;
const STAGE_CHARACTERS = 60;
const MAXIMUM_PEERS = 20_000;

const nodeText = (maximumCharacters: number) =>
  v.pipe(
    v.string(),
    v.transform((text): string => plainText(text, maximumCharacters)),
  );
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const word = nodeText(WORD_CHARACTERS);
const reason = nodeText(REASON_CHARACTERS);

const counters = v.exactOptional(
  v.pipe(
    v.record(word, whole),
    v.transform((told) => countersOf(Object.entries(told))),
  ),
);

const reading = <Facts extends v.GenericSchema>(facts: Facts) =>
  v.variant('kind', [
    v.object({ kind: v.literal('ok'), facts }),
    v.object({ kind: v.literal('starting'), reason, counters }),
    v.object({ kind: v.literal('error'), code: v.picklist(CODES), reason }),
  ]);

// JSON leaves out what is undefined.
const statusFacts = v.pipe(
  v.object({
    height: whole,
    hashes: v.pipe(v.array(v.object({ height: whole, hash: word })), v.maxLength(MAXIMUM_HEIGHTS + 1)),
    blockTimeMs: v.optional(v.pipe(v.number(), v.finite())),
    syncing: v.optional(v.boolean()),
    claimedTip: v.optional(whole),
    syncHeight: v.optional(whole),
    counters,
    works: v.exactOptional(nodeText(STAGE_CHARACTERS)),
    peerCount: v.optional(whole),
    chainId: v.optional(word),
    clientVersion: v.optional(word),
    anchorHeight: v.optional(whole),
    inValidatorSet: v.optional(v.boolean()),
    votingPower: v.optional(whole),
    hamperedBy: v.optional(v.picklist(['execution-offline', 'execution-behind'])),
    missing: v.optional(v.pipe(v.array(word), v.maxLength(2 * MAXIMUM_MISSING))),
  }),
  v.transform(({ missing = [], ...facts }): NodeStatus => ({ ...UNSAID, ...facts, missing })),
);

const consensusFacts = v.pipe(
  v.object({
    namespace: v.picklist(['cometbft', 'tendermint']),
    latestBlockHeight: v.optional(whole),
    rounds: v.optional(whole),
    validatorsPower: v.optional(whole),
    missingValidatorsPower: v.optional(whole),
    byzantineValidators: v.optional(whole),
    byzantineValidatorsPower: v.optional(whole),
  }),
  v.transform((facts): ConsensusMetrics => ({ ...NOTHING_MEASURED, ...facts })),
);

const NOTHING_MEASURED = {
  latestBlockHeight: undefined,
  rounds: undefined,
  validatorsPower: undefined,
  missingValidatorsPower: undefined,
  byzantineValidators: undefined,
  byzantineValidatorsPower: undefined,
} as const;

const gethFacts = v.pipe(
  v.object({ headBlock: whole, peers: v.optional(whole), inserts: v.optional(whole) }),
  v.transform((facts): GethMetrics => ({ peers: undefined, inserts: undefined, ...facts })),
);

const peersFacts = v.pipe(
  v.object({
    network: v.exactOptional(word),
    ownPeerId: v.optional(word),
    peers: v.pipe(
      v.array(
        v.pipe(
          v.object({
            id: v.optional(word),
            address: v.optional(v.object({ host: word, port: v.pipe(whole, v.maxValue(65_535)) })),
            host: v.exactOptional(word),
            inbound: v.optional(v.boolean()),
            connectedSeconds: v.optional(whole),
          }),
          v.transform(
            (peer): Peer => ({
              ...{ id: undefined, address: undefined, inbound: undefined, connectedSeconds: undefined },
              ...peer,
            }),
          ),
        ),
      ),
      v.maxLength(MAXIMUM_PEERS),
    ),
  }),
  v.transform((facts): NodePeers => ({ ownPeerId: undefined, ...facts })),
);

const statusSchema: v.GenericSchema<unknown, StatusReading> = v.pipe(
  v.object({
    instanceId: word,
    status: reading(statusFacts),
    consensus: v.exactOptional(reading(consensusFacts)),
    geth: v.exactOptional(reading(gethFacts)),
    beacon: v.exactOptional(reading(statusFacts)),
  }),
);

const peersSchema: v.GenericSchema<unknown, PeersReading> = v.object({ instanceId: word, peers: reading(peersFacts) });
