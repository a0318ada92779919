import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { NEVER_RUN } from '../../infra/bundle/sdk.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { ensureBundled, ensureSynthesized, synthesize } from '../../infra/synth.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { long } from '../fixtures/long.ts';

const temporary = () => mkdtempSync(join(tmpdir(), 'chainmend-'));
const read = (assembly: string, file: string) => readFileSync(join(assembly, file), 'utf8');

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly FunctionName: string; readonly Code: { readonly S3Key: string } };
}

/** Every file of an assembly that is deployed or read by the local region, with its content. */
function contentOf(assembly: string): Map<string, string> {
  const files = readdirSync(assembly, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const deployed = files.filter(({ name }) =>
    /^(Chainmend\.template\.json|Chainmend\.assets\.json|(index|lazy)\.js)$/.test(name),
  );
  return new Map(
    deployed.map(({ parentPath, name }) => [join(parentPath, name).slice(assembly.length), read(parentPath, name)]),
  );
}

describe('the app, synthesized in a process of its own with no credentials and no network', () => {
  const fleets = exampleFleets;
  const assemblies = temporary();
  const made = new Set<string>();
  let assembly: string;
  let another: string;

  beforeAll(async () => {
    const look = setInterval(() => {
      for (const name of readdirSync(assemblies)) if (name.startsWith('new-')) made.add(name);
    }, 50);
    [assembly, another] = await Promise.all([
      ensureSynthesized({ assemblies, fleets }),
      ensureSynthesized({ assemblies, fleets }),
    ]);
    clearInterval(look);
  }, 120_000);

  it('is made once for all who ask at once', () => {
    expect(another).toBe(assembly);
    expect(made.size).toBe(1);
  });

  it('holds the template and, as assets, the very files that run in the local region', () => {
    const template = JSON.parse(read(assembly, 'Chainmend.template.json'));
    const names = Object.values<{ Type: string; Properties: { FunctionName?: string } }>(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties.FunctionName);
    const known = ['chainmend-dispatch-heal', 'chainmend-register-nodes', 'chainmend-resize-volume'];
    expect(names).toEqual(expect.arrayContaining(known));
    const assets = readdirSync(assembly).filter((name) => name.startsWith('asset.'));
    expect(assets).toHaveLength(names.length);
  });

  it('holds in each asset every file that its code asks for, which loads nothing else and the second one only when needed', () => {
    const template = JSON.parse(read(assembly, 'Chainmend.template.json')) as { Resources: Record<string, Resource> };
    const deployed = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    for (const { Properties } of deployed) {
      const name = Properties.FunctionName.replace('chainmend-', '');
      const directory = join(assembly, `asset.${Properties.Code.S3Key.replace('.zip', '')}`);
      const hasTwo = existsSync(join(repositoryRoot, 'functions', name, 'lazy.ts'));
      const files = hasTwo ? ['index.js', 'lazy.js'] : ['index.js'];
      expect([name, readdirSync(directory)]).toEqual([name, [...files, 'package.json']]);
      for (const file of files) {
        const asked = [...read(directory, file).matchAll(/\b(?:require|import)\(([^()]{1,80})\)/g)].map(
          ([, to = '']) => to,
        );
        // One letter: the durable SDK's import of plugins that an environment variable may name; ours names none.
        const known = asked.filter((to) => {
          const name = to.slice(1, -1);
          return isBuiltin(name) || NEVER_RUN.includes(name) || /^\w$/.test(to);
        });
        expect([name, file, asked.filter((to) => !known.includes(to))]).toEqual([
          ...[name, file],
          hasTwo && file === 'index.js' ? ['file'] : [],
        ]);
      }
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['-p', `require(${JSON.stringify(join(directory, 'index.js'))}); Object.keys(require.cache).length`],
        { env: { AWS_REGION: 'eu-west-1' }, encoding: 'utf8' },
      );
      expect([name, status, stdout.trim(), stderr]).toEqual([name, 0, '1', '']);
    }
  }, 60_000);

  it('knows every fleet file', () => {
    const files = readdirSync(exampleFleets).filter((name) => name.endsWith('.yaml'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(read(assembly, 'Chainmend.template.json')).toContain(`/chainmend/fleets/${file.replace('.yaml', '')}"`);
    }
  });

  it('is found again, not made again, while its sources are the same', async () => {
    expect(await ensureSynthesized({ assemblies, fleets })).toBe(assembly);
    expect(readdirSync(assemblies)).toHaveLength(1);
  });

  long('synth')(
    'is the same to the byte when it is made again, and what CDK takes for valid',
    async () => {
      const outdir = join(temporary(), 'assembly');
      await synthesize(outdir, { fleets, bundles: await ensureBundled() }, { validation: true });
      expect(contentOf(outdir)).toEqual(contentOf(assembly));
      expect(existsSync(join(outdir, 'manifest.json'))).toBe(true);
    },
    120_000,
  );

  it('is a stack that looks after nothing where there is no fleet file', async () => {
    const none = await ensureSynthesized({ assemblies: temporary(), fleets: temporary() });
    expect(read(none, 'Chainmend.template.json')).not.toContain('/chainmend/fleets/');
  }, 120_000);

  it('says what is wrong with what it was given', async () => {
    const given = { bundles: await ensureBundled(), email: 'oncall' };
    await expect(synthesize(join(temporary(), 'assembly'), given)).rejects.toThrow(
      'context "email" is "oncall", expected an address',
    );
    const { email: _, ...rest } = given;
    await expect(synthesize(join(temporary(), 'assembly'), { ...rest, emial: 'oncall@example.com' })).rejects.toThrow(
      'unknown context "emial"; did you mean "email"?',
    );
    await expect(synthesize(join(temporary(), 'assembly'), { ...rest, nodeRoles: 'bitcoin-node' })).rejects.toThrow(
      'context "nodeRoles" has "bitcoin-node", expected ARNs such as arn:aws:iam::111122223333:role/bitcoin-node, or none',
    );
    await expect(synthesize(join(temporary(), 'assembly'), { ...rest, kmsKeys: 'alias/nodes' })).rejects.toThrow(
      'context "kmsKeys" has "alias/nodes", expected ARNs',
    );
  }, 120_000);
});
