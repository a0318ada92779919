// The part of the fleet file about versions of the client that a node may be told to run, and the check of its contradictions. Nothing is downloaded:
// the owner has installed each of them as an instance of the client's template unit.
import type * as v from 'valibot';
import { VERSION, WATCH_MINUTES_MAX } from '../model/version.ts';
import type { Complaints } from './problems.ts';
import {
  about,
  derived,
  list,
  object,
  optional,
  partName,
  tagValue,
  text,
  usually,
  whole,
  yesOrNo,
} from './schema-fields.ts';

const version = text(
  VERSION,
  'a version in quotes, as its unit is called on the nodes: at most 64 letters, digits and _.+-',
  '"28.1"',
);

export const client = object('{ versions: ["28.0", "28.1"] }', {
  versions: about(
    'The versions that a node may be told to run: "28.1" is the unit `node@28.1`, which the owner has installed on each node. No other is ever started.',
    list(version, 16, 1),
  ),
  unit: derived(
    'Which of `units` is upgraded: one whose unit is a template, such as `node@*`.',
    'the only one that is a template',
    partName,
  ),
  canary: optional('The name of the node that is upgraded first. Any other follower unless given.', tagValue),
  watchMinutes: usually(
    'How long the first node has to be seen well after its proof, before the others follow.',
    whole(0, WATCH_MINUTES_MAX, 'minutes', 60),
    60,
  ),
  zonePercent: optional(
    'So much of the followers of one Availability Zone is upgraded at once after the first node, one at least; never more than `breaker.restartPercent` of the fleet, than the breaker allows, or than the pool can spare. One node after the other unless given.',
    whole(1, 50, 'percent', 25),
  ),
  rehearse: usually(
    'Whether a version is tried on a copy of the first node’s data, on a throw-away instance of `drills`, before any node gets it. Not where it comes at a height, beside the nodes, or to a validator.',
    yesOrNo(),
    false,
  ),
});

interface CompleteClientFields {
  readonly units: Readonly<Record<string, { readonly unit?: string }>>;
  readonly drills?: object | undefined;
}

const isTemplate = ({ unit }: { readonly unit?: string }): boolean => unit?.endsWith('@*') === true;

/** The unit that is upgraded; undefined where the file names none, or several could be meant. */
export function upgradedUnitOf(unit: string | undefined, units: CompleteClientFields['units']): string | undefined {
  const templates = Object.keys(units).filter((name) => isTemplate(units[name] ?? {}));
  if (unit !== undefined) return templates.includes(unit) ? unit : undefined;
  return templates.length === 1 ? templates[0] : undefined;
}

/** Problems of a file that fits the schema. */
export function checkClient(
  { client: written }: { readonly client?: v.InferInput<typeof client> },
  { units, drills }: CompleteClientFields,
  { conflict }: Complaints,
): void {
  if (written?.rehearse === true && drills === undefined)
    conflict(
      ['client', 'rehearse'],
      true,
      'expected drills, too: they name the security group of the throw-away instance',
    );
  const twice = written?.versions.find((one, at, all) => all.indexOf(one) !== at);
  if (twice !== undefined) conflict(['client', 'versions'], twice, 'expected each version once');
  if (!written || upgradedUnitOf(written.unit, units) !== undefined) return;
  const names = Object.keys(units).filter((name) => isTemplate(units[name] ?? {}));
  conflict(
    written.unit === undefined ? ['client'] : ['client', 'unit'],
    written.unit ?? written,
    names.length > 1
      ? `expected client.unit, one of ${names.join(', ')}: several units are templates`
      : names.length === 1
        ? `expected ${names.join('')}: no other unit is a template`
        : 'expected a template as unit, for example node@*: a version is chosen by its instance',
  );
}
