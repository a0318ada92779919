// Owners' systems as they are: each has its fleet files and the world of its life in examples/systems (docs/systems.md).
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../infra/paths.ts';
import type { Scenario } from '../scenario.ts';
import { readWorld } from './read.ts';

export interface System {
  readonly name: string;
  /** The path of its world file, from the repository: what `--world` takes. */
  readonly world: string;
  readonly scenario: Scenario;
}

const FOLDER = 'examples/systems';

/** In the order of their names. @throws WorldFileError where a world file of one is wrong */
export const systems = (): readonly System[] =>
  readdirSync(join(repositoryRoot, FOLDER))
    .sort()
    .map((name) => {
      const world = `${FOLDER}/${name}/world.yaml`;
      return { name, world, scenario: readWorld(join(repositoryRoot, world)) };
    });
