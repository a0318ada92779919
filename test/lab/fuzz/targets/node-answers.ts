// The output of command documents on nodes, and answers of Systems Manager and CloudWatch.
import { gzipSync } from 'node:zlib';
import type { GetCommandInvocationCommandOutput, SSMClient } from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { refusedPoints } from '../../../../functions/watch-fleet/otlp.ts';
import { judgeAgent, readCommand } from '../../../../shared/aws/commands.ts';
import { UnreadableAnswer } from '../../../../shared/aws/signed-request.ts';
import { chainClients } from '../../../../shared/chains/clients.ts';
import { NodeAnswerError } from '../../../../shared/model/node-answer-error.ts';
import { parseAnswer } from '../../../../shared/node-commands/answer.ts';
import { parseNodeAnswer } from '../../../../shared/node-commands/node-answer.ts';
import {
  type PeerAnswer,
  parsePeerAnswer,
  unpackAnswers,
  unpackConfig,
} from '../../../../shared/node-commands/peer-command.ts';
import { decodeAnswers, encodeAnswers } from '../../../../shared/probe/frames.ts';
import { readOnNode } from '../../../../shared/probe/node-probe.ts';
import type { ProbeQuestion } from '../../../../shared/probe/protocol.ts';
import { ARRIVED_MS } from '../../../fixtures/chain-answers.ts';
import * as samples from '../../../fixtures/chain-samples.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { jsonStructures, type Structures, TEXTS, within } from '../../../fixtures/structures.ts';
import { mutatedJson, mutatedText } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

const observation = {
  ...{
    volumeId: 'vol-0a1b2c3d4e5f60718',
    device: 'nvme1n1',
    partitioned: false,
    filesystem: 'xfs',
    path: '/node-data',
  },
  ...{
    deviceBytes: 5e11,
    sizeBytes: 5e11,
    usedBytes: 4e11,
    availableBytes: 1e11,
    inodesTotal: 1,
    inodesUsed: 0,
    rootUsedPercent: 10,
    growthLimit: null,
    obstacle: 'none',
    client: 'running',
  },
};
const head = { operationId: '1.1', fence: 1, result: 'done' };
const grown = { ...head, before: observation, after: { ...observation, client: 'stopped' }, reason: HOSTILE };

const state = {
  clients: [{ state: 'running', exitStatus: null, lastLine: HOSTILE, masked: false }],
  volumes: [{ path: '/d', volumeId: '', filesystem: HOSTILE, sizeBytes: 1, usedBytes: 1, readOnly: false }],
  devices: ['vol-0a1b2c3d4e5f60718'],
  rootUsedPercent: 7,
};
const swapped = {
  ...{ ...head, before: null, after: state, reason: 'x', startSeconds: 3, putBack: true, fault: 'data' },
  stop: { seconds: 1, clean: true, exitStatus: 0, lastLine: HOSTILE },
};

const sha256 = 'a'.repeat(64);
const config = { sha256, bytes: 2, gzip: gzipSync('a=').toString('base64') };
const written = { sha256, client: 'running', stopSeconds: 2, clean: true, putBack: false };
const told = { answers: gzipSync('200 0 4\nnullx').toString('base64') };

const nasty = [
  '',
  '\n',
  'null',
  '[]',
  '5',
  '"',
  '{}',
  HOSTILE,
  '['.repeat(5_000),
  ' '.repeat(90_000),
  '\n'.repeat(90_000),
  'x'.repeat(90_000),
  'x'.repeat(5_000_000),
];

/** A line alone, and the last member of one that is nearly right. */
const ANSWERS: Structures<string> = {
  ...TEXTS,
  ...jsonStructures(),
  ...within(
    '{"operationId":"1.1","fence":1,"result":"done","before":null,"after":null,"reason":',
    jsonStructures(),
    '}',
  ),
  ...within('{"operationId":"1.1","fence":1,"result":"done","before":', jsonStructures(), '}'),
};
const packing = (structures: Structures<string>): Structures<string> =>
  Object.fromEntries(
    Object.entries(structures).map(([name, make]) => [
      `${name}, packed`,
      (size) => gzipSync(make(size)).toString('base64'),
    ]),
  );
const framed = (structures: Structures<string>): Structures<string> =>
  Object.fromEntries(
    Object.entries(structures).map(([name, make]) => [
      `${name} in a frame`,
      (size) => `200 0 ${Buffer.byteLength(make(size))}\n${make(size)}`,
    ]),
  );
