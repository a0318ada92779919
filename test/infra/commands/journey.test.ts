// The first days with chainmend, as one story in one region: an account that nobody looks after is adopted, checked and deployed in mode plan, asked and
// answered in mode ask, restored and put back, and given up. What is printed is compared with the region, and nothing changes but what was agreed to.
// `UPDATE=1 npm test -- journey` writes its lines into docs/quick-start.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Played, Step, Truth } from '../../fixtures/jobs/journey.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PAGE = join(import.meta.dirname, '../../../docs/quick-start.md');
/** Some fifty processes, one after the other: half a minute on two quiet cores. */
const JOURNEY_MS = 600_000;

/** What the nodes are: chainmend has to find it out, or is told. */
const NODES = `fleet: bitcoin
chain: bitcoin
mode: plan
nodes: { tag: { Component: nodes/bitcoin } }
role: follower
unit: node@*
volumes: { data: /node-data }
rpc: { credentials: file:/node-data/.cookie }
dns: { zone: bitcoin.internal }
`;
const WORLD = `world: journey
says: Three bitcoin nodes, which nobody looks after yet; the disk of one is nearly full.
fleets: [{ file: bitcoin.yaml }]
nodes:
  - { fleet: bitcoin, names: [node1, node3] }
  - { fleet: bitcoin, names: [node2], volumes: [{ role: data, sizeGiB: 500, usedPercent: 90.9 }] }
snapshots: [{ of: bitcoin/node3, hoursAgo: 5, by: policy }]
hours: 1
until: { planned: 1 }
expect: [{ heals: {}, count: none }]
`;
/** What `adopt` cannot know. */
const COMPLETED = 'unit: node@*\nrpc: { credentials: file:/node-data/.cookie }\nowner: { by: nobody }\n';
const AWS_NOWHERE = {
  ...{ AWS_REGION: null, AWS_DEFAULT_REGION: null, AWS_ENDPOINT_URL: null },
  ...{ AWS_ACCESS_KEY_ID: null, AWS_SECRET_ACCESS_KEY: null },
};

