// What people type, and what they see: answers to a question, words of the command lines, lines of the journal and of a story.

import fc from 'fast-check';
import { SmokeError, StoreError, SuiteError, UsageError as WrongUse } from '../../../../infra/commands/errors.ts';
import type { HealCommandContext } from '../../../../infra/commands/heal/context.ts';
import { lineText, planText, progressText } from '../../../../infra/commands/heal/show.ts';
import { targetOf } from '../../../../infra/commands/heal/target.ts';
import type { NamesAccount } from '../../../../infra/commands/names/account.ts';
import type { Belongings } from '../../../../infra/commands/retire/belongings.ts';
import type { SmokeContext } from '../../../../infra/commands/smoke/context.ts';
import { parseArguments, UsageError } from '../../../../local/cli/arguments.ts';
import { paragraphs } from '../../../../local/cli/story/evidence.ts';
import { renderSections } from '../../../../local/cli/story/lines.ts';
import { evidenceIn, type JournalLine } from '../../../../local/scenarios/report/journal.ts';
import { judgeApproval } from '../../../../shared/heal/approval.ts';
import { WRITERS } from '../../../../shared/heal/records.ts';
import { terminalText } from '../../../../shared/text/terminal-text.ts';
import { anyText } from '../../../fixtures/any.ts';
import { exampleFleets } from '../../../fixtures/example-fleets.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { TEXTS } from '../../../fixtures/structures.ts';
import { runFleetVerb, runHealVerb, runNames, runSmoke } from '../../../fixtures/verbs.ts';
import { mutatedJson } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

/** Letters of two columns each: measuring them again and again takes long. */
const WIDE = '字'.repeat(4_000);

const PLAN = '0123456789abcdef';

const word = (own: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...own) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '--',
        '-',
        '--help',
        '-h',
        '--version',
        '--no-yes',
        '--yes=1',
        '__proto__',
        '--__proto__',
        '--constructor',
        '',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        HOSTILE,
        '--'.repeat(3_000),
        '9'.repeat(400),
        '1e400',
        'NaN',
        '-1',
        '0',
        '0x10',
        '../../etc/passwd',
        'x'.repeat(20_000),
      ),
    },
    { weight: 1, arbitrary: anyText({ maxLength: 30 }) },
  );
const words = (...own: readonly string[]): fc.Arbitrary<string[]> => fc.array(word(own), { maxLength: 7 });

/** Text for a person, as a terminal gets it. */
interface Written {
  readonly status: number;
  readonly written: readonly string[];
}
const linesOf = (text: string): readonly string[] => terminalText(text).split('\n');

async function heal(given: readonly string[]): Promise<Written> {
  const written: string[] = [];
  const said = (text: string): void => void written.push(...linesOf(text));
  let nowMs = 0;
  const refuse = async (): Promise<never> => {
    throw new SuiteError(`AWS says ${HOSTILE}`);
  };
  const clock = () => nowMs++;
  const suite = new Proxy({}, { get: (_, name) => (name === 'nowMs' ? clock : refuse) }) as ReturnType<
    HealCommandContext['suite']
  >;
  const desk = { suite: () => suite, say: said, complain: said, status: said, confirm: undefined };
  const status = await runHealVerb(given, { ...desk, sleep: async () => {} });
  return { status, written };
}

async function fleets(given: readonly string[]): Promise<Written> {
  // This command writes a file of the repository.
  if (given.includes('schema')) return { status: 0, written: [] };
  const written: string[] = [];
  const said = (text: string): void => void written.push(...linesOf(text));
  const refuse = async (): Promise<never> => {
    throw new StoreError(`AWS says ${HOSTILE}`);
  };
  const store = async () => ({ read: refuse, list: refuse, write: refuse });
  const anything = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : refuse) });
  const status = await runFleetVerb(given, {
    ...{ directory: exampleFleets, store, account: refuse, confirm: async () => true },
    belongings: async () => anything as Belongings,
    ...{ say: said, complain: said },
  });
  return { status, written };
}