/** Frames without an end, and what is no frame. */
const FRAMES: Structures<string> = packing({
  ...TEXTS,
  ...within('chainmend-node 1\n', TEXTS),
  disks: (size) => `chainmend-node 1\n${'d data 1\n'.repeat(size / 9)}`,
  answers: (size) => `chainmend-node 1\n${'a 0 200 2\n{}\n'.repeat(size / 13)}`,
  'empty lines': (size) => `chainmend-node 1\n${'\n'.repeat(size)}`,
  'one long answer': (size) => `chainmend-node 1\na 0 200 ${size}\n${'x'.repeat(size)}\n`,
});

const peers = ['read-config', 'write-config', 'ask-peers', 'change-peers'] as const;
const peerAnswers = {
  'read-config': config,
  'write-config': written,
  'ask-peers': told,
  'change-peers': told,
} as const;

/** Frames as ask-peers packs them, and a hostile node's versions of them. */
const frames = mutatedText(['200 0 2\n{}200 0 4\nnull', '000 7 0\n', '401 0 0\n', `503 0 3\n${'x'.repeat(3)}`]);
const packed = frames.map((text) => gzipSync(text).toString('base64'));
const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024)).toString('base64');

const requests = chainClients.litecoin.status().requests;

const rpc = { scheme: 'http', port: 8332, path: '', credentials: undefined, paths: undefined } as const;
const questionOf = (chain: string, more: object = {}): ProbeQuestion => ({
  ...{ fleet: chain, chain, stopGraceSeconds: 1, ask: { what: 'status', heights: [] } },
  rpc: { ...rpc, metricsPort: undefined, beaconPort: undefined, ...more },
});
const page = 'cometbft_consensus_rounds{chain_id="x"} 0\ncometbft_consensus_latest_block_height 5\n';
const onNode: readonly { readonly question: ProbeQuestion; readonly bodies: readonly unknown[] }[] = [
  { question: questionOf('litecoin'), bodies: [samples.litecoinStatus] },
  {
    question: questionOf('ethereum', { metricsPort: 6060, beaconPort: 5052 }),
    bodies: [
      samples.gethDevelopment,
      'chain_head_block 5\n',
      samples.beaconSyncing,
      samples.beaconHead,
      samples.beaconGenesis,
    ],
  },
  {
    question: questionOf('cometbft', { metricsPort: 26660 }),
    bodies: [samples.cometbftStatus, page, samples.cometbftNetInfo],
  },
  { question: questionOf('stacks'), bodies: [samples.stacksInfo, samples.stacksNeighbors, samples.stacksHealth] },
];

const output = fc.constantFrom(...onNode).chain(({ question, bodies }) =>
  fc
    .tuple(
      fc.tuple(...bodies.map((body) => mutatedJson([body]))),
      fc.constantFrom(0, 0, 0, 7, 28, 63, 127),
      fc.constantFrom(200, 200, 200, 301, 401, 429, 503),
      fc.dictionary(fc.constantFrom('data', 'ancient', 'toString'), fc.integer({ min: 0, max: 100 }), { maxKeys: 2 }),
    )
    .map(([texts, exitStatus, httpStatus, diskUsedPercent]) => {
      const answers = texts.map((body) => ({ exitStatus, httpStatus, body }));
      return { question, text: encodeAnswers({ answers, diskUsedPercent, inodesUsedPercent: {} }) };
    }),
);

const invocation = fc.record({
  Status: fc.constantFrom('Success', 'Failed', 'TimedOut', 'Pending', '', HOSTILE, '__proto__'),
  StatusDetails: fc.oneof(fc.constantFrom('Success', HOSTILE), fc.constant(undefined)),
  StandardOutputContent: fc.oneof(mutatedJson([grown]), fc.constant(undefined)),
  StandardErrorContent: fc.oneof(mutatedText(['disk: no such thing', HOSTILE]), fc.constant(undefined)),
});

