import { describe, expect, it } from '@jest/globals';
import { ownerOfAlarm } from '../../../infra/report/alarm-owner.ts';
import type { HaltFact, StoryFacts } from '../../../local/cli/story/facts.ts';
import { entryKey } from '../../../local/cli/story/facts.ts';
import { buildStory } from '../../../local/cli/story/story.ts';
import { nodesTable, recordsTable } from '../../../local/cli/story/tables.ts';
import { START_MS } from '../../../local/region.ts';
import { type JournalLine, readAct } from '../../../local/scenarios/report/journal.ts';
import type { NodeState } from '../../../local/scenarios/report/report.ts';
import type { AlarmChange, RecordChange } from '../../../shared/model/journal-fields.ts';
import { EMPTY_REPORT, storyFacts } from '../../fixtures/builders/story.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOTHING = EMPTY_REPORT;

let places = 0;

/** An entry so many seconds after the story began, about the whole fleet unless a node is named. */
function entry(seconds: number, heal: string, more: Partial<JournalLine>): JournalLine {
  const { node, kind = 'decision', act } = more;
  return {
    atMs: START_MS + seconds * SECOND,
    place: `run1-${String(places++).padStart(4, '0')}`,
    kind,
    sentence: '',
    code: undefined,
    act,
    ...readAct(kind, act ?? ''),
    evidence: undefined,
    fields: {},
    fleet: 'bitcoin',
    node: '-',
    instanceId: node === undefined ? '-' : `i-${node}`,
    incidentId: heal,
    attempt: 1,
    by: heal as JournalLine['by'],
    heal,
    writer: heal === 'rotate-peers' ? 'rotate-peers/1' : heal,
    ...more,
  };
}

const factsOf = (journal: readonly JournalLine[], more: Partial<StoryFacts> = {}): StoryFacts =>
  storyFacts({ journal, ...more });

/** "12:05:00 label  text" as "label: text", with its evidence. */
const told = (facts: StoryFacts, explain = false): string[] =>
  buildStory(facts, { explain }).flatMap(({ heading, lines }) => [
    ...(heading === undefined ? [] : [heading]),
    ...lines.flatMap(({ label, text, evidence = [] }) => [`${label}: ${text}`, ...evidence]),
  ]);

const tonesOf = (facts: StoryFacts) => buildStory(facts).flatMap(({ lines }) => lines.map(({ tone }) => tone));

/** "synced → behind: why", as watch-fleet writes it. */
function health(seconds: number, sentence: string, node = 'node2'): JournalLine {
  const [from = '', to] = (sentence.split(':')[0] ?? '').split(' → ');
  return entry(seconds, 'watch-fleet', { node, sentence, fields: { from, ...(to !== undefined && { to }) } });
}

