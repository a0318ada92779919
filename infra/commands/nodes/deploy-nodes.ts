// `npm run deploy:nodes`: says what each new node begins with, and has CDK make the stacks of nodes with that. What a stack was given once for a node stays:
// CDK takes the values of before.

import { deployedOf, neighboursOf } from '../../../shared/fleet/membership.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import type { Read } from '../../../shared/readiness/verdict.ts';
import { readFleets } from '../../fleets.ts';
import { fleetsDirectory } from '../../fleets-directory.ts';
import { InputError } from '../../input-error.ts';
import { suiteNamed } from '../../names.ts';
import { type NewNodesOfFleet, nodesStackOf } from './new-nodes.ts';
import { roomForPorts } from './open-ports.ts';

export interface DeployNodesContext {
  /** What a fleet's nodes that are not there yet begin with. */
  readonly newNodes: (
    of: Pick<ReturnType<typeof readFleets>[number], 'fleet' | 'document'>,
    stack: string,
  ) => Promise<NewNodesOfFleet>;
  /** How many rules a security group of the account may have. */
  readonly rules: () => Promise<Read<number>>;
  readonly say: (text: string) => void;
}

/** @returns the words for CDK @throws InputError where a new node could not begin as its file says, FleetFilesError */
export async function wordsForCdk(
  { newNodes, rules, say }: DeployNodesContext,
  words: readonly string[],
  environmentName: string | undefined,
): Promise<readonly string[]> {
  const plain = ['deploy', '--exclusively', 'ChainmendNodes-*', '--import-existing-resources'];
  if (words.some((word) => word === '--help' || word === '-h' || word === '--version')) return [...plain, ...words];
  const name = contextOf(words, 'name') ?? environmentName;
  const suite = suiteNamed(name, 'context "name"');
  const files = readFleets(contextOf(words, 'fleets') ?? fleetsDirectory);
  const deployed = deployedOf(files.map(({ document }) => document));
  const problems: string[] = [];
  const parameters: string[] = [];
  for (const { document } of files) {
    if (!document.deploy) continue;
    const stack = nodesStackOf(suite, document.fleet);
    const fleet = resolveFleet(document, suite, neighboursOf(document.fleet, deployed));
    const found = await newNodes({ fleet, document }, stack);
    for (const line of found.lines) say(line);
    const room = roomForPorts(document, await rules());
    problems.push(...found.problems, ...(room?.problem === undefined ? [] : [room.problem]));
    for (const [key, value] of Object.entries(found.parameters))
      if (!isGiven(words, key)) parameters.push('--parameters', `${stack}:${key}=${value}`);
  }
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return [...plain, ...parameters, ...words];
}

/** As CDK takes it: `-c NAME=VALUE`, `--context NAME=VALUE`, `--context=NAME=VALUE`. */
export function contextOf(words: readonly string[], name: string): string | undefined {
  const given = words.flatMap((word, at) => {
    if (word === '-c' || word === '--context') return words[at + 1] ?? [];
    return /^(?:--context|-c)=(.*)$/s.exec(word)?.[1] ?? [];
  });
  return given.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A person's own value for a parameter counts. */
const isGiven = (words: readonly string[], key: string): boolean =>
  words.some((word) => word.split(/[:=]/).includes(key));
