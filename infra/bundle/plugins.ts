// esbuild plugins that make tree shaking work on the AWS SDK. Each stops the build when the SDK no longer has the expected shape.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';
import { AWS_CLIENT, inPackage, rewriting } from './rewriting.ts';
import { leanSchemas } from './schemas.ts';

const DURABLE_SDK = inPackage('@aws/durable-execution-sdk-js', '.*');

/** All plugins, for every bundle. A plugin does nothing where its package is not imported. */
export function sdkDiet(): Plugin[] {
  return [
    leanSchemas(),
    withoutDescriptions(),
    withoutEventStreams(),
    withoutEventStreamCodec(),
    environmentCredentials(),
    withoutConfigurationFiles(),
    trimmedPackageJson(),
    leanDurableSdk(),
    plainEndpointCache(),
    nativeHash(),
  ];
}

/** `about('…', schema)` and similar calls in the fleet file's schema. */
const DESCRIBED = /\b(about|optional|usually)\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,/g;
const DERIVED =
  /\bderived\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,/g;

/** Removes the descriptions of the fleet file's fields: several kilobytes of each bundle. Editors read them; functions never do. */
function withoutDescriptions(): Plugin {
  return {
    name: 'without-descriptions',
    setup: (build) =>
      build.onLoad({ filter: /[\\/]shared[\\/]fleet[\\/]schema[\w-]*\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replace(DESCRIBED, "$1('',").replace(DERIVED, "derived('','',"),
        loader: 'ts',
      })),
  };
}

const EVENT_STREAMS = 'await import("@smithy/core/event-streams")';

/**
 * Leaves event streams out. No operation of the suite has one. Their dynamic import makes esbuild wrap half of @smithy/core as a unit that runs
 * later. A call to one fails and says why.
 */
function withoutEventStreams(): Plugin {
  return rewriting('without-event-streams', {
    filter: inPackage('@smithy/core', 'dist-es/submodules/protocols/HttpProtocol\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source) => {
      const [before, after, ...more] = source.split(EVENT_STREAMS);
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error(`expected one ${EVENT_STREAMS}`);
      const failure = "(() => { throw new Error('event streams are left out of this bundle'); })()";
      return { contents: before + failure + after, loader: 'js' };
    },
  });
}

/**
 * The Lambda client asks for a codec of event streams when it is made. The codec costs nine kilobytes and node:zlib, and no operation of the suite
 * uses it.
 */
function withoutEventStreamCodec(): Plugin {
  return rewriting('without-event-stream-codec', {
    filter: inPackage('@smithy/core', 'dist-es/submodules/event-streams/eventstream-serde/EventStreamMarshaller\\.js'),
    expectedWith: inPackage('@aws-sdk/client-lambda', '.*'),
    rewrite: (source) => {
      if (!source.includes('export const eventStreamSerdeProvider = (options) => new EventStreamMarshaller(options);'))
        throw new Error('it does not export eventStreamSerdeProvider');
      const failure = "() => { throw new Error('event streams are left out of this bundle'); }";
      const contents = `export class EventStreamMarshaller { serialize = ${failure}; deserialize = ${failure}; }
        export const eventStreamSerdeProvider = () => new EventStreamMarshaller();
        export const readableToIterable = ${failure};`;
      return { contents, loader: 'js' };
    },
  });
}

/**
 * Reads no ~/.aws/config and no ~/.aws/credentials. A Lambda sandbox has neither: its settings are environment variables. Without this, each client
 * looks for both files before its first call. Loading node:fs/promises costs a millisecond of each cold start.
 */
function withoutConfigurationFiles(): Plugin {
  return rewriting('without-configuration-files', {
    filter: inPackage('@smithy/core', 'dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source, path) => {
      if (!source.includes('export const loadSharedConfigFiles = async (init = {}) => {'))
        throw new Error('it does not export loadSharedConfigFiles');
      return {
        contents:
          'export { CONFIG_PREFIX_SEPARATOR } from "./constants"; export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
        loader: 'js',
        resolveDir: dirname(path),
      };
    },
  });
}

/**
 * Reads credentials from the environment and nowhere else. On Lambda they are there. The service puts the role's keys into AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of each sandbox ("Defined runtime environment variables", Lambda guide). It replaces the sandbox before
 * they expire. The default chain also ends at that first link. The rest of the chain (profiles, SSO, web identity, instance metadata) is dead weight,
 * and it reads files. A function without its variables would look for other credentials instead of failing.
 */
export function environmentCredentials(): Plugin {
  return rewriting('environment-credentials', {
    filter: inPackage('@aws-sdk/credential-provider-node', 'dist-es/index\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source, path) => {
      if (!/export\s*\{[^}]*\bdefaultProvider\b/.test(source)) throw new Error('it does not export defaultProvider');
      return {
        contents:
          "import { fromEnv } from '@aws-sdk/credential-provider-env'; export const defaultProvider = (init) => fromEnv(init);",
        loader: 'js',
        resolveDir: dirname(path),
      };
    },
  });
}

/** Keeps the one field of its package.json that a client reads: the version, for the User-Agent header. */
function trimmedPackageJson(): Plugin {
  return rewriting('trimmed-package-json', {
    filter: inPackage('@aws-sdk/[\\w-]+|@smithy/[\\w-]+', 'package\\.json'),
    expectedWith: AWS_CLIENT,
    rewrite: (source) => {
      const { name, version } = JSON.parse(source) as { name?: unknown; version?: unknown };
      if (typeof name !== 'string' || typeof version !== 'string') throw new Error('it has no name and version');
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    },
  });
}

const LRU_CACHE = 'import LRUCache from "mnemonist/lru-cache";';