async function names(given: readonly string[]): Promise<Written> {
  const written: string[] = [];
  const said = (text: string): void => void written.push(...linesOf(text));
  const refuse = async (): Promise<never> => {
    throw new StoreError(`AWS says ${HOSTILE}`);
  };
  const anything = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : refuse) });
  const status = await runNames(given, {
    ...{
      account: () => anything as NamesAccount,
      belongings: async () => anything as Belongings,
      confirm: async () => true,
    },
    ...{ say: said, complain: said },
  });
  return { status, written };
}

async function smoke(given: readonly string[]): Promise<Written> {
  const written: string[] = [];
  const said = (text: string): void => void written.push(...linesOf(text));
  const refuse = async (): Promise<never> => {
    throw new SmokeError(`AWS says ${HOSTILE}`);
  };
  const anything = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : refuse) });
  const desk = {
    ...{ account: () => anything, suite: () => anything, cdk: anything, say: said, complain: said },
    ...{
      nowMs: () => 0,
      sleep: async () => {},
      chance: () => 'abcdef',
      made: new Map(),
      interrupted: AbortSignal.abort(),
    },
  } as unknown as SmokeContext;
  const status = await runSmoke(given, desk);
  return { status, written };
}

const line = {
  by: 'replace-node' as const,
  ...{ atMs: 1_767_268_800_000, place: '001-decision', attempt: 1, kind: 'decision', sentence: HOSTILE, code: HOSTILE },
  act: 'planned',
  evidence: JSON.stringify({
    guardrails: [{ rule: HOSTILE, verdict: HOSTILE }],
    source: HOSTILE,
    costUsdPerMonth: 8,
    minutes: 15,
  }),
};
const text = fc.oneof(anyText({ maxLength: 80 }), fc.constantFrom(HOSTILE, '', 'x'.repeat(2_000)));
const storyLine = fc.record({
  by: fc.constantFrom(...WRITERS),
  atMs: fc.oneof(fc.constantFrom(Number.NaN, 0, -1e300, 8.64e15, 8.64e15 + 1), fc.integer()),
  place: text,
  attempt: fc.integer(),
  kind: fc.constantFrom('plan', 'decision', 'outcome', HOSTILE),
  sentence: text,
  code: fc.option(text, { nil: undefined }),
  act: fc.option(fc.constantFrom('planned', 'healed', HOSTILE), { nil: undefined }),
  evidence: fc.option(mutatedJson([JSON.parse(line.evidence)]), { nil: undefined }),
});

