// `npm run chainmend -- VERB`: everything that a person does with chainmend, in an account or in the local region. docs/commands.md has every verb.
// What a verb works with is read when it is chosen: a question for the version waits for no SDK.
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { forSuite, misnamed, suiteOf } from '../../shared/model/suite.ts';
import { plainJson, plainText } from '../../shared/text/plain-text.ts';
import { plainLines, terminalText } from '../../shared/text/terminal-text.ts';
import { fleetsDirectory } from '../fleets-directory.ts';
import { isClone } from '../paths.ts';
import type { AdoptContext } from './adopt/context.ts';
import { addAdoptVerb } from './adopt/verbs.ts';
import type { BacktestContext } from './backtest/backtest.ts';
import { addBacktestVerb } from './backtest/verbs.ts';
import { addCompletionVerb } from './completion.ts';
import { confirmOnTerminal } from './consent.ts';
import type { DiffContext } from './diff/diff.ts';
import type { DrawnLine, PlayedLine } from './diff/form.ts';
import { addDiffVerb } from './diff/verbs.ts';
import type { DoctorContext } from './doctor/doctor.ts';
import { addDoctorVerb } from './doctor/verbs.ts';
import { UsageError } from './errors.ts';
import { addFleetVerbs, type FleetsDesk } from './fleets/verbs.ts';
import type { HealCommandContext, Suite } from './heal/context.ts';
import { STATIC_KEYS } from './heal/static-keys.ts';
import type { AccountsContext } from './heal/status-accounts.ts';
import { addHealVerbs } from './heal/verbs.ts';
import type { LocalRegion } from './local-region.ts';
import type { NamesContext } from './names/context.ts';
import { addNamesVerbs } from './names/verbs.ts';
import { type Ended, type Opened, type Output, runProgram, type SharedOptions } from './program.ts';
import { forPackage, needClone } from './program-name.ts';
import type { ReportContext } from './report/report.ts';
import { addReportVerb } from './report/verbs.ts';
import type { SmokeContext } from './smoke/context.ts';
import { type Leftover, leftoversText } from './smoke/leftovers.ts';
import { addSmokeVerb } from './smoke/verbs.ts';

/** What each group of verbs works with. */
export interface Desk {
  readonly heal: Opened<HealCommandContext & AccountsContext>;
  readonly doctor: Opened<DoctorContext>;
  readonly fleets: Opened<FleetsDesk>;
  readonly names: Opened<NamesContext>;
  readonly adopt: Opened<AdoptContext>;
  readonly diff: Opened<DiffContext>;
  readonly backtest: Opened<BacktestContext>;
  readonly smoke: Opened<SmokeContext>;
  readonly report: Opened<ReportContext>;
  readonly say: (text: string) => void;
}

export function addVerbs(program: Command, desk: Desk, ended: Ended): void {
  addHealVerbs(program, desk.heal, ended);
  addReportVerb(program, desk.report, ended);
  program.commandsGroup('What is going on:');
  addDoctorVerb(program, desk.doctor, ended);
  addBacktestVerb(program, desk.backtest, ended);
  program.commandsGroup('Fleets:');
  addFleetVerbs(program, desk.fleets, ended);
  addNamesVerbs(program, desk.names, ended);
  addAdoptVerb(program, desk.adopt, ended);
  addDiffVerb(program, desk.diff, ended);
  program.commandsGroup('Else:');
  addSmokeVerb(program, desk.smoke, ended);
  addCompletionVerb(program, desk.say);
}

/** Commands in what a person reads are about the suite that they asked for, and as this program is called. */
const worded = (text: string): string => {
  const name = process.env['CHAINMEND_NAME'] || undefined;
  const own = name === undefined || misnamed(name) !== null ? text : forSuite(suiteOf(name), text);
  return isClone ? own : forPackage(own);
};