/**
 * Puts a map in place of the library behind DynamoDB's cache of discovered endpoints. The library costs seven kilobytes of each bundle. The cache
 * stays empty unless endpoint discovery is switched on (`endpointDiscoveryEnabled`, DynamoDBClientConfig), and then it holds one address.
 */
function plainEndpointCache(): Plugin {
  return rewriting('plain-endpoint-cache', {
    filter: inPackage('@aws-sdk/endpoint-cache', 'dist-es/EndpointCache\\.js'),
    expectedWith: inPackage('@aws-sdk/client-dynamodb', '.*'),
    rewrite: (source) => {
      const [before, after, ...more] = source.split(LRU_CACHE);
      if (before === undefined || after === undefined || more.length > 0) throw new Error(`expected one ${LRU_CACHE}`);
      const map = 'class LRUCache extends Map { constructor() { super(); } peek(key) { return this.get(key); } }';
      return { contents: before + map + after, loader: 'js' };
    },
  });
}

const SLOW_HASH = 'import { Sha256Js } from "./Sha256Js";';
const HASH_CHOICE = 'export const Sha256Node = hasNativeCrypto ? buildNativeClass() : Sha256Js;';

/** Leaves out a SHA-256 in JavaScript: three kilobytes of each bundle. It is for a Node.js without its own SHA-256, and Lambda's has one. */
function nativeHash(): Plugin {
  return rewriting('native-hash', {
    filter: inPackage('@smithy/core', 'dist-es/submodules/checksum/sha256/Sha256Node\\.js'),
    expectedWith: AWS_CLIENT,
    rewrite: (source) => ({ contents: withNativeHash(source), loader: 'js' }),
  });
}

/** Throws an `Error` unless the module chooses between the two implementations as expected. */
export function withNativeHash(source: string): string {
  if (!source.includes(SLOW_HASH) || !source.includes(HASH_CHOICE)) throw new Error(`expected ${HASH_CHOICE}`);
  return source.replace(SLOW_HASH, '').replace(HASH_CHOICE, 'export const Sha256Node = buildNativeClass();');
}

const DYNAMIC_IMPORT = /\bimport\(\s*['"]@aws-sdk\/client-lambda['"]\s*\)/g;

/** The SDK is one file, so one plugin makes all changes to it. */
function leanDurableSdk(): Plugin {
  return rewriting('lean-durable-sdk', {
    filter: inPackage('@aws/durable-execution-sdk-js', 'dist/index\\.mjs'),
    expectedWith: DURABLE_SDK,
    rewrite: (source) => ({
      contents: withNamedUtil(withoutOperations(withStaticLambdaClient(source))),
      loader: 'js',
    }),
  });
}

/** The operations that no heal uses. A heal is steps, waits and callbacks, one after another. */
const OPERATIONS = [
  'Invoke',
  'RunInChildContext',
  'WaitForCondition',
  'WaitForCallback',
  'Map',
  'Parallel',
  'ConcurrentExecution',
  'Promise',
] as const;

/**
 * Leaves out unused operations of a durable context: a quarter of the SDK. They are methods of one class, so tree shaking keeps them. A call to one
 * fails and says why. Throws an `Error` unless each operation is made in one place.
 */
export function withoutOperations(source: string): string {
  return OPERATIONS.reduce((left, operation) => {
    const made = new RegExp(`(?<!const )\\bcreate${operation}Handler\\(`, 'g');
    const places = left.match(made)?.length ?? 0;
    if (places !== 1) throw new Error(`expected one create${operation}Handler(…), found ${places}`);
    const failure = `(() => { throw new Error('${operation} of the durable SDK is left out of this bundle (infra/bundle/plugins.ts)'); })(`;
    return left.replace(made, failure);
  }, source);
}

const DEFAULT_UTIL = "import util from 'node:util';";

/** Imports from node:util by name. For a default import, esbuild copies the module with all of its getters: a millisecond of each cold start. */
export function withNamedUtil(source: string): string {
  const [before, after, ...more] = source.split(DEFAULT_UTIL);
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`expected one ${DEFAULT_UTIL}`);
  const names = [...new Set([...after.matchAll(/\butil\.(\w+)/g)].map(([, name = '']) => name))].sort();
  const imports = names.map((name) => `${name} as util_${name}`).join(', ');
  const members = names.map((name) => `${name}: util_${name}`).join(', ');
  return `${before}import { ${imports} } from 'node:util'; const util = { ${members} };${after}`;
}

/**
 * Makes the durable SDK's `import('@aws-sdk/client-lambda')` a static import of the names that it reads. A dynamic import takes the whole namespace.
 * In a bundle of one file, esbuild wraps everything below it as a unit that runs later. Tree shaking then stops there, @smithy/core included. Throws
 * an `Error` unless there is exactly one dynamic import of the client and every use of its module is plain.
 */
export function withStaticLambdaClient(source: string): string {
  const imports = source.match(DYNAMIC_IMPORT)?.length ?? 0;
  if (imports !== 1) throw new Error(`expected one import('@aws-sdk/client-lambda'), found ${imports}`);
  const names = [...new Set([...source.matchAll(/\bnew module\.(\w+)/g)].map(([, name = '']) => name))].sort();
  if (!names.includes('LambdaClient') || names.some((name) => !/(Client|Command)$/.test(name))) {
    throw new Error(
      `expected "new module.LambdaClient" and commands beside it, found ${names.join(', ') || 'nothing'}`,
    );
  }
  const list = names.join(', ');
  return `import { ${list} } from '@aws-sdk/client-lambda';\n${source.replace(DYNAMIC_IMPORT, `Promise.resolve({ ${list} })`)}`;
}
