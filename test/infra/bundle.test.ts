import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import {
  environmentCredentials,
  literalSchemaKeys,
  withLiteralKeys,
  withStaticLambdaClient,
} from '../../infra/bundle/plugins.ts';
import { type Bundle, bundleFunctions, bundleOptions } from '../../infra/bundle.ts';
import { repositoryRoot } from '../../infra/paths.ts';

const fixtures = join(repositoryRoot, 'test/infra/functions');
const temporary = () => mkdtempSync(join(tmpdir(), 'chainmend-'));

describe('the bundle of a function with all the clients of a heal', () => {
  let bundle: Bundle;
  let code: string;

  beforeAll(async () => {
    [bundle] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    code = readFileSync(join(bundle.directory, 'index.js'), 'utf8');
  });

  it('is one file, with its source map beside the asset and no sources in it', () => {
    expect(bundle.name).toBe('heal-everything');
    expect(readdirSync(bundle.directory)).toEqual(['index.js']);
    const map = JSON.parse(readFileSync(join(bundle.directory, '../maps/heal-everything.js.map'), 'utf8'));
    expect(map.sources).toContainEqual(expect.stringContaining('test/infra/functions/heal-everything/handler.ts'));
    expect(map.sourcesContent).toBeUndefined();
  });

  it('is the same to the byte every time', async () => {
    const [again] = (await bundleFunctions(fixtures, temporary())) as [Bundle];
    expect(readFileSync(join(again.directory, 'index.js'), 'utf8')).toBe(code);
  });

  it('stays below 700 KiB', () => {
    expect(bundle.bytes / 1024).toBeLessThan(700);
  });

  it('holds only the way to credentials that Lambda has', () => {
    expect(code).toContain('AWS_SESSION_TOKEN');
    for (const absent of [
      'AssumeRoleWithWebIdentity',
      'sso_start_url',
      'credential_process',
      '169.254.169.254/latest',
    ]) {
      expect(code).not.toContain(absent);
    }
  });

  it('runs in a bare node:vm context, which has no module loader but require', () => {
    const context = createContext(constants.DONT_CONTEXTIFY);
    Object.assign(context, {
      process,
      Buffer,
      TextEncoder,
      TextDecoder,
      URL,
      setTimeout,
      clearTimeout,
      AbortController,
      console,
    });
    const wrapper = runInContext(`(function (exports, require, module) {${code}\n})`, context);
    const module = { exports: {} as Record<string, unknown> };
    wrapper(module.exports, createRequire(import.meta.url), module);
    expect(Object.keys(module.exports).sort()).toEqual(['awsClients', 'createHandler', 'handler']);
    expect(typeof module.exports['handler']).toBe('function');
  });
});

describe('a function that does not export what the local region drives it by', () => {
  it('is refused by the name of the export', async () => {
    const functions = temporary();
    mkdirSync(join(functions, 'half-done'));
    writeFileSync(join(functions, 'half-done/handler.ts'), 'export const handler = async () => ({});\n');
    await expect(bundleFunctions(functions, temporary())).rejects.toThrow('it must export createHandler, awsClients');
  });
});

describe('an SDK that has changed its shape stops the build', () => {
  it('when a schema key is no string constant', () => {
    expect(withLiteralKeys('const _eN = "eN";\nvar a = { [_eN]: 1 };')).toBe('const _eN = "eN";\nvar a = { "eN": 1 };');
    expect(() => withLiteralKeys('var a = { [_eN]: 1 };')).toThrow('the key [_eN] is not a string constant');
  });

  it('when the durable SDK loads its client otherwise', () => {
    const load = "import('@aws-sdk/client-lambda'); new module.LambdaClient(); new module.CheckpointCommand();";
    expect(withStaticLambdaClient(load)).toBe(
      "import { CheckpointCommand, LambdaClient } from '@aws-sdk/client-lambda';\n" +
        'Promise.resolve({ CheckpointCommand, LambdaClient }); new module.LambdaClient(); new module.CheckpointCommand();',
    );
    expect(() => withStaticLambdaClient(load + load)).toThrow("expected one import('@aws-sdk/client-lambda'), found 2");
    expect(() => withStaticLambdaClient("import('@aws-sdk/client-lambda'); const { LambdaClient } = module;")).toThrow(
      'expected "new module.LambdaClient"',
    );
  });

  it('when a client is bundled whose schemas are elsewhere', async () => {
    const root = temporary();
    const client = join(root, 'node_modules/@aws-sdk/client-new');
    mkdirSync(client, { recursive: true });
    writeFileSync(join(client, 'package.json'), '{"name":"@aws-sdk/client-new","version":"9.0.0","main":"index.js"}');
    writeFileSync(join(client, 'index.js'), 'export const NewClient = 1;');
    const bundled = build({
      ...bundleOptions,
      absWorkingDir: root,
      sourcemap: false,
      write: false,
      stdin: { contents: "export * from '@aws-sdk/client-new'", resolveDir: root },
      plugins: [literalSchemaKeys(), environmentCredentials()],
    });
    await expect(bundled).rejects.toThrow(
      /literal-schema-keys: @aws-sdk\/client-new\/index.js is bundled, but no file/,
    );
  });
});
