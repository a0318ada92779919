// `npm run chainmend -- check [FILE…]`: checks fleet files, each one and together. With --account it also checks that they would work in the account.
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Fleet, Runtime } from '../../../shared/fleet/model.ts';
import { beginsWith } from '../../../shared/fleet/schema-deploy.ts';
import { replaces, startedByCommands } from '../../../shared/readiness/launch-facts.ts';
import { unwatched } from '../../chains-elsewhere.ts';
import { type FleetFile, fleetPathsIn, readFleetFiles, shortPath } from '../../fleets.ts';
import { commandNames } from '../../names.ts';
import { StoreError } from '../errors.ts';
import { openingText } from '../nodes/open-ports.ts';
import { type AccountFacts, findingsOf } from '../preflight/facts.ts';
import { type FleetsContext, notFoundError, tableOf } from './context.ts';

export interface CheckContext extends FleetsContext {
  /** Only --account opens it. */
  readonly account: (files: readonly FleetFile[]) => Promise<AccountFacts>;
}

/** @returns the facts for machines. @throws FleetFilesError with every problem, each with its place; StoreError where the account has problems */
export async function check(
  { directory, say, account }: CheckContext,
  paths: readonly string[],
  options: { readonly account?: true } = {},
): Promise<object> {
  const all = fleetPathsIn(directory);
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw notFoundError('file', path, all.map(shortPath));
  }
  const files = readFleetFiles(paths.length > 0 ? paths : all);
  if (files.length === 0) {
    say(`no fleet file in ${directory}`);
    return { files: [] };
  }
  const facts = { files: files.map(({ path, fleet: { name, chain, mode } }) => ({ path, fleet: name, chain, mode })) };
  const rows = files.map(({ path, fleet }) => [basename(path), fleet.chain, fleet.mode, ...summaryOf(fleet)]);
  say(tableOf(['file', 'chain', 'mode', 'nodes', 'role', 'volumes', 'runs as'], rows));
  say(
    `${files.length === 1 ? 'It is right.' : `All ${files.length} are right.`} Every default: npm run chainmend -- show NAME`,
  );
  const fleets = files.map(({ fleet }) => fleet);
  for (const { name, probe } of fleets) {
    if (probe === undefined) say(`Nobody watches ${name}: ${notWatched(name)}only its disks are looked after.`);
    if (probe?.by === 'unit')
      say(
        `Of ${name} only whether its clients run is seen (probe: unit): one that hangs, forks or falls behind is not.`,
      );
  }
  for (const fleet of fleets) {
    const unsaid = ownerUnsaid(fleet);
    if (unsaid !== null) say(unsaid);
  }
  for (const { document } of files) {
    const opens = openingText(commandNames().suite, document);
    if (opens !== null) say(opens);
    const begins = newNodesBegin(document);
    if (begins !== null) say(begins);
  }
  if (!options.account) {
    for (const fleet of fleets) {
      const never = startedByCommands(fleet);
      if (never !== null) say(never);
    }
    const replaced = fleets.filter(replaces).map(({ name }) => name);
    if (replaced.length > 0) say(hint(replaced));
    return facts;
  }
  const { lines, problems } = findingsOf(await account(files));
  say(`\n${lines.join('\n')}`);
  if (problems.length > 0)
    throw new StoreError(
      `\n${problems.join('\n')}\n${problems.length === 1 ? 'One problem' : `${problems.length} problems`} in the account; nothing was changed`,
    );
  say('Nothing stands in the way.');
  return { ...facts, account: lines };
}

const hint = (fleets: readonly string[]): string =>
  `In ${fleets.join(', ')} another instance may take a node’s place. The launch template, elastic addresses and target groups need the tags ` +
  'of the nodes, too (docs/fleet-files.md#what-has-to-carry-the-fleets-tags), and the deployment has to name the roles of their instance ' +
  'profiles (-c nodeRoles=ARN,… or none): npm run chainmend -- check --account looks, and prints the command.';

/** What waits for a word of the owner that the file does not have, said before the incident; null where nothing does. */
function ownerUnsaid({ name, mode, owner: { by, acceptDrift }, replace: { rungs }, role }: Fleet): string | null {
  const waiting = rungs.filter((rung) => rung === 'swap' || rung === 'replace').join(' and ');
  const never = 'fixed' in role && (role.fixed === 'validator' || role.fixed === 'unknown');
  if (mode !== 'act' || waiting === '' || never || acceptDrift !== undefined || by === 'nobody') return null;
  const more = 'docs/fleet-files.md#whose-the-machines-are';
  return by === undefined
    ? `Whose the machines of ${name} are is not said (owner.by). Where a tool such as Terraform owns them, ${waiting} would be refused without owner.acceptDrift: true (${more}).`
    : `${name} acts, and ${waiting} would be refused: owner.by is ${by}, and owner.acceptDrift is not said (${more}).`;
}

/** What a deployment would have a new node begin with, as the file alone says it; null where that is nothing. */
function newNodesBegin({ fleet, deploy }: FleetFile['document']): string | null {
  if (!deploy) return null;
  const { snapshot } = beginsWith(deploy);
  if (snapshot === null) return null;
  const what = snapshot === 'newest-good' ? 'the newest good snapshot, where there is one' : snapshot;
  return `A new node of ${fleet} begins with ${what} (deploy.data): npm run chainmend -- check --account says with which.`;
}

const notWatched = (fleet: string): string => {
  const why = unwatched(fleet);
  return why === undefined ? '' : `${fleet} ${why}; `;
};

function summaryOf({ nodes, role, volumes, units }: Fleet): string[] {
  return [
    Object.entries(nodes.tags)
      .map((tag) => tag.join('='))
      .join(' '),
    'fixed' in role ? role.fixed : `tag ${role.fromTag}`,
    volumes.map(({ role, path }) => `${role} ${path}`).join(', '),
    units.map(({ runtime }) => runtimeText(runtime)).join(', '),
  ];
}

function runtimeText(runtime: Runtime): string {
  switch (runtime.kind) {
    case 'systemd':
      return `unit ${runtime.unit}`;
    case 'docker':
      return `docker ${runtime.container}`;
    case 'compose':
      return `compose ${runtime.service}`;
    case 'commands':
      return `command ${runtime.start}`;
  }
}
