// `--serve`: a scenario's world in a region that any AWS SDK or CLI on this machine can look at and act on, while time goes by.

import { createRegion, REGION_NAME } from '../region/region.ts';
import { mailOf, type Sns } from '../region/sns/sns.ts';
import { prepare } from '../run/run.ts';
import { listen } from '../wire/server.ts';
import type { RunRequest } from './arguments.ts';
import { remarkColors as colors } from './colors.ts';
import { prepared } from './tell-story.ts';

export interface Desk {
  /** What a shell can evaluate. */
  readonly say: (line: string) => void;
  /** What a person reads. */
  readonly remark: (line: string) => void;
  /** Resolves when it is to end. */
  readonly interrupted: Promise<void>;
}

/** A region is looked at for hours: its trace is cut. */
const CALLS_KEPT = 10_000;

/** Serves until interrupted. Rejects where the region itself fails. */
export async function serve({ scenario, seed, faults, lane }: RunRequest, speed: number, desk: Desk): Promise<void> {
  const { say, remark, interrupted } = desk;
  await prepared();
  const region = await createRegion({ seed, lane, faults, guard: false, retain: CALLS_KEPT });
  const world = await prepare(region, scenario);
  world.answersPages = false;
  scenario.people?.(world);
  const mail = region.sns.published().length;
  const server = await listen(region.front, undefined, () => region.clock.now());
  const failed = Promise.withResolvers<never>();
  const following = region.clock.follow({ speed, onError: failed.reject });

  remark(
    `${colors.bold('chainmend')} · local region, seed ${seed} · 127.0.0.1 only · ${speed} s of virtual time a second`,
  );
  remark(`${scenario.sentence} The stack is deployed. In another shell:\n`);
  for (const [name, value] of Object.entries(environmentFor(server.url))) say(`export ${name}=${value}`);
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
  }
}

const LOOK_FOR_MAIL_MS = 200;

/** Our own pages, from the given one on, with all that a mail has in it; what CloudWatch publishes of the suite's alarms is left to its alarms. */
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

/** The credentials are looked at by nobody, but no SDK sends a request without any. */
export const environmentFor = (url: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: REGION_NAME,
  AWS_DEFAULT_REGION: REGION_NAME,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

const LOOKS = [
  'aws cloudwatch describe-alarms --state-value ALARM',
  'aws ec2 describe-volumes-modifications',
  'aws ssm put-parameter --name /chainmend/pause --value "not today" --overwrite',
];
