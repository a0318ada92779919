// The answers of clients: the RPC of each chain, its metrics, and addresses of peers.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Answer, ChainClient, Question } from '../../../../shared/chains/client.ts';
import { beacon, chainClients } from '../../../../shared/chains/clients.ts';
import { httpJsonClient } from '../../../../shared/chains/http-json.ts';
import { consensusMetricsQuestion, gethMetricsQuestion } from '../../../../shared/chains/metrics.ts';
import { parsePeerAddress } from '../../../../shared/chains/peer-address.ts';
import { MetricsError, parseMetrics } from '../../../../shared/chains/prometheus.ts';
import { parseEntry } from '../../../../shared/peers/entry.ts';
import { JsonError, parseJson } from '../../../../shared/text/json.ts';
import { answered, failed } from '../../../fixtures/chain-answers.ts';
import * as samples from '../../../fixtures/chain-samples.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import {
  jsonStructures,
  lengthened,
  PAGES,
  type Structures,
  TEXTS,
  valueStructures,
  widened,
  within,
} from '../../../fixtures/structures.ts';
import { mutated, mutatedJson, mutatedText } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

const eos = httpJsonClient(
  'eos',
  {
    requests: { info: { get: '/v1/chain/get_info' } },
    height: 'info.head_block_num',
    hash: 'info.head_block_id',
    hashAt: { request: { post: '/v1/chain/get_block_info', body: { block_num: '{height}' } }, at: 'id' },
    blockTime: { at: 'info.head_block_time', as: 'iso' },
    synced: { at: 'info.server_full_version_string', is: ['x', 1] },
    chainId: 'info.chain_id',
    clientVersion: 'info.server_version_string',
  },
  600,
);
const aptos = httpJsonClient(
  'aptos',
  {
    requests: { info: { get: '/v1' } },
    height: 'info.block_height',
    blockTime: { at: 'info.ledger_timestamp', as: 'microseconds' },
    chainId: 'info.chain_id',
  },
  600,
);

/** Rounds of right answers, from which wrong ones are made. */
type Rounds = readonly (readonly unknown[])[];
const CLIENTS: readonly (readonly [name: string, client: ChainClient, right: readonly Rounds[]])[] = [
  [
    'bitcoin',
    chainClients.litecoin,
    [[[samples.litecoinStatus], [samples.litecoinHeader]], [[samples.litecoinWarmingUp]]],
  ],
  ['ethereum', chainClients.ethereum, [[[samples.gethDevelopment]], [[samples.gethSyncing]], [[samples.anvilStatus]]]],
  [
    'beacon',
    beacon,
    [
      [
        [
          ...[samples.beaconSyncing, samples.beaconHead, samples.beaconGenesis],
          ...[samples.beaconSpec, samples.beaconVersion, samples.beaconPeerCount],
        ],
      ],
    ],
  ],
  [
    'cometbft',
    chainClients.cometbft,
    [
      [[samples.cometbftStatus, samples.cometbftNetInfo, samples.cometbftBlockchain]],
      [[samples.tendermint19Status, samples.cometbftNetInfo]],
      [[samples.cometbftWaiting]],
    ],
  ],
  [
    'stacks',
    chainClients.stacks,
    [[[samples.stacksInfo, samples.stacksNeighbors, samples.stacksHealth], [samples.stacksTenure]]],
  ],
  ['solana', chainClients.solana, [[[[{ id: 0, result: 430 }, samples.solanaBehind]], [[samples.solanaBlock]]]]],
  ['other', eos, [[[samples.eos]]]],
  ['other, with a time of another kind', aptos, [[[samples.aptos]]]],
];

const PEERS: readonly (readonly [name: string, client: ChainClient, bodies: readonly unknown[]])[] = [
  ['bitcoin', chainClients.litecoin, [samples.litecoinPeers]],
  ['ethereum', chainClients.ethereum, [samples.gethPeersInbound]],
  ['beacon', beacon, [samples.beaconIdentity, samples.beaconPeers]],
  ['cometbft', chainClients.cometbft, [samples.cometbftStatus, samples.cometbftNetInfo]],
  ['stacks', chainClients.stacks, [samples.stacksInfo, samples.stacksNeighbors]],
  ['solana', chainClients.solana, [samples.solanaCluster]],
];

