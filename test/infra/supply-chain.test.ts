// The installed packages, the scripts that may run during the installation, and the uploaded files: package.json, package-lock.json and .npmrc.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { repositoryRoot } from '../../infra/paths.ts';

interface LockedPackage {
  /** The package's real name, where it is installed under another one. */
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly link?: boolean;
  /** Of packages that are for some platforms alone. */
  readonly os?: string | readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
/** The package whose optional dependencies are the Nodes, one for each platform. */
const ENGINE_FOLDER = 'infra/engine';
const ENGINE_LINK = 'node_modules/chainmend-engine';
const nodes = (JSON.parse(read(`${ENGINE_FOLDER}/package.json`)) as LockedPackage).optionalDependencies ?? {};
const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> }).packages;

/** The folder where Node.js finds `name` from a package in `from`: "node_modules/a/node_modules/b", or one level up. */
function foundFrom(from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (path in locked) return path;
    if (at === '') return undefined;
  }
}

describe('the lockfile', () => {
  it('has every dependency of every package for every platform, so that npm ci installs from it alone', () => {
    const missing = Object.entries(locked).flatMap(([from, { dependencies, devDependencies, optionalDependencies }]) =>
      Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([name]) => foundFrom(from, name) === undefined)
        .map(([name, version]) => `${from || 'chainmend'} needs ${name} ${version}`),
    );
    expect(missing).toEqual([]);
  });

  it('pins each package to its bytes, and none to an address but our own folder', () => {
    expect(locked[ENGINE_LINK]).toEqual({ resolved: ENGINE_FOLDER, link: true });
    for (const [path, { integrity, inBundle, link, resolved }] of Object.entries(locked)) {
      if (['', ENGINE_FOLDER, ENGINE_LINK].includes(path)) continue;
      // A package in another package's archive is pinned with that archive.
      if (inBundle !== true) expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[\w+/]{86}==$/)]);
      expect([path, link, resolved ?? 'https://registry.npmjs.org/']).toEqual([
        path,
        undefined,
        expect.stringMatching(/^https:\/\/registry\.npmjs\.org\//),
      ]);
    }
  });

  it('is what package.json asks for, each version exactly', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const)
      expect(locked['']?.[kind]).toEqual(manifest[kind]);
    expect(manifest['optionalDependencies']).toEqual({ 'chainmend-engine': `file:${ENGINE_FOLDER}` });
    expect(locked[ENGINE_FOLDER]?.optionalDependencies).toEqual(nodes);
    const asked = { ...manifest['dependencies'], ...manifest['devDependencies'], ...nodes };
    for (const [name, version] of Object.entries(asked))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });
});

describe('an installation', () => {
  it('runs no script of any package', () => {
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
    // npm's own setting for the scripts that may still run.
    expect(manifest['allowScripts']).toBeUndefined();
  });

  it('runs no script of ours either: what npm would not run must not be needed', () => {
    const lifecycle = /^(pre|post)?(install|prepare|pack|publish|start|test)$/;
    const own = Object.keys(manifest['scripts'] ?? {}).filter((name) => lifecycle.test(name));
    expect(own.sort()).toEqual(['start', 'test']);
  });

  it('has a Node for each platform that infra/engine.js names, and no other', () => {
    const named = [...read('infra/engine.js').matchAll(/^ {2}'[a-z0-9-]+': '([a-z0-9-]+)',$/gm)].map(
      ([, name]) => name,
    );
    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(nodes).sort()).toEqual(named.sort());
  });

  it('has one version of Node for all platforms, new enough, and only beside a Node that is too old', () => {
    const [, major, minor] = /^const LEAST = \[(\d+), (\d+)\];$/m.exec(read('infra/engine.js')) ?? [];
    const [version = '', ...others] = new Set(Object.values(nodes));
    expect(others).toEqual([]);
    expect(Number(version.split('.')[0])).toBeGreaterThanOrEqual(Number(major));
    // npm leaves an optional package out where its `engines` do not fit (docs/adr/0066).
    expect(locked[ENGINE_FOLDER]?.engines).toEqual({ node: `<${major}.${minor}` });
  });

  it('brings machine code of those publishers alone that docs/security.md names', () => {
    const [, table = ''] = read('docs/security.md').split('### Binaries, and who publishes them');
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([^`*]+)\*`/g)].map(([, start = '']) => start),
    );
    const binaries = Object.entries(locked).flatMap(([path, { os }]) => (os === undefined ? [] : [nameOf(path)]));
    expect(binaries.filter((name) => !named.some((start) => name.startsWith(start)))).toEqual([]);
    expect(named.filter((start) => !binaries.some((name) => name.startsWith(start)))).toEqual([]);
  });

  it('starts every script that is TypeScript by way of infra/engine.js', () => {
    const commands = { ...manifest['scripts'], app: (JSON.parse(read('cdk.json')) as { app: string }).app };
    const typescript = Object.entries(commands).filter(([, command]) => /^node .*(\.ts|jest\.js)\b/.test(command));
    expect(typescript.length).toBeGreaterThan(9);
    for (const [name, command] of typescript) expect([name, command]).toEqual([name, expect.stringMatching(ENGINE)]);
  });
});

