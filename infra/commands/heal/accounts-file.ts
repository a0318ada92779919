// The file of `status --accounts`: where chainmend is deployed, one place for each account and region.
import { readFileSync, statSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { checkedBy } from '../../../shared/fleet/parse.ts';
import type { FleetProblem } from '../../../shared/fleet/problems.ts';
import { misnamed } from '../../../shared/model/suite.ts';
import { quoted } from '../../../shared/text/command-words.ts';
import { FleetFilesError } from '../../fleet-files-error.ts';
import { explainedProblem } from '../../fleet-suggestions.ts';
import { shortPath } from '../../fleets.ts';
import { readYamlSource } from '../../yaml-source.ts';
import { UsageError } from '../errors.ts';

/** A deployment of chainmend. */
export interface Place {
  /** What the table calls it. */
  readonly name: string;
  /** Of the AWS configuration; undefined: what the environment says. */
  readonly profile?: string | undefined;
  /** undefined: that of the profile, or of the environment. */
  readonly region?: string | undefined;
  /** Of several in a region. */
  readonly suite?: string | undefined;
}

const LIMITS = { characters: 20_000, lines: 500 };
const PLACES_MAX = 50;

const text = (expected: string, shape: RegExp) => v.pipe(v.string(expected), v.regex(shape, expected));

const schema = v.strictObject(
  {
    accounts: v.pipe(
      v.array(
        v.strictObject(
          {
            name: text('expected a short name, for example production', /^[a-z][a-z0-9-]{0,31}$/),
            profile: v.optional(
              text(
                'expected a profile of your AWS configuration, for example chainmend-production',
                /^[\w+=,.@/-]{1,64}$/,
              ),
            ),
            region: v.optional(text('expected a region, for example eu-west-1', /^[a-z]{2}(-[a-z]+){1,3}-\d$/)),
            suite: v.optional(
              v.pipe(
                v.string('expected a suite’s name, for example payments'),
                v.check(
                  (name) => misnamed(name) === null,
                  ({ input }) => misnamed(input) ?? '',
                ),
              ),
            ),
          },
          'expected name, and what leads there: profile, region, suite',
        ),
        'expected a list, each with a name and what leads there: profile, region, suite',
      ),
      v.minLength(1, 'expected one place at least'),
      v.maxLength(PLACES_MAX, `expected ${PLACES_MAX} places at most`),
    ),
  },
  'expected accounts, a list of places',
);

/** @throws FleetFilesError with a line for each problem, or UsageError where there is no such file */
export function readPlaces(path: string): readonly Place[] {
  const name = shortPath(path);
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there?.isFile()) throw new UsageError(`no file ${quoted(name)}`);
  if (there.size > LIMITS.characters * 4)
    throw new FleetFilesError([`${name}:1:1 the file has ${there.size} bytes; expected fewer`]);
  const source = readYamlSource(name, readFileSync(path, 'utf8'), LIMITS);
  if (source.broken.length > 0) throw new FleetFilesError(source.broken);
  const { problems, output } = checkedBy(schema, source.value);
  const all = problems.length > 0 ? problems : twice(output.accounts);
  if (all.length === 0) return output.accounts;
  const root = toJsonSchema(schema, { target: 'draft-07', errorMode: 'ignore' });
  throw new FleetFilesError(source.told(all, (problem) => explainedProblem(problem, { root, schema })));
}

/** Two places of one name could not be told apart, and one that is there twice would count its nodes twice. */
function twice(places: readonly Place[]): readonly FleetProblem[] {
  return places.flatMap((place, at): FleetProblem[] => {
    const before = places.slice(0, at);
    const path = ['accounts', String(at), 'name'];
    const problem = (expected: string): FleetProblem[] => [{ kind: 'conflict', path, value: place.name, expected }];
    if (before.some(({ name }) => name === place.name)) return problem('expected a name of its own');
    const same = before.find((one) => leads(one) === leads(place));
    return same === undefined
      ? []
      : problem(`expected another place than "${same.name}", which has the same profile, region and suite`);
  });
}

const leads = ({ profile, region, suite }: Place): string => JSON.stringify([profile, region, suite]);
