// `--serve`: a scenario's world in a region that any AWS SDK or CLI on this machine can look at and act on, while time goes by.

import { createRegion, REGION_NAME } from '../region/region.ts';
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
  scenario.people?.(world);
  const server = await listen(region.front);
  const failed = Promise.withResolvers<never>();
  const following = region.clock.follow({ speed, onError: failed.reject });

  remark(
    `${colors.bold('chainmend')} · local region, seed ${seed} · 127.0.0.1 only · ${speed} s of virtual time a second`,
  );
  remark(`${scenario.sentence} The stack is deployed. In another shell:\n`);
  for (const [name, value] of Object.entries(environmentFor(server.url))) say(`export ${name}=${value}`);
  remark('');
  for (const line of LOOKS) remark(line);
  remark('\nCtrl-C ends it.');
  try {
    await Promise.race([interrupted, failed.promise]);
  } finally {
    await following.stop();
    await server.close();
  }
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
