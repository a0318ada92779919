// The name of a suite, and how everything that it makes by name begins. Several suites live in one region of an account, each with a name of its own.
import { SUITE_TAG } from './tags.ts';

/** How the names of a suite without a name begin: `chainmend-dispatch-heal`, `/chainmend/pause`. */
export const DEFAULT_SUITE = 'chainmend';

/**
 * The longest name that fits: "FunctionName … 64 characters" (CreateFunction, Lambda API), of which `-chainmend-probe-nodes-vpc-0123456789abcdef0` takes
 * 44. Queues have 80, schedules 64, documents 128, alarms 255.
 */
export const SUITE_NAME_MAX = 20;

/** What AWS keeps for itself at the beginning of names of parameters and documents (PutParameter, CreateDocument, Systems Manager API). */
const RESERVED = ['aws', 'amazon', 'amzn', 'ssm'];

/** Why this can be no suite's name: what was expected; null where it can be one. Pure. */
export function misnamed(name: string): string | null {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > SUITE_NAME_MAX)
    return `expected at most ${SUITE_NAME_MAX} lower-case letters, digits and single hyphens, a letter first: payments`;
  // Otherwise the names of one suite could begin as those of another do: `a-chainmend-` of a suite `a` and of a suite `a-chainmend-b`.
  if (name.includes(DEFAULT_SUITE))
    return `expected a name without "${DEFAULT_SUITE}", which is in every suite's names: payments`;
  const reserved = RESERVED.find((word) => name.startsWith(word));
  return reserved === undefined
    ? null
    : `expected a name that does not begin with "${reserved}", which AWS keeps for itself: payments`;
}

/**
 * How the names of a suite begin: `payments-chainmend`. No suite's names begin as another's do, so a policy on `payments-chainmend-*` reaches nobody
 * else's things, and neither does one on `chainmend-*`.
 */
export const suiteOf = (name: string | undefined): string =>
  name === undefined ? DEFAULT_SUITE : `${name}-${DEFAULT_SUITE}`;

/** The name that a person gave; undefined of a suite without one. */
export const nameOf = (suite: string): string | undefined =>
  suite === DEFAULT_SUITE ? undefined : suite.slice(0, -DEFAULT_SUITE.length - 1);

/** Functions know their suite by the prefix of its parameters: `/payments-chainmend`. */
export const suiteOfPrefix = (parameterPrefix: string): string => parameterPrefix.replace(/^\//, '');

/** The topic of pages is named by its suite. @param arn of the topic */
export const suiteOfTopic = (arn: string): string =>
  /:((?:[a-z0-9-]{1,20}-)?chainmend)-pages$/.exec(arn)?.[1] ?? DEFAULT_SUITE;

/** Whose a thing is: the value of its tag `chainmend:fleet`. Two suites may each have a fleet of one name. */
export const fleetTag = (suite: string, fleet: string): string => {
  const name = nameOf(suite);
  return name === undefined ? fleet : `${name}/${fleet}`;
};

/** What a person types before a verb of this suite: `npm run chainmend --`, with the suite's name where it has one. */
export const programOf = (suite: string): string => {
  const name = nameOf(suite);
  return `npm run chainmend --${name === undefined ? '' : ` --name ${name}`}`;
};

/**
 * A text for a person, whose commands are about this suite: sentences are written as if there were one suite, and a person pastes what they say. Pure;
 * without a name it is the text itself.
 */
export function forSuite(suite: string, text: string): string {
  const name = nameOf(suite);
  if (name === undefined) return text;
  return text
    .replaceAll(`${programOf(DEFAULT_SUITE)} `, `${programOf(suite)} `)
    .replaceAll(`--function-name ${DEFAULT_SUITE}-`, `--function-name ${suite}-`)
    .replace(/npm run (deploy:nodes|deploy|destroy)( --(?= ))?(?![\w:-])/g, `npm run $1 -- -c name=${name}`);
}

/** The value of `chainmend:suite` on what is this suite's. */
export const claimOf = (suite: string): string => nameOf(suite) ?? DEFAULT_SUITE;

/**
 * Whose an instance is by its tag. Without the tag it is of the suite that has no name, which writes none: fleets from before there were names lose
 * nothing. A suite with a name claims it first.
 */
export function claimOn(suite: string, tags: Readonly<Record<string, string>>): 'own' | 'unclaimed' | 'foreign' {
  const written = Object.hasOwn(tags, SUITE_TAG) ? tags[SUITE_TAG] : undefined;
  if (written === undefined) return suite === DEFAULT_SUITE ? 'own' : 'unclaimed';
  return written === claimOf(suite) ? 'own' : 'foreign';
}

/** What an instance carries from its launch on: without it the suite that has no name would take it for its own. */
export const claimTags = (suite: string): Readonly<Record<string, string>> =>
  suite === DEFAULT_SUITE ? {} : { [SUITE_TAG]: claimOf(suite) };

/** The Auto Scaling group that the suite deploys for a fleet. */
export const groupName = (suite: string, fleet: string): string => `${suite}-${fleet}`;

/** By which other stacks import the access group of a fleet's nodes (`Fn::ImportValue`). No name of a suite or a fleet has a colon. */
export const accessExport = (suite: string, fleet: string): string => `${suite}:${fleet}:access`;