describe('the story of a watched fleet', () => {
  it('tells each change of a node’s health, in the colour of what it means', () => {
    const facts = factsOf([
      health(10, 'synced → behind: 5 blocks behind, at 95'),
      health(70, 'behind → stuck: 9 blocks behind, at 95'),
      health(130, 'stuck → synced: at the tip, 107'),
    ]);
    expect(told(facts)).toEqual([
      'bitcoin/node2',
      'health: synced → behind: 5 blocks behind, at 95',
      'health: behind → stuck: 9 blocks behind, at 95',
      'health: stuck → synced: at the tip, 107',
    ]);
    expect(tonesOf(facts)).toEqual([undefined, 'bad', 'good']);
  });

  it('puts a page on the line that it belongs to, with how much later it was sent', () => {
    const page = { kind: 'page', node: 'node2' } as const;
    const facts = factsOf([
      health(0, 'synced → unreachable: nothing listens there'),
      entry(60, 'watch-fleet', { ...page, code: 'node-unreachable', sentence: 'node2: nothing listens there' }),
      entry(600, 'watch-fleet', { ...page, code: 'node-stuck', sentence: 'node2: stuck' }),
    ]);
    expect(told(facts).slice(1)).toEqual([
      'health: synced → unreachable: nothing listens there; page sent 60 s later; page sent 10 min later for node-stuck',
    ]);
  });

  it('says a fleet’s own troubles under its name', () => {
    const halted = { kind: 'page', node: 'fleet', instanceId: 'fleet', code: 'chain-halted' } as const;
    const facts = factsOf([entry(0, 'watch-fleet', { ...halted, sentence: 'nobody has advanced for 12 min' })]);
    expect(told(facts)).toEqual(['bitcoin: chain-halted: nobody has advanced for 12 min; page sent']);
  });

  it('says once of all nodes that they could not be asked, since that says nothing of any of them', () => {
    const nodes = ['node1', 'node2', 'node3'];
    const facts = factsOf([
      ...nodes.map((node) => health(0, 'synced → unknown: asking it failed: Rate exceeded', node)),
      ...nodes.map((node, at) => health(60, `unknown → synced: ${at} blocks behind the tip, 7`, node)),
      ...nodes.map((node) => health(120, 'synced → stuck: 9 blocks behind', node)),
    ]);
    expect(told(facts)).toEqual([
      'health: node1, node2, node3: synced → unknown: asking it failed: Rate exceeded',
      'health: node1, node2, node3: unknown → synced: 0 blocks behind the tip, 7',
      ...nodes.flatMap((node) => [`bitcoin/${node}`, 'health: synced → stuck: 9 blocks behind']),
    ]);
  });

  it('tells a page whose health line was before the story began as a line of its own', () => {
    const page = { kind: 'page', node: 'node2', code: 'node-stuck', sentence: 'node2: stuck' } as const;
    expect(told(factsOf([entry(0, 'watch-fleet', page)])).slice(1)).toEqual([
      'health: node-stuck: node2: stuck; page sent',
    ]);
  });
});

const CHANGE = 'ChangeResourceRecordSets Z1 abc';
const names = (seconds: number, more: Partial<JournalLine>): JournalLine => entry(seconds, 'register-nodes', more);
/** The record change of each made-up sentence. */
const recordOf = (change: string): RecordChange => {
  if (change.endsWith(' is made')) return { change: 'made' };
  if (change.includes(' goes')) return { change: 'deleted' };
  return / (gains|loses) /.test(change) ? { change: 'changed', ofPool: true } : { change: 'changed' };
};
const intent = (changes: readonly string[], of = changes.length, seconds = 0): JournalLine =>
  names(seconds, {
    fields: { records: Array.from({ length: of }, (_, at) => recordOf(changes[at] ?? ' is made')) },
    kind: 'intent',
    act: CHANGE,
    sentence: `${of} names of bitcoin: ${changes[0]}`,
    evidence: JSON.stringify({ changes, of }),
  });
const result = (sentence = 'done', act = CHANGE, seconds = 1): JournalLine =>
  names(seconds, { kind: 'result', act, sentence, fields: { status: sentence === 'done' ? 'done' : 'failed' } });

