// AWS's own linter checks the template: `npm test -- cfn-lint` runs it, with a network and Python 3.11 or newer; CI does.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { ensureBundled, synthesize } from '../../infra/synth.ts';
import { isAsked } from '../fixtures/asked.ts';
import { exampleFleets } from '../fixtures/example-fleets.ts';
import { type PythonTool, pythonTool } from '../fixtures/python-tool.ts';
import { writeFleets } from './many-fleets.ts';

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-northeast-1', 'ap-southeast-2'];
/** W3010, a warning: the fleet file says the zone of each node, and its volume has to be there. */
const HARDCODED_ZONES = 'W3010';
/** W3005, a warning: CDK's own Function depends on its role beside naming it. CloudFormation takes that for said twice. */
const SAID_TWICE = 'W3005';
const ACCEPTED: readonly string[] = [HARDCODED_ZONES, SAID_TWICE];
const LINT_MS = 300_000;

const directory = mkdtempSync(join(tmpdir(), 'chainmend-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ASKED = isAsked('cfn-lint');
const tool: PythonTool = ASKED ? await pythonTool('cfn-lint') : { is: 'missing', why: 'nobody asked' };
if (ASKED && tool.is === 'missing') console.warn(`SKIPPED: the template is not linted. ${tool.why}`);

const packages = tool.is === 'there' ? tool.packages : '';

interface Finding {
  readonly Level: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
  readonly Location: { readonly Path: readonly (string | number)[] };
}

function lint(packages: string, template: string): Promise<readonly Finding[]> {
  const words = [
    join(packages, 'bin/cfn-lint'),
    '--format',
    'json',
    '--non-zero-exit-code',
    'none',
    '--regions',
    ...REGIONS,
  ];
  const options = { env: { ...process.env, PYTHONPATH: packages }, timeout: LINT_MS, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile('python3', [...words, '--', template], options, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as readonly Finding[]);
      else reject(new Error(`cfn-lint: ${stderr}`, { cause: error }));
    });
  });
}

const told = ({ Rule, Message, Location }: Omit<Finding, 'Level'>): string =>
  `${Rule.Id} ${Location.Path.join('/')}: ${Message}`;
const errorsOf = (found: readonly Finding[]): readonly string[] =>
  found.filter(({ Level }) => Level === 'Error').map(told);

const linted = ASKED && tool.is === 'there' ? it : it.skip;

describe('cfn-lint', () => {
  it('is installed from files whose hashes are known', () => {
    const lines = readFileSync(join(repositoryRoot, 'test/tools/cfn-lint.txt'), 'utf8').split('\n');
    const requirements = lines.filter((line) => /^[a-z]/.test(line));
    expect(requirements.length).toBeGreaterThan(5);
    for (const line of requirements) expect(line).toMatch(/^[a-z0-9-]+==[\w.]+ \\$/);
    expect(
      lines.filter((line) => line !== '' && !/^(#|[a-z]| {4}--hash=sha256:[0-9a-f]{64}( \\)?$)/.test(line)),
    ).toEqual([]);
  });

  if (!ASKED) return;

  linted('finds an error where there is one', async () => {
    const template = join(directory, 'broken.json');
    const Topic = { Type: 'AWS::SNS::Topic', Properties: { TopicNam: 'a misspelt property' } };
    writeFileSync(template, JSON.stringify({ Resources: { Topic } }));
    const found = await lint(packages, template);
    expect(found).toMatchObject([{ Level: 'Error', Message: expect.stringContaining('TopicNam') }]);
  });

  linted.each([
    ['the fleets of examples/fleets', undefined, {}],
    ['twenty-five fleets', 25, {}],
    ['a hundred fleets without dashboards', 100, { dashboards: 'none' }],
    [
      'a probe in a VPC, mail, runbooks and roles of nodes',
      1,
      {
        email: 'oncall@example.com',
        runbooks: 'https://example.com/runbooks/',
        nodeRoles: 'arn:aws:iam::111122223333:role/node',
      },
    ],
  ] as const)(
    'finds no error in the template with %s',
    async (name, count, context) => {
      const outdir = join(directory, name.replaceAll(' ', '-'));
      const fleets =
        count === undefined ? { fleets: exampleFleets } : { fleets: writeFleets(`${outdir}-fleets`, count) };
      await synthesize(outdir, { ...context, ...fleets, bundles: await ensureBundled() });
      expect(errorsOf(await lint(packages, join(outdir, 'Chainmend.template.json')))).toEqual([]);
    },
    LINT_MS,
  );

  const deployed = readFleets(join(repositoryRoot, 'examples/deploy'));
  linted(
    'finds nothing to mend in the templates of npm run deploy:nodes, with the fleets of examples/deploy',
    async () => {
      expect(deployed.length).toBeGreaterThan(0);
      const outdir = join(directory, 'nodes');
      // Synthesis itself stops at a finding of the rule packs without an acknowledgement.
      await synthesize(outdir, { fleets: join(repositoryRoot, 'examples/deploy'), bundles: await ensureBundled() });
      for (const { document } of deployed) {
        const found = await lint(packages, join(outdir, `ChainmendNodes-${document.fleet}.template.json`));
        const others = found.filter(({ Rule }) => !ACCEPTED.includes(Rule.Id));
        expect(others.map(({ Level, ...finding }) => `${Level} ${told(finding)}`)).toEqual([]);
      }
    },
    LINT_MS,
  );
});
