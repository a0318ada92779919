// Hostile texts in the places where people read them: the journal, a page, a log, a tag, a table, a story. The fuzzer (test/lab/fuzz) tests the inputs;
// test/local/scenarios/hostile-words.test.ts tests the whole way from a node to a person.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it, jest } from '@jest/globals';
import { tableOf } from '../../../infra/commands/fleets/context.ts';
import { lineText, planText, progressText } from '../../../infra/commands/heal/show.ts';
import { FleetFilesError } from '../../../infra/fleet-files-error.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { renderSections } from '../../../local/cli/story/lines.ts';
import { nodesTable } from '../../../local/cli/story/tables.ts';
import { tableLines } from '../../../local/cli/terminal.ts';
import { logged } from '../../../shared/aws/log.ts';
import { settable } from '../../../shared/aws/tagging.ts';
import { createJournal, type JournalRecord } from '../../../shared/heal/journal.ts';
import { page } from '../../../shared/heal/notify.ts';
import { clientOf, QuestionError } from '../../../shared/probe/questions.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { terminalText } from '../../../shared/text/terminal-text.ts';
import { HOSTILE, hostileIn, textsIn, unseenIn } from '../../fixtures/hostile-text.ts';

describe('a line of the journal', () => {
  const owner = {
    ...{ fleet: HOSTILE, node: HOSTILE, instanceId: HOSTILE, incidentId: HOSTILE, heal: HOSTILE, writer: HOSTILE },
    ...({ by: 'replace-node', attempt: 1, onsetMs: 0 } as const),
  };

  it('is plain in every field that is told, and its evidence reads back as it was', async () => {
    const written: JournalRecord[] = [];
    const store = { writeOnce: async (_: unknown, record: JournalRecord) => void written.push(record) };
    const evidence = { reason: HOSTILE, [HOSTILE]: ['\u202e', { lastLine: HOSTILE }] };
    const entry = { atMs: 0, kind: 'result', sentence: HOSTILE, code: HOSTILE, act: HOSTILE, evidence } as const;
    await createJournal(store, owner)('01', entry);
    expect(written).toHaveLength(1);
    expect(hostileIn(written)).toEqual([]);
    expect(textsIn(written).length).toBeGreaterThan(10);
    expect(JSON.parse(written[0]?.evidence ?? '')).toEqual(evidence);
  });

  it('is bounded, whatever is said', async () => {
    const written: JournalRecord[] = [];
    const store = { writeOnce: async (_: unknown, record: JournalRecord) => void written.push(record) };
    const long = HOSTILE.repeat(10_000);
    await createJournal(store, owner)('01', { atMs: 0, kind: 'result', sentence: long, act: long, evidence: long });
    expect(JSON.stringify(written).length).toBeLessThan(20_000);
  });
});

describe('a page', () => {
  it('has a subject that SNS takes and a message that is plain in every field', async () => {
    const sent: PublishCommand[] = [];
    const sns = { send: async (command: PublishCommand) => void sent.push(command) } as unknown as SNSClient;
    const content = {
      fleet: HOSTILE,
      node: HOSTILE,
      code: 'node-stuck',
      sentence: HOSTILE,
      incidentId: HOSTILE,
    } as const;
    await page(sns, 'arn', { ...content, instances: [HOSTILE] });
    const { Subject = '', Message = '' } = sent[0]?.input ?? {};
    expect(Subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    expect(unseenIn(Message)).toEqual([]);
    const texts = textsIn({ ...JSON.parse(Message), instances: undefined }).map(([, text]) =>
      text.replaceAll('\n', ' '),
    );
    expect(texts.length).toBeGreaterThan(0);
    expect(hostileIn(texts)).toEqual([]);
  });
});

describe('what is logged', () => {
  it('is one line, whatever failed', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      const thrown = new Error(HOSTILE, { cause: new TypeError(HOSTILE) });
      await logged().onError?.({ error: thrown } as never);
      const [[line] = []] = error.mock.calls;
      expect(unseenIn(String(line))).toEqual([]);
      expect(JSON.parse(String(line))).toMatchObject({ message: HOSTILE, cause: { message: HOSTILE } });
    } finally {
      error.mockRestore();
    }
  });
});