describe('the story of names', () => {
  const made = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => `node${at}.bitcoin.internal A 10.0.0.${at} is made`);

  it('tells few changes one by one, once they are made, and why the pool changed', () => {
    const changes = [
      'node2.bitcoin.internal A 1.1.1.1 → 10.0.0.2',
      'pool.bitcoin.internal A loses 10.0.0.3 (2 in all)',
    ];
    const decision = names(0, { sentence: changes.join('; '), fields: { pool: '2 of 3 nodes are synced' } });
    expect(told(factsOf([decision, intent(changes), result()]))).toEqual([
      'names: node2.bitcoin.internal A 1.1.1.1 → 10.0.0.2',
      'names: pool.bitcoin.internal A loses 10.0.0.3 (2 in all): 2 of 3 nodes are synced',
    ]);
  });

  it('counts many', () => {
    const changes = [...made(7), 'node8.bitcoin.internal A 10.0.0.8 goes: no node has it any more', 'pool A gains 1'];
    expect(told(factsOf([intent(changes), result()]))).toEqual([
      'names: 9 names of bitcoin: 7 made, 1 changed, 1 gone',
    ]);
    expect(told(factsOf([intent(made(2), 60), result()]))).toEqual(['names: 60 names of bitcoin: 60 made']);
    const tooMany = { ...intent(made(2), 60), fields: {} };
    expect(told(factsOf([tooMany, result()]))).toEqual([
      'names: 60 names of bitcoin: node0.bitcoin.internal A 10.0.0.0 is made, and others',
    ]);
  });

  it('tells what failed, and what nobody knows the end of', () => {
    const refused = 'refused as a whole, nothing was changed: it exists';
    expect(told(factsOf([intent(made(1)), result(refused)]))).toEqual([
      `names: 1 names of bitcoin: ${made(1)[0]}: ${refused}`,
    ]);
    const unknown = factsOf([intent(made(1))]);
    expect(told(unknown)[0]).toMatch(/: nothing is known of what came of it$/);
    expect(tonesOf(unknown)).toEqual(['bad']);
  });

  it('says nothing of what was set up before, but one quiet line to those who look closer', () => {
    const setUp = [intent(made(3), 3, -60), result('done', CHANGE, -59)];
    expect(told(factsOf([], { before: setUp }))).toEqual([]);
    expect(told(factsOf([], { before: setUp }), true)).toEqual([
      'names: 3 names and 0 alarms of bitcoin were made before',
    ]);
  });

  it('tells what was begun before the story and done in it', () => {
    const before = [intent(made(1), 1, -1)];
    expect(told(factsOf([result()], { before }))).toEqual([`names: ${made(1)[0]}`]);
  });
});

describe('the story of alarms', () => {
  const put = (act: string, alarms: readonly AlarmChange[], seconds: number): JournalLine =>
    names(seconds, { kind: 'intent', act, sentence: `${alarms.length} alarms of bitcoin: …`, fields: { alarms } });
  const of = (node: string, change: AlarmChange['change']): AlarmChange[] =>
    ['disk', 'inodes', 'stuck', 'attached-ebs'].map((kind) => ({
      ...{ alarmName: `chainmend-bitcoin-${node}-${kind}`, change },
    }));
  const PUT = 'PutMetricAlarm bitcoin';
  const DELETE = 'DeleteAlarms bitcoin';

  it('counts them by node, batches that follow each other as one', () => {
    const facts = factsOf([
      put(PUT, of('node5', 'made'), 0),
      result('done', PUT, 5),
      put(PUT, [...of('node6', 'made'), { alarmName: 'chainmend-bitcoin-halted', change: 'made' }], 6),
      result('done', PUT, 12),
      put(DELETE, of('node3', 'deleted'), 13),
      result('done', DELETE, 14),
    ]);
    expect(told(facts)).toEqual([
      'alarms: 9 alarms are made: 1 of bitcoin, 4 of node5, 4 of node6',
      'alarms: 4 alarms of node3 are deleted',
    ]);
  });

  it('tells one or two as they are', () => {
    const alarmName = 'chainmend-bitcoin-node1-disk';
    const change = { alarmName, change: 'updated', why: 'the fleet file says 90 instead of 85' } as const;
    expect(told(factsOf([put(PUT, [change], 0), result('done', PUT)]))).toEqual([
      `alarms: ${alarmName} is updated: the fleet file says 90 instead of 85`,
    ]);
  });

  it('tells of those that are left only while no later run has made them', () => {
    const first = put(PUT, of('node5', 'made'), 0);
    const partly = result('1 of 4 done', PUT, 5);
    expect(told(factsOf([first, partly]))).toEqual(['alarms: 4 alarms not yet: 1 of 4 done']);
    const again = [put(PUT, of('node5', 'made'), 10), result('done', PUT, 15)];
    expect(told(factsOf([first, partly, ...again]))).toEqual(['alarms: 4 alarms of node5 are made']);
  });

  it.each([
    ['chainmend-bitcoin-node2-disk', { fleet: 'bitcoin', node: 'node2' }],
    ['chainmend-bitcoin-node-disk-1-stuck', { fleet: 'bitcoin', node: 'node-disk-1' }],
    ['chainmend-bitcoin-node2-disk-ancient', { fleet: 'bitcoin', node: 'node2' }],
    ['chainmend-bitcoin-halted', { fleet: 'bitcoin', node: undefined }],
    ['chainmend-bitcoin-status-check', { fleet: 'bitcoin', node: undefined }],
    ['chainmend-bitcoin-cash-node1-stuck', { fleet: 'bitcoin-cash', node: 'node1' }],
    ['chainmend-sweep-silent', undefined],
    ['my-own-alarm', undefined],
  ])('%s is of %j', (name, owner) => {
    expect(ownerOfAlarm(name, ['bitcoin', 'bitcoin-cash'])).toEqual(owner);
  });
});

