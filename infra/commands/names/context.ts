// What `adopt` and `release` share: AWS, the person at the terminal, and the checks of what was typed.

import type { Fleet } from '../../../shared/fleet/model.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { Settings } from '../../../shared/fleet/settings.ts';
import { judgePauses } from '../../../shared/guardrails/switches.ts';
import { commandNames } from '../../names.ts';
import { type Asker, refuseUnasked, type YesOption } from '../consent.ts';
import { checkFleetName } from '../fleets/context.ts';
import type { Opened } from '../program.ts';
import type { Belongings } from '../retire/belongings.ts';
import type { NamesAccount } from './account.ts';

export interface NamesContext extends Asker {
  /** Only commands that talk to AWS open these; `--help` needs no credentials. */
  readonly account: () => NamesAccount;
  readonly belongings: Opened<Belongings>;
  readonly say: (text: string) => void;
}

/** @throws UsageError, NeedsYesError */
export function refuseWrongUse(
  context: NamesContext,
  what: 'adopt' | 'release',
  fleet: string,
  options: YesOption,
): void {
  checkFleetName(fleet);
  refuseUnasked(`names ${what}`, context, options, `${what} the records of ${fleet}`);
}

/** A fleet's stored file: it is what the functions go by. */
export type StoredFile =
  | { readonly is: 'there'; readonly fleet: Fleet }
  | { readonly is: 'missing' }
  | { readonly is: 'broken'; readonly why: string };

export function storedFile({ fleets, broken }: Settings, name: string): StoredFile {
  const why = broken.get(fleetParameterName(commandNames().parameterPrefix, name));
  if (why !== undefined) return { is: 'broken', why };
  const fleet = fleets.find((one) => one.name === name);
  return fleet ? { is: 'there', fleet } : { is: 'missing' };
}

/** Why the fleet, or everything, is paused; undefined: neither is. */
export function pauseOf({ values }: Settings, fleet: string): string | undefined {
  const refusal = judgePauses(commandNames().parameterPrefix, fleet, values);
  return refusal?.refuse === 'paused' ? refusal.reason : undefined;
}
