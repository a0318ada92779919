// Asks `status` in another account or region, in a process of its own with that place's credentials alone.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { plainText } from '../../../shared/text/plain-text.ts';
import { isClone, repositoryRoot } from '../../paths.ts';
import type { Place } from './accounts-file.ts';
import { STATIC_KEYS } from './static-keys.ts';
import { type PlaceAnswer, wordsOf } from './status-accounts.ts';

/** AWS is retried for seconds; a role that waits for a second factor would wait for ever. */
const LIMIT_MS = 120_000;
/** 500 nodes of 25 fleets are some MB. */
const ANSWER_BYTES = 64 * 2 ** 20;
const WRONG_CHARACTERS = 400;

/** The packed command has it elsewhere (infra/library/command.ts). */
const PROGRAM_FILE = isClone ? 'infra/commands/chainmend.js' : 'command/chainmend.mjs';

/** Never throws: a place that does not answer says why. */
export async function askPlace(place: Place): Promise<PlaceAnswer> {
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM_FILE, 'status', '--json', ...wordsOf(place)];
  const limits = { timeout: LIMIT_MS, maxBuffer: ANSWER_BYTES };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      ...limits,
      cwd: repositoryRoot,
      env: environmentOf(place, process.env),
    });
    return answerOf(stdout) ?? silent('its answer is none of this version');
  } catch (error) {
    const { stdout = '', stderr = '', killed, message } = error as Failed;
    const told = killed ? `no answer within ${LIMIT_MS / 1_000} s` : plainText(stderr || message, WRONG_CHARACTERS);
    return answerOf(stdout) ?? silent(told);
  }
}

type Failed = Error & { readonly stdout?: string; readonly stderr?: string; readonly killed?: boolean };

const silent = (why: string): PlaceAnswer => ({ status: 1, at: null, fleets: [], wrong: [why] });

/** undefined: it is not what `status --json` prints. */
export function answerOf(stdout: string): PlaceAnswer | undefined {
  let read: Partial<PlaceAnswer> | null;
  try {
    read = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { status, at = null, fleets = [], wrong = [] } = read;
  if (status === undefined || !Array.isArray(fleets) || !Array.isArray(wrong)) return undefined;
  return { status: status === 0 ? 0 : 1, at, fleets, wrong: wrong.map(String) };
}

/** A profile is not overruled by keys of the environment, and no suite's name is inherited. Pure. */
export function environmentOf({ profile, region }: Place, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const without = [
    'CHAINMEND_NAME',
    ...(profile === undefined ? [] : [...STATIC_KEYS, 'AWS_PROFILE']),
    // The profile's own region would be overruled, too.
    ...(profile === undefined || region !== undefined ? [] : ['AWS_REGION', 'AWS_DEFAULT_REGION']),
  ];
  return Object.fromEntries(Object.entries(own).filter(([name]) => !without.includes(name)));
}
