// What starts a function: events of AWS, of a schedule, of a person; and calls between functions of the suite.
import { readdirSync, readFileSync } from 'node:fs';
import { parseReadinessEvent } from '../../../../functions/check-readiness/event.ts';
import { parsePruneEvent } from '../../../../functions/prune-retired/event.ts';
import { parseRegisterEvent } from '../../../../functions/register-nodes/event.ts';
import { parseNotification } from '../../../../functions/relay-pages/event.ts';
import { webhookMessage } from '../../../../functions/relay-pages/message.ts';
import { RelayError, webhookUrl } from '../../../../functions/relay-pages/webhook.ts';
import { parseRotateEvent } from '../../../../functions/rotate-peers/event.ts';
import { parseSeedEvent } from '../../../../functions/seed-groups/event.ts';
import { parseReleasesEvent } from '../../../../functions/watch-releases/event.ts';
import { readFeed } from '../../../../functions/watch-releases/feed.ts';
import { PathsError } from '../../../../shared/chains/http-json.ts';
import { queriedMetric } from '../../../../shared/events/alarm.ts';
import { parseDispatchEvent } from '../../../../shared/events/dispatch.ts';
import { EventError } from '../../../../shared/events/errors.ts';
import { HealPayloadError, parseHealPayload } from '../../../../shared/heal/payload.ts';
import { ProbeAnswerError, parseProbeAnswer } from '../../../../shared/probe/answer.ts';
import { QuestionError, statusQuestions } from '../../../../shared/probe/questions.ts';
import { ProbeRequestError, parseProbeRequest } from '../../../../shared/probe/request.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import {
  FEEDS,
  jsonStructures,
  lengthened,
  type Structures,
  TEXTS,
  valueStructures,
  widened,
  within,
} from '../../../fixtures/structures.ts';
import { mutated, mutatedJson, mutatedText } from '../mutate.ts';
import { type Target, target } from '../target.ts';

