// `npm run chainmend -- pause [FLEET[/NODE]] [--why TEXT]` and `resume [FLEET[/NODE]]`. Every heal reads the pauses right before it mutates.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fleetParameterName, pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { judgePauseTag } from '../../../shared/guardrails/switches.ts';
import { fleetPathsIn } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { unasked } from '../consent.ts';
import { StoreError, UsageError } from '../errors.ts';
import type { Target } from '../heal/target.ts';
import type { Opened } from '../program.ts';
import { type FleetsContext, notFoundError } from './context.ts';
import type { FleetInstances } from './instances.ts';
import type { ParameterStore } from './parameter-store.ts';
import { deployedNow, fleetIn } from './stored-fleet.ts';

const off = 'off';

export interface PauseContext extends FleetsContext {
  readonly instances: Opened<FleetInstances>;
}

/** Of a tag's value; the other pauses are parameters. */
const NODE_REASON_CHARACTERS = 256;

/** @throws UsageError where a pause cannot carry these words */
function reasonOf(why: string, most: number): string {
  const reason = why.trim();
  // SSM refuses to store `{{`, which begins a reference to another parameter.
  if (/^[^\p{C}]{3,}$/u.test(reason) && reason.length <= most && reason !== off && !reason.includes('{{'))
    return reason;
  throw new UsageError(
    `--why is ${JSON.stringify(why)}; expected 3 to ${most} characters that say why, for example "moving to gp3"`,
  );
}

/** @param fleet pauses everything where no fleet is named */
export async function pause(
  { directory, store, say }: FleetsContext,
  fleet: string | undefined,
  why: string,
): Promise<void> {
  const reason = reasonOf(why, 500);
  const parameters = await store();
  await refuseUnknownFleet(directory, parameters, fleet);
  const version = await parameters.write(
    pauseParameterName(commandNames().parameterPrefix, fleet),
    reason,
    unasked('pause'),
  );
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
    await parameters.write(name, off, unasked('resume'));
    say(`${fleet ?? 'Everything'} goes on. It was paused: ${before}`);
  }
  const above = fleet ? ((await parameters.read(pauseParameterName(commandNames().parameterPrefix))) ?? off) : off;
  if (above !== off) say(`Everything is paused, though: ${above}`);
}

/** One node, by the tag on its instance that every heal reads. @throws UsageError, StoreError */
export async function pauseNode(context: PauseContext, target: Target, why: string): Promise<void> {
  const reason = reasonOf(why, NODE_REASON_CHARACTERS);
  const { node, instances } = await nodeNow(context, target);
  await orItsFleet(target, () => instances.pause(node, reason, unasked('pause')));
  const { say } = context;
  say(`${target.shown} (${node.instanceId}) is paused: ${reason}`);
  say('Nothing new is done to it from now on. A request that was sent already cannot be called back.');
  say(`Go on with: npm run chainmend -- resume ${target.shown}`);
}

/** @throws UsageError, StoreError */
export async function resumeNode(context: PauseContext, target: Target): Promise<void> {
  const { node, read, instances, parameters } = await nodeNow(context, target);
  const before = judgePauseTag(node.tags);
  const aside = await orItsFleet(target, () => instances.pausedAside(read, node.name));
  if (before === null && aside.length === 0) context.say(`${target.shown} was not paused.`);
  if (before !== null) {
    await instances.pause(node, undefined, unasked('resume'));
    context.say(`${target.shown} goes on. ${capital(before.reason)}`);
  }
  for (const { target: old, reason } of aside) {
    await instances.pause(old, undefined, unasked('resume'));
    context.say(`${target.shown} goes on at ${old.instanceId}, whose place another one has taken. ${capital(reason)}`);
  }
  const { parameterPrefix } = commandNames();
  for (const name of [pauseParameterName(parameterPrefix), pauseParameterName(parameterPrefix, target.fleet)]) {
    const above = (await parameters.read(name)) ?? off;
    if (above !== off)
      context.say(`${name.endsWith('/pause') ? 'Everything' : target.fleet} is paused, though: ${above}`);
  }
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** What the person named, once membership says that it is that fleet's. @throws UsageError where nothing has the name, StoreError where nobody can tell */
async function nodeNow({ store, instances }: PauseContext, target: Target) {
  const parameters = await store();
  const { fleet, node: named, shown } = target;
  const value = await parameters.read(fleetParameterName(commandNames().parameterPrefix, fleet));
  if (value === undefined)
    throw notFoundError(
      'stored fleet',
      fleet,
      (await parameters.list(`${commandNames().parameterPrefix}/fleets`)).toSorted(),
    );
  const opened = await instances();
  const { read, nodes, others, contested } = await orItsFleet(target, async () => {
    const read = fleetIn(fleet, value, await deployedNow(parameters));
    return { read, ...(await opened.of(read)) };
  });
  const isMeant = ({ name, instanceId }: { readonly name: string; readonly instanceId: string }): boolean =>
    named !== undefined && ('node' in named ? named.node === name : named.instanceId === instanceId);
  const [node, another] = nodes.filter(isMeant);
  if (node && another)
    throw new StoreError(
      `several nodes of ${fleet} are called ${shown}: name one by its instance, for example ${fleet}/${node.instanceId}. Nothing was changed`,
    );
  if (node) return { node, read, instances: opened, parameters };
  const foreign = [...contested, ...others].find(isMeant);
  if (foreign)
    throw new StoreError(
      `${shown} (${foreign.instanceId}) carries the tags of ${fleet}, and another fleet or suite claims it, too: it is nobody’s, and nothing is begun on it. Nothing was changed`,
    );
  throw notFoundError(
    `node of ${fleet}`,
    shown,
    nodes.map(({ name }) => `${fleet}/${name}`),
  );
}

/** Whoever is in a hurry can still stop the fleet. @throws StoreError */
async function orItsFleet<Result>({ fleet }: Target, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new StoreError(
      `${cause instanceof Error ? cause.message : String(cause)}. Nothing was changed. All of ${fleet}: npm run chainmend -- pause ${fleet}`,
      { cause },
    );
  }
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
