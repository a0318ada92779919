// The part of the fleet file about versions of the client that a node may be told to run, and the check of its contradictions. Nothing is downloaded:
// the owner has installed each of them as an instance of the client's template unit, or pulled the image of its container or Compose service.
import type * as v from 'valibot';
import { INSTANCE, TAG_OR_DIGEST, VERSION, WATCH_MINUTES_MAX } from '../model/version.ts';
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
  'a version in quotes, as its unit or its image is called on the nodes: at most 64 letters, digits and _.+-, or a digest (sha256:…)',
  '"28.1"',
);

export const client = object('{ versions: ["28.0", "28.1"] }', {
  versions: about(
    'Versions on each node: `28.1` is unit `node@28.1` or image `…:28.1`; or a digest.',
    list(version, 16, 1),
  ),
  unit: derived('Which of `units` is upgraded.', 'the only template, else the only container', partName),
  canary: optional('The node upgraded first. Default: a follower.', tagValue),
  watchMinutes: usually('How long the first node must stay well.', whole(0, WATCH_MINUTES_MAX, 'minutes', 60), 60),
  zonePercent: optional('Followers of a zone upgraded at once. Default: one.', whole(1, 50, 'percent', 25)),
  rehearse: usually("Try it first on a copy of a node's data (`drills`).", yesOrNo(), false),
});

interface CompleteClientFields {
  readonly units: Readonly<Record<string, ClientUnit>>;
  readonly drills?: object | undefined;
}

interface ClientUnit {
  readonly unit?: string;
  readonly docker?: string;
  readonly compose?: object;
}

const isTemplate = ({ unit }: ClientUnit): boolean => unit?.endsWith('@*') === true;
const isContainer = ({ docker, compose }: ClientUnit): boolean => docker !== undefined || compose !== undefined;

/** Those of which another version may run: template units, or containers where none is one. */
function versioned(units: CompleteClientFields['units']): readonly string[] {
  const names = Object.keys(units);
  const [templates, containers] = [isTemplate, isContainer].map((is) => names.filter((name) => is(units[name] ?? {})));
  return templates?.length ? templates : (containers ?? []);
}

/** The unit that is upgraded; undefined where the file names none, or several could be meant. */
export function upgradedUnitOf(unit: string | undefined, units: CompleteClientFields['units']): string | undefined {
  const named = units[unit ?? ''];
  if (unit !== undefined) return named && (isTemplate(named) || isContainer(named)) ? unit : undefined;
  const [only, another] = versioned(units);
  return another === undefined ? only : undefined;
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
  if (!written) return;
  const upgraded = units[upgradedUnitOf(written.unit, units) ?? ''];
  if (upgraded !== undefined) {
    const [form, expected] = isTemplate(upgraded)
      ? [INSTANCE, 'expected the name of an instance: a digest is of a container’s image']
      : [TAG_OR_DIGEST, 'expected a tag of the container’s image, or a digest (sha256: and 64 digits)'];
    const other = written.versions.find((one) => !form.test(one));
    if (other !== undefined) conflict(['client', 'versions'], other, expected);
    if (written.rehearse === true && isContainer(upgraded))
      conflict(
        ['client', 'rehearse'],
        true,
        'expected a template as unit: Docker is kept down on a new instance, and no container can be made there',
      );
    return;
  }
  const names = versioned(units);
  conflict(
    written.unit === undefined ? ['client'] : ['client', 'unit'],
    written.unit ?? written,
    names.length > 1
      ? `expected client.unit, one of ${names.join(', ')}: of each another version may run`
      : names.length === 1
        ? `expected ${names.join('')}: of no other unit another version may run`
        : 'expected a template as unit, for example node@*, or a container (docker, compose): a version is chosen by its instance, or by the tag of its image',
  );
}