const status = fc.constantFrom(200, 200, 200, 200, 200, 404, 429, 500, 503);
/** A body that was nearly right for this request, or for another one; or no answer. */
const answerTo = (all: readonly unknown[], body: unknown): fc.Arbitrary<Answer> =>
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .tuple(mutated(body === undefined ? all : [body, body, ...all]), status)
        .map(([one, code]) => answered(one, code)),
    },
    { weight: 1, arbitrary: fc.constant(failed('slow')) },
  );

/** Answers for each round of a question. */
const roundsOf = (rounds: Rounds, requests: number): fc.Arbitrary<readonly (readonly Answer[])[]> => {
  const all = rounds.flat();
  return fc.tuple(
    fc.tuple(...Array.from({ length: requests }, (_, at) => answerTo(all, rounds[0]?.[at]))),
    fc.array(answerTo(all, rounds[1]?.[0]), { minLength: 1, maxLength: 1 }),
  );
};

/** Reads the first round, and all further rounds with the last answers again. */
function readAll(question: Question<unknown>, rounds: readonly (readonly Answer[])[]): unknown {
  let reading = question.read(rounds[0] ?? []);
  for (let more = 0; reading.kind === 'next' && more < 3; more++) {
    const { requests } = reading.question;
    reading = reading.question.read(requests.map((_, at) => rounds[1]?.[at] ?? failed('slow')));
  }
  return reading.kind === 'next' ? undefined : reading;
}

const HEIGHTS = [2, 291];
const errorOf = (error: unknown): readonly (readonly Answer[])[] => [
  [
    answered([
      { id: 0, error },
      { id: 1, error },
    ]),
  ],
];

const metrics = [
  'cometbft-metrics.txt',
  'tendermint-metrics.txt',
  'geth-metrics.txt',
  'geth-dev-metrics.txt',
  'cometbft-metrics-halted.txt',
].map((name) => readFileSync(new URL(`../../../fixtures/chain-samples/${name}`, import.meta.url), 'utf8'));
const pages = [
  'a'.repeat(1_000_000),
  `${'a{b="'.repeat(1)}${'\\'.repeat(4_000)}"} 1\n`,
  `a{${'b="c",'.repeat(5_000)}} 1\n`,
  `${'a 1\n'.repeat(60_000)}`,
  `${' '.repeat(1_000_000)}\n`,
  `a ${' '.repeat(1_000_000)}1\n`,
  `a{b="${'x'.repeat(1_000_000)}"} 1\n`,
  '#\n'.repeat(500_000),
  `${'\t'.repeat(100_000)}#\n`.repeat(5),
  'a{__proto__="x",constructor="y"} 1e999\n',
  'a NaN 9\na +Inf\na -Inf\n',
  '',
];
const texts = [
  '10.0.0.1:8333',
  '[fd00::1]:8333',
  `enode://${'a'.repeat(128)}@10.0.0.1:30303?discport=0`,
  `${'b'.repeat(40)}@seed.example.com:26656`,
];
const longTexts = [
  'a.'.repeat(50_000),
  'a'.repeat(100_000),
  `${'a'.repeat(130)}@`.repeat(1_000),
  ':'.repeat(100_000),
  `[${':'.repeat(100_000)}]:1`,
  '-'.repeat(300),
];

const DIALLED = [
  samples.litecoinAdded,
  samples.litecoinAddedBefore,
  samples.cometbftDialling,
  [{ id: 0, result: true }],
];
const DIALS = (['litecoin', 'ethereum', 'cometbft'] as const).map((name) => {
  const { peersAtRunTime } = chainClients[name].operations;
  const id = { litecoin: '', ethereum: 'a'.repeat(128), cometbft: 'a'.repeat(40) }[name];
  if (peersAtRunTime.by !== 'rpc') throw new Error(`${name} cannot be told`);
  return peersAtRunTime.add({ host: '10.0.0.1', port: 1, ...(id !== '' && { id }) });
});