/** Everything that a verb does goes by this variable (`commandNames`). @throws UsageError */
function chooseSuite({ name, local }: SharedOptions): void {
  const given = name === undefined ? 'CHAINMEND_NAME' : '--name';
  const chosen = name ?? (process.env['CHAINMEND_NAME'] || undefined);
  if (chosen === undefined) return;
  const wrong = misnamed(chosen);
  if (wrong !== null) throw new UsageError(`${given} is ${JSON.stringify(chosen)}, ${wrong}`);
  if (local !== undefined)
    throw new UsageError(
      `${given} is ${JSON.stringify(chosen)}, expected none with --local: the suite of the local region has no name`,
    );
  process.env['CHAINMEND_NAME'] = chosen;
}

/** Erases the line, and goes back to its beginning (ECMA-48: EL 2, CR). */
const ERASE = '\x1b[2K\r';

interface Terminal {
  readonly desk: Desk;
  readonly output: Output;
  /** What a run of the smoke test has made. */
  readonly made: ReadonlyMap<string, Leftover>;
  /** Ends what a verb has started beside itself. */
  readonly end: () => Promise<void>;
}

function terminalOf(interrupted: AbortSignal): Terminal {
  const isTerminal = process.stdout.isTTY === true;
  let isJson = false;
  let suite: Suite | undefined;
  let local: LocalRegion | undefined;
  const said: string[] = [];
  const erase = isTerminal ? ERASE : '';
  const say = (text: string): void => {
    if (isJson) said.push(...text.split('\n'));
    else process.stdout.write(`${erase}${terminalText(worded(text))}\n`);
  };
  /** For `--json`: whatever stderr says. */
  const complaints: string[] = [];
  const complain = (text: string): void => {
    complaints.push(plainLines(text));
    process.stderr.write(`${erase}${terminalText(worded(text))}\n`);
  };
  const status = (text: string): void => {
    const room = Math.max(1, (process.stdout.columns ?? 80) - 1);
    if (isTerminal && !isJson) process.stdout.write(`${ERASE}${plainText(text, room)}`);
  };
  const sleep = (ms: number): Promise<void> => setTimeout(ms);
  const confirm = confirmOnTerminal();
  const openSuite = async (): Promise<() => Suite> => {
    const { awsSuite } = await import('./heal/aws-suite.ts');
    return () => {
      suite ??= awsSuite();
      return suite;
    };
  };
  const openBelongings = async () => (await import('./retire/belongings.ts')).awsBelongings();
  const made = new Map<string, Leftover>();
  const prepare = async (options: SharedOptions): Promise<void> => {
    isJson = options.json === true;
    chooseSuite(options);
    if (options.region !== undefined) process.env['AWS_REGION'] = options.region;
    if (options.profile !== undefined) {
      // Keys of the environment would overrule it in some versions of the SDK, and make it warn in the others.
      for (const key of STATIC_KEYS) delete process.env[key];
      process.env['AWS_PROFILE'] = options.profile;
    }
    if (options.local === undefined) return;
    needClone('--local');
    status('the local region plays …');
    const { serveLocally } = await import('./local-region.ts');
    await import('./work.ts');
    local = await serveLocally(options.local);
    Object.assign(process.env, local.environment);
    delete process.env['AWS_PROFILE'];
    delete process.env['AWS_SESSION_TOKEN'];
  };
  return {
    desk: {
      say,
      heal: async () => {
        const { askPlace } = await import('./heal/place-process.ts');
        return { suite: await openSuite(), askPlace, say, complain, status, confirm, sleep };
      },
      doctor: async () => {
        return { say, status, directory: fleetsDirectory };
      },
      fleets: async () => {
        return {
          directory: fleetsDirectory,
          store: async () => (await import('./fleets/parameter-store.ts')).ssmParameterStore(),
          instances: async () => (await import('./fleets/instances.ts')).ec2Instances(),
          belongings: openBelongings,
          account: async (files) => (await import('./preflight/account.ts')).readAccount(files),
          confirm,
          say,
        };
      },
      report: async () => {
        const { reportAccount } = await import('./report/account.ts');
        return { account: () => reportAccount(), say, status };
      },
      names: async () => {
        const { awsNames } = await import('./names/account.ts');
        return { account: () => awsNames(), belongings: openBelongings, confirm, say };
      },
      adopt: async () => {
        const { readAccount } = await import('./adopt/account.ts');
        const { localTwin } = await import('./adopt/twin.ts');
        const stored = async () => {
          const { storedFleets } = await import('./fleets/stored-fleet.ts');
          return storedFleets((await import('./fleets/parameter-store.ts')).ssmParameterStore());
        };
        return { read: (options) => readAccount(options), stored, playTwin: localTwin, say, status };
      },
      backtest: async () => {
        const { readHistories } = await import('./backtest/account.ts');
        return { read: readHistories, say, status };
      },
      diff: async () => {
        needClone('diff');
        const { readHistories } = await import('./backtest/account.ts');
        const { checkoutOf, PLAYER } = await import('./diff/checkout.ts');
        const { playLocally } = await import('./local-process.ts');
        const { readDecisions } = await import('./report/account.ts');
        return {
          draw: (input) => playLocally<DrawnLine>('test/lab/twin/stories.ts', input, () => {}),
          play: (input, heard, root) => playLocally<PlayedLine>(PLAYER, input, heard, root),
          journal: (fleet, sinceMs) => readDecisions(fleet, sinceMs),
          past: async (fleet, days) =>
            (await readHistories({ fleets: [], days, files: undefined, given: [fleet], status }))[0],
          checkout: checkoutOf,
          say,
          status,
        };
      },
      smoke: async () => {
        needClone('smoke');
        const { awsAccount } = await import('./smoke/aws-account.ts');
        const { cdk } = await import('./smoke/cdk.ts');
        const { randomBytes } = await import('node:crypto');
        return {
          account: (recorder) => awsAccount({}, recorder),
          suite: await openSuite(),
          cdk,
          interrupted,
          made,
          confirm,
          say,
          complain,
          sleep,
          nowMs: () => Date.now(),
          chance: () => randomBytes(3).toString('hex'),
        };
      },
    },
    made,
    output: {
      ...{ say, complain, prepare },
      write: ({ status: code, facts = { said } }) =>
        void process.stdout.write(
          `${worded(plainJson({ status: code, ...facts, ...(complaints.length > 0 && { wrong: complaints }) }) ?? '')}\n`,
        ),
    },
    end: async () => local?.end(),
  };
}

