import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { FleetFilesError } from '../../infra/fleet-files-error.ts';
import { fleetJsonSchemaPath, fleetJsonSchemaText } from '../../infra/fleet-json-schema.ts';
import { referencePath, withTables } from '../../infra/fleet-reference.ts';
import { fleetPathsIn, readFleets } from '../../infra/fleets.ts';
import { chainDefaults } from '../../shared/chains/defaults.ts';
import { parseFleet } from '../../shared/fleet/resolve.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { anyFleetDocument } from '../fixtures/fleet-documents.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chainmend-fleets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Lines of the error, without the directory. */
function problemsIn(files: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  try {
    readFleets(directory);
  } catch (error) {
    if (error instanceof FleetFilesError) return error.lines.map((line) => line.replaceAll(`${directory}/`, ''));
    throw error;
  }
  return [];
}

const head = 'fleet: bitcoin\nchain: bitcoin\nmode: plan\n';
const nodes = 'nodes: { tag: { Component: nodes/bitcoin } }\n';

describe('what is wrong in a fleet file', () => {
  it.each([
    [
      'a key that is misspelt, at its line and column, with the nearest key and an example',
      `${head}${nodes}voulmes: { data: /node-data }\n`,
      [
        'bitcoin.yaml:5:1 unknown key "voulmes"; did you mean "volumes"? Expected 1 to 8 volumes by role, for example { data: /node-data }',
      ],
    ],
    [
      'a key inside another',
      `${head}nodes:\n  tags: { Component: nodes/bitcoin }\n`,
      [
        'bitcoin.yaml:4:1 nodes.tag is missing; expected 1 to 10 tags, for example { Component: nodes/bitcoin }',
        'bitcoin.yaml:5:3 unknown key "nodes.tags"; did you mean "tag"? Expected 1 to 10 tags, for example { Component: nodes/bitcoin }',
      ],
    ],
    [
      'a key at the wrong level',
      `${head}${nodes}horizonHours: 40\n`,
      [
        'bitcoin.yaml:5:1 unknown key "horizonHours"; did you mean "disk.horizonHours"? Expected a whole number of hours from 25 to 8760, no unit after it, for example 30',
      ],
    ],
    [
      'a word that is misspelt',
      `fleet: bitcoin\nchain: bitcion\nmode: plan\n${nodes}`,
      [
        'bitcoin.yaml:2:8 chain is "bitcion"; did you mean "bitcoin"? Expected a chain: bitcoin, litecoin, dogecoin, bitcoin-cash, dash, zcash, ethereum, bsc, polygon, avalanche, optimism, base, arbitrum, cometbft, cosmoshub, osmosis, celestia, stacks, solana, other',
      ],
    ],
    [
      'a chain by another name of its own, and not the one whose letters are nearest',
      `fleet: bitcoin\nchain: btc\nmode: plan\n${nodes}`,
      [expect.stringMatching(/^bitcoin\.yaml:2:8 chain is "btc"; did you mean "bitcoin"\? Expected a chain: /)],
    ],
    [
      'a key that is right at several other levels',
      `${head}${nodes}keepDays: 7\n`,
      [
        'bitcoin.yaml:5:1 unknown key "keepDays"; did you mean "replace.keepDays" or "snapshots.copyTo.keepDays"? Expected a whole number of days from 1 to 90, no unit after it, for example 7',
      ],
    ],
    [
      'a key that is right at another level, and whose letters are near to another one here',
      `${head}${nodes}references: []\n`,
      [expect.stringMatching(/^bitcoin\.yaml:5:1 unknown key "references"; did you mean "health\.references"\? /)],
    ],
    [
      'an owner in one word, without the power to cause a drift',
      `${head}${nodes}owner: terraform\n`,
      ['bitcoin.yaml:5:8 owner is "terraform"; expected for example { by: terraform }'],
    ],
    [
      'a tag in the form that AWS prints, which would be two tags',
      `${head}nodes: { tag: { Key: Component, Value: nodes/bitcoin } }\nrole: follower\nvolumes: { data: /node-data }\n`,
      ['bitcoin.yaml:4:15 nodes.tag is a tag in AWS’s form; expected { Component: nodes/bitcoin }'],
    ],
    [
      'a reference of Terraform, once and not for each word behind it',
      `${head}nodes: { tag: { Component: \${var.component} } }\nrole: follower\n`,
      [
        'bitcoin.yaml:4:29 "$' +
          '{var.component}" is a reference of another tool, such as Terraform; expected its value, or the file as that tool writes it',
      ],
    ],
    [
      'a key without a blank behind its colon',
      `fleet: bitcoin\nchain: bitcoin\nmode:plan\n${nodes}`,
      ['bitcoin.yaml:3:1 no key and value are here; expected for example mode: plan, with a blank after the colon'],
    ],
    [
      'a tab',
      `${head}${nodes}\trole: follower\n`,
      ['bitcoin.yaml:5:1 a tab; expected blanks at the beginning of a line'],
    ],
    [
      'a key that stands too far in',
      `fleet: bitcoin\n  chain: bitcoin\n`,
      [
        'bitcoin.yaml:1:8 a second key is in the value of this one; expected each key in a line of its own, all equally far in',
      ],
    ],
    [
      'a chain that only its own fleet file could describe',
      `fleet: tron\nchain: tron\nmode: plan\n${nodes}`,
      [
        'bitcoin.yaml:2:8 chain is "tron"; expected other, for which there is a sample that watches it: infra/fleet-samples/tron.yaml',
      ],
    ],
    [
      'a unit behind a number',
      `${head}${nodes}disk:\n  maximumSizeGiB: 500GB\n`,
      [
        'bitcoin.yaml:6:19 disk.maximumSizeGiB is "500GB"; expected a whole number of GiB from 1 to 65536, no unit after it, for example 2000',
      ],
    ],
    [
      'an item of a list',
      `${head}${nodes}identity:\n  - /data/node_key.json\n  - $(reboot)\n`,
      [
        'bitcoin.yaml:7:5 identity.1 is "$(reboot)"; expected an absolute path of letters, digits and _.+@-, not / itself and without . or .. parts, for example /node-data',
      ],
    ],
    [
      'a name that is not the name of the file',
      `fleet: litecoin\nchain: litecoin\nmode: plan\n${nodes}`,
      ['bitcoin.yaml:1:8 fleet is "litecoin"; expected the file\'s own name, or call the file litecoin.yaml'],
    ],
    ['a key that is there twice', `${head}${nodes}mode: act\n`, ['bitcoin.yaml:5:1 key "mode" is there twice']],
    [
      'an alias, which could make the file contain itself',
      'fleet: &a\n  x: *a\n',
      ['bitcoin.yaml:2:6 alias "*a"; expected the value itself'],
    ],
    [
      'a second document',
      'fleet: bitcoin\n---\nfleet: ethereum\n',
      ['bitcoin.yaml:2:1 a second document begins after ---; expected one document in a file'],
    ],
    ['a key that is a list', '? [a]\n: 1\n', ['bitcoin.yaml:1:3 this key is a list or a map; expected a word']],
    [
      'an empty file',
      '',
      [
        'bitcoin.yaml:1:1 the file is empty; expected for example { fleet: bitcoin, chain: bitcoin, mode: plan, nodes: … }',
      ],
    ],
  ])('is told of: %s', (_, text, lines) => {
    expect(problemsIn({ 'bitcoin.yaml': text })).toEqual(lines);
  });

  it('is told of in the order of its lines, in all files at once', () => {
    const lines = problemsIn({
      'a.yaml': 'mode: acts\nfleet: A\n',
      'b.yml': `fleet: b\nchain: bitcoin\nmode: plan\n${nodes}`,
    });
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'a.yaml:1:1',
      'a.yaml:1:1',
      'a.yaml:1:7',
      'a.yaml:2:8',
      'b.yml:1:8',
    ]);
  });

  it.each([
    ['brackets', '['.repeat(20_000)],
    ['brackets that have their keys', `${'{a: '.repeat(1_000)}5`],
    ['brackets over many lines', '{\n'.repeat(900)],
    ['lists and maps in one line', 'a: - '.repeat(4_000)],
    ['keys in one line', '? '.repeat(10_000)],
    ['anchors and tags in one line', '&a !a '.repeat(3_000)],
  ])('is told at once where it is nested too deep: %s', (_, text) => {
    expect(problemsIn({ 'bitcoin.yaml': `${head}${nodes}horizon: ${text}\n` })).toEqual([
      'bitcoin.yaml:1:1 the file is nested more than 50 deep',
    ]);
  });

  it('is no depth, though a line has many keys and many brackets that end', () => {
    const tags = Array.from({ length: 60 }, (_, at) => `k${at}: { a: [] }`).join(', ');
    expect(problemsIn({ 'bitcoin.yaml': `${head}nodes: { tag: { ${tags} } }\n` })).not.toContain(
      'bitcoin.yaml:1:1 the file is nested more than 50 deep',
    );
  });

  it('may be its length: an SSM parameter holds 8 KB', () => {
    const identity = Array.from(
      { length: 32 },
      (_, index) => `  - ${`/data/${'x'.repeat(60)}`.repeat(4)}/${index}\n`,
    ).join('');
    expect(problemsIn({ 'bitcoin.yaml': `${head}${nodes}identity:\n${identity}` })).toEqual([
      expect.stringMatching(
        /^bitcoin.yaml:1:1 length is \d{4}; expected at most 8192 bytes of JSON, which is what an SSM parameter can hold$/,
      ),
    ]);
  });
});

