// Removes what runs have made. Each resource is read again right before its removal; one without the smoke tag then stays.
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import type { Account, SmokeContext } from './context.ts';
import {
  isGoing,
  isGone,
  isHeld,
  isOurs,
  type Leftover,
  leftoversOf,
  leftoversText,
  runOf,
  wordsOf,
} from './leftovers.ts';
import { pauseText } from './names.ts';
import { errorMessage, progressLogger } from './progress-log.ts';

export interface CleanupScope {
  /** Who let the run make what is removed has said so, or whoever asks for the removal alone. */
  readonly yes: Yes;
  /** The run to remove; undefined: all runs. */
  readonly run: string | undefined;
  /** The fleet to pause while its node is removed, so that no heal begins; undefined where no run is active. */
  readonly fleet: string | undefined;
  /** A request was sent a moment ago, and its answer may be missing: EC2 shows the resource a little later. */
  readonly settles?: true;
  /** Whether to look for stacks, with what they leave. */
  readonly withStack: boolean;
}

const POLL_MS = 2_000;
/**
 * "the result of an API command you run … might not be immediately visible" (Eventual consistency, EC2 API). The page gives no bound; seconds, by
 * experience.
 */
const SETTLE_MS = 5_000;
const MINUTE_MS = 60_000;
/** EC2 terminates an instance in a minute or two; DynamoDB deletes a table in less. */
const GONE_MINUTES = 15;
/** A terminated instance detaches its volumes within seconds. */
const FREE_MINUTES = 5;
/** A resource may appear during the removal (an alarm that was just being made). Another round finds it. */
const ROUNDS = 3;

/**
 * Reports each resource, and what is left at the end.
 * @returns what is left; undefined where that is unknown
 */
export async function cleanUp(
  context: SmokeContext,
  account: Account,
  scope: CleanupScope,
): Promise<readonly Leftover[] | undefined> {
  const { run, fleet, withStack } = scope;
  const log = progressLogger(context);
  if (run !== undefined && fleet !== undefined) {
    await tryStep(context, `pausing ${fleet}`, async () => {
      await account.pauseFleet(fleet, pauseText(run));
      log(
        'paused',
        `${pauseParameterName(commandNames().parameterPrefix, fleet)}: no heal begins on what is being removed`,
      );
    });
  }
  if (scope.settles) await context.sleep(SETTLE_MS);
  const look = async (): Promise<readonly Leftover[] | undefined> => {
    const things = await tryStep(context, 'looking for what is left', () => account.things(withStack));
    return things && leftoversOf(things, run);
  };
  let left = await look();
  for (let round = 0; round < ROUNDS && left && left.length > 0; round++) {
    for (const thing of left) {
      await tryStep(context, wordsOf(thing), async () => {
        if (await removeOne(context, account, thing, run)) log('removed', `${thing.kind} ${thing.id}`);
        context.made.delete(thing.id);
      });
    }
    left = await look();
  }
  const again = `npm run chainmend -- smoke --remove${withStack ? '' : ' --stack-is-deployed'}`;
  if (left === undefined) context.complain(`What is left, nobody could tell. ${again} looks again.`);
  else if (left.length > 0) for (const line of leftoversText(left, again)) context.complain(line);
  return left;
}

/** @returns false where it is already gone. Throws where it does not carry the smoke tag any more, or cannot be removed. */
async function removeOne(
  context: SmokeContext,
  account: Account,
  thing: Leftover,
  run: string | undefined,
): Promise<boolean> {
  const now = await account.again(thing);
  if (now === undefined || isGone(now)) return false;
  if (!isOurs(now, run)) throw new Error('it does not carry our tag any more, and is left alone');
  if (now.kind === 'stack') {
    await context.cdk.destroy(runOf(now) ?? '');
    return true;
  }
  if (isGoing(now)) return waitFor(context, account, now, GONE_MINUTES, () => false);
  if (isHeld(now)) {
    await waitFor(context, account, now, FREE_MINUTES, (later) => !isHeld(later) || isGoing(later));
    return removeOne(context, account, now, run);
  }
  await account.remove(now);
  return waitFor(context, account, now, GONE_MINUTES, () => false);
}

/** @returns when the resource is gone, or in the awaited state. Throws at the time limit. */
async function waitFor(
  context: SmokeContext,
  account: Account,
  thing: Leftover,
  minutes: number,
  is: (now: Leftover) => boolean,
): Promise<true> {
  const untilMs = context.nowMs() + minutes * MINUTE_MS;
  for (;;) {
    const now = await account.again(thing);
    if (now === undefined || isGone(now) || is(now)) return true;
    if (context.nowMs() >= untilMs)
      throw new Error(`it is still ${'state' in now ? now.state : 'there'} after ${minutes} min`);
    await context.sleep(POLL_MS);
  }
}

/** One failed removal does not keep the rest from being removed. */
async function tryStep<T>(context: SmokeContext, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    context.complain(`${what}: ${errorMessage(error)}`);
    return undefined;
  }
}
