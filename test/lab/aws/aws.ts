// `npm run lab -- aws`: sends a served region what AWS is known to have answered: the tests of moto that its maintainers have run against AWS, and the examples
// that AWS publishes. What the region asks of the members of requests is held against botocore's models. Exit status 0: each difference is explained in differences.ts, and docs/fidelity.md has the figures. `UPDATE=1` writes them.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../../infra/paths.ts';
import { DIFFERENCES, MODEL_DIFFERENCES } from './differences.ts';
import { compareModel, type ModelLine, unjudgedMembers } from './models.ts';
import { type Python, preparePython } from './python.ts';
import { type ServedRegions, serveRegions } from './regions.ts';
import { awsTable, type Outcome, type Result, unjudged } from './results.ts';

const HERE = import.meta.dirname;
const PAGE = join(repositoryRoot, 'docs/fidelity.md');
/** All regions of moto's tests; another one is asked in the first. */
const REGIONS = ['us-east-1', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-northeast-1'];
const SPEED = 100;
/** Of pytest: tests have failed; no test is marked. */
const FAILED = 1;
const INTERRUPTED = 2;
const NONE = 5;

interface TestLine {
  readonly test: string;
  readonly outcome?: 'passed' | 'failed' | 'skipped';
  readonly lacking: readonly string[];
  readonly said?: string;
}

interface ExampleLine {
  readonly service: string;
  readonly operation: string;
  readonly id: string;
  readonly outcome: Outcome;
  readonly said: string;
}

const linesOf = <T>(text: string): readonly T[] =>
  text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as T] : []));

/** moto's name of a service's folder of tests. */
const folderOf = (service: string): string => (service === 'lambda' ? 'awslambda' : service.replaceAll('-', ''));

async function playTests(python: Python, served: ServedRegions): Promise<readonly Result[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'chainmend-aws-'));
  const file = join(scratch, 'results');
  const folders = new Map(Object.keys(served.operations).map((service) => [`test_${folderOf(service)}`, service]));
  try {
    writeFileSync(file, '');
    const there = [...folders.keys()].filter((name) => existsSync(join(python.motoSource, 'tests', name)));
    await python.run(
      [
        ...[
          '-m',
          'pytest',
          '--quiet',
          '--color=no',
          '--tb=no',
          '-m',
          'aws_verified',
          '-p',
          'verified',
          '-p',
          'no:cacheprovider',
        ],
        ...[
          '--ignore-glob=*/test_server.py',
          '--continue-on-collection-errors',
          ...there.map((name) => `tests/${name}`),
        ],
      ],
      {
        folder: python.motoSource,
        allowed: [0, FAILED, INTERRUPTED, NONE],
        environment: {
          ...served.environment,
          PYTHONPATH: `${python.packages}:${HERE}`,
          MOTO_TEST_ALLOW_AWS_REQUEST: 'true',
          CHAINMEND_RESULTS: file,
        },
      },
    );
    return linesOf<TestLine>(readFileSync(file, 'utf8')).flatMap(({ test, outcome, lacking, said = '' }) => {
      const [, folder = '', name = ''] = /^tests\/(\w+)\/(.*)$/.exec(test) ?? [];
      const service = folders.get(folder) ?? folder;
      if (outcome === 'skipped') return [];
      const [missing] = lacking;
      const came: Outcome = outcome === 'passed' ? 'same' : missing === undefined ? 'differs' : 'lacking';
      return [{ source: 'moto', service, name, outcome: came, said: missing ?? said }];
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function playExamples(python: Python, served: ServedRegions): Promise<readonly Result[]> {
  const said = await python.run([join(HERE, 'examples.py')], {
    folder: HERE,
    environment: served.environment,
    input: JSON.stringify(served.operations),
  });
  return linesOf<ExampleLine>(said).map(({ service, operation, id, outcome, said: why }) => ({
    source: 'examples',
    service,
    name: `${operation} ${id}`,
    outcome,
    said: why,
  }));
}

/** Sentences: members that nobody has judged, and services of which botocore has nothing. */
async function compareModels(python: Python, served: ServedRegions): Promise<readonly string[]> {
  const said = await python.run([join(HERE, 'models.py')], {
    folder: HERE,
    environment: {},
    input: JSON.stringify(served.operations),
  });
  const lines = linesOf<ModelLine>(said);
  const compared = lines.flatMap((line) => {
    const model = served.models.get(line.service);
    return model ? [compareModel(model, line)] : [];
  });
  console.log(
    `${compared.reduce((sum, one) => sum + one.compared, 0)} members of requests are held against botocore's models`,
  );
  return [
    ...unjudgedMembers(
      compared.flatMap(({ differences }) => differences),
      MODEL_DIFFERENCES,
    ),
    ...[...served.models.keys()]
      .filter((name) => !lines.some(({ service }) => service === name))
      .map((name) => `${name}: botocore has no model`),
  ];
}

async function play(): Promise<0 | 1> {
  const python = await preparePython().catch((error: Error) => error.message);
  if (typeof python === 'string') {
    console.log(`Skipped: ${python}\n0 passed, 0 failed, 2 skipped`);
    return 0;
  }
  const served = await serveRegions(REGIONS, SPEED);
  const members = await compareModels(python, served);
  const results = [...(await playExamples(python, served)), ...(await playTests(python, served))];
  await served.close();
  for (const { source, service, name, outcome, said } of results)
    if (outcome !== 'same') console.log(`${outcome}  ${source} ${service} ${name}: ${said.replace(/\s+/g, ' ')}`);
  const table = awsTable(results);
  const failures = [
    ...members,
    ...unjudged(results, DIFFERENCES),
    ...served.defects.map((defect) => `a defect: ${defect}`),
  ];
  const page = readFileSync(PAGE, 'utf8');
  const next = withTable(page, table);
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, next);
  else if (next !== page) failures.push('docs/fidelity.md has other figures: UPDATE=1 npm run lab -- aws writes them');
  console.log(['', table, ...failures].join('\n'));
  console.log(`${results.length} passed, ${failures.length} failed, 0 skipped`);
  return failures.length > 0 ? 1 : 0;
}

/** The table is between `<!-- aws: … -->` and `<!-- /aws -->`. */
function withTable(page: string, table: string): string {
  const [before, rest = ''] = page.split(/(?<=<!-- aws: .* -->\n)/);
  const end = rest.indexOf('<!-- /aws -->');
  if (end < 0) throw new Error('docs/fidelity.md: expected a place for the table aws');
  return `${before}\n${table}\n${rest.slice(end)}`;
}

process.exitCode = await play();
