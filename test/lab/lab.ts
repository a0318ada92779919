// `npm run lab`: plays what judges chainmend and is no part of it, in the order of what is due. Exit status 0: nothing was found; 1: something was; 2: wrong use.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { repositoryRoot } from '../../infra/paths.ts';
import { cacheDirectory } from '../fixtures/cache.ts';
import { type Counts, countsIn, labTable, NOTHING, sumOf } from './lab-table.ts';
import {
  inOrderOfNeed,
  type Ledger,
  merged,
  type Outcome,
  readLedger,
  runsForAll,
  secondsOf,
  withRun,
  writeLedger,
} from './ledger.ts';
import { allPieces, type Piece } from './pieces.ts';

/** Committed: how a new machine knows what is due. */
const COMMITTED = join(repositoryRoot, 'test/lab/ledger.json');
/** What this machine has played, also in checkouts that are gone. */
const KEPT = join(cacheDirectory(), 'lab-ledger.json');
/** A piece that takes so many times longer than the last time hangs. */
const PATIENCE = 4;
const PATIENCE_LEAST_SECONDS = 300;
const MINUTES_MAX = 24 * 60;
/** Less than this is left for nothing. */
const LEAST_SECONDS = 20;
const HEARD_CHARACTERS_MAX = 4_000_000;

/** Parts that are one command, which takes the words behind its name. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  storms: ['run', '--silent', 'storm'],
  mutants: ['run', '--silent', 'mutants'],
  generated: ['run', '--silent', 'mutants:generated'],
  host: ['run', '--silent', 'test:host'],
  real: ['run', '--silent', 'test:nodes'],
  explore: ['run', '--silent', 'explore'],
  properties: ['run', '--silent', 'properties'],
  bench: ['run', '--silent', 'bench'],
  behaviour: ['run', '--silent', 'behaviour'],
  aws: ['run', '--silent', 'aws'],
};

export interface Played {
  readonly piece: Piece;
  readonly outcome: Outcome;
  readonly seconds: number;
  readonly counts: Counts;
  /** Whether it came to its end without a finding the last time. */
  readonly hasPassed: boolean;
  /** The last lines of what it said, where it found something. */
  readonly said: readonly string[];
}

function minutesIn(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= MINUTES_MAX))
    throw new InvalidArgumentError(`Expected minutes, up to ${MINUTES_MAX}.`);
  return minutes;
}

