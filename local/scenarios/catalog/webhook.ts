// Scenarios: pages are posted to a chat's incoming webhook as well. It takes them; it is down for an hour; what they say is meant for the chat itself.
import { START_MS } from '../../region.ts';
import type { HttpAnswer } from '../../simulator/network/network.ts';
import { pagedFor } from '../checks/expectations.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { passed } from '../world/ladder.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { exchange, QUICK_BLOCKS } from '../world/worlds.ts';

const HOST = 'hooks.slack.example';
const SECRET = 'T0000000/B0000000/XXXXXXXXXXXXXXXXXXXXXXXX';
const PLACE = '/ops/chat-webhook';
const QUEUE = 'chainmend-failed';
const ALARM = 'chainmend/chainmend-relay-pages/errors';
const LATENCY_MS = 150;

/** What the chat has got, oldest first. */
interface Chat {
  readonly posts: { readonly atMs: number; readonly text: string; readonly body: string }[];
}

/** By its world: a scenario is played several times in one process. */
const chats = new WeakMap<World, Chat>();
const chatOf = (world: World): Chat => chats.get(world) ?? { posts: [] };

/** @param isUp whether the chat's service answers now */
function withChat(world: World, isUp: (atMs: number) => boolean = () => true): void {
  const chat: Chat = { posts: [] };
  chats.set(world, chat);
  world.region.network.attach(HOST, 'internet', (port, { method, path, body }): HttpAnswer => {
    const atMs = world.region.clock.now();
    const answer = (statusCode: number, said: string): HttpAnswer => ({
      ...{ kind: 'response', statusCode, body: said, afterMs: LATENCY_MS },
    });
    if (!isUp(atMs)) return answer(503, 'upstream connect error');
    if (port !== 443 || method !== 'POST' || path !== `/services/${SECRET}`)
      return answer(404, `Cannot ${method} ${path}`);
    const json = Buffer.from(body).toString();
    chat.posts.push({ atMs, text: (JSON.parse(json) as { text: string }).text, body: json });
    return answer(200, 'ok');
  });
  world.beforehand(() =>
    world.region.call('ssm', 'PutParameter', {
      ...{ Name: PLACE, Type: 'SecureString', Value: `https://${HOST}/services/${SECRET}` },
    }),
  );
}

/** EBS lets nobody grow the volume before two hours have passed: a person is wanted. */
const GROWN = [
  { hoursAgo: 23, fromGiB: 260, toGiB: 320 },
  { hoursAgo: 15, fromGiB: 320, toGiB: 400 },
  { hoursAgo: 8, fromGiB: 400, toGiB: 500 },
];
const fillingUp = (world: World): void =>
  world.grownBefore(exchange(world, {}, { clock: QUICK_BLOCKS }), 'data', 'us', GROWN);

const minutesOf = (atMs: number): number => (atMs - START_MS) / 60_000;
const firstLine = (text: string): string => text.split('\n')[0] ?? '';
const SUBJECT = 'chainmend bitcoin/node2: free disk space, or grow it yourself (budget-spent)';

const secretKept: Expectation = {
  sentence: 'the webhook’s address is in no template, no record, no queue and no page',
  holds: (_, { region, tableName }) =>
    !JSON.stringify([
      region.dynamodb.items(tableName),
      region.sqs.messages(QUEUE),
      region.sns.published(),
      region.gateway.trace.calls.filter(({ actor }) => actor.startsWith('chainmend-')).map(({ input }) => input),
    ]).includes(SECRET),
};

