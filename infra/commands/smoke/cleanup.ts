// Removes what runs have made: each thing is read again right before, and nothing goes that does not carry our tag then.
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { parameterPrefix } from '../../names.ts';
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
  /** Of this run; of all runs where none is named. */
  readonly run: string | undefined;
  /** Paused while its node is taken away, so that no heal begins; none where no run is at work. */
  readonly fleet: string | undefined;
  /** Something was asked for a moment ago, and its answer may not have come: EC2 tells of it a little later. */
  readonly settles?: true;
  /** Stacks are looked for, with what they leave. */
  readonly withStack: boolean;
}

const POLL_MS = 2_000;
/** "the result of an API command you run … might not be immediately visible" (Eventual consistency, EC2 API): it gives no bound; seconds, by experience. */
const SETTLE_MS = 5_000;
const MINUTE_MS = 60_000;
/** An instance is terminated in a minute or two, a table deleted in less. */
const GONE_MINUTES = 15;
/** A terminated instance lets go of its volumes within seconds. */
const FREE_MINUTES = 5;
/** What appears while other things are removed (an alarm that was just being made) is found in another round. */
const ROUNDS = 3;

/**
 * Tells of each thing, and of what is left in the end.
 * @returns what is left; undefined where nobody could tell
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
      log('paused', `${pauseParameterName(parameterPrefix, fleet)}: no heal begins on what is being removed`);
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
  const again = `npm run smoke -- --remove${withStack ? '' : ' --stack-is-deployed'}`;
  if (left === undefined) context.complain(`What is left, nobody could tell. ${again} looks again.`);
  else if (left.length > 0) for (const line of leftoversText(left, again)) context.complain(line);
  return left;
}

/** @returns false where it is gone already. Throws where it is not ours any more, or does not go. */
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

/** @returns when it is gone, or as it was waited for. Throws where that takes too long. */
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

/** What cannot be done does not keep the rest from being removed. */
async function tryStep<T>(context: SmokeContext, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    context.complain(`${what}: ${errorMessage(error)}`);
    return undefined;
  }
}