/** Every request answered with the same: right bodies with longer lists and texts, and values of any form that a body may have. */
function bodiesOf(bodies: readonly unknown[], requests: number): Structures<readonly (readonly Answer[])[]> {
  const rounds = (bodyAt: (at: number) => unknown): readonly (readonly Answer[])[] => [
    Array.from({ length: requests }, (_, at) => answered(bodyAt(at))),
    [answered(bodyAt(requests))],
  ];
  return {
    'longer lists': (size) => rounds((at) => widened(bodies[at % bodies.length], size)),
    'longer texts': (size) => rounds((at) => lengthened(bodies[at % bodies.length], size)),
    ...Object.fromEntries(
      Object.entries(valueStructures).map(([name, make]) => [name, (size: number) => rounds(() => make(size))]),
    ),
  };
}

export const TARGETS: readonly Target[] = [
  ...CLIENTS.map(([name, client, right]) => {
    const question = client.status(name === 'beacon' || name === 'solana' ? [] : HEIGHTS);
    return target({
      name: `the status of ${name}`,
      input: fc.oneof(...right.map((rounds) => roundsOf(rounds, question.requests.length))),
      samples: [
        [],
        [question.requests.map(() => answered(null))],
        [question.requests.map(() => answered(HOSTILE, 500))],
        [question.requests.map(() => answered({ error: { code: -28, message: HOSTILE, data: HOSTILE } }))],
        errorOf({ code: -28, message: HOSTILE }),
      ],
      parse: (answers) => readAll(question, answers),
      structures: bodiesOf(right[0]?.flat() ?? [], question.requests.length),
      errors: [],
      read: everything,
    });
  }),
  ...PEERS.map(([name, client, bodies]) => {
    const question = client.peers;
    if (question === undefined) throw new Error(`${name} has no question about its peers`);
    return target({
      name: `the peers of ${name}`,
      input: roundsOf([bodies], question.requests.length),
      samples: [[], [question.requests.map(() => answered(HOSTILE, 500))]],
      parse: (answers) => readAll(question, answers),
      structures: bodiesOf(bodies, question.requests.length),
      errors: [],
      read: everything,
    });
  }),
  target({
    name: 'what a client says when it is told to dial',
    input: fc.oneof(
      ...DIALS.map((question) => roundsOf([DIALLED], question.requests.length).map((rounds) => ({ question, rounds }))),
    ),
    samples: [],
    parse: ({ question, rounds }) => readAll(question, rounds),
    errors: [],
    read: everything,
  }),
  ...(
    [
      ['cometbft', consensusMetricsQuestion],
      ['geth', gethMetricsQuestion],
    ] as const
  ).map(([name, question]) =>
    target({
      name: `the metrics of ${name}`,
      input: mutatedText(metrics),
      samples: pages,
      structures: { ...TEXTS, ...PAGES },
      parse: (page) => question.read([answered(page)]),
      errors: [],
      read: everything,
    }),
  ),
  target({
    name: 'any page of metrics',
    input: mutatedText(metrics),
    samples: pages,
    structures: { ...TEXTS, ...PAGES },
    parse: (page) => parseMetrics(page).size,
    errors: [MetricsError],
  }),
  target({
    name: 'JSON of a client',
    input: mutatedJson([samples.gethDevelopment, samples.cometbftStatus]),
    samples: [
      '['.repeat(1_000_000),
      '"'.repeat(1_000_000),
      '\\'.repeat(1_000_000),
      '{"a":'.repeat(100_000),
      ' '.repeat(1_000_000),
      '1e400',
      '-',
    ],
    structures: { ...TEXTS, ...jsonStructures(), ...within('{"result":', jsonStructures(), '}') },
    parse: parseJson,
    errors: [JsonError],
  }),
  target({
    name: 'addresses of peers',
    input: mutatedText(texts),
    samples: longTexts,
    structures: { ...TEXTS, ...within('enode://', TEXTS), ...within('a@', TEXTS), ...within('[', TEXTS) },
    parse: (text) => [parsePeerAddress(text), parseEntry(text)],
    errors: [],
  }),
];
