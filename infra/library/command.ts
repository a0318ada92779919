// The command in the package: all verbs in few files, for a Node.js without this clone or any package of npm. What the verbs read beside their sources
// lies in the package as it does in the repository.
import { cpSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { repositoryRoot } from '../paths.ts';
import { placesOfSources, programOptions, REQUIRE } from '../program/make.ts';

/** By these names each file knows the root of the package. */
const PACKAGE = `${REQUIRE} const rootOfPackage = new URL('..', import.meta.url); const pathOfPackage = createRequireOfChunk(import.meta.url)('node:url').fileURLToPath(rootOfPackage);`;

/** What verbs read: the page of reports, the runbooks that it quotes, the scripts by which a node's answers are known, the schema that `adopt` names. */
const READ_BESIDE = [
  'infra/report/page.{css,js}',
  'infra/fleet.schema.json',
  'docs/runbooks/*.md',
  'shared/node-commands/*.sh',
];

/** Options of esbuild. */
export const forOlderNode = {
  define: { 'Map.groupBy': 'mapGroupBy', 'URL.parse': 'urlParse' },
  inject: [join(import.meta.dirname, 'older-node.js')],
};

export const COMMAND = './command/chainmend.mjs';

/** @returns the paths of its sources */
export async function writeCommand(folder: string): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    ...programOptions,
    entryPoints: { program: 'infra/commands/chainmend-cli.ts' },
    outdir: join(folder, 'command'),
    target: 'node20',
    minify: true,
    ...forOlderNode,
    plugins: [
      placesOfSources((path) => ({
        dirname: `(pathOfPackage + ${JSON.stringify(inRepository(dirname(path)))})`,
        url: `new URL(${JSON.stringify(inRepository(path))}, rootOfPackage).href`,
      })),
    ],
    banner: { js: PACKAGE },
  });
  mkdirSync(join(folder, 'command'), { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(join(folder, 'command', basename(path)), contents);
  cpSync(join(import.meta.dirname, 'chainmend.mjs'), join(folder, COMMAND));
  for (const file of globSync(READ_BESIDE, { cwd: repositoryRoot }))
    cpSync(join(repositoryRoot, file), join(folder, file));
  return Object.keys(metafile.inputs);
}

const inRepository = (path: string): string => relative(repositoryRoot, path).replaceAll('\\', '/');