const STEPS: readonly Step[] = [
  { type: 'adopt --plan' },
  {
    together: [
      { as: 'nothing is stored', type: 'status' },
      { as: 'no account: status', type: 'status', but: AWS_NOWHERE },
      ...['adopt --plan', 'check --account --fleets {folder}/nodes', 'backtest', 'report', 'pause'].map((type) => ({
        ...{ as: `no account: ${type.split(' ')[0]}`, type, but: AWS_NOWHERE },
      })),
      { as: 'another region', type: 'status', but: { AWS_REGION: 'us-east-1' } },
    ],
  },
  { as: 'adopt', type: 'adopt --out {fleets}' },
  { edit: COMPLETED },
  { edit: 'chain: bitcion', from: 'chain: bitcoin' },
  {
    together: [
      { as: 'a mistake', type: 'check --fleets {fleets}' },
      { as: 'a mistake is not pushed', type: 'push bitcoin --fleets {fleets} --yes' },
    ],
  },
  { edit: 'chain: bitcoin', from: 'chain: bitcion' },
  {
    together: [
      { as: 'check', type: 'check --fleets {fleets}' },
      { as: 'doctor', type: 'doctor --fleets {fleets}' },
      { as: 'check --account', type: 'check --account --fleets {fleets}' },
      { as: 'nothing to push to', type: 'push bitcoin --fleets {fleets} --yes' },
    ],
  },
  { as: 'backtest', type: 'backtest --fleets {fleets} --days 1' },
  { deploy: true },
  { waitMinutes: 8 },
  { type: 'status' },
  { type: 'status bitcoin', keep: { first: 'explain ([0-9a-f]{8})$' } },
  { as: 'explain a plan', type: 'explain {first}' },
  { as: 'plan', type: 'plan bitcoin/node3', speed: 30 },
  { write: 'other/litecoin.yaml', text: NODES.replaceAll('bitcoin', 'litecoin') },
  {
    together: [
      { as: 'adopt again', type: 'adopt --out {folder}/again' },
      { as: 'a wrong fleet', type: 'status bitcion' },
      { as: 'in colour', type: 'status bitcion', answer: '' },
      { as: 'without colour', type: 'status bitcion', answer: '', but: { NO_COLOR: '1' } },
      { as: 'a wrong node', type: 'restore bitcoin/nod3 --yes' },
      { as: 'nothing to undo', type: 'undo bitcoin/node1 --yes' },
      { as: 'a cut pipe', type: 'status bitcoin', isCut: true },
      { as: 'a fleet that nobody has deployed', type: 'doctor --fleets {folder}/other' },
    ],
  },
  { edit: 'mode: ask', from: 'mode: plan' },
  {
    together: [
      { as: 'push without a terminal', type: 'push bitcoin --fleets {fleets}' },
      { as: 'push: no', type: 'push bitcoin --fleets {fleets}', answer: 'n\n' },
      { as: 'push: Ctrl-C', type: 'push bitcoin --fleets {fleets}', answer: '\x03' },
      { as: 'push: Ctrl-D', type: 'push bitcoin --fleets {fleets}', answer: '\x04' },
    ],
  },
  { as: 'push', type: 'push bitcoin --fleets {fleets}', answer: 'y\n' },
  {
    as: 'the mail',
    mail: 'bitcoin/node2: approve or reject a plan',
    keep: {
      approve: '^npm run chainmend -- (approve .*)$',
      ack: '^seen +npm run chainmend -- (ack .*)$',
      incident: 'approve (\\w+) --plan',
    },
  },
  {
    together: [
      { as: 'approve without a terminal', type: '{approve}' },
      { as: 'approve: no', type: '{approve}', answer: 'n\n' },
      { as: 'ack', type: '{ack}' },
      { as: 'retire while it asks', type: 'retire bitcoin --yes' },
    ],
  },
  { as: 'approve', type: '{approve}', answer: 'y\n' },
  { waitMinutes: 15 },
  { as: 'approve again', type: '{approve} --yes' },
  { as: 'explain', type: 'explain {incident}' },
  { as: 'restore: no', type: 'restore bitcoin/node3', answer: 'n\n', speed: 30 },
  { as: 'restore', type: 'restore bitcoin/node3 --yes --wait', speed: 200 },
  { as: 'undo', type: 'undo bitcoin/node3 --yes --wait', speed: 200 },
  {
    together: [
      { as: 'report', type: 'report --since 1d --out {folder}/report.html' },
      { as: 'retire too early', type: 'retire bitcoin --yes' },
    ],
  },
  { as: 'pause', type: 'pause bitcoin --why "looking at it myself"' },
  {
    together: [
      { as: 'status, paused', type: 'status' },
      { as: 'snapshot, paused', type: 'snapshot bitcoin/node1 --yes' },
    ],
  },
  { as: 'resume', type: 'resume bitcoin' },
  { as: 'pause for good', type: 'pause bitcoin --why retired' },
  { as: 'retire: no', type: 'retire bitcoin', answer: 'n\n', speed: 10 },
  { as: 'retire', type: 'retire bitcoin --yes', speed: 10 },
  { as: 'left', type: 'left bitcoin', speed: 10 },
];

let played: readonly Played[];
beforeAll(async () => {
  played = await runJob('journey', { world: WORLD, fleet: NODES, steps: STEPS });
}, JOURNEY_MS);

const of = (name: string): Played => {
  const found = played.find(({ as }) => as === name);
  if (found === undefined) throw new Error(`nothing was played as ${name}`);
  return found;
};
const storedMode = ({ parameters }: Truth): unknown =>
  (JSON.parse(parameters['/chainmend/fleets/bitcoin'] ?? '{}') as { readonly mode?: string }).mode;