describe('a request to ask nodes', () => {
  it('of a chain that nobody knows is refused in plain words', () => {
    const rpc = { scheme: 'http', port: 8332, path: '' } as const;
    const asked = () => clientOf({ fleet: HOSTILE, chain: HOSTILE, rpc, stopGraceSeconds: 600 } as never);
    expect(asked).toThrow(QuestionError);
    expect(hostileIn(thrownBy(asked))).toEqual([]);
  });
});

describe('a tag', () => {
  it('of ours is one line of 256 characters, and one of its owner stays as it is', () => {
    const written = settable({ 'chainmend:why': HOSTILE.repeat(9), Note: '🚨 disk‼️', 'aws:x': 'no' });
    expect(written.map(({ Key }) => Key)).toEqual(['chainmend:why', 'Note']);
    expect(unseenIn(written[0]?.Value ?? '')).toEqual([]);
    expect(written[0]?.Value?.length).toBeLessThanOrEqual(256);
    expect(written[1]?.Value).toBe('🚨 disk‼️');
  });
});

describe('what a command line prints', () => {
  const lineOf = (text: string) => ({
    ...({ by: 'replace-node' } as const),
    ...{ atMs: 0, place: '1', attempt: 1, kind: 'plan', sentence: text, code: text, act: 'planned' },
    evidence: JSON.stringify({ guardrails: [{ rule: text, verdict: text }], source: text }),
  });
  const node = { role: 'follower', state: 'synced', height: 1, heightLag: 0, peers: 9, volumes: [] };
  const nodesOf = (text: string) =>
    ({ report: { nodes: [{ ...node, fleet: text, node: text }] }, journal: [] }) as never;
  const storyOf = (text: string) =>
    renderSections([{ heading: text, lines: [{ atMs: 0, label: text, text, evidence: [text] }] }], 60);

  it.each<[string, (text: string) => string]>([
    ['a line of the journal', (text) => lineText(lineOf(text))],
    ['a plan', (text) => planText([lineOf(text)])],
    ['progress', (what) => progressText({ incidentId: '', what, percent: 5, etaSeconds: 7, atMs: 0 })],
    ['a table', (text) => tableOf(['a'], [[text], ['x']])],
    ['what is wrong with fleet files', (text) => new FleetFilesError([text]).message],
    ['the table of a run', (text) => tableLines([{ head: 'a' }], [[text], ['x']]).join('\n')],
    ['nodes', (text) => nodesTable(nodesOf(text)).join('\n')],
    [
      'a story',
      (text) =>
        storyOf(text)
          .map((one) => one.text)
          .join('\n'),
    ],
  ])('%s obeys nobody, and has no line that a plain word would not have', (_, print) => {
    const printed = terminalText(print(HOSTILE)).split('\n');
    expect(hostileIn(printed)).toEqual([]);
    expect(printed.join(' ')).toContain('healed by nobody');
    expect(printed).toHaveLength(print(plainText(HOSTILE)).split('\n').length);
  });
});

describe('nobody goes past these', () => {
  const files = ['functions', 'shared'].flatMap((root) =>
    readdirSync(join(repositoryRoot, root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const having = (pattern: RegExp): string[] =>
    files.filter((path) => pattern.test(readFileSync(path, 'utf8'))).map((path) => relative(repositoryRoot, path));

  it('one file writes lines of the journal, one sends pages', () => {
    expect(having(/\bpartitions\.journal\(/)).toEqual(['shared/heal/journal.ts']);
    expect(having(/\bPublishCommand\b/)).toEqual(['shared/heal/notify.ts']);
    expect(having(/\bas PlainText\b/)).toEqual(['shared/text/plain-text.ts']);
  });

  it('what is logged has been made plain', () => {
    expect(having(/console\.\w+\((?!plainJson\()/)).toEqual([]);
  });
});

function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  throw new Error('expected it to throw');
}