try {
  const program = new Command('npm run lab --')
    .description(
      'Plays what judges chainmend: storms, mutants, explorers, suites in full, real machines. Without a word it says what is due.',
    )
    .argument('[part]', `one part, with its own words behind it: ${Object.keys(PROGRAMS).join(', ')}`)
    .argument('[words...]')
    .option('--minutes <n>', 'plays what is due, for so many minutes', minutesIn)
    .option('--only <text>', 'of what is due only the pieces with this text in their names')
    .passThroughOptions()
    .allowUnknownOption()
    .exitOverride()
    .parse();
  const { minutes, only = '' } = program.opts<{ readonly minutes?: number; readonly only?: string }>();
  const [part, ...words] = program.args;
  const pieces = allPieces().filter(({ name }) => name.includes(only));
  if (part !== undefined) process.exitCode = await playPart(part, words);
  else if (minutes === undefined) tellDue(pieces);
  else process.exitCode = await playDue(pieces, minutes * 60);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

async function playPart(part: string, words: readonly string[]): Promise<number> {
  const command = PROGRAMS[part];
  if (command === undefined) {
    console.error(`no part "${part}", expected one of ${Object.keys(PROGRAMS).join(', ')}`);
    return 2;
  }
  const line = [...command, ...(words.length > 0 ? ['--', ...words] : [])];
  const piece = allPieces().find((one) => one.words(0).join(' ') === line.join(' '));
  const beganMs = performance.now();
  const { status } = await npm(line, {}, MINUTES_MAX * 60);
  if (piece !== undefined) record(piece, status, Math.round((performance.now() - beganMs) / 1_000));
  return status ?? 1;
}

/** @returns what it came to */
function record({ name }: Piece, status: number | null, seconds: number): Outcome {
  const outcome = status === null ? 'cut' : status === 0 ? 'passed' : 'found';
  const run = { at: new Date().toISOString(), commit: commitNow(), seconds, outcome } as const;
  for (const path of [COMMITTED, KEPT]) writeLedger(path, withRun(readLedger(path), name, run));
  return outcome;
}

function ledgerNow(): Ledger {
  return merged([readLedger(COMMITTED), readLedger(KEPT)]);
}

function tellDue(pieces: readonly Piece[]): void {
  const ledger = ledgerNow();
  for (const piece of inOrderOfNeed(pieces, ledger)) {
    const entry = ledger[piece.name];
    const when =
      entry === undefined ? 'never played' : `${entry.outcome}, ${entry.at.slice(0, 16)}, at ${entry.commit}`;
    console.log(`${String(Math.round(secondsOf(piece, ledger))).padStart(6)} s  ${piece.name}: ${when}`);
  }
  for (const minutes of [20, 60]) console.log(runsText(pieces, minutes * 60));
}

function runsText(pieces: readonly Piece[], runSeconds: number): string {
  const ledger = ledgerNow();
  const runs = runsForAll(pieces, ledger, runSeconds);
  const of = `of ${Math.round(runSeconds / 60)} min`;
  if (runs !== undefined) return `Everything is played within ${runs} runs ${of}.`;
  const long = pieces.filter((piece) => secondsOf(piece, ledger) > runSeconds).map(({ name }) => name);
  return `In runs ${of} everything is played but what is longer: ${long.join(', ')}.`;
}

async function playDue(pieces: readonly Piece[], forSeconds: number): Promise<0 | 1> {
  const played: Played[] = [];
  const left = (): number => forSeconds - performance.now() / 1_000;
  for (const piece of inOrderOfNeed(pieces, ledgerNow())) {
    if (left() < LEAST_SECONDS) break;
    if (secondsOf(piece, ledgerNow()) > left()) continue;
    const once = await playPiece(piece, left());
    played.push(once);
    if (once.outcome === 'found' && piece.depends === 'clock' && left() > once.seconds)
      played.push({ ...(await playPiece(piece, left())), hasPassed: once.hasPassed });
  }
  const found = failures(played);
  for (const line of labTable(played)) console.log(line);
  for (const { piece, said } of played.filter(({ outcome }) => outcome === 'found'))
    console.log(['', `found by ${piece.name}:`, ...said].join('\n'));
  const next = inOrderOfNeed(pieces, ledgerNow()).slice(0, 5);
  console.log(`\nDue next: ${next.map(({ name }) => name).join(', ')}. ${runsText(pieces, forSeconds)}`);
  const { passed, skipped } = sumOf(played.map(({ counts }) => counts));
  const failed = sumOf(found.map(({ counts }) => counts)).failed;
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return found.length > 0 ? 1 : 0;
}

/**
 * What fails a run: what has passed before, and found something now. What draws new cases, or was never seen to pass, is told and is due first: a change
 * is not to blame for what nobody had run. What a second try alone did not find again is told as well.
 */
function failures(played: readonly Played[]): readonly Played[] {
  return played.filter(({ piece, outcome, hasPassed }, at) => {
    const again = played.findLast((other) => other.piece.name === piece.name);
    return (
      outcome === 'found' &&
      hasPassed &&
      piece.isNew === undefined &&
      again?.outcome === 'found' &&
      played.indexOf(again) === at
    );
  });
}

async function playPiece(piece: Piece, leftSeconds: number): Promise<Played> {
  const ledger = ledgerNow();
  const times = ledger[piece.name]?.times ?? 0;
  const beganMs = performance.now();
  const limitSeconds = Math.min(leftSeconds, Math.max(PATIENCE_LEAST_SECONDS, PATIENCE * secondsOf(piece, ledger)));
  console.log(`== ${piece.name}, after ${Math.round(beganMs / 1_000)} s`);
  const { status, heard } = await npm(piece.words(times), piece.environment?.(times) ?? {}, limitSeconds);
  const seconds = Math.round((performance.now() - beganMs) / 1_000);
  const outcome = record(piece, status, seconds);
  const counts = outcome === 'cut' ? NOTHING : countsIn(heard, outcome);
  const hasPassed = ledger[piece.name]?.outcome === 'passed';
  return { piece, outcome, seconds, counts, hasPassed, said: heard.trimEnd().split('\n').slice(-30) };
}

function commitNow(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** @returns null as status where its time was over: it is ended with all that it has started */
function npm(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  limitSeconds: number,
): Promise<{ readonly status: number | null; readonly heard: string }> {
  const child = spawn('npm', words, {
    cwd: repositoryRoot,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let heard = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    from.setEncoding('utf8').on('data', (text: string) => {
      to.write(text);
      heard = (heard + text).slice(-HEARD_CHARACTERS_MAX);
    });
  const end = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  // A piece that a person interrupts has found nothing: it is not recorded.
  const interrupted = (signal: NodeJS.Signals): void => {
    end(signal);
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  return new Promise((resolve, reject) => {
    let isOver = false;
    const limit = setTimeout(() => {
      isOver = true;
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 10_000).unref();
    }, limitSeconds * 1_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted);
      resolve({ status: isOver ? null : (code ?? 1), heard });
    });
  });
}
