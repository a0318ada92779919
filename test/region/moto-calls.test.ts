// The local region beside moto, an emulator that others have made: some hundred good and bad requests to both, and every difference judged.
// `npm test -- moto` runs it, with Python 3 and a package index at hand the first time.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAsked } from '../support/asked.ts';
import { nameOf } from '../support/moto/calls/call.ts';
import { CALLS } from '../support/moto/calls/index.ts';
import { shapeDifferences, verdictDifferences } from '../support/moto/compare.ts';
import { SHAPES, VERDICTS } from '../support/moto/differences.ts';
import { type Outcome, outcomesOf } from '../support/moto/outcomes.ts';
import { regionOutcomes } from '../support/moto/region-side.ts';
import { type MotoServer, motoPython, startMoto } from '../support/moto/server.ts';

const found = isAsked('moto') ? motoPython() : { lacking: 'it is asked for by name: npm test -- moto' };
const lacking = 'lacking' in found ? found.lacking : undefined;
if (lacking !== undefined && isAsked('moto')) console.warn(`moto is skipped: ${lacking}`);
const INSTALLED_AND_CALLED_MS = 900_000;

const verdicts = Object.assign({}, ...VERDICTS.map(({ calls }) => calls)) as Record<string, string>;
const shapes = Object.assign({}, ...SHAPES.map(({ operations }) => operations)) as Record<string, string>;

describe('the calls', () => {
  it('are at least 300, of which each has a name of its own', () => {
    const names = CALLS.map(nameOf);
    expect(names.length).toBeGreaterThanOrEqual(300);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that are judged are among them, each once, with who is right, why and by what source', () => {
    const names = new Set(CALLS.map(nameOf));
    const judged = VERDICTS.flatMap(({ calls }) => Object.keys(calls));
    expect(judged.filter((name) => !names.has(name))).toEqual([]);
    expect(new Set(judged).size).toBe(judged.length);
    for (const { why, source } of [...VERDICTS, ...SHAPES]) {
      expect(why).toMatch(/\w.*\.$/);
      expect(source).toMatch(/\w/);
    }
  });
});

describe(`the local region and moto${lacking === undefined ? '' : ` (skipped: ${lacking})`}`, () => {
  const they = lacking === undefined ? it : it.skip;
  let moto: MotoServer | undefined;
  let ours: ReadonlyMap<string, Outcome> = new Map();
  let motos: ReadonlyMap<string, Outcome> = new Map();

  beforeAll(async () => {
    if ('lacking' in found) return;
    moto = await startMoto(found.python);
    ours = await regionOutcomes(CALLS);
    const credentials = { accessKeyId: 'moto', secretAccessKey: 'moto' };
    motos = await outcomesOf(CALLS, { region: 'eu-west-1', endpoint: moto.url, credentials });
  }, INSTALLED_AND_CALLED_MS);

  afterAll(() => moto?.close());

  they('refuse the same requests in the same words, but for the differences that are judged', () => {
    expect(verdictDifferences(CALLS, ours, motos)).toEqual(verdicts);
  });

  they('answer with the same members, but for the differences that are judged', () => {
    expect(shapeDifferences(CALLS, ours, motos)).toEqual(shapes);
  });

  they('agree about most calls', () => {
    expect(Object.keys(verdictDifferences(CALLS, ours, motos)).length).toBeLessThan(CALLS.length / 2);
  });
});
