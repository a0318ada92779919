// Packs the package: the construct compiled into one CommonJS file, its types, the functions' bundles, the nodes' documents, and the command. Nothing
// needs a source or a bundler. The construct needs the two packages that every CDK app has, the command none.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { commandDocuments, firstBootScripts } from '../../shared/node-commands/index.ts';
import { fleetJsonSchemaText } from '../fleet-json-schema.ts';
import { repositoryRoot } from '../paths.ts';
import { ensureBundled } from '../synth.ts';
import { COMMAND, forOlderNode, writeCommand } from './command.ts';
import { noticesOf, sourcesIn } from './notices.ts';

const run = promisify(execFile);

/** The packages that an app brings: two copies of them would not know each other's constructs. */
const PEERS = ['aws-cdk-lib', 'constructs'] as const;
/** The files whose types are published. */
const TYPES = ['index', 'chainmend', 'fleet-document', 'node-fleet'];

const TIMEOUT_MS = 120_000;

/**
 * Makes the package's folder and its tarball below `out`. The same sources give the same files.
 * @returns the path of the tarball
 */
export async function packLibrary(out = join(repositoryRoot, 'dist/library')): Promise<string> {
  const folder = join(out, 'package');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const bundles = await ensureBundled();
  for (const name of readdirSync(bundles).filter((name) => name !== 'maps'))
    cpSync(join(bundles, name), join(folder, 'functions', name), { recursive: true });
  writeFileSync(join(folder, 'documents.json'), JSON.stringify(commandDocuments()));
  writeFileSync(join(folder, 'first-boot.json'), JSON.stringify(firstBootScripts()));
  const compiled = await compile(join(folder, 'index.js'));
  await writeTypes(folder, out);
  const command = await writeCommand(folder);
  writeFileSync(join(folder, 'NOTICES.txt'), noticesOf([...compiled, ...command, ...sourcesIn(join(bundles, 'maps'))]));
  writeFileSync(join(folder, 'fleet.schema.json'), fleetJsonSchemaText());
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`);
  cpSync(join(repositoryRoot, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(import.meta.dirname, 'README.md'), join(folder, 'README.md'));
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', out], {
    cwd: folder,
    timeout: TIMEOUT_MS,
  });
  return join(out, stdout.trim());
}

/** CommonJS alone: `import` and `require` get the same class from it, and two classes would not be instances of each other. @returns the paths of its sources */
async function compile(outfile: string): Promise<string[]> {
  const { metafile, warnings } = await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    // The oldest Node.js that CDK's libraries run on, and that has `import.meta.dirname` for the sources of this file.
    target: 'node20',
    external: [...PEERS],
    inject: forOlderNode.inject,
    define: { ...forOlderNode.define, 'import.meta.dirname': '__dirname' },
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
  });
  // `import.meta` has no other property in CommonJS.
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'));
  return Object.keys(metafile.inputs);
}

async function writeTypes(folder: string, out: string): Promise<void> {
  const types = mkdtempSync(join(out, 'types-'));
  const config = join(types, 'tsconfig.json');
  const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true };
  const files = [join(import.meta.dirname, 'index.ts')];
  const paths = { rootDir: repositoryRoot, outDir: types, typeRoots: [join(repositoryRoot, 'node_modules/@types')] };
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(repositoryRoot, 'tsconfig.json'),
      compilerOptions: { ...compilerOptions, ...paths },
      files,
      include: [],
    }),
  );
  try {
    await run(process.execPath, [join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: repositoryRoot,
      timeout: TIMEOUT_MS,
    });
    for (const name of TYPES) {
      const text = readFileSync(join(types, 'infra/library', `${name}.d.ts`), 'utf8');
      writeFileSync(join(folder, `${name}.d.ts`), withPublishedImports(text));
    }
  } finally {
    rmSync(types, { recursive: true, force: true });
  }
}

/** Throws an `Error` where a published type needs one that is not published. */
function withPublishedImports(text: string): string {
  return text.replace(/(from|import\()\s*(['"])(\.[^'"]*)\.ts\2/g, (_, word: string, quote: string, path: string) => {
    if (!TYPES.some((name) => path === `./${name}`)) throw new Error(`a published type needs ${path}.ts`);
    return `${word}${word === 'from' ? ' ' : ''}${quote}${path}.js${quote}`;
  });
}

function manifest(): object {
  const read = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, string>> & {
      readonly devDependencies: Readonly<Record<string, string>>;
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
  const { name, version, description, license, devDependencies } = read(join(repositoryRoot, 'package.json'));
  const cdk = read(join(repositoryRoot, 'node_modules/aws-cdk-lib/package.json'));
  return {
    ...{ name, version, description, license },
    keywords: ['aws-cdk', 'blockchain', 'ec2', 'ebs'],
    type: 'commonjs',
    main: './index.js',
    types: './index.d.ts',
    exports: {
      '.': { types: './index.d.ts', default: './index.js' },
      './fleet.schema.json': './fleet.schema.json',
      './package.json': './package.json',
    },
    bin: { chainmend: COMMAND },
    engines: { node: '>=20' },
    // The version that it is made and tested with is the oldest one that it is known to work with.
    peerDependencies: {
      'aws-cdk-lib': `^${devDependencies['aws-cdk-lib']}`,
      constructs: cdk.peerDependencies['constructs'],
    },
    // Who only wants the command need not install them.
    peerDependenciesMeta: Object.fromEntries(PEERS.map((peer) => [peer, { optional: true }])),
  };
}
