// Asks AWS about calls that are not made: one dry run for all wishes that are alike, and at most so many for one fleet. Sources: DryRun in the doc comments
// of @aws-sdk/client-ec2: "Checks whether you have the required permissions for the action, without actually making the request".
import {
  CreateSnapshotsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { requestLaunch } from '../../../shared/aws/launch.ts';
import { type Accepted, type AwsRefusal, catchDryRun } from '../../../shared/aws/refusals.ts';
import { requestVolumeFrom } from '../../../shared/aws/volume-changes.ts';
import { wordsOf } from '../../../shared/readiness/attempt.ts';
import type { Answered } from '../../../shared/readiness/facts.ts';
import {
  isPower,
  type NodePlan,
  type PowerWish,
  type RequestWish,
  type Wish,
} from '../../../shared/readiness/wishes.ts';

/** Our own bound: a large fleet has some dozens of different templates, subnets and snapshots, and mutating calls have five tokens a second. */
export const DRY_RUNS_A_FLEET = 100;
/** One request may name up to 1,000 instances; a refusal names only one of them, and the others of its request are then asked one by one. */
const INSTANCES_A_REQUEST = 100;

/** By their names, those of most nodes first: where the bound is reached, the fewest nodes stay unknown. */
export function wishesOf(plans: readonly NodePlan[]): ReadonlyMap<string, Wish> {
  const all = plans.flatMap(({ modify, create, launch, stop, start, snapshot }) => [
    ...[...modify, ...create, stop, start, snapshot],
    ...(launch === null ? [] : [launch]),
  ]);
  const byName = Map.groupBy(all, ({ name }) => name);
  const sorted = [...byName].toSorted(([, a], [, b]) => b.length - a.length);
  return new Map(sorted.flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first.wish] as const])));
}

/**
 * @param told one line of progress
 * @returns an answer for each name; what the bound left out is `not-asked`
 */
export async function askDryly(
  ec2: EC2Client,
  wishes: ReadonlyMap<string, Wish>,
  told: (done: number, of: number) => void,
): Promise<ReadonlyMap<string, Answered>> {
  const answers = new Map<string, Answered>();
  let asked = 0;
  const ask = async (call: () => Promise<Accepted | AwsRefusal>): Promise<Answered> => {
    if (asked >= DRY_RUNS_A_FLEET) return NOT_ASKED;
    asked++;
    told(answers.size, wishes.size);
    return answerOf(call);
  };
  // The fewest requests answer for the most nodes here: they come first.
  for (const call of ['StopInstances', 'StartInstances'] as const) {
    const all = [...wishes].flatMap(([name, wish]) => (isPower(wish) && wish.call === call ? [{ name, ...wish }] : []));
    for (let at = 0; at < all.length; at += INSTANCES_A_REQUEST) {
      const some = all.slice(at, at + INSTANCES_A_REQUEST);
      const ids = some.map(({ instanceId }) => instanceId);
      const together = await ask(() => powerRun(ec2, call, ids));
      for (const { name, instanceId } of some)
        answers.set(
          name,
          together.is !== 'refused' || ids.length === 1 ? together : await ask(() => powerRun(ec2, call, [instanceId])),
        );
    }
  }
  for (const [name, wish] of wishes) if (!isPower(wish)) answers.set(name, await ask(() => dryRun(ec2, wish)));
  return answers;
}

const NOT_ASKED: Answered = {
  is: 'open',
  code: 'not-asked',
  words: `this fleet would need more than ${DRY_RUNS_A_FLEET} dry runs`,
};

async function answerOf(call: () => Promise<Accepted | AwsRefusal>): Promise<Answered> {
  try {
    const answer = await call();
    return 'accepted' in answer ? { is: 'accepted' } : { is: 'refused', code: answer.code, words: answer.refused };
  } catch (error) {
    return { is: 'open', code: 'unread', words: wordsOf(error) };
  }
}

function dryRun(ec2: EC2Client, wish: RequestWish): Promise<Accepted | AwsRefusal> {
  switch (wish.call) {
    case 'ModifyVolume':
      return catchDryRun(() => ec2.send(new ModifyVolumeCommand({ ...wish.request, DryRun: true })));
    case 'CreateVolume':
      return requestVolumeFrom(ec2, wish.request);
    case 'RunInstances':
      return requestLaunch(ec2, wish.launch, { publicAddress: wish.publicAddress });
    case 'CreateSnapshots':
      return catchDryRun(() => ec2.send(new CreateSnapshotsCommand({ ...wish.request, DryRun: true })));
  }
}

const powerRun = (ec2: EC2Client, call: PowerWish['call'], InstanceIds: string[]): Promise<Accepted | AwsRefusal> =>
  catchDryRun(() =>
    call === 'StopInstances'
      ? ec2.send(new StopInstancesCommand({ InstanceIds, DryRun: true }))
      : ec2.send(new StartInstancesCommand({ InstanceIds, DryRun: true })),
  );