const folder = new URL('../../../../events/', import.meta.url);
const samples: readonly unknown[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

const nasty = [
  null,
  undefined,
  5,
  '',
  [],
  [[]],
  { kind: '__proto__' },
  { kind: { toString: 1 } },
  { kind: 'heal', fleet: HOSTILE, node: 'x' },
  JSON.parse('{"kind":"heal","__proto__":{"fleet":"bitcoin"},"node":"a"}'),
  { 'detail-type': HOSTILE },
  {
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    detail: { state: { timestamp: '0000-00-00T00:00:00Z' } },
  },
];

const payload = {
  kind: 'replace-node',
  want: { do: 'restore', snapshotId: 'snap-0123456789abcdef0', acknowledgesValidator: false },
  ...{
    fleet: 'bitcoin',
    node: 'node2',
    instanceId: 'i-0123456789abcdef0',
    trigger: 'node:health',
    incidentId: '7f3a0c1d',
  },
  ...{ attempt: 1, mode: 'act', onsetMs: 1, deadlineMs: 2 },
  alarm: { alarmName: 'a', namespace: 'n', dimensions: { InstanceId: 'i-0' } },
};

const rpc = { scheme: 'http', port: 8332, path: '' };
const probeRequests = [
  {
    ...{
      kind: 'probe',
      fleet: 'bitcoin',
      chain: 'bitcoin',
      stopGraceSeconds: 600,
      rpc,
      ask: { what: 'status', heights: [1] },
    },
    targets: [{ instanceId: 'i-0123456789abcdef0', host: '10.0.0.1' }],
  },
  {
    ...{ kind: 'probe', fleet: 'eos', chain: 'other', stopGraceSeconds: 600, ask: { what: 'status', heights: [] } },
    rpc: {
      ...rpc,
      paths: {
        requests: { info: { get: '/v1/chain/get_info' }, tip: { post: '/x', body: { a: '{height}' } } },
        height: 'info.head_block_num',
        hashAt: { request: { post: '/b', body: { n: '{height}' } }, at: 'id' },
        blockTime: { at: 'info.time', as: 'iso' },
        synced: { at: 'info.state', is: ['full', 1, true] },
      },
    },
    targets: [{ instanceId: 'i-0', host: '10.0.0.1' }],
  },
];

const ok = {
  height: 5,
  hashes: [{ height: 5, hash: 'ab' }],
  blockTimeMs: 1,
  syncing: false,
  chainId: 'x',
  clientVersion: 'v',
};
const probeAnswers = [
  {
    statuses: [
      { instanceId: 'i-0', status: { kind: 'ok', facts: ok }, geth: { kind: 'ok', facts: { headBlock: 5 } } },
      { instanceId: 'i-1', status: { kind: 'starting', reason: 'it loads' } },
      {
        instanceId: 'i-2',
        status: { kind: 'error', code: 'busy', reason: HOSTILE },
        consensus: { kind: 'ok', facts: { namespace: 'cometbft', rounds: 0 } },
        beacon: { kind: 'ok', facts: ok },
      },
    ],
    peers: [
      {
        instanceId: 'i-0',
        peers: {
          kind: 'ok',
          facts: { ownPeerId: 'ab', peers: [{ id: 'cd', address: { host: '10.0.0.1', port: 1 }, inbound: false }] },
        },
      },
    ],
  },
];

const queries = [
  'SELECT MAX(disk_used_percent) FROM SCHEMA("CWAgent", InstanceId, path) WHERE path = \'/data\' GROUP BY InstanceId',
  'SELECT AVG("a \\" b") FROM "name space" GROUP BY x',
  `SELECT MAX(${'('.repeat(2_000)}`,
  `SELECT ${' '.repeat(20_000)}MAX(x) FROM y`,
  `SELECT MAX("${'\\"'.repeat(20_000)}`,
  `SELECT MAX(x) FROM y${'\n GROUP'.repeat(5_000)}`,
];

const FEED = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Releases</title><entry><id>tag:feeds.example,2008:Repository/1/v29.1</id><link rel="alternate" href="https://feeds.example/v29.1"/><title>Client 29.1 &amp; more</title></entry></feed>`;
const TAGS = '{"name":"node","tags":["v29.1","v29.0-rc.1","latest"]}';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages';
const told = { MessageId: '0f0e', TopicArn: TOPIC, Subject: 'chainmend bitcoin/node2: look at it', Message: '{}' };
const PAGE = {
  ...{
    fleet: 'bitcoin',
    node: 'node2',
    code: 'size-ceiling',
    sentence: 'data volume 91 %',
    means: 'x',
    urgency: 'now',
  },
  ...{ incidentId: '7f3a', account: '1', region: 'eu-west-1', at: '2026-01-01T00:00:00.000Z', key: 'bitcoin/node2/x' },
  next: { why: 'npm run chainmend -- explain 7f3a' },
};
const ALARM = { AlarmName: 'chainmend/failing', NewStateValue: 'ALARM', AlarmDescription: 'x', NewStateReason: 'y' };

/** An event, and each member of those that there are. */
const EVENTS: Structures<unknown> = {
  ...valueStructures,
  ...Object.fromEntries(
    samples
      .slice(0, 8)
      .flatMap((sample, at) =>
        Object.keys(sample as object).map((key) => [
          `event ${at} with a deep ${key}`,
          (size: number) => ({ ...(sample as object), [key]: valueStructures['lists within each other']?.(size) }),
        ]),
      ),
  ),
};

export const TARGETS: readonly Target[] = [
  ...Object.entries<(event: unknown) => unknown>({
    'dispatch-heal': parseDispatchEvent,
    'register-nodes': parseRegisterEvent,
    'rotate-peers': parseRotateEvent,
    'prune-retired': parsePruneEvent,
    'seed-groups': parseSeedEvent,
    'check-readiness': parseReadinessEvent,
    'watch-releases': parseReleasesEvent,
  }).map(([name, parse]) =>
    target({
      name: `the event of ${name}`,
      input: mutated(samples),
      samples: nasty,
      structures: EVENTS,
      parse,
      errors: [EventError],
    }),
  ),
  target({
    name: 'a feed of releases',
    input: mutatedText([FEED, TAGS]),
    samples: nasty,
    structures: {
      ...FEEDS,
      ...jsonStructures(),
      ...within('{"tags":', jsonStructures(), '}'),
      tags: (size) => JSON.stringify({ tags: Array.from({ length: size / 8 }, (_, at) => `v1.${at}`) }),
      'results that are none': (size) => `{"results":[${'1,'.repeat(size / 2)}1]}`,
      'names that are versions of many parts': (size) => `[{"name":"v${'1.'.repeat(size / 2)}"}]`,
    },
    parse: (text) => readFeed(String(text), 'https://feeds.example/releases.atom'),
    errors: [],
  }),
  target({
    name: 'a message of the topic of the pages',
    input: mutated([{ Records: [{ Sns: told }] }]),
    samples: nasty,
    structures: valueStructures,
    parse: (event) => parseNotification(event, TOPIC),
    errors: [EventError],
  }),
  target({
    name: 'a page for a chat',
    input: mutatedJson([PAGE, ALARM]),
    samples: ['', '5', '[]', '{"code":"x","sentence":"<!channel>","next":[]}', HOSTILE],
    structures: {
      ...TEXTS,
      ...jsonStructures(),
      ...within('{"code":"x","sentence":', jsonStructures(), ',"next":[]}'),
    },
    parse: (message) =>
      webhookMessage({ messageId: '0f0e', topicArn: TOPIC, subject: String(message), message: String(message) }),
    errors: [],
    read: ({ text }) => text.split('\n'),
  }),
  target({
    name: 'the address of a webhook',
    input: mutatedText(['https://hooks.slack.com/services/T0/B0/x', 'https://[2600:1f18::1]:8443/hooks/x?y=1']),
    samples: ['', 'https://', 'https://[', HOSTILE],
    structures: { ...TEXTS, ...within('https://', TEXTS), ...within('https://a/', TEXTS) },
    parse: (text) => webhookUrl(String(text), 'ssm:/ops/chat').protocol,
    errors: [RelayError],
  }),
  target({
    name: 'the payload of a heal',
    input: mutated([payload]),
    samples: nasty,
    structures: valueStructures,
    parse: parseHealPayload,
    errors: [HealPayloadError],
  }),
  target({
    name: 'the request of a probe',
    input: mutated(probeRequests),
    samples: nasty,
    structures: valueStructures,
    parse: (event) => {
      const request = parseProbeRequest(event);
      const { ask } = request;
      return ask.what === 'status' ? statusQuestions(request, ask.heights).status.question.requests : request;
    },
    errors: [ProbeRequestError, PathsError, QuestionError],
  }),
  target({
    name: 'the answer of a probe',
    input: mutatedJson(probeAnswers),
    samples: ['', 'null', '{}', '{"statuses":5}', '[]', HOSTILE, '{"statuses":[null,5,[]],"peers":[{}]}'],
    structures: {
      ...TEXTS,
      ...jsonStructures(),
      ...within('{"peers":[],"statuses":', jsonStructures(), '}'),
      'wrong statuses': (size) => `{"peers":[],"statuses":[${'{"instanceId":5},'.repeat(size / 17)}1]}`,
      peers: (size) => JSON.stringify(widened(probeAnswers[0], size)),
      'long texts': (size) => JSON.stringify(lengthened(probeAnswers[0], size / 20)),
    },
    parse: (text) => parseProbeAnswer('probe', text),
    errors: [ProbeAnswerError],
    read: (answer) => answer,
  }),
  target({
    name: 'the query of an alarm',
    input: mutatedText(queries),
    samples: queries,
    structures: { ...TEXTS, ...within('SELECT MAX(', TEXTS), ...within('SELECT MAX(x) FROM SCHEMA("', TEXTS) },
    parse: (text) => queriedMetric([undefined, text]),
    errors: [],
  }),
];