export const webhookTold: Scenario = {
  name: 'webhook-told',
  sentence: 'Pages go to a chat’s webhook, too: the same subject, how to look, to stop and to undo, and what ends it.',
  context: { webhook: `ssm:${PLACE}`, email: 'oncall@example.com' },
  build: (world) => {
    fillingUp(world);
    withChat(world);
  },
  done: (world) => passed(world, 34),
  hours: 2,
  expect: [
    pagedFor('budget-spent', 'a person was paged'),
    {
      sentence: 'the chat got the page within a minute of the mail, once, and the repetition after half an hour',
      holds: (_, world) => {
        const { posts } = chatOf(world);
        const mailed = world.region.sns.published().filter(({ atMs }) => atMs >= START_MS);
        return (
          posts.map(({ text }) => firstLine(text)).join() === mailed.map(({ subject }) => subject).join() &&
          posts.length === 2 &&
          firstLine(posts[0]?.text ?? '') === SUBJECT &&
          posts.every(({ atMs }, at) => atMs - (mailed[at]?.atMs ?? 0) < 60_000)
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'what can be typed stands on lines of their own',
      holds: (_, world) =>
        chatOf(world).posts.every(({ text }) =>
          /^why: `npm run chainmend -- explain \w+`\nstate: `npm run chainmend -- status bitcoin`\nseen: `npm run chainmend -- ack bitcoin\/node2\/disk:data`\nstop: `/m.test(
            text,
          ),
        ),
    },
    secretKept,
  ],
};

const DOWN_MINUTES = 60;

export const webhookDown: Scenario = {
  name: 'webhook-down',
  sentence:
    'The chat’s service is down for an hour: what was not posted is kept and told by mail, and the page comes again.',
  context: { webhook: `ssm:${PLACE}`, email: 'oncall@example.com' },
  build: (world) => {
    fillingUp(world);
    withChat(world, (atMs) => minutesOf(atMs) > DOWN_MINUTES);
  },
  done: (world) => passed(world, 95),
  hours: 3,
  pagesAtMost: 4,
  expect: [
    {
      sentence: 'the page of the first hour is kept in the function’s queue, with the reason and without the address',
      holds: (_, { region }) =>
        region.sqs
          .messages(QUEUE)
          .some(({ body }) => body.includes('hooks.slack.example answers HTTP 503') && body.includes('budget-spent')),
      undisturbed: true,
    },
    {
      sentence: 'the mail says that a part of chainmend fails, and which',
      holds: ({ pages }) => pages.some(({ code, sentence }) => code === 'suite-alarm' && sentence.includes(ALARM)),
      undisturbed: true,
    },
    {
      sentence: 'nothing was posted while it was down, and the page, not acknowledged, is posted after that',
      holds: (_, world) => {
        const { posts } = chatOf(world);
        return (
          posts.length > 0 &&
          posts.every(({ atMs }) => minutesOf(atMs) > DOWN_MINUTES) &&
          posts.some(({ text }) => firstLine(text).startsWith('chainmend bitcoin/node2: again ('))
        );
      },
      undisturbed: true,
    },
    secretKept,
  ],
};

const FORGED = [
  ...['<!channel>', '<@U024BE7LH>', '@everyone', '<https://evil.example|the runbook>', '[docs](https://evil.example)'],
  ...['*healed*', '~~down~~', '`rm -rf /`', '||hidden||', '& done'],
].join(' ');

/** From now on a node answers every command with words that are meant for the chat. */
function speakToChat({ machine }: PlacedNode): void {
  const run = machine.run.bind(machine);
  machine.run = (command, finished) =>
    run(command, (outcome) => finished({ ...outcome, exitCode: 1, stdout: '{}', stderr: FORGED }));
}

export const webhookHostile: Scenario = {
  name: 'webhook-hostile',
  sentence: 'A node answers with mentions, links and formatting for the chat: they arrive as text, and do nothing.',
  context: { webhook: `ssm:${PLACE}`, email: 'oncall@example.com' },
  build: (world) => {
    const node = exchange(world, {}, { clock: QUICK_BLOCKS });
    withChat(world);
    world.beforehand(async () => speakToChat(node));
  },
  done: (world) => passed(world, 10),
  hours: 2,
  expect: [
    {
      sentence: 'the chat got what the node said, and no character of it acts',
      holds: (_, world) => {
        const { posts } = chatOf(world);
        const said = posts.map(({ body }) => body).join();
        return (
          posts.length === 1 &&
          said.includes('&lt;!channel&gt;') &&
          said.includes('＠everyone') &&
          !/<|>|@|\]\(|~~|\|\||`rm|\*healed/.test(said)
        );
      },
      undisturbed: true,
    },
    {
      sentence: 'what can be typed is ours alone',
      holds: (_, world) =>
        chatOf(world).posts.every(({ text }) =>
          [...text.matchAll(/`([^`]*)`/g)].every(([, line = '']) =>
            /^(npm run chainmend -- |docs\/runbooks\/)/.test(line),
          ),
        ),
    },
    secretKept,
  ],
};