describe('every line', () => {
  /** The only lines that change something: what each of them asks AWS for. */
  const CHANGES: Readonly<Record<string, readonly string[]>> = {
    // A plan is made by the suite, which is asked for it. So is what is refused then.
    ...{ plan: ['lambda.Invoke'], 'restore: no': ['lambda.Invoke'], 'snapshot, paused': ['lambda.Invoke'] },
    ...{ 'a wrong node': ['lambda.Invoke'], 'nothing to undo': ['lambda.Invoke'] },
    ack: ['lambda.Invoke'],
    approve: ['lambda.SendDurableExecutionCallbackSuccess'],
    restore: ['lambda.Invoke', 'lambda.SendDurableExecutionCallbackSuccess'],
    undo: ['lambda.Invoke', 'lambda.SendDurableExecutionCallbackSuccess'],
    ...{ push: ['ssm.PutParameter'], pause: ['ssm.PutParameter'], resume: ['ssm.PutParameter'] },
    'pause for good': ['ssm.PutParameter'],
    retire: ['monitoring.DeleteAlarms'],
  };

  it('changes what it was typed for, and nothing else', () => {
    for (const lines of Object.values(Object.groupBy(played, ({ step }) => step))) {
      const names = (lines ?? []).map(({ as }) => as);
      const may = new Set(names.flatMap((as) => CHANGES[as] ?? []));
      expect([names, new Set(lines?.[0]?.changed)]).toEqual([names, may]);
    }
  });

  it('leaves settings and data as they were, where it changes nothing', () => {
    let last: Truth | undefined;
    for (const { as, line, changed, truth } of played) {
      if (line !== '' && changed.length === 0 && last !== undefined)
        expect([as, truth.parameters, truth.data]).toEqual([as, last.parameters, last.data]);
      last = truth;
    }
  });

  it('has no escape sequence in a pipe, no hole in a sentence, and no stack trace', () => {
    for (const { as, line, stdout, stderr } of played) {
      if (line === '') continue;
      const isAtTerminal = `${stdout}${stderr}`.startsWith(ERASE);
      if (!isAtTerminal) expect([as, `${stdout}${stderr}`]).toEqual([as, expect.not.stringContaining('\x1b')]);
      expect([as, `${stdout}${stderr}`]).toEqual([
        as,
        expect.not.stringMatching(/\bundefined\b|\bNaN\b|\[object |\n {4}at |node:internal/),
      ]);
    }
  });
});

const ERASE = '\x1b[2K\r';

describe('before it is deployed', () => {
  it('says that nothing is looked after', () => {
    expect(of('nothing is stored')).toMatchObject({
      status: 0,
      stdout: 'No fleet file is stored in this account and region: nothing is looked after.\n',
      stderr: '',
    });
  });

  it.each(['status', 'adopt', 'check', 'backtest', 'report', 'pause'].map((verb) => `no account: ${verb}`))(
    '%s: says where an account is looked for',
    (name) => {
      const { status, stdout, stderr } = of(name);
      expect({ status, stdout }).toEqual({
        status: 1,
        stdout: name.endsWith('check') ? expect.stringContaining('It is right.') : '',
      });
      expect(stderr).toMatch(
        /: (?:Error: )?Region is missing; your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials; AWS_ENDPOINT_URL for a local region\n$/,
      );
    },
  );

  it('is asked nothing in another region', () => {
    expect(of('another region')).toMatchObject({
      ...{ status: 1, stdout: '' },
      stderr: expect.stringMatching(
        /: Credential should be scoped to a valid region\. This is eu-west-1, and the request is for us-east-1\.\n$/,
      ),
    });
  });

  it('proposes what it has found, and writes nothing without --out', () => {
    const { status, stdout } = of('adopt --plan');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^bitcoin {2}bitcoin {6}3 {2}follower {2}grow watch restart restore$/m);
    expect(stdout).toMatch(/\nNothing is written\. --out DIR writes the files\.\n$/);
    expect(of('adopt').stdout).toBe(
      stdout.replace(
        'Nothing is written. --out DIR writes the files.',
        `written: ${of('adopt').line.slice(12)}/bitcoin.yaml`,
      ),
    );
  });

  it.each(['a mistake', 'a mistake is not pushed'])('%s: is named with its line and the right word', (name) => {
    const { status, stdout, stderr } = of(name);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^\S+\/fleets\/bitcoin\.yaml:5:8 chain is "bitcion"; did you mean "bitcoin"\? Expected a chain: .*\n1 error; nothing was changed\n$/,
    );
  });

  it('checks the file, and prints the line that deploys it', () => {
    expect(of('check')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^It is right\. /m) });
    const { status, stdout, stderr } = of('check --account');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^account 111122223333 in eu-west-1, chainmend is not deployed$/m);
    expect(stdout).toMatch(/^Deploy with: npm run deploy -- -c email=you@example\.com -c nodeRoles=none$/m);
    expect(stderr).toMatch(
      /^CDK is not bootstrapped in this region: npx cdk bootstrap\n2 problems in the account; nothing was changed$/m,
    );
  });

  it('says what a heal would miss', () => {
    const { status, stdout } = of('doctor');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^ {2}no, not-deployed\n {4}chainmend is not deployed here: nothing is healed\n {4}npm run deploy$/m,
    );
    expect(stdout).toMatch(/^ {2}no, no-template: replace of 3 of 3 nodes \(node1, node2, node3\)$/m);
  });

  it('finds the disk that has been full for longer than the days that are looked at', () => {
    const { status, stdout } = of('backtest');
    expect(status).toBe(0);
    expect(stdout).toMatch(/ \(1 day\), as its file is today and in\nmode act:$/m);
    expect(stdout).toMatch(/^25-12-31 \d\d:\d\d {2}node2 {2}full disk {2}grow to 600 GiB \* {2}–$/m);
    expect(stdout).toMatch(
      /^Of 1 incident: 1 would have been healed, each with a proviso, 0 refused, 0 are\nnot knowable\.$/m,
    );
  });

  it('says that a push needs a deployment', () => {
    expect(of('nothing to push to')).toMatchObject({
      status: 1,
      stderr:
        'bitcoin: not deployed in this account and region, and no function may touch its nodes. npm run deploy makes a new fleet; push changes one that is there. Nothing was changed\n',
    });
  });
});

