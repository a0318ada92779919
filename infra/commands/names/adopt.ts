// `npm run chainmend -- names adopt FLEET`: hands records that a person or Terraform made over to register-nodes, by a marker beside each. It changes no answer.
import { hashOf } from '../../../functions/register-nodes/records.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { consentTo, type YesOption } from '../consent.ts';
import { StoreError } from '../errors.ts';
import { notFoundError } from '../fleets/context.ts';
import { listed } from '../retire/retire.ts';
import type { NamedFleet, NamesAccount } from './account.ts';
import { type Adoption, planAdoption, recordText, STAYS } from './adoption.ts';
import { type NamesContext, pauseOf, refuseWrongUse, storedFile } from './context.ts';

/** A person has to see what they say yes to. */
const SHOWN = 60;
const SHOWN_OTHERS = 20;
/** How often a plan is made: each time after somebody else has changed the zone. */
const PLANS = 4;

/** A plan of what may be handed over, and what it was made of. */
interface ReadPlan {
  readonly zoneId: string;
  readonly fleet: NamedFleet;
  readonly paused: string | undefined;
  readonly adoption: Adoption;
}

/** @returns 1: a person said no. @throws UsageError, StoreError where it is refused or the zone keeps changing */
export async function adopt(context: NamesContext, name: string, options: YesOption): Promise<0 | 1> {
  refuseWrongUse(context, 'adopt', name, options);
  const { say } = context;
  const account = context.account();
  const { account: id, region } = await (await context.belongings()).identity();
  let plan = await readPlan(account, name);
  for (let plans = 1; plans <= PLANS; plans++) {
    const { adoption, fleet, zoneId } = plan;
    const { adoptable, changes } = adoption;
    if (adoptable.length === 0) {
      say(`Nothing in the zone ${fleet.dns.zone} of account ${id}, ${region}, can be handed over to ${name}.`);
      sayRest(say, adoption);
      return 0;
    }
    say(`Of the zone ${fleet.dns.zone} in account ${id}, ${region}, these records would be ${name}’s:`);
    say(
      listed(
        `${adoptable.length} that ${name} has nodes for, each with what register-nodes then makes of it`,
        changingFirst(adoptable).map(({ record, afterwards }) => plainText(`${recordText(record)}: ${afterwards}`)),
        SHOWN,
      ),
    );
    sayRest(say, adoption);
    say(WHAT_IT_MEANS);
    say(nextRun(fleet.mode, name, plan.paused));
    const yes = await consentTo('names adopt', context, options, 'Hand them over?');
    if (yes === undefined) {
      say('Nothing was changed.');
      return 1;
    }
    if (!options.yes) {
      const again = await readPlan(account, name);
      if (hashOf(again.adoption.changes) !== hashOf(changes) || again.zoneId !== zoneId) {
        say('The zone or the nodes have changed while you read. Nothing was changed. This is how it is now:');
        plan = again;
        continue;
      }
    }
    const refused = await account.change(zoneId, `chainmend: a person hands records over to ${name}`, changes, yes);
    if (refused === undefined) {
      say(
        `Handed over: ${changes.length === 1 ? 'one record has its marker' : `${changes.length} records have their markers`}.`,
      );
      say(`Give them back: npm run chainmend -- names release ${name}`);
      return 0;
    }
    say(`Somebody changed the zone at the same moment, and Route 53 refused: ${plainText(refused)}. What is left:`);
    plan = await readPlan(account, name);
  }
  throw new StoreError(
    `the zone of ${name} was changed ${PLANS} times by somebody else. What has no marker is as it was: run this again when they are done`,
  );
}

/** Everything is read: people and heals change nodes, files and zones at any moment. */
async function readPlan(account: NamesAccount, name: string): Promise<ReadPlan> {
  const settings = await account.settings();
  const file = storedFile(settings, name);
  const known = settings.fleets.map((fleet) => fleet.name);
  if (file.is === 'missing') throw notFoundError('stored fleet', name, known);
  if (file.is === 'broken') throw new StoreError(`the stored file of ${name} cannot be read: ${plainText(file.why)}`);
  const { dns } = file.fleet;
  if (!dns)
    throw new StoreError(
      `the stored file of ${name} has no dns: nobody would keep its records. Write dns: { zone: … } into infra/fleets/${name}.yaml, and npm run chainmend -- push ${name}`,
    );
  const fleet = { ...file.fleet, dns };
  const { zoneId, names } = await account.facts(fleet, settings.fleets);
  const fleets = settings.broken.size > 0 ? null : new Set(known);
  return { zoneId, fleet, paused: pauseOf(settings, name), adoption: planAdoption({ names, fleets }) };
}

function sayRest(say: NamesContext['say'], { others, kept }: Adoption): void {
  if (others.length > 0)
    say(
      listed(
        `${others.length} that cannot be handed over`,
        others.map((line) => plainText(line)),
        SHOWN_OTHERS,
      ),
    );
  if (kept > 0) say(`  ${kept} have the fleet’s marker already`);
}

/** What is cut off the list would stay as it is, if anything does. */
const changingFirst = (adoptable: Adoption['adoptable']): Adoption['adoptable'] =>
  adoptable.toSorted((one, other) => Number(one.afterwards === STAYS) - Number(other.afterwards === STAYS));

const WHAT_IT_MEANS =
  'Each gets a TXT record beside it, and no answer changes by that. From then on register-nodes keeps it: it changes the record with its node, and deletes ' +
  'it when the node is gone. Take them out of Terraform first (terraform state rm): otherwise each puts back what the other writes.';

function nextRun(mode: Mode, name: string, paused: string | undefined): string {
  if (paused !== undefined) return `${paused}. Nothing is written until that ends.`;
  switch (mode) {
    case 'act':
      return 'Mode act: what differs is written within five minutes.';
    case 'ask':
      return 'Mode ask: what differs is asked about within five minutes, and written after a yes.';
    case 'plan':
      return `Mode plan: what differs is planned and not written: npm run chainmend -- journal ${name}`;
  }
}
