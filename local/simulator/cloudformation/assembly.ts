// Reads the output of `cdk synth`: a stack's template, and the files of its functions.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBundle, CodeFile } from '../lambda-runtime/environment.ts';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Condition?: string }>>;
}

/** A folder with a bundle, and its place in the bootstrap bucket. */
export interface FileAsset {
  /** May contain the placeholders `${AWS::AccountId}` and `${AWS::Region}`. */
  readonly bucket: string;
  readonly key: string;
  readonly directory: string;
}

export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  readonly assets: readonly FileAsset[];
}

interface Manifest {
  readonly artifacts?: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly displayName?: string;
        readonly properties?: { readonly templateFile?: string; readonly file?: string; readonly stackName?: string };
        readonly dependencies?: readonly string[];
      }
    >
  >;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly packaging?: string };
        readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * Reads one stack of a cloud assembly ("cdk.out"). `stackName` may be omitted if there is only one stack. Throws an Error that names the folder if it
 * has no such stack.
 */
export function readAssembly(directory: string, stackName?: string): Assembly {
  const manifest = readJson<Manifest>(join(directory, 'manifest.json'));
  const stacks = Object.entries(manifest.artifacts ?? {})
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, artifact]) => ({ artifact, name: artifact.properties?.stackName ?? id }))
    .filter(({ name }) => stackName === undefined || name === stackName);
  const [stack, ...others] = stacks;
  if (stack === undefined || others.length > 0) {
    const wanted = stackName === undefined ? 'exactly one stack' : `a stack called ${stackName}`;
    throw new Error(`${directory}: expected ${wanted}, found ${stacks.map(({ name }) => name).join(', ') || 'none'}`);
  }
  const { properties = {}, dependencies = [] } = stack.artifact;
  if (properties.templateFile === undefined) throw new Error(`${directory}: the stack ${stack.name} has no template`);
  const assetFiles = dependencies
    .map((id) => manifest.artifacts?.[id])
    .filter((artifact) => artifact?.type === 'cdk:asset-manifest')
    .flatMap((artifact) => artifact?.properties?.file ?? []);
  return {
    stackName: stack.name,
    template: readJson<Template>(join(directory, properties.templateFile)),
    assets: assetFiles.flatMap((file) => folders(directory, readJson<AssetManifest>(join(directory, file)))),
  };
}

/** The CommonJS bundle of a folder: `index.js` or `index.cjs`, and its other files. Throws an Error that names the folder without one. */
export const readBundle = (directory: string): CodeBundle =>
  bundleOf(
    readdirSync(directory)
      .filter((name) => /\.c?js$/.test(name))
      .map((name) => ({ name, path: join(directory, name), source: readFileSync(join(directory, name), 'utf8') })),
    directory,
  );

/** The same of files that lie nowhere. @param where for the Error */
export function bundleOf(all: readonly (CodeFile & { readonly name: string })[], where: string): CodeBundle {
  const files = all
    .filter(({ name }) => /\.c?js$/.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, path, source }) => ({ name, file: { path, source } }));
  const main = files.find(({ name }) => name === 'index.js' || name === 'index.cjs');
  if (main === undefined) throw new Error(`${where}: expected a bundle index.js or index.cjs`);
  const others = new Map(files.filter((one) => one !== main).map(({ name, file }) => [`./${name}`, file]));
  const { file } = main;
  return { ...file, others, sha256: sha256Of([file, ...others.values()].map(({ source }) => source).join('\0')) };
}

/** In Lambda's form: base64 of the SHA-256. */
export const sha256Of = (source: string): string => createHash('sha256').update(source).digest('base64');

/** Templates are assets too, but single files: only folders become functions. */
function folders(directory: string, { files = {} }: AssetManifest): FileAsset[] {
  return Object.values(files)
    .filter(({ source }) => source.packaging === 'zip')
    .flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ bucketName, objectKey }) => ({
        bucket: bucketName,
        key: objectKey,
        directory: join(directory, source.path ?? ''),
      })),
    );
}

function readJson<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (cause) {
    throw new Error(`${path}: expected JSON that "cdk synth" wrote`, { cause });
  }
}