describe('in mode plan', () => {
  it('touches nothing, and says so', () => {
    expect(of('status').stdout).toMatch(/^bitcoin {2}plan {2}3 {6}3 {5}0 {5}0 {5}1 {5}0 {5}\d+ s ago$/m);
    expect(of('status bitcoin').stdout).toMatch(
      /^node2 {2}disk:data {2}[0-9a-f]{8} {2}1 {8}\d+ min ago {2}planned \d+ min ago$/m,
    );
    expect(of('explain a plan').stdout).toMatch(/^done {6}nothing was changed$/m);
    expect(of('status bitcoin').truth.data['node2']?.sizeGiB).toBe(500);
  });

  it('plans a restore by the snapshot that there is', () => {
    expect(of('plan')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^guard swap {2}may be done$/m) });
    expect(of('plan').stdout).toMatch(/^time {8}26 min at most, the catching up left out$/m);
  });

  it('is noticed by adopt, which writes the stored file and no poorer one', () => {
    const { status, stdout } = of('adopt again');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^bitcoin is deployed already, in mode plan: its file is the one that is stored, and not this proposal\.$/m,
    );
  });

  it('names a fleet that is in no deployment, and the line that deploys it', () => {
    const { status, stdout } = of('a fleet that nobody has deployed');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^ {2}no, not-deployed\n {4}litecoin is not deployed: no function looks after it\n {4}npm run deploy$/m,
    );
    expect(stdout).not.toMatch(/Deploy with|nobody-paged/);
  });

  it('names what was probably meant', () => {
    expect(of('a wrong fleet')).toMatchObject({ status: 2, stderr: 'no fleet "bitcion"; did you mean bitcoin?\n' });
    expect(of('a wrong node')).toMatchObject({ status: 2, stderr: expect.stringContaining('"nod3" given') });
  });

  it('is in colour at a terminal, unless nobody wants it', () => {
    const wrong = 'no fleet "bitcion"; did you mean bitcoin?';
    expect(of('in colour').stderr).toBe(`${ERASE}\x1b[31m${wrong}\x1b[39m\n`);
    expect(of('without colour').stderr).toBe(`${ERASE}${wrong}\n`);
  });

  it('has nothing to undo, and ends quietly where its reader has gone', () => {
    expect(of('nothing to undo').stderr).toMatch(/^Refused \(nothing-to-undo\): .* Nothing was begun\.\n$/);
    expect(of('a cut pipe')).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a push', () => {
  it('is refused without a terminal, and offers the line that does it', () => {
    const { status, stderr, line } = of('push without a terminal');
    expect(status).toBe(1);
    expect(stderr).toBe(
      `1 change needs a yes: this is not a terminal, so no question can be asked. Nothing was changed. With a yes:\n  npm run chainmend -- ${line} --yes\n`,
    );
  });

  it.each(['push: no', 'push: Ctrl-C', 'push: Ctrl-D'])('%s: is no yes, and is not done', (name) => {
    const { status, stdout, stderr, truth } = of(name);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(/Push\? \[y\/N\][\s\S]*Nothing was pushed\.\n$/);
    expect(storedMode(truth)).toBe('plan');
  });

  it('is shown, asked for and done', () => {
    const { status, stdout, truth } = of('push');
    expect(status).toBe(0);
    expect(stdout).toMatch(/mode {3}plan → ask\n/);
    expect(stdout).toMatch(/bitcoin: pushed\n$/);
    expect(storedMode(truth)).toBe('ask');
  });
});

