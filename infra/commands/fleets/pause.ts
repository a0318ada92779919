// `npm run chainmend -- pause [FLEET] [--why TEXT]` and `resume [FLEET]`. Every heal reads the pause right before it mutates.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fleetParameterName, pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { fleetPathsIn } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { UsageError } from '../errors.ts';
import { type FleetsContext, notFoundError } from './context.ts';
import type { ParameterStore } from './parameter-store.ts';

const off = 'off';

/** @param fleet pauses everything where no fleet is named */
export async function pause(
  { directory, store, say }: FleetsContext,
  fleet: string | undefined,
  why: string,
): Promise<void> {
  const reason = why.trim();
  // SSM refuses to store `{{`, which begins a reference to another parameter.
  if (!/^[^\p{C}]{3,500}$/u.test(reason) || reason === off || reason.includes('{{')) {
    throw new UsageError(
      `--why is ${JSON.stringify(why)}; expected 3 to 500 characters that say why, for example "moving to gp3"`,
    );
  }
  const parameters = await store();
  await refuseUnknownFleet(directory, parameters, fleet);
  const version = await parameters.write(pauseParameterName(commandNames().parameterPrefix, fleet), reason);
  say(`${fleet ?? 'Everything'} is paused: ${reason}`);
  say('Nothing new is touched from now on. A request that was sent already cannot be called back.');
  say(`Go on with: npm run chainmend -- resume${fleet ? ` ${fleet}` : ''}`);
  if (fleet === undefined && version === 1) say(NOBODY_LISTENS);
}

/**
 * A pause is never refused, because the person is in a hurry. But a person in the wrong account gets a warning. A deployed stack has made version 1
 * of the parameter.
 */
const NOBODY_LISTENS =
  'chainmend does not seem to be deployed in this account and region: nothing was there to pause. A deployment here begins paused.';

export async function resume({ directory, store, say }: FleetsContext, fleet: string | undefined): Promise<void> {
  const parameters = await store();
  await refuseUnknownFleet(directory, parameters, fleet);
  const name = pauseParameterName(commandNames().parameterPrefix, fleet);
  const before = (await parameters.read(name)) ?? off;
  if (before === off) {
    say(`${fleet ?? 'Everything'} was not paused.`);
  } else {
    await parameters.write(name, off);
    say(`${fleet ?? 'Everything'} goes on. It was paused: ${before}`);
  }
  const above = fleet ? ((await parameters.read(pauseParameterName(commandNames().parameterPrefix))) ?? off) : off;
  if (above !== off) say(`Everything is paused, though: ${above}`);
}

/**
 * A pause of a misspelt fleet would pause nothing. A fleet is known if its file is stored in the account, or lies in the folder. The file's content
 * does not matter, and neither does a folder that is not there: the person is in a hurry.
 */
async function refuseUnknownFleet(
  directory: string,
  parameters: ParameterStore,
  fleet: string | undefined,
): Promise<void> {
  if (fleet === undefined) return;
  const wellFormed = /^[a-z][a-z0-9-]{0,31}$/.test(fleet);
  if (wellFormed && (await parameters.read(fleetParameterName(commandNames().parameterPrefix, fleet))) !== undefined)
    return;
  const files = existsSync(directory) ? fleetPathsIn(directory).map((path) => basename(path, '.yaml')) : [];
  if (files.includes(fleet)) return;
  const stored = await parameters.list(`${commandNames().parameterPrefix}/fleets`);
  throw notFoundError('fleet', fleet, [...new Set([...stored, ...files])].sort());
}
