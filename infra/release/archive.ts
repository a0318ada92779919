// The archive of a deployment, for owners who apply it without Node.js: templates, the functions' code, the bill of materials, and the checksums of all of
// it. The same sources and fleet files give the same bytes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Zippable, zipSync } from 'fflate';
import { VERSION } from '../commands/program-name.ts';
import { noticesOf, sourcesIn } from '../library/notices.ts';
import { repositoryRoot } from '../paths.ts';
import { ensureBundled, synthesize } from '../synth.ts';
import { type CdkTemplate, portableTemplate } from './portable-template.ts';

/** The folder in the archive. */
const FOLDER = `chainmend-${VERSION}`;
/** The time of all files in it: the earliest that the format has, in whatever zone this machine is. */
const MTIME = new Date(1980, 0, 1);
/** Lambda reads the files as another user: rw-r--r-- of Unix, in the upper half ("external file attributes", APPNOTE.TXT). */
const READABLE = { mtime: MTIME, os: 3, attrs: 0o100644 << 16 };
const SBOM_BYTES_MAX = 64 * 2 ** 20;
const SBOM_MS_MAX = 120_000;

type Files = Readonly<Record<string, Uint8Array>>;

/**
 * Writes chainmend-VERSION-stacks.zip.
 * @param assembly a folder for what CDK makes
 * @param context of the deployment, as `npm run deploy -- -c` takes it
 * @returns the path of the archive
 */
export async function writeArchive(
  out: string,
  assembly: string,
  context: Readonly<Record<string, string>>,
): Promise<string> {
  const bundles = await ensureBundled();
  await synthesize(assembly, { ...context, bundles });
  const files: Files = {
    ...templatesIn(assembly),
    ...codeIn(assembly),
    'APPLY.md': readFileSync(join(import.meta.dirname, 'APPLY.md')),
    LICENSE: readFileSync(join(repositoryRoot, 'LICENSE')),
    'NOTICES.txt': Buffer.from(noticesOf(sourcesIn(join(bundles, 'maps')))),
    'chainmend.cdx.json': Buffer.from(await billOfMaterials()),
  };
  mkdirSync(out, { recursive: true });
  const path = join(out, `${FOLDER}-stacks.zip`);
  writeFileSync(path, zipped({ ...files, SHA256SUMS: Buffer.from(checksumsOf(files)) }, `${FOLDER}/`));
  return path;
}

/** As `sha256sum --check` reads it. */
export const checksumsOf = (files: Files): string =>
  Object.keys(files)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(files[name] ?? '')
          .digest('hex')}  ${name}\n`,
    )
    .join('');

/** Without entries for folders: they would have the time of now. */
const zipped = (files: Files, folder = ''): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.keys(files)
        .sort()
        .map((name) => [`${folder}${name}`, [files[name] ?? new Uint8Array(), READABLE]]),
    ) satisfies Zippable,
  );

/** Of the suite, and of the nodes of each fleet that says `deploy`. */
function templatesIn(assembly: string): Files {
  const names = readdirSync(assembly).filter((name) => name.endsWith('.template.json'));
  return Object.fromEntries(
    names.map((name) => {
      const template = JSON.parse(readFileSync(join(assembly, name), 'utf8')) as CdkTemplate;
      return [name, Buffer.from(JSON.stringify(portableTemplate(template)))];
    }),
  );
}

interface AssetFiles {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/** Each function's code by the key under which the templates look for it. */
function codeIn(assembly: string): Files {
  const manifests = readdirSync(assembly)
    .filter((name) => name.endsWith('.assets.json'))
    .map((name) => JSON.parse(readFileSync(join(assembly, name), 'utf8')) as AssetFiles);
  const folders = manifests
    .flatMap(({ files }) => Object.values(files))
    .filter(({ source }) => source.packaging === 'zip')
    .flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, join(assembly, source.path)] as const),
    );
  return Object.fromEntries(folders.map(([key, folder]) => [key, zipped(filesIn(folder))]));
}

const filesIn = (folder: string): Files =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

/** CycloneDX, without the time and the number of this one. npm names its subject after the folder of the clone. */
async function billOfMaterials(): Promise<string> {
  const words = ['run', '--silent', 'sbom'];
  const { stdout } = await promisify(execFile)('npm', words, {
    ...{ cwd: repositoryRoot, maxBuffer: SBOM_BYTES_MAX, timeout: SBOM_MS_MAX },
  });
  const {
    serialNumber: _,
    metadata,
    ...bill
  } = JSON.parse(stdout) as {
    readonly serialNumber: string;
    readonly metadata: { readonly timestamp: string; readonly component: object };
  };
  const { timestamp: __, component, ...own } = metadata;
  const subject = { ...component, name: 'chainmend' };
  return `${JSON.stringify({ ...bill, metadata: { ...own, component: subject } }, undefined, 2)}\n`;
}