describe('two fleets', () => {
  const file = (fleet: string, tags: string) =>
    `fleet: ${fleet}\nchain: bitcoin\nmode: plan\nnodes:\n  tag: { ${tags} }\n`;

  it.each([
    ['the same tags', 'A: x', 'A: x', 'a'],
    ['tags of which one fleet names more', 'A: x, B: y', 'A: x', 'a'],
    ['tags of which the other names more', 'A: x', 'B: y, A: x', 'a'],
  ])('with %s would heal the same node, and are refused', (_, one, other) => {
    const [line, ...rest] = problemsIn({ 'a.yaml': file('a', one), 'b.yaml': file('b', other) });
    expect(rest).toEqual([]);
    expect(line).toMatch(
      /^b.yaml:5:3 nodes.tag is .*; expected a tag value that tells its nodes from those of fleet "a", a.yaml:5:3$/,
    );
  });

  const named = (fleet: string, chain: string, dns: string) =>
    `fleet: ${fleet}\nchain: ${chain}\nmode: plan\nnodes: { tag: { A: ${fleet} } }\ndns: { zone: ${dns} }\n`;

  it.each([
    [
      'one pool',
      named('b', 'litecoin', 'coins.internal'),
      [
        'b.yaml:5:8 dns.pool is "pool"; expected another label in this zone, or another zone: fleet "a" has pool.coins.internal, a.yaml:5:8',
      ],
    ],
    [
      'one record of their peers',
      named('b', 'bitcoin', 'coins.internal, pool: others'),
      [
        'b.yaml:5:8 dns.zone is "coins.internal"; expected another zone than that of a fleet of the same chain: fleet "a" has _bitcoin-p2p._tcp.coins.internal, a.yaml:5:8',
      ],
    ],
    ['two pools and two chains', named('b', 'litecoin', 'coins.internal, pool: others'), []],
    ['two zones', named('b', 'bitcoin', 'others.internal'), []],
  ])('whose zones have %s: none of them is left without its records', (_, other, problems) => {
    expect(problemsIn({ 'a.yaml': named('a', 'bitcoin', 'coins.internal'), 'b.yaml': other })).toEqual(problems);
  });

  it('that differ in one tag stand beside each other', () => {
    expect(problemsIn({ 'a.yaml': file('a', 'A: x, B: y'), 'b.yaml': file('b', 'A: x, B: z') })).toEqual([]);
  });
});