export const TARGETS: readonly Target[] = [
  target({
    name: 'observe-node and grow-filesystem',
    input: mutatedJson([grown]),
    samples: nasty,
    structures: ANSWERS,
    parse: parseAnswer,
    errors: [NodeAnswerError],
    read: everything,
  }),
  target({
    name: 'the commands of the ladder',
    input: mutatedJson([swapped]),
    samples: nasty,
    structures: ANSWERS,
    parse: parseNodeAnswer,
    errors: [NodeAnswerError],
    read: everything,
  }),
  ...peers.map((operation) =>
    target({
      name: operation,
      input: mutatedJson([{ ...head, reason: HOSTILE, before: null, after: peerAnswers[operation] }]),
      samples: nasty,
      structures: ANSWERS,
      parse: (text) => parsePeerAnswer(operation, text),
      errors: [NodeAnswerError],
      read: everything,
    }),
  ),
  target({
    name: 'the answers of a client, as ask-peers packs them',
    input: fc.oneof(packed, mutatedText([told.answers])),
    samples: [
      bomb,
      '',
      'H4sI',
      gzipSync('200 0 99999999\n').toString('base64'),
      gzipSync('\n'.repeat(4_000_000)).toString('base64'),
    ],
    structures: { ...TEXTS, ...packing({ ...TEXTS, ...framed(jsonStructures()) }) },
    parse: (answers) =>
      unpackAnswers({ answers } as NonNullable<PeerAnswer<'ask-peers'>['after']>, requests, ARRIVED_MS),
    errors: [NodeAnswerError],
  }),
  target({
    name: 'a file, as read-config packs it',
    input: fc.tuple(fc.oneof(packed, mutatedText([config.gzip])), fc.nat(5_000_000)),
    samples: [
      [bomb, 5],
      ['', 0],
      [config.gzip, 2],
    ] as [string, number][],
    parse: ([gzip, bytes]) => unpackConfig({ sha256, gzip, bytes }).length,
    errors: [NodeAnswerError],
  }),
  target({
    name: 'ask-node, of four chains',
    input: fc.oneof(
      output,
      fc.record({
        question: fc.constantFrom(...onNode.map(({ question }) => question)),
        text: mutatedText([bomb.slice(0, 200), 'H4sI', '']),
      }),
    ),
    samples: [
      { question: questionOf('litecoin'), text: bomb },
      { question: questionOf('litecoin'), text: HOSTILE },
      {
        question: questionOf('litecoin'),
        text: gzipSync(`chainmend-node 1\n${'\n'.repeat(3_000_000)}`).toString('base64'),
      },
      {
        question: questionOf('litecoin'),
        text: gzipSync(`chainmend-node 1\n${'d data 1\n'.repeat(300_000)}`).toString('base64'),
      },
    ],
    parse: ({ question, text }) => readOnNode(question, [], 'i-0', text, ARRIVED_MS),
    errors: [NodeAnswerError],
    read: everything,
  }),
  target({
    name: 'frames of ask-node',
    input: mutatedText(['chainmend-node 1\nd data 555\na 0 200 2\n{}\na 7 000 0\n\n']).map((text) =>
      gzipSync(text).toString('base64'),
    ),
    samples: [],
    structures: { ...TEXTS, ...FRAMES },
    parse: decodeAnswers,
    errors: [NodeAnswerError],
  }),
  target({
    name: 'what Systems Manager says of a command',
    input: invocation,
    samples: [],
    parse: (said) => {
      const send = async (): Promise<Partial<GetCommandInvocationCommandOutput>> => said as never;
      return readCommand({ send } as unknown as SSMClient, 'c', 'i-0', parseAnswer);
    },
    errors: [],
    read: everything,
  }),
  target({
    name: 'what Systems Manager says of an agent',
    input: fc.record({
      PingStatus: mutatedText(['Online', 'ConnectionLost']),
      AgentVersion: mutatedText(['3.3.2746.0', '3.4.1', '2.9']),
    }),
    samples: [
      { PingStatus: HOSTILE, AgentVersion: HOSTILE },
      { PingStatus: 'Online', AgentVersion: '.'.repeat(100_000) },
    ],
    parse: (agent) => judgeAgent(agent)?.reason,
    errors: [],
    read: everything,
  }),
  target({
    name: 'what CloudWatch says of metrics over OTLP',
    input: fc.uint8Array({ maxLength: 200 }),
    samples: [
      Buffer.from([0x0a, 0x0d, 0x08, 0xac, 0x02, 0x12, 0x08, ...Buffer.from('Too long')]),
      Buffer.alloc(64 * 1024),
      Buffer.alloc(64 * 1024, 0xff),
      Buffer.alloc(64 * 1024, 0x0a),
    ],
    parse: (bytes) => refusedPoints(Buffer.from(bytes)),
    errors: [UnreadableAnswer],
    read: everything,
  }),
];
