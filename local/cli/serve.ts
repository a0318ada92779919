// `--serve`: serves a scenario's world as a region. Any AWS SDK or CLI on this machine can read and change it while time runs.

import { sourcePlaces } from '../../infra/program/source-places.ts';
import { createRegion, REGION_NAME } from '../region.ts';
import { playFor, prepare, regionNameOf } from '../scenarios/run.ts';
import { GLOBAL_SERVICES } from '../services/services.ts';
import { mailOf, type Sns } from '../services/sns/sns.ts';
import { type AccessKey, newAccessKey } from '../simulator/gateway/keys.ts';
import { listen } from '../simulator/gateway/server.ts';
import { type RunRequest, UsageError } from './arguments.ts';
import { ensurePrepared } from './print-story.ts';
import { remarkColors as colors } from './terminal.ts';

export interface ServeContext {
  /** Prints lines that a shell can evaluate. */
  readonly say: (line: string) => void;
  /** Prints lines for a person. */
  readonly remark: (line: string) => void;
  /** Resolves when the server must end. */
  readonly interrupted: Promise<void>;
}

/** A region may be served for hours: its trace keeps so many calls. */
const CALLS_KEPT = 10_000;

export interface ServeOptions {
  /** Virtual seconds a second. */
  readonly speed: number;
  /** So many minutes of the story are played before it is served; `end`: all of it. */
  readonly after: number | 'end';
  /** Of 127.0.0.1; 0: a free one. */
  readonly port: number;
}

/** Serves until it is interrupted. Rejects if the region itself fails. */
export async function serve(
  { scenario, seed, faults, lane }: RunRequest,
  { speed, after, port }: ServeOptions,
  context: ServeContext,
): Promise<void> {
  const { say, remark, interrupted } = context;
  await ensurePrepared(scenario);
  const onDefect = (error: unknown, during: string): void => remark(colors.red(defectSentence(error, during)));
  const region = await createRegion({
    seed,
    lane,
    faults,
    guard: false,
    isDeployedTo: true,
    retain: CALLS_KEPT,
    onDefect,
    regionName: regionNameOf(scenario),
  });
  const world = await prepare(region, scenario, { seed });
  // Whoever asks for the end of a story wants its people's answers, too.
  world.answersPages = after === 'end';
  await playFor(world, scenario, after);
  const key = newAccessKey();
  const mail = region.sns.published().length;
  const server = await listen(region.gateway, {
    admissions: [{ ...key, caller: { actor: 'person' } }],
    nowMs: () => region.clock.now(),
    onDefect,
    port,
    served: { name: region.kernel.regionName, globalServices: GLOBAL_SERVICES },
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE' || error.code === 'EACCES')
      throw new UsageError(`--port: ${port} cannot be had (${error.code}); expected a free port, or no --port`);
    throw error;
  });
  region.sqs.servedAt(server.url);
  const failed = Promise.withResolvers<never>();
  const following = region.clock.follow({ speed, onError: failed.reject });
  const net = safetyNet(onDefect);

  remark(
    `${colors.bold('chainmend')} · local region, seed ${seed} · 127.0.0.1 only · ${speed} s of virtual time a second`,
  );
  remark(`${scenario.sentence} The stack is deployed. In another shell:\n`);
  for (const [name, value] of Object.entries(environmentFor(server.url, key, region.kernel.regionName)))
    say(`export ${name}=${value}`);
  remark('');
  for (const line of LOOKS) remark(line);
  remark('\nPages come here as their mails would. Ctrl-C ends it.');
  const postman = showMails(region.sns, mail, remark);
  try {
    await Promise.race([interrupted, failed.promise]);
  } finally {
    clearInterval(postman);
    await following.stop();
    await server.close();
    net.remove();
  }
}

const LOOK_FOR_MAIL_MS = 200;

/**
 * Prints chainmend's own pages from index `from` on, with the whole text of the mail. CloudWatch's messages about the suite's alarms are left out.
 */
function showMails({ published }: Sns, from: number, remark: (line: string) => void): NodeJS.Timeout {
  let seen = from;
  return setInterval(() => {
    const all = published();
    for (const one of all.slice(seen)) {
      if (Object.keys(one.messages).length === 0) continue;
      const at = new Date(one.atMs).toISOString().slice(11, 19);
      remark(`\n${colors.bold(`mail at ${at}: ${one.subject}`)}\n\n${mailOf(one, `${one.topicArn}:you`, 'you')}`);
    }
    seen = all.length;
  }, LOOK_FOR_MAIL_MS);
}

/** The access key is made for this run: a client that does not have it cannot send requests. */
export const environmentFor = (
  url: string,
  key: AccessKey,
  regionName = REGION_NAME,
): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: regionName,
  AWS_DEFAULT_REGION: regionName,
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
});

/** The sentence about a defect. It may quote a caller's text, so control characters are removed before the terminal sees them. */
export function defectSentence(error: unknown, during: string): string {
  const { name = 'Error', message = String(error), stack = '' } = error instanceof Error ? error : {};
  const [, where = 'an unknown place'] = /\n {4}at (.{1,200})/.exec(sourcePlaces(stack)) ?? [];
  const sentence = `${during}: a defect of the local region, ${name}: ${message.slice(0, 500)}, at ${where}. The region goes on.`;
  return sentence.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}

/** Catches rejections that no caller waits for. Without it they would end the process, and the region with it. */
function safetyNet(onDefect: (error: unknown, during: string) => void): { remove(): void } {
  const rejected = (error: unknown): void => onDefect(error, 'a promise that nobody waits for');
  const thrown = (error: unknown): void => onDefect(error, 'work that nobody waits for');
  process.on('unhandledRejection', rejected);
  process.on('uncaughtException', thrown);
  return {
    remove: () => {
      process.off('unhandledRejection', rejected);
      process.off('uncaughtException', thrown);
    },
  };
}

const LOOKS = [
  'aws cloudwatch describe-alarms --state-value ALARM',
  'aws ec2 describe-volumes-modifications',
  'aws ssm put-parameter --name /chainmend/pause --value "not today" --overwrite',
];
