// `npm run chainmend -- retire NAME`: removes the alarms and DNS records that the suite has made for a fleet and that no stack removes.

import { fleetParameterName, pauseParameterName } from '../../../shared/fleet/parameter.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import { commandNames } from '../../names.ts';
import { type Asker, consentTo, refuseUnasked, type YesOption } from '../consent.ts';
import { StoreError } from '../errors.ts';
import { checkFleetName } from '../fleets/context.ts';
import type { ParameterStore } from '../fleets/parameter-store.ts';
import type { Opened } from '../program.ts';
import type { Belongings, KeptResources, ZoneNames } from './belongings.ts';
import { ALARM_USD, retainedLines } from './leftovers.ts';

export interface RetireContext extends Asker {
  readonly store: Opened<ParameterStore>;
  readonly belongings: Opened<Belongings>;
  readonly say: (text: string) => void;
}

/** Whether a fleet's resources may be removed, and would not be created again. Facts as they are now. */
export interface RetireFacts {
  readonly isDeployed: boolean;
  /** The fleet's file is stored: register-nodes still keeps its records. */
  readonly isStored: boolean;
  /** Why the fleet, or everything, is paused; undefined: neither is paused. */
  readonly paused: string | undefined;
  readonly incidents: readonly IncidentRecord[];
  readonly nodes: readonly NodeRecord[];
}

/** @returns a sentence where the fleet may not be retired. Without a function nothing runs and nothing is created again. */
export function whyNotRetired(
  fleet: string,
  { isDeployed, isStored, paused, incidents, nodes }: RetireFacts,
): string | undefined {
  if (!isDeployed) return undefined;
  const open = openHeals(fleet, { incidents, nodes });
  if (open !== undefined) return open;
  if (isStored && paused === undefined) {
    return (
      `${fleet} is looked after, and what is removed would be created again within five minutes. ` +
      `Take its file away and npm run deploy, or pause it: npm run chainmend -- pause ${fleet} --why "retired"`
    );
  }
  return undefined;
}

/** @returns a sentence where a heal is at work, or has left something half done */
export function openHeals(
  fleet: string,
  { incidents, nodes }: Pick<RetireFacts, 'incidents' | 'nodes'>,
): string | undefined {
  const working = [
    ...incidents
      .filter(({ state }) => state === 'allocated' || state === 'claimed')
      .map((one) => `${fleet}/${one.node} ${one.trigger}, incident ${one.incidentId}${askingText(one)}`),
    // What a heal has begun and not finished, or a node that it still holds.
    ...nodes
      .filter((node) => node.fleet === fleet && (node.owner !== null || node.operation !== null))
      .map(({ instanceId }) => `${fleet}/${instanceId} is held, or was left half done`),
  ];
  if (working.length === 0) return undefined;
  const more = working.length > SHOWN ? `; and ${working.length - SHOWN} more` : '';
  return `heals are open: ${working.slice(0, SHOWN).join('; ')}${more}. See: npm run chainmend -- status ${fleet}`;
}

/** Without an answer it is at work for hours. */
const askingText = ({ state, attempt, approval, incidentId }: IncidentRecord): string =>
  state === 'claimed' && approval?.attempt === attempt && approval.answer === undefined
    ? `, which waits for an answer (npm run chainmend -- reject ${incidentId})`
    : '';

const SHOWN = 12;

/** @returns 1: a person said no. @throws UsageError, NeedsYesError, StoreError where it is refused or not all of it is removed */
export async function retire(context: RetireContext, fleet: string, options: YesOption): Promise<0 | 1> {
  checkFleetName(fleet);
  refuseUnasked('retire', context, options, `retire ${fleet}`);
  const { say } = context;
  const belongings = await context.belongings();
  const { account, region } = await belongings.identity();
  await refuseUnlessIdle(context, belongings, fleet);
  const alarms = await belongings.alarms(fleet);
  const names = await belongings.names(fleet);
  const kept = await belongings.kept(fleet);
  const records = names.reduce((sum, { changes }) => sum + changes.length, 0);
  if (alarms.length === 0 && records === 0) {
    say(`No alarm and no DNS record in account ${account}, ${region}, carries the marks of a fleet ${fleet}.`);
    printRetained(say, fleet, kept);
    return 0;
  }
  say(`Of ${fleet} in account ${account}, ${region}, these go:`);
  if (alarms.length > 0)
    say(
      listed(
        `${alarms.length} alarms, $${(alarms.length * ALARM_USD).toFixed(2)} a month`,
        alarms.map(({ name }) => name),
      ),
    );
  for (const zone of names) say(listed(`${zone.changes.length} names in the zone ${zone.zone}`, sentencesOf(zone)));
  const yes = await consentTo('retire', context, options, 'Remove them?');
  if (yes === undefined) {
    say('Nothing was removed.');
    return 1;
  }
  // A heal may have begun while the list was read.
  await refuseUnlessIdle(context, belongings, fleet);
  const gone = await belongings.deleteAlarms(fleet, alarms, yes);
  let unnamed = 0;
  for (const zone of names) unnamed += await belongings.deleteNames(fleet, zone, yes);
  say(`Removed: ${gone} of ${alarms.length} alarms, ${unnamed} of ${records} names.`);
  printRetained(say, fleet, kept);
  const [alarmsLeft, namesLeft] = [await belongings.alarms(fleet), await belongings.names(fleet)];
  if (alarmsLeft.length > 0 || namesLeft.length > 0)
    throw new StoreError(remainingText(fleet, alarmsLeft.length, namesLeft));
  return 0;
}

async function refuseUnlessIdle(context: RetireContext, belongings: Belongings, fleet: string): Promise<void> {
  const parameters = await context.store();
  const pauses = [
    pauseParameterName(commandNames().parameterPrefix),
    pauseParameterName(commandNames().parameterPrefix, fleet),
  ];
  const values = await Promise.all(pauses.map((name) => parameters.read(name)));
  const why = whyNotRetired(fleet, {
    isDeployed: await belongings.isDeployed(),
    isStored: (await parameters.read(fleetParameterName(commandNames().parameterPrefix, fleet))) !== undefined,
    paused: values.find((value) => value !== undefined && value !== 'off'),
    ...(await belongings.records(fleet)),
  });
  if (why !== undefined) throw new StoreError(`${why}. Nothing was removed`);
}

const sentencesOf = ({ changes }: ZoneNames): readonly string[] =>
  changes.map(({ remove }) =>
    remove.map(({ name, type, values }) => `${name} ${type} ${values.join(', ')}`).join(' and '),
  );

export const listed = (head: string, lines: readonly string[], most = SHOWN): string =>
  [
    `  ${head}`,
    ...lines.slice(0, most).map((line) => `    ${line}`),
    ...(lines.length > most ? [`    and ${lines.length - most} more`] : []),
  ].join('\n');

function printRetained(say: RetireContext['say'], fleet: string, kept: KeptResources): void {
  for (const line of retainedLines(fleet, kept)) say(line);
}

function remainingText(fleet: string, alarms: number, names: readonly ZoneNames[]): string {
  const records = names.reduce((sum, { changes }) => sum + changes.length, 0);
  return `${alarms} alarms and ${records} names of ${fleet} are there still, or again: is a suite at work that looks after it?`;
}