describe('refusals and questions of the functions that look after fleets', () => {
  const refusal = names(5, { kind: 'refusal', node: 'node5', code: 'record-foreign', sentence: 'it is not ours' });
  const { kind: _, ...words } = refusal;

  it('are told of the node that they name, with the page that went with them', () => {
    expect(told(factsOf([refusal]))).toEqual(['bitcoin/node5', 'refused: record-foreign: it is not ours.']);
    const page = names(6, { ...words, atMs: refusal.atMs, kind: 'page' });
    expect(told(factsOf([refusal, page]))).toEqual([
      'bitcoin/node5',
      'refused: record-foreign: it is not ours; page sent.',
    ]);
  });

  it('do not repeat that everything is paused, except to those who look closer', () => {
    const paused = names(5, { kind: 'refusal', code: 'paused', sentence: 'fleet bitcoin is paused: mine' });
    expect(told(factsOf([paused]))).toEqual([]);
    expect(told(factsOf([paused]), true)).toEqual(['refused: paused: fleet bitcoin is paused: mine.']);
  });

  it('name one plan and its question in one line, and plans of nodes apart from the question for them all', () => {
    const question = {
      kind: 'page',
      code: 'approval-wanted',
      sentence: 'plan 0123456789ab of bitcoin would …',
      fields: { plan: '0123456789ab' },
    } as const;
    const fields = { plan: '0123456789ab' };
    const plan = { kind: 'plan', fields, sentence: 'change 1 name: a; the pool: b' } as const;
    expect(told(factsOf([names(0, plan), names(1, question)]))).toEqual([
      'asks a person: change 1 name: a; the pool: b; page sent',
    ]);
    expect(told(factsOf([names(0, plan)]))).toEqual([
      'plan: would change 1 name: a; the pool: b. Nothing was touched.',
    ]);
    const ofNode = entry(0, 'rotate-peers', {
      ...plan,
      node: 'node2',
      fields: { plan: 'ffffffffffff' },
      sentence: 'name node1',
    });
    expect(told(factsOf([ofNode, entry(1, 'rotate-peers', question)]))).toEqual([
      'bitcoin/node2',
      'plan: would name node1. Nothing was touched.',
      'asks a person: whether plan 0123456789ab of bitcoin may be carried out; page sent',
    ]);
  });
});