describe('in mode ask', () => {
  it('sends a mail whose lines work as they are pasted', () => {
    const { mail } = of('the mail');
    expect(mail).toMatch(/^ {2}size: 500 → 600 GiB at most\n {2}cost: \+\$8\.00 a month at most$/m);
    expect(of('approve without a terminal').stderr).toContain(`npm run chainmend -- ${of('approve').line} --yes`);
    expect(of('ack')).toMatchObject({
      status: 0,
      stdout: 'bitcoin/node2/disk:data: yours now. It is not repeated, and its end is told.\n',
    });
  });

  it('does what was approved, once, and explains it', () => {
    expect(of('approve: no')).toMatchObject({ status: 1, stdout: expect.stringMatching(/Nothing was answered\.\n$/) });
    expect(of('approve').truth.data['node2']?.sizeGiB).toBe(500);
    expect(of('approve again')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^Already answered: plan /) });
    const { stdout, truth } = of('explain');
    expect(stdout).toMatch(/^ {10}docs\/runbooks\/disk\.md$/m);
    expect(truth.data['node2']?.sizeGiB).toBe(600);
    expect(stdout).toMatch(/^now {7}over for \d+ min\n {10}filesystem 600 GiB, \d+ % used; client running$/m);
    expect(stdout).toMatch(
      /^undo {6}no volume can be made smaller: nothing can be undone, and no data\n {10}were touched$/m,
    );
  });

  it('restores a node and puts it back', () => {
    const [old, swapped, back] = ['restore: no', 'restore', 'undo'].map((name) => of(name).truth.data['node3']);
    expect(of('restore: no')).toMatchObject({ status: 1, stdout: expect.stringMatching(/Nothing was done\.\n$/) });
    expect(of('restore')).toMatchObject({ status: 0, stdout: expect.stringMatching(/\nDone\. height \d+, .*\n$/) });
    expect(of('undo')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/\nDone\. the earlier volumes are mounted again, and the client runs on them\n$/),
    });
    expect(swapped?.volumeId).not.toBe(old?.volumeId);
    expect(back).toEqual(old);
  });

  it('is told on one page', () => {
    expect(of('report')).toMatchObject({ status: 0, stderr: '' });
    expect(of('report').stdout).toMatch(
      /, nothing in it is loaded from elsewhere\n3 incidents, 3 nodes, \d+ lines of the journal\n$/,
    );
  });
});

describe('a pause', () => {
  it('is said first, refuses what is asked for, and ends', () => {
    expect(of('pause').stdout).toMatch(
      /^bitcoin is paused: looking at it myself\n[\s\S]*\nGo on with: npm run chainmend -- resume bitcoin\n$/,
    );
    expect(of('pause').truth.parameters['/chainmend/pauses/bitcoin']).toBe('looking at it myself');
    expect(of('status, paused').stdout).toMatch(
      /^PAUSED {4}fleet bitcoin is paused: looking at it myself\. Go on with: npm run chainmend -- resume bitcoin$/m,
    );
    expect(of('snapshot, paused')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^Refused \(paused\): fleet bitcoin is paused: looking at it myself\. .* once the pause has ended\.\n$/,
      ),
    });
    expect(of('resume').stdout).toBe('bitcoin goes on. It was paused: looking at it myself\n');
    expect(of('resume').truth.parameters['/chainmend/pauses/bitcoin']).toBe('off');
  });
});