export const TARGETS: readonly Target[] = [
  target({
    name: 'the answer to a question of mode ask',
    input: fc.oneof(
      mutatedJson([
        { approve: true, plan: PLAN },
        { approve: false, by: HOSTILE },
      ]),
      fc.constant(undefined),
    ),
    samples: [
      '{"approve":true,"plan":{"toString":1}}',
      'null',
      '5',
      '"x"',
      '[]',
      '',
      HOSTILE,
      '{"approve":false,"by":{}}',
      '['.repeat(100_000),
    ],
    parse: (answer) => judgeApproval(answer, PLAN),
    errors: [],
    read: everything,
  }),
  target({
    name: 'npm start',
    input: words(
      '--scenario',
      'disk-full',
      '--seed',
      '7',
      '--fault',
      'killed',
      '--lane',
      'sweep',
      '--json',
      '--explain',
      '--serve',
      '--speed',
      '60',
      '--real',
      '--story',
      '--list',
    ),
    samples: [
      ['--scenario', '__proto__'],
      ['--fault', 'constructor'],
      ['--seed', '1e400'],
      [HOSTILE],
      ['--scenario', HOSTILE],
    ],
    parse: async (given) => {
      try {
        return { ...(await parseArguments(given)), run: undefined, real: undefined };
      } catch (error) {
        // main.ts makes the text plain before it shows it.
        if (error instanceof UsageError) return terminalText(error.message).replaceAll('\n', ' ');
        throw error;
      }
    },
    errors: [],
  }),
  target({
    name: 'npm run chainmend',
    input: words(
      'restore',
      'replace',
      'undo',
      'snapshot',
      'status',
      'bitcoin/node2',
      'bitcoin',
      'bitcoin/i-0123456789abcdef0',
      '--plan',
      '--wait',
      '--for',
      '90',
      '--yes',
      '--snapshot',
      'snap-0123456789abcdef0',
      '--acknowledge-validator',
      'approve',
      'reject',
      'journal',
      '7f3a0c1d',
    ),
    samples: [
      ['status', HOSTILE],
      ['restore', `bitcoin/${HOSTILE}`, '--yes'],
      ['restore', 'bitcoin/node2', '--yes', '--for', '1e9'],
    ],
    parse: heal,
    errors: [],
    read: ({ written }) => written,
  }),
  target({
    name: 'whom a command is about',
    input: anyText({ maxLength: 200 }),
    samples: ['/', '//', 'a/', '/a', 'bitcoin/', HOSTILE, 'x'.repeat(1_000_000), '/'.repeat(1_000_000)],
    structures: TEXTS,
    parse: targetOf,
    errors: [WrongUse],
  }),
  target({
    name: 'npm run chainmend -- names',
    input: words('adopt', 'release', 'bitcoin', '--yes', 'nobody'),
    samples: [
      ['adopt', HOSTILE],
      ['release', '__proto__', '--yes'],
      ['adopt', '\0', '--yes'],
    ],
    parse: names,
    errors: [],
    read: ({ written }) => written,
  }),
  target({
    name: 'npm run chainmend',
    input: words(
      'check',
      'show',
      'push',
      'pause',
      'resume',
      'bitcoin',
      '--why',
      'moving',
      '--all',
      'nobody',
      'examples/fleets/bitcoin.yaml',
    ),
    samples: [
      ['show', HOSTILE],
      ['pause', '--why', HOSTILE],
      ['check', HOSTILE],
      ['check', '\0'],
      ['resume', '__proto__'],
    ],
    parse: fleets,
    errors: [],
    read: ({ written }) => written,
  }),
  target({
    name: 'npm run chainmend -- smoke',
    input: words(
      '--subnet',
      'subnet-0123456789abcdef0',
      '--profile',
      'p',
      '--security-group',
      'sg-01234567',
      '--plan',
      '--stack-is-deployed',
      '--for',
      '45',
      '--keep',
      '--print-fleet',
      '--ladder',
    ),
    samples: [['--profile', HOSTILE, '--subnet', 'subnet-01234567', '--plan']],
    parse: smoke,
    errors: [],
    read: ({ written }) => written,
  }),
  target({
    name: 'lines of the journal, as npm run chainmend shows them',
    input: fc.array(storyLine, { maxLength: 2 }),
    samples: [[line], [{ ...line, sentence: WIDE, evidence: JSON.stringify({ source: WIDE.slice(0, 3_900) }) }]],
    parse: (all) => [
      ...all.map(lineText),
      ...planText(all).split('\n'),
      ...all.map(({ sentence, atMs }) =>
        progressText({ incidentId: '', what: sentence, percent: atMs, etaSeconds: atMs, atMs }),
      ),
    ],
    errors: [],
    read: everything,
  }),
  target({
    name: 'lines of a story, as npm start shows them',
    input: fc.tuple(
      fc.array(fc.tuple(text, text), { maxLength: 3 }),
      mutatedJson([JSON.parse(line.evidence), { after: { sizeBytes: 5, atMs: 1.7e12 } }]),
    ),
    samples: [[[[HOSTILE, HOSTILE]], JSON.stringify({ a: HOSTILE })]] as [[string, string][], string][],
    parse: ([lines, json]) => {
      // As much of it as the journal keeps.
      const evidence = paragraphs(evidenceIn({ evidence: json.slice(0, 4_000) } as JournalLine) ?? {});
      const told = lines.map(([label, words]) => ({ atMs: 0, label, text: words, evidence }));
      return renderSections([{ heading: HOSTILE, lines: told }], 80).map((printed) => terminalText(printed.text));
    },
    errors: [],
    read: everything,
  }),
];