describe('the story of peers', () => {
  const peers = (seconds: number, more: Partial<JournalLine>): JournalLine =>
    entry(seconds, 'rotate-peers', { node: 'node2', ...more });
  const TELL = 'SendCommand change-peers 5.1';
  const WRITE = 'SendCommand write-config 5.2';
  const written = (after: object): JournalLine =>
    peers(9, {
      kind: 'result',
      act: WRITE,
      sentence: 'done',
      evidence: JSON.stringify({ after }),
      fields: { status: 'done' },
    });
  const write = peers(6, {
    kind: 'intent',
    act: WRITE,
    sentence: 'write 3 peers',
    fields: { peers: 3 },
    evidence: JSON.stringify({ file: '/node/bitcoin.conf' }),
  });
  const healed = '5 peers, 0 before, expected 3 at least';

  it('says what is wrong, what the node is told, what was written where, and what came of it', () => {
    const facts = factsOf([
      peers(0, { sentence: 'name node1 (1 in all): it has 0 connections, expected 3 at least' }),
      peers(1, { kind: 'intent', act: TELL, sentence: 'dial 1 peer' }),
      peers(3, { kind: 'result', act: TELL, sentence: 'done', fields: { status: 'done' } }),
      write,
      written({ client: 'running', stopSeconds: null, clean: null }),
      peers(180, { kind: 'proof', sentence: healed, evidence: JSON.stringify({ peers: 5 }) }),
      peers(180, { kind: 'outcome', act: 'healed', sentence: healed }),
    ]);
    expect(told(facts)).toEqual([
      'bitcoin/node2',
      'peers: name node1 (1 in all): it has 0 connections, expected 3 at least',
      'peers: the running client is told: dial 1 peer',
      'peers: /node/bitcoin.conf: 3 peers written; client untouched',
      `proved: ${healed}`,
      'healed: 3 min after it was seen, 5 peers',
    ]);
  });

  it('says of a client that it was restarted, and whether it ended by itself', () => {
    const after = { client: 'running', stopSeconds: 12, clean: false };
    expect(told(factsOf([write, written(after)]))).toContain(
      'peers: /node/bitcoin.conf: 3 peers written; client restarted, 12 s to stop, not cleanly: running',
    );
  });

  it('says what was not done, taken back, and told to people', () => {
    const sentence = 'node2: the count fell, and the old list is back';
    const facts = factsOf([
      peers(1, { kind: 'intent', act: TELL, sentence: 'dial 4 peers' }),
      peers(3, { kind: 'result', act: TELL, sentence: '0 of 4 done: HTTP 404', fields: { status: 'partly' } }),
      peers(4, { sentence: 'taken back', fields: { undoes: true, reason: '1 peer, 2 before' } }),
      peers(5, { kind: 'page', code: 'peers-too-few', sentence }),
      peers(5, { kind: 'outcome', act: 'restored', sentence }),
    ]);
    expect(told(facts).slice(1)).toEqual([
      'peers: dial 4 peers: 0 of 4 done: HTTP 404',
      'taken back: 1 peer, 2 before',
      `rolled back: peers-too-few: ${sentence}; page sent`,
    ]);
  });

  it('does not pretend to know what came of a run that died', () => {
    expect(told(factsOf([write])).slice(1)).toEqual(['peers: write 3 peers: nothing is known of what came of it']);
  });

  it('gives the evidence of each line: what was read, and what AWS was asked for it', () => {
    const decision = peers(2, {
      sentence: 'name node1',
      evidence: JSON.stringify({ before: [], after: ['a', 'b'], x: null }),
    });
    const request = (name: string) => {
      const [service = '', operation = ''] = name.split('.');
      return { atMs: decision.atMs, actor: 'r', service, operation, input: {}, outcome: 'ok' };
    };
    const run = {
      name: 'rotate-peers' as const,
      requests: ['dynamodb.PutItem', 'ssm.SendCommand', 'dynamodb.PutItem', 'sns.Publish'].map(request),
      wrote: new Map([
        ['earlier', 0],
        [entryKey(decision), 2],
      ]),
    };
    expect(told(factsOf([decision], { runs: [run] }), true).slice(2)).toEqual([
      ...['before: none', 'after: a · b', 'asked: ssm.SendCommand'],
    ]);
  });
});

