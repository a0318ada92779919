// `npm run chainmend -- names release FLEET`: gives a fleet's records back to people, by removing the markers beside them. It changes no answer.
import type { RecordSetChange } from '../../../functions/register-nodes/records.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { consentTo, type YesOption } from '../consent.ts';
import { StoreError } from '../errors.ts';
import type { Belongings, ZoneNames } from '../retire/belongings.ts';
import { listed, openHeals, type RetireFacts } from '../retire/retire.ts';
import type { NamesAccount } from './account.ts';
import { recordText } from './adoption.ts';
import { type NamesContext, pauseOf, refuseWrongUse, type StoredFile, storedFile } from './context.ts';

const SHOWN = 60;
/** How often markers are read and removed: each time after somebody else has changed a zone. */
const ROUNDS = 4;

/** Whether a fleet's records may be given back, and would not be taken or paged at once. Facts as they are now. */
export interface ReleaseFacts extends Pick<RetireFacts, 'isDeployed' | 'paused' | 'incidents' | 'nodes'> {
  readonly file: StoredFile;
}

/** @returns a sentence where the records may not be given back. Without a function nobody takes or pages them. */
export function whyNotReleased(
  fleet: string,
  { isDeployed, file, paused, incidents, nodes }: ReleaseFacts,
): string | undefined {
  if (!isDeployed) return undefined;
  // A heal has taken its node out of the pool: nobody would put it back.
  const open = openHeals(fleet, { incidents, nodes });
  if (open !== undefined) return open;
  if (paused !== undefined || file.is === 'missing') return undefined;
  if (file.is === 'there' && file.fleet.dns === undefined) return undefined;
  const unread =
    file.is === 'broken' ? ` (its stored file cannot be read, and counts as one with dns: ${plainText(file.why)})` : '';
  return (
    `${fleet} keeps names${unread}: within five minutes it would call each of these records foreign, and page for it. ` +
    `Take dns out of infra/fleets/${fleet}.yaml and npm run chainmend -- push ${fleet}, ` +
    `or pause it: npm run chainmend -- pause ${fleet} --why "names go back"`
  );
}

/** @returns 1: a person said no. @throws UsageError, StoreError where it is refused or not every marker is removed */
export async function release(context: NamesContext, fleet: string, options: YesOption): Promise<0 | 1> {
  refuseWrongUse(context, 'release', fleet, options);
  const { say } = context;
  const account = context.account();
  const belongings = await context.belongings();
  const { account: id, region } = await belongings.identity();
  const { willBePaged } = await refuseUnlessQuiet(account, belongings, fleet);
  const shown = await belongings.names(fleet);
  if (shown.length === 0) {
    say(`No DNS record in account ${id}, ${region}, carries the marker of a fleet ${fleet}.`);
    return 0;
  }
  say(`Of ${fleet} in account ${id}, ${region}, the markers of these records go, and the records stay:`);
  for (const { zone, changes } of shown)
    say(
      listed(
        `${changes.length} in the zone ${zone}`,
        changes.map((change) => plainText(recordOf(change))),
        SHOWN,
      ),
    );
  say(
    'They are yours then, or Terraform’s. Nobody keeps them: a node with another address keeps the old one in its record, and the pool keeps a sick node.',
  );
  if (willBePaged)
    say(`${fleet} has dns in its file: when its pause ends, each of them is foreign, and paged. Take dns out first.`);
  const yes = await consentTo('names release', context, options, 'Remove the markers?');
  if (yes === undefined) {
    say('Nothing was changed.');
    return 1;
  }
  // A pause may have ended, and a heal may have begun, while the list was read.
  await refuseUnlessQuiet(account, belongings, fleet);
  const most = markersOf(shown);
  const readLeft = async () => (await belongings.names(fleet)).map((zone) => asShown(zone, shown));
  let left = await readLeft();
  for (let rounds = 1; rounds <= ROUNDS && markersOf(left) > 0; rounds++) {
    for (const { zoneId, changes } of left) {
      const refused = await account.change(
        zoneId,
        `chainmend: a person takes the records of ${fleet} back`,
        changes,
        yes,
      );
      if (refused !== undefined)
        say(`Somebody changed the zone at the same moment, and Route 53 refused: ${plainText(refused)}.`);
    }
    left = await readLeft();
  }
  if (markersOf(left) > 0)
    throw new StoreError(
      `${markersOf(left)} of ${most} markers of ${fleet} are there still: a zone was changed by somebody else all the while. Run this again`,
    );
  say(`Released: ${most} ${most === 1 ? 'marker is' : 'markers are'} gone, and every record is as it was.`);
  say(`Hand them over again: npm run chainmend -- names adopt ${fleet}`);
  return 0;
}

async function refuseUnlessQuiet(
  account: NamesAccount,
  belongings: Belongings,
  fleet: string,
): Promise<{ readonly willBePaged: boolean }> {
  const isDeployed = await belongings.isDeployed();
  const settings = await account.settings();
  const [file, paused] = [storedFile(settings, fleet), pauseOf(settings, fleet)];
  const why = whyNotReleased(fleet, { isDeployed, file, paused, ...(await belongings.records(fleet)) });
  if (why !== undefined) throw new StoreError(`${why}. Nothing was changed`);
  return { willBePaged: isDeployed && file.is === 'there' && file.fleet.dns !== undefined };
}

/** The markers that the person has seen, as they are now, and nothing else. */
function asShown({ zoneId, zone, changes }: ZoneNames, shown: readonly ZoneNames[]): ZoneNames {
  const seen = new Set(shown.find((one) => one.zoneId === zoneId)?.changes.map(({ name }) => name));
  return { zoneId, zone, changes: changes.filter(({ name }) => seen.has(name)).map(markerOnly) };
}

/** `names` gives the removal of both, the record and its marker. */
const markerOnly = (change: RecordSetChange): RecordSetChange => ({
  ...change,
  remove: change.remove.filter(({ type }) => type === 'TXT'),
});

const markersOf = (zones: readonly ZoneNames[]): number => zones.reduce((sum, { changes }) => sum + changes.length, 0);

const recordOf = ({ name, remove }: RecordSetChange): string => {
  const record = remove.find(({ type }) => type !== 'TXT');
  return record ? recordText(record) : `${name}: a marker that has no plain record beside it`;
};
