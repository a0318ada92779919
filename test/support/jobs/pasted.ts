// Pastes what a page's mail offers into a real shell with the real AWS CLI, against a region that this process serves. Time stands still
// but for the moments in which a shell is at work: nobody waits for four hours until a question has expired.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import pMap from 'p-map';
import { environmentFor } from '../../../local/cli/serve.ts';
import { createRegion } from '../../../local/region.ts';
import { diskFullAsk } from '../../../local/scenarios/catalog/disk-full-ask.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { mailOf, type Published } from '../../../local/services/sns/sns.ts';
import { newAccessKey } from '../../../local/simulator/gateway/keys.ts';
import { listen } from '../../../local/simulator/gateway/server.ts';
import type { AwsCli } from '../aws-cli.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HOUR_MS = 60 * 60_000;
const MAX_EVENTS = 20_000_000;
const SHELL_MS = 60_000;

/**
 * approve, reject: the AWS CLI's line. wrong: that line, with another plan. late: that line, five hours later. heal-approve and heal-reject:
 * the line of `npm run heal`, with --yes where nobody is at a terminal.
 */
export type Way = 'approve' | 'reject' | 'wrong' | 'late' | 'heal-approve' | 'heal-reject';

export interface Pasting {
  readonly way: Way;
  readonly shell: 'bash' | 'zsh' | 'fish';
  readonly cli: AwsCli;
}

export interface Pasted {
  /** The mail of the first question. */
  readonly mail: string;
  /** What was pasted, and what the shell said of it. */
  readonly line: string;
  readonly status: number;
  readonly output: string;
  /** Of the same line once more. */
  readonly again: { readonly status: number; readonly output: string };
  /** The journal of the heal after that: "decision plan … is approved", in order. */
  readonly journal: readonly string[];
  /** How many questions were put to people in all. */
  readonly questions: number;
  readonly modifications: number;
  readonly sizeGiB: number;
}

/** One after another; results are in the order of `pastings`. */
export const job = (pastings: readonly Pasting[]): Promise<Pasted[]> => pMap(pastings, pasted, { concurrency: 1 });

async function pasted(pasting: Pasting): Promise<Pasted> {
  const region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  const world = await prepare(region, diskFullAsk);
  const { clock } = region;
  const key = newAccessKey();
  const server = await listen(region.gateway, {
    admissions: [{ ...key, caller: { actor: 'person' } }],
    nowMs: () => clock.now(),
    onDefect: (error) => clock.fail(error),
  });
  try {
    const asked = () => questions(world);
    const lastHours = (hours: number, until: () => boolean) =>
      clock.run({ untilMs: clock.now() + hours * HOUR_MS, until, maxEvents: MAX_EVENTS });
    await lastHours(1, () => asked().length > 0);
    // The page comes before its question is waited for: a person is never as quick.
    await lastHours(1 / 60, () => false);
    const [question] = asked();
    if (!question) throw new Error('nobody was asked');
    const mail = mailOf(question, `${question.topicArn}:1`, 'oncall@example.com');
    const line = lineOf(pasting, mail);
    if (pasting.way === 'late') await lastHours(5, () => false);
    const inShell = async () => {
      const following = clock.follow({ speed: 1 });
      const said = await shell(pasting, environmentFor(server.url, key), line);
      await following.stop();
      return said;
    };
    const first = await inShell();
    const again = await inShell();
    await lastHours(pasting.way === 'late' ? 0.1 : 1.5, () => asked().length > 1 || sizeOf(world) > 500);
    return {
      ...{ mail, line, ...first, again },
      journal: readJournal(region, world.tableName)
        .filter(({ by, kind }) => by === 'resize-volume' && ['decision', 'refusal', 'outcome'].includes(kind))
        .map(({ kind, code, sentence }) => `${kind} ${code === undefined ? '' : `${code}: `}${sentence}`),
      questions: asked().length,
      modifications: region.gateway.trace.calls.filter(({ operation }) => operation === 'ModifyVolume').length,
      sizeGiB: sizeOf(world),
    };
  } finally {
    await server.close();
  }
}

const questions = ({ region }: World): readonly Published[] =>
  region.sns.published().filter(({ subject }) => subject?.endsWith(': approval-wanted'));

const sizeOf = (world: World): number => {
  const { sizeBytes = 0 } =
    world
      .find('bitcoin', 'node2')
      .machine.report()
      .volumes.find(({ role }) => role === 'data') ?? {};
  return Math.round(sizeBytes / 2 ** 30);
};

/** As a person would take it: the whole line, from a mail whose other lines are words. */
function lineOf({ way }: Pasting, mail: string): string {
  const starts = {
    ...{ approve: `echo '{"approve":true`, wrong: `echo '{"approve":true`, late: `echo '{"approve":true` },
    ...{
      reject: `echo '{"approve":false`,
      'heal-approve': 'npm run heal -- approve',
      'heal-reject': 'npm run heal -- reject',
    },
  };
  const [line, another] = mail.split('\n').filter((candidate) => candidate.startsWith(starts[way]));
  if (line === undefined || another !== undefined) throw new Error(`no such line, or several, for ${way} in:\n${mail}`);
  if (way === 'wrong') return line.replace(/"plan":"[0-9a-f]{4}/, '"plan":"0000');
  return way.startsWith('heal-') ? `${line} --yes` : line;
}

/** An interactive shell reads its lines from a terminal; here they come on its standard input, which reads them no otherwise. */
function shell(
  { shell: name, cli }: Pasting,
  region: Readonly<Record<string, string>>,
  line: string,
): Promise<{ readonly status: number; readonly output: string }> {
  const { PATH = '', HOME, NODE_COMPILE_CACHE } = process.env;
  const own = {
    PATH: [cli.folder, PATH].join(delimiter),
    HOME,
    NODE_COMPILE_CACHE,
    AWS_PAGER: '',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const env = { ...own, ...region, ...cli.environment };
  const alias = cli.needsEndpoint ? `aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n` : '';
  // fish reads no script from the socket that a child's standard input is here.
  const words = name === 'fish' ? ['-c', line] : [];
  const child = spawn(name, words, { cwd: ROOT, env, stdio: ['pipe', 'pipe', 'pipe'], timeout: SHELL_MS });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (some: string) => {
      output += some;
    });
  child.stdin.end(name === 'fish' ? '' : `${alias}${line}\n`);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status: status ?? -1, output: output.trim() }));
  });
}