const ENGINE = /^node --disable-warning=ExperimentalWarning --import \.\/infra\/engine\.js /;

describe('a Node that is too old', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** The result of the same file on Node 20: with another version and another platform in `process`. */
  async function run(
    cwd: string,
    program: string,
    platform = process.platform,
  ): Promise<{ code: number; told: string }> {
    const lie = `Object.defineProperty(process.versions,'node',{value:'20.20.2'});Object.defineProperty(process,'platform',{value:'${platform}'});`;
    const words = ['--import', `data:text/javascript,${encodeURIComponent(lie)}`, '--import', './infra/engine.js'];
    return new Promise((resolve) => {
      execFile(process.execPath, [...words, program, 'a word'], { cwd }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), told: `${stdout}${stderr}` });
      });
    });
  }

  const program = join(directory, 'program.ts');

  /** A checkout with nothing but the engine, and, where it is given, a package of Node for this platform whose binary is a link to `binary`. */
  function checkout(name: string, binary?: string): string {
    const folder = join(directory, name);
    mkdirSync(join(folder, 'infra'), { recursive: true });
    for (const file of ['infra/engine.js', 'infra/program', 'package.json'])
      cpSync(join(repositoryRoot, file), join(folder, file), { recursive: true });
    if (binary === undefined) return folder;
    const own = new RegExp(`'${process.platform}-${process.arch}': '([a-z0-9-]+)'`).exec(read('infra/engine.js'));
    const bin = join(folder, 'node_modules', own?.[1] ?? '', 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, '../package.json'), JSON.stringify({ bin: { node: 'bin/node' } }));
    symlinkSync(binary, join(bin, 'node'));
    return folder;
  }

  it('hands over to the Node of the platform’s package, with all words and the exit status', async () => {
    writeFileSync(
      program,
      'const told: string[] = [process.version, ...process.argv.slice(2)]; console.log(told.join(" ")); process.exit(7);',
    );
    const { code, told } = await run(checkout('whole', process.execPath), program);
    expect({ code, told }).toEqual({ code: 7, told: `${process.version} a word\n` });
  });

  it('is told so in a sentence where none was installed, and where there is none for the platform', async () => {
    const bare = checkout('bare');
    const without = await run(bare, program);
    expect(without.code).toBe(1);
    expect(without.told).toMatch(
      /^chainmend needs Node 24\.2 or newer, and this is Node 20\.20\.2\. .*run npm install, without --omit=optional\.\n$/,
    );
    const elsewhere = await run(bare, program, 'sunos');
    expect(elsewhere).toEqual({ code: 1, told: expect.stringMatching(/has one for sunos on \w+: install it\.\n$/) });
  });

  it('is a sentence as well for a package that is there and does not start', async () => {
    const broken = checkout('broken', join(directory, 'nothing'));
    const { code, told } = await run(broken, program);
    expect(code).toBe(1);
    expect(told).toMatch(/ does not start: spawn .*ENOENT\. Install Node 24\.2 or newer\.\n$/);
  });
});