describe('the story of several nodes of a fleet', () => {
  it('puts what is about the fleet before what is about each of them', () => {
    const facts = factsOf([
      health(0, 'synced → behind: 5 blocks behind', 'node1'),
      health(1, 'synced → behind: 5 blocks behind', 'node2'),
      entry(2, 'watch-fleet', { kind: 'page', code: 'fleet-standing', sentence: 'node1: stands' }),
    ]);
    expect(told(facts).map((line) => line.split(':')[0])).toEqual([
      ...['bitcoin', 'bitcoin/node1', 'health', 'bitcoin/node2', 'health'],
    ]);
  });
});

describe('the story of a chain', () => {
  const halt: HaltFact = {
    chain: 'irita',
    cause: 'power',
    madeHere: true,
    needsPeers: false,
    isNew: false,
    fromMs: START_MS,
    toMs: START_MS + 3 * MINUTE,
  };

  it.each([
    [{}, 'halts: too few of its validators are there', 'goes on, 3 min later'],
    [{ needsPeers: true }, 'halts: too few of its validators reach each other', 'goes on, 3 min later'],
    [{ cause: 'disagreement' }, 'halts: its validators are there and do not agree', 'goes on, 3 min later'],
    [{ cause: 'disagreement', madeHere: false }, 'halts: nobody anywhere makes a block', 'goes on, 3 min later'],
    [
      { needsPeers: true, isNew: true },
      'has no block yet: too few of its validators reach each other',
      'makes its first blocks, 3 min later',
    ],
  ] as const)('%j: %s', (more, halts, goesOn) => {
    expect(told(factsOf([], { halts: [{ ...halt, ...more }] }))).toEqual([
      `chain irita: ${halts}`,
      `chain irita: ${goesOn}`,
    ]);
  });
});

describe('the tables at the end', () => {
  const node: NodeState = {
    fleet: 'bitcoin',
    node: 'node1',
    role: 'follower',
    state: 'synced',
    height: 931_000,
    heightLag: 0,
    peers: 10,
    instanceId: 'i-1',
    availabilityZone: 'eu-central-1a',
    privateIp: '10.0.0.1',
    clientStarts: 0,
    seen: [],
    volumes: [],
  };
  const rows = (nodes: readonly NodeState[], journal: readonly JournalLine[] = []): string[] =>
    nodesTable({ report: { ...NOTHING, nodes }, journal }).map((row) => row.trim().replace(/ {2,}/g, ' | '));

  it('say how far a node is behind that is not synced, and its peers where they matter', () => {
    expect(rows([node])).toEqual([
      'node | role | state | height | volumes',
      'bitcoin/node1 | follower | synced | 931,000',
    ]);
    expect(rows([{ ...node, state: 'stuck', heightLag: 1_732, peers: 0 }])).toEqual([
      'node | role | state | height | peers | volumes',
      'bitcoin/node1 | follower | stuck, 1,732 behind | 931,000 | 0',
    ]);
    expect(rows([node], [entry(0, 'rotate-peers', {})])[0]).toContain('peers');
  });

  it('list a fleet’s own records when names were changed, and nobody else’s', () => {
    const marker = (name: string) => ({ name: `_chainmend.${name}`, type: 'TXT', values: ['"heritage=chainmend"'] });
    const dns = [
      { name: '_bitcoin-p2p._tcp.bitcoin.internal', type: 'SRV', values: ['0 0 8333 node1.bitcoin.internal'] },
      marker('_bitcoin-p2p._tcp.bitcoin.internal'),
      { name: 'grafana.bitcoin.internal', type: 'A', values: ['10.0.0.9'] },
      { name: 'node1.bitcoin.internal', type: 'A', values: ['10.0.0.1'] },
      marker('node1.bitcoin.internal'),
    ];
    const report = { ...NOTHING, dns };
    expect(recordsTable({ report, journal: [] })).toEqual([]);
    expect(recordsTable({ report, journal: [result()] }).map((row) => row.replace(/ {2,}/g, ' | '))).toEqual([
      'record | type | answers',
      '_bitcoin-p2p._tcp.bitcoin.internal | SRV | node1:8333',
      'node1.bitcoin.internal | A | 10.0.0.1',
    ]);
  });
});