describe('the examples', () => {
  it('are those of five owners, right, in mode plan, and say how to go on', () => {
    const files = readFleets(exampleFleets);
    expect(files.map(({ fleet }) => fleet.name)).toEqual(['bitcoin', 'clique', 'ethereum', 'irita', 'stacks']);
    for (const { path, fleet } of files) {
      expect(fleet.mode).toBe('plan');
      expect(readFileSync(path, 'utf8')).toMatch(
        /^# yaml-language-server: \$schema=..\/..\/infra\/fleet.schema.json\n/,
      );
      expect(readFileSync(path, 'utf8')).toMatch(/mode: plan #.*\bask\b.*\bact\b/);
    }
  });

  it('fit the common case into ten lines', () => {
    for (const path of fleetPathsIn(exampleFleets).filter((name) => /bitcoin|stacks/.test(name))) {
      expect(
        readFileSync(path, 'utf8')
          .trimEnd()
          .split('\n')
          .filter((line) => !line.startsWith('#')).length,
      ).toBeLessThanOrEqual(10);
    }
  });
});

it.each(['cardano', 'ton', 'hedera', 'fabric'])(
  '%s cannot be watched: its file is refused by name, with what to write',
  (chain) => {
    expect(problemsIn({ 'bitcoin.yaml': `fleet: a\nchain: ${chain}\nmode: plan\n${nodes}` })).toEqual([
      expect.stringMatching(`chain is "${chain}"; ${chain} cannot be asked: .* Expected other: with probe: `),
    ]);
  },
);

it('any fleet file that is right as JSON is right as YAML, and means the same', () => {
  fc.assert(
    fc.property(anyFleetDocument, (document) => {
      const path = join(directory, `${document['fleet']}.yaml`);
      writeFileSync(path, stringify(document));
      expect(readFleets(directory).map(({ fleet }) => fleet)).toEqual([parseFleet(JSON.stringify(document))]);
      rmSync(path);
    }),
  );
});

it('the schema for editors is up to date (npm run schema writes it)', () => {
  expect(readFileSync(fleetJsonSchemaPath, 'utf8')).toBe(fleetJsonSchemaText());
});

describe('the page about fleet files', () => {
  const page = readFileSync(referencePath, 'utf8');

  it('has the list and the tables that the schema and the chains make (npm run reference writes them)', () => {
    expect(page).toBe(withTables(page));
    expect(page).toContain('- `disk.growAtPercent` 10–99, **85**. Volumes grow from this use');
    expect(page).toContain('- `peers.rotate` `true`, `false`, **chain**. ');
    expect(page).toContain('- `owner.restartValidators` **`false`**. ');
  });

  it('is not written where a table has no place in it', () => {
    expect(() => withTables(page.replace('<!-- /watch -->', ''))).toThrow('a place for the table watch');
  });

  it('tells the defaults of every chain', () => {
    for (const [chain, { dataPath, unit, stopGraceSeconds, maximumSizeGiB, ...watch }] of Object.entries(
      chainDefaults,
    )) {
      const { behindBlocks, patienceSeconds, haltSeconds, startGraceSeconds, confirmations } = watch.health;
      const health = [behindBlocks, patienceSeconds, haltSeconds, startGraceSeconds, confirmations];
      const config = watch.peers.config === undefined ? '–' : `\`${watch.peers.config}\``;
      const values = ['', ...health, watch.ports.p2p, watch.peers.maximum, config].join(' | ');
      const rows = page.split('\n').filter((line) => line.endsWith(`${values} |`));
      expect(rows.flatMap((row) => row.slice(2, row.indexOf(' |', 2)).split(', '))).toContain(chain);
      const [, group = ''] = page.split(`| ${stopGraceSeconds} | ${maximumSizeGiB} | `);
      const [cell = ''] = group.split(' |\n');
      const volume = dataPath === `/var/lib/${unit}` ? '' : ` \`${dataPath}\``;
      expect(cell.split(', ')).toContain(`${chain} \`${unit}\`${volume}`);
    }
  });

  it('shows a coin without code that is right', () => {
    const [, yaml = ''] = page.match(/```yaml\n(chain: other[^`]*)```/) ?? [];
    const rest = 'fleet: tezos\nmode: plan\nunit: octez\nvolumes: { data: /data }\nstopGraceSeconds: 60\n';
    expect(problemsIn({ 'tezos.yaml': `${rest}${nodes}${yaml}` })).toEqual([]);
    expect(readFleets(directory)[0]?.fleet.rpc?.paths?.height).toBe('head.level');
  });

  it('begins with a file that is right', () => {
    const [, yaml = ''] = page.match(/```yaml\n([^`]*)```/) ?? [];
    expect(problemsIn({ 'bitcoin.yaml': yaml })).toEqual([]);
    expect(readFleets(directory)).toHaveLength(1);
  });
});

it('functions carry the schema, its defaults and nothing of the chain clients in 79 KiB, and neither the YAML reader, the suggestions, nor what only synthesis reads', async () => {
  const { metafile } = await build({
    entryPoints: [new URL('../../shared/fleet/parameter.ts', import.meta.url).pathname],
    ...{ bundle: true, minify: true, metafile: true, write: false, platform: 'node', mainFields: ['module', 'main'] },
  });
  const [output] = Object.values(metafile.outputs);
  expect(Object.keys(metafile.inputs).filter((path) => !path.startsWith('shared/'))).toEqual([
    'node_modules/valibot/dist/index.mjs',
  ]);
  // Of `deploy` they carry what they read; all of it would be 10 KiB more.
  expect(Object.keys(metafile.inputs)).toContain('shared/fleet/schema-deploy-read.ts');
  expect(Object.keys(metafile.inputs)).not.toContain('shared/fleet/schema-deploy.ts');
  expect(output?.bytes).toBeLessThan(79 * 1024);
});