describe('a fleet that is given up', () => {
  it('is not while a question waits, which can be answered by the line that is offered', () => {
    const { status, stderr } = of('retire while it asks');
    const [, incident = ''] = /incident (\w+),/.exec(stderr) ?? [];
    expect(status).toBe(1);
    expect(stderr).toBe(
      `heals are open: bitcoin/node2 disk:data, incident ${incident}, which waits for an answer (npm run chainmend -- reject ${incident}). See: npm run chainmend -- status bitcoin. Nothing was removed\n`,
    );
    expect(of('the mail').mail).toContain(`\nnpm run chainmend -- reject ${incident}\n`);
  });

  it('is paused first, loses its alarms after a yes, and leaves what is counted', () => {
    expect(of('retire too early')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        'pause it: npm run chainmend -- pause bitcoin --why "retired". Nothing was removed',
      ),
    });
    expect(of('retire: no')).toMatchObject({ status: 1, stdout: expect.stringMatching(/Nothing was removed\.\n$/) });
    const { alarms } = of('retire: no').truth;
    const { status, stdout, truth } = of('retire');
    expect(status).toBe(0);
    expect(stdout).toContain(
      `  ${alarms.length} alarms, $0.60 a month\n${alarms.map((name) => `    ${name}\n`).join('')}`,
    );
    expect(stdout).toMatch(new RegExp(`^Removed: ${alarms.length} of ${alarms.length} alarms, 0 of 0 names\\.$`, 'm'));
    expect(truth.alarms).toEqual([]);
    expect(of('left').stdout).toMatch(/^ {2}bitcoin: heals have kept 1 volume of 1000 GiB \(about \$80 a month\)/m);
  });
});

describe('docs/quick-start.md', () => {
  /** ```console NAME:LINES: the line that was played as NAME, and the first lines of what it printed. */
  const BLOCK = /^```console (.+?)(?::(\d+))?\n[\s\S]*?^```$/gm;
  const seen = (text: string): string =>
    stripVTControlCharacters(text)
      .replaceAll('\r', '')
      .replaceAll(/ --fleets \S+/g, '')
      .replaceAll(/\S*\/fleets\b/g, 'infra/fleets')
      .replaceAll(/\S*\/report\.html/g, 'report.html');
  const blockOf = (name: string, most: number): string => {
    const { line, stdout, stderr } = of(name);
    const lines = seen(stdout + stderr)
      .trimEnd()
      .split('\n');
    const shown = lines.length > most ? [...lines.slice(0, most), '…'] : lines;
    return [`$ npm run chainmend -- ${seen(line)}`, ...shown].join('\n');
  };
  /** Of two runs only the seconds differ, and what follows from them. */
  const steady = (text: string): string =>
    text
      .replaceAll(/\d\d:\d\d(:\d\d)?/g, 'TIME')
      .replaceAll(/\d+(\.\d+)? (s|min|h)\b/g, 'AGE')
      .replaceAll(/\b(?=[a-f]*\d)[0-9a-f]{8,17}\b/g, 'ID')
      .replaceAll(/\b931,\d{3}\b/g, 'HEIGHT')
      .replaceAll(/\d+ (KiB|lines)/g, 'SOME $1')
      .replaceAll(/ {2,}/g, ' ');

  it('shows what was typed and printed here', () => {
    const page = readFileSync(PAGE, 'utf8');
    const right = page.replaceAll(
      BLOCK,
      (_, name: string, lines = '100') =>
        `\`\`\`console ${name}${lines === '100' ? '' : `:${lines}`}\n${blockOf(name, Number(lines))}\n\`\`\``,
    );
    expect([...page.matchAll(BLOCK)].length).toBeGreaterThan(5);
    if (process.env['UPDATE']) writeFileSync(PAGE, right);
    else expect(steady(page)).toBe(steady(right));
  });
});