describe('what is uploaded', () => {
  it('is made of the dependencies and nothing else, and whatever else is installed is a development dependency', async () => {
    const functions = join(repositoryRoot, 'functions');
    const entryPoints = readdirSync(functions)
      .map((name) => join(functions, name, 'handler.ts'))
      .filter((file) => existsSync(file));
    const { metafile } = await build({
      ...{ entryPoints, bundle: true, packages: 'external', format: 'esm', platform: 'node', write: false },
      ...{ outdir: 'nowhere', metafile: true, logLevel: 'silent', absWorkingDir: repositoryRoot },
    });
    const imported = Object.values(metafile.inputs)
      .flatMap(({ imports }) => imports)
      .filter(({ external, path }) => external === true && !path.startsWith('node:'))
      .map(({ path }) => packageOf(path));
    expect([...new Set(imported)].sort()).toEqual(Object.keys(manifest['dependencies'] ?? {}).sort());
    const both = Object.keys(manifest['dependencies'] ?? {}).filter(
      (name) => name in (manifest['devDependencies'] ?? {}),
    );
    expect(both).toEqual([]);
  });

  it('and what tests, infra and the region import is declared, not found by luck', () => {
    const declared = new Set(Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] }));
    const undeclared = ['functions', 'shared', 'infra', 'local', 'test'].flatMap((folder) =>
      readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|js)$/.test(file) && !file.includes('node_modules'))
        .flatMap((file) =>
          [
            ...read(join(folder, file)).matchAll(
              /^(?:import|export) [^'";]*?from '([^'.][^']*)'|^import '([^'.][^']*)'/gm,
            ),
          ]
            .map(([, from, alone]) => packageOf(from ?? alone ?? ''))
            .filter((name) => !name.startsWith('node:') && !declared.has(name))
            .map((name) => `${folder}/${file}: ${name}`),
        ),
    );
    expect(undeclared).toEqual([]);
  });
});

const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');

describe('npm run sbom', () => {
  it('names every package of the lockfile with the hash of its bytes, as CycloneDX', async () => {
    const told = await new Promise<string>((resolve, reject) => {
      execFile(
        'npm',
        ['run', '--silent', 'sbom'],
        { cwd: repositoryRoot, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`npm run sbom: ${stderr}`, { cause: error }));
        },
      );
    });
    const { bomFormat, components } = JSON.parse(told) as {
      bomFormat: string;
      components: { purl: string; hashes?: { alg: string; content: string }[] }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const listed = new Map(components.map(({ purl, hashes = [] }) => [purl, hashes]));
    const bundled = new Set(Object.entries(locked).flatMap(([path, one]) => (one.inBundle ? [purlOf(path, one)] : [])));
    const missing = Object.entries(locked).flatMap(([path, one]) => {
      if (path === '' || path === ENGINE_LINK) return [];
      const purl = purlOf(path, one);
      const hashes = listed.get(purl);
      if (hashes === undefined) return [`${purl} is not listed`];
      // npm lists a package that is also in another package's archive once, as that one: the archive's hash pins its bytes.
      if (one.integrity === undefined || bundled.has(purl)) return [];
      const content = Buffer.from(one.integrity.replace('sha512-', ''), 'base64').toString('hex');
      return hashes.some((hash) => hash.alg === 'SHA-512' && hash.content === content) ? [] : [`${purl} has no hash`];
    });
    expect(listed.size).toBeGreaterThan(400);
    expect(missing).toEqual([]);
  });
});

/** "pkg:npm/%40aws-sdk/client-ec2@3.1169.0" (package URL specification, npm). */
function purlOf(path: string, { name, version }: LockedPackage): string {
  const called = name ?? nameOf(path);
  return `pkg:npm/${called.replace('@', '%40')}@${version}`;
}

/** "node_modules/a/node_modules/@b/c": "@b/c". */
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
