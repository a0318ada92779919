// `npm run fleets -- check [FILE…]`: are these fleet files right, each and together?
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Fleet, Runtime } from '../../shared/fleet/model.ts';
import { fleetPathsIn, readFleetFiles, shortPath } from '../fleets.ts';
import { type Desk, notThere, tableOf } from './tell.ts';

/** @throws FleetFilesError with every problem, each with its place */
export function check({ directory, say }: Desk, paths: readonly string[]): void {
  const all = fleetPathsIn(directory);
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw notThere('file', path, all.map(shortPath));
  }
  const files = readFleetFiles(paths.length > 0 ? paths : all);
  if (files.length === 0) {
    say(`no fleet file in ${directory}`);
    return;
  }
  const rows = files.map(({ path, fleet }) => [basename(path), fleet.chain, fleet.mode, ...summaryOf(fleet)]);
  say(tableOf(['file', 'chain', 'mode', 'nodes', 'role', 'volumes', 'runs as'], rows));
  say(
    `${files.length === 1 ? 'It is right.' : `All ${files.length} are right.`} Every default: npm run fleets -- show NAME`,
  );
  const launching = files.map(({ fleet }) => fleet).filter(({ replace }) => replace.rungs.includes('replace'));
  if (launching.length > 0)
    say(
      `For another instance (${launching.map(({ name }) => name).join(', ')}) the launch template, elastic addresses and target groups ` +
        'need the tags of the nodes, too: docs/fleet-files.md#what-has-to-carry-the-fleets-tags',
    );
}

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
