import { describe, expect, it } from '@jest/globals';
import { parseArguments, type Request, UsageError } from '../../../local/cli/arguments.ts';
import { listLines } from '../../../local/cli/lists.ts';
import { reportUnmet } from '../../../local/cli/print-story.ts';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { INVARIANTS } from '../../../local/scenarios/checks/invariants.ts';
import { FAULTS } from '../../../local/simulator/faults.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';

const parse = (line: string): Promise<Request> => parseArguments(line.split(' ').filter(Boolean));
const said = async (words: readonly string[]): Promise<string> => {
  try {
    await parseArguments(words);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'nothing was wrong';
};

const SCENARIO_NAMES = allScenarios()
  .map(({ name }) => name)
  .join(', ');

describe('npm start --', () => {
  it('tells disk-full with seed 1 in the fidelity lane when nothing is said', async () => {
    const scenario = expect.objectContaining({ name: 'disk-full' });
    const run = { scenario, seed: 1, faults: [], lane: 'fidelity', chosenBy: '--scenario disk-full' };
    expect(await parse('')).toEqual({ do: 'story', explain: false, run });
    expect(await parse('--explain')).toEqual({ do: 'story', explain: true, run });
    expect(await parse('--json')).toEqual({ do: 'json', run });
    expect(await parse('--report a.html')).toEqual({ do: 'report', run, file: 'a.html' });
    expect(await parse('--serve')).toEqual({ do: 'serve', run, speed: 60, after: 0, port: 0 });
  });

  it('takes a scenario, a seed, a lane and any number of faults, each once', async () => {
    const words = '--scenario disk-full-paused --seed 0 --lane sweep --fault killed --fault throttling --fault killed';
    expect(await parse(words)).toMatchObject({
      run: { scenario: { name: 'disk-full-paused' }, seed: 0, lane: 'sweep', faults: ['killed', 'throttling'] },
    });
    expect(await parse('--serve --speed 0.5')).toMatchObject({ speed: 0.5 });
  });

  it('leaves stories on real machines to their own program', async () => {
    expect(await parse('--real')).toEqual({ do: 'real', words: [] });
    expect(await parse('--real --story full-disk')).toEqual({ do: 'real', words: ['--story', 'full-disk'] });
    expect(await parse('--real --list')).toEqual({ do: 'real', words: ['--list'] });
    expect(await parse('--list')).toEqual({ do: 'list', what: 'scenarios' });
    expect(await parse('--list museum')).toEqual({ do: 'list', what: 'museum' });
    expect(await parse('--list systems')).toEqual({ do: 'list', what: 'systems' });
  });

  it.each([
    [['--scenario', 'disk-ful'], '--scenario: expected a known name, found "disk-ful"; did you mean disk-full?'],
    [['--scenario', 'zzz'], `--scenario: expected a known name, found "zzz"; there are ${SCENARIO_NAMES}`],
    [['--scenario', ''], `--scenario: expected a known name, found ""; there are ${SCENARIO_NAMES}`],
    [['--scenario'], `--scenario: expected one of ${SCENARIO_NAMES}, found nothing after it`],
    [['--world'], '--world: expected the path of a world file, found nothing after it'],
    [['--world', 'nowhere.yaml'], 'nowhere.yaml: cannot be read (ENOENT)'],
    [['--world', 'a.yaml', '--scenario', 'disk-full'], '--scenario and --world do not go together'],
    [['--seed'], '--seed: expected an integer from 0 to 9007199254740991, found nothing after it'],
    [['--serve', '--speed'], '--speed: expected a number above 0 and up to 86400, found nothing after it'],
    [['--fault', 'trottling'], '--fault: expected a known name, found "trottling"; did you mean throttling?'],
    [
      ['--fault', 'constructor'],
      `--fault: expected a known name, found "constructor"; there are ${Object.keys(FAULTS).join(', ')}`,
    ],
    [['--lane', 'sweeep'], '--lane: expected a known name, found "sweeep"; did you mean sweep?'],
    [['--lane', 'foo'], '--lane: expected a known name, found "foo"; there are fidelity, sweep'],
    [['--sed', '3'], "unknown option '--sed'; did you mean --seed?"],
    [['--list-fault'], "unknown option '--list-fault'; did you mean --list-faults?"],
    [
      ['--zzzzz'],
      "unknown option '--zzzzz'; there are --scenario, --world, --seed, --fault, --json, --explain, --report, --lane, --serve, --speed, --port, --after, --real, --story, --list, --list-faults, --list-codes, --version",
    ],
    [['disk-full'], 'unexpected word "disk-full"; did you mean --scenario disk-full?'],
    [['--json', '--explain'], '--json and --explain do not go together'],
    [['--report', 'a.html', '--json'], '--json and --report do not go together'],
    [['--report'], '--report: expected the path of an HTML file to write, found nothing after it'],
    [['--real', '--report', 'a.html'], '--real and --report do not go together'],
    [['--list', '--list-codes'], '--list and --list-codes do not go together'],
    [['--list', 'disk-full'], '--list: expected nothing or museum or systems after it, found "disk-full"'],
    [['--real', '--list', 'museum'], '--list: expected nothing or museum or systems after it, found "museum"'],
    [['--speed', '3'], '--speed: only with --serve'],
    [['--story', 'full-disk'], '--story: only with --real'],
    [['--real', '--story'], '--story: expected a name of --real --list, found nothing after it'],
    [['--real', '--seed', '3'], '--real and --seed do not go together'],
    [['--real', '--serve'], '--real and --serve do not go together'],
    [['--real', '--json'], '--real and --json do not go together'],
    [['--real', '--scenario', 'disk-full'], '--real and --scenario do not go together'],
    [['--real', '--list', '--story', 'zzzzzz'], '--list and --story do not go together'],
    [['--serve', '--speed', '0'], '--speed: expected a number above 0 and up to 86400, found "0"'],
    [['--serve', '--after', 'soon'], '--after: expected minutes from 0 to 20160, or end, found "soon"'],
    [['--after', '30'], '--after: only with --serve'],
    [['--port', '4566'], '--port: only with --serve'],
    [['--serve', '--port', '70000'], '--port: expected a port from 1 to 65535, found "70000"'],
    [['--serve', '--port'], '--port: expected a port from 1 to 65535, found nothing after it'],
    [['--scenario', 'disk-full', '--scenario', 'dns-drift'], '--scenario is given twice; expected it once'],
    [['--seed', '1', '--seed', '1'], '--seed is given twice; expected it once'],
  ])('says of %j what is wrong: %s', async (words, sentence) => {
    expect(await said(words)).toBe(sentence);
  });

  it.each(['-1', '1.5', '1e3', '0x10', 'one', '', ' 1', '9007199254740992', 'NaN'])(
    'takes no seed "%s"',
    async (seed) => {
      expect(await said(['--seed', seed])).toBe(
        `--seed: expected an integer from 0 to 9007199254740991, found "${seed}"`,
      );
    },
  );

  it('explains itself', async () => {
    expect(await parse('--help')).toEqual({
      do: 'help',
      text: expect.stringMatching(/^Usage: npm start -- \[options\]/),
    });
  });
});

describe('the lists', () => {
  it.each([
    ['scenarios', allScenarios().map(({ name }) => name)],
    ['faults', Object.keys(FAULTS)],
    [
      'codes',
      [
        ...[GUARDRAILS, FAILURES, CONDITIONS].flatMap(Object.keys),
        'approval-wanted',
        'suite-alarm',
        ...Object.keys(INVARIANTS),
      ],
    ],
  ] as const)('%s: a name, two spaces and a sentence on each line, and no name twice', async (what, names) => {
    const lines = await listLines(what);
    expect(lines.map((line) => line.split('  ')[0])).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
    for (const line of lines) expect(line).toMatch(/^[a-z][a-z0-9-]*[a-z0-9] {2}[A-Z][^\n]*\.$/);
  });
});

describe('the list of the museum', () => {
  it('has a day, a name, a sentence and a source on each line, the oldest first', async () => {
    const lines = await listLines('museum');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^20\d\d-\d\d-\d\d {2}[a-z0-9-]+ {2}[A-Z].*\. {2}https:\/\/\S+$/);
    expect(lines).toEqual(lines.toSorted((a, b) => a.slice(0, 10).localeCompare(b.slice(0, 10))));
  });
});

describe('the verdict', () => {
  it('is 0 where all held, 1 where not, and then says what', () => {
    const complaints: string[] = [];
    const complain = (line: string): void => void complaints.push(line);
    expect(reportUnmet({ unmet: [] }, complain)).toBe(0);
    expect(reportUnmet({ unmet: ['nobody was paged'] }, complain)).toBe(1);
    expect(complaints).toEqual([expect.stringContaining('expected, and it did not hold: nobody was paged')]);
  });
});