function onInterrupt(interrupt: AbortController, { made }: Terminal): void {
  process.on('SIGINT', () => {
    if (!process.argv.includes('smoke')) {
      process.stderr.write(
        worded('\nNobody is waiting any more; what was begun goes on. See: npm run chainmend -- status\n'),
      );
      process.exit(130);
    }
    if (!interrupt.signal.aborted) {
      interrupt.abort();
      process.stderr.write('\nInterrupted: what was made is removed, once what is under way has ended.\n');
      return;
    }
    const deployed = process.argv.includes('--stack-is-deployed') ? ' --stack-is-deployed' : '';
    const again = `npm run chainmend -- smoke --remove${deployed}`;
    process.stderr.write(`\nStopped. Whatever carries the tag chainmend:smoke is left as it is, and paid for.\n`);
    for (const line of leftoversText([...made.values()], again)) process.stderr.write(`${terminalText(line)}\n`);
    process.exit(130);
  });
}

/** The whole program: its words are those of the process. */
export async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe: `… | head`.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const interrupt = new AbortController();
  const terminal = terminalOf(interrupt.signal);
  onInterrupt(interrupt, terminal);
  try {
    process.exitCode = await runProgram(process.argv.slice(2), terminal.output, (program, ended) =>
      addVerbs(program, terminal.desk, ended),
    );
  } finally {
    await terminal.end();
  }
}

if (import.meta.main) await main();
