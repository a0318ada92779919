// Fleet files, as people write them and as parameters store them; and the pauses next to them.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { FleetFilesError } from '../../../../infra/fleet-files-error.ts';
import { explainedProblem } from '../../../../infra/fleet-suggestions.ts';
import { parseSource } from '../../../../infra/fleets.ts';
import { readYamlSource } from '../../../../infra/yaml-source.ts';
import { checkWithClient } from '../../../../shared/fleet/client-checks.ts';
import { fleetOfParameter } from '../../../../shared/fleet/parameter.ts';
import { FleetFileError } from '../../../../shared/fleet/problems.ts';
import { resolveFleet } from '../../../../shared/fleet/resolve.ts';
import { parseFleetDocument } from '../../../../shared/fleet/whole.ts';
import { judgeSwitches } from '../../../../shared/guardrails/switches.ts';
import { deployedAs } from '../../../fixtures/builders/fleet.ts';
import { anyFleetDocument, bitcoin } from '../../../fixtures/fleet-documents.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { jsonStructures, TEXTS, valueStructures, within, YAMLS } from '../../../fixtures/structures.ts';
import { mutated, mutatedJson, mutatedText } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

const folders = ['../../../../examples/fleets/', '../../../../local/scenarios/fleets/', '../../machines/fleets/'];
const texts = folders.flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url).map((name) => readFileSync(new URL(name, url), 'utf8'));
});
const documents: readonly unknown[] = texts.map((text) => parseDocument(text).toJS());

const yaml = [
  '',
  '---\n---\n',
  '5',
  '- a',
  `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`,
  `fleet: ${HOSTILE}`,
  `"${HOSTILE.replaceAll('"', '').replaceAll('\\', '')}": 1`,
  'disk: { maximumSizeGiB: 1e400 }',
  'fleet: bitcoin\nfleet: bitcoin',
  '? [a, b]\n: c',
  '!!js/function "x"',
  '%TAG ! tag:x:\n---\n!a b',
  '__proto__: { fleet: x }\nconstructor: 1',
  `a:\n${' '.repeat(50_000)}b`,
  '['.repeat(3_000),
  '{a: '.repeat(3_000),
  `- ${'- '.repeat(3_000)}`,
  ...['- ', '? ', '- ? ', 'a: - ', '[', '{', '&a ', '!a ', '{a: '].flatMap((one) => [
    one.repeat(23_000 / one.length),
    `${one.repeat(10_000 / one.length)}\nfleet: x\n`,
  ]),
  `${'a: '.repeat(3_000)}b`,
  `a: ${'"'.repeat(40_000)}`,
  `${'# x\n'.repeat(20_000)}`,
  `${Array.from({ length: 5_000 }, (_, at) => `k${at}: ${at}`).join('\n')}`,
  ' '.repeat(1_000_000),
  'a\u0000b: \ud800',
  `nodes: { tag: { "${'x'.repeat(60_000)}": y } }`,
];

const PREFIX = '/chainmend';
const DEPLOYED = deployedAs(bitcoin);
const ANY_SIZE = { characters: 1_000_000, lines: 1_000_000 };

/** Four times the read limit of a file: changes that double each other make megabytes, and a file has no aliases. */
const FILE_CHARACTERS = 100_000;
const asLargeAsAFile = (value: unknown): unknown =>
  (JSON.stringify(value)?.length ?? 0) > FILE_CHARACTERS ? 'too large' : value;

export const TARGETS: readonly Target[] = [
  target({
    name: 'a fleet file in YAML',
    input: mutatedText(texts),
    samples: yaml,
    structures: { ...TEXTS, ...YAMLS },
    // More is refused.
    largest: 24_000,
    parse: (text) => {
      const source = parseSource('infra/fleets/bitcoin.yaml', text);
      return source.document ?? new FleetFilesError(source.lines).lines;
    },
    errors: [],
    read: everything,
  }),
  target({
    name: 'a file in YAML, with a problem for each of its keys',
    input: mutatedText(texts),
    samples: [],
    structures: { ...TEXTS, ...YAMLS },
    largest: 8_000,
    parse: (text) => {
      const { value, broken, told } = readYamlSource('infra/fleets/bitcoin.yaml', text, ANY_SIZE);
      const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      const problems = keys.map(
        (key) => ({ kind: 'unknown-key', path: [key], value: key, expected: 'nothing' }) as const,
      );
      return [broken, told(problems, (problem) => explainedProblem(problem))];
    },
    errors: [],
    read: everything,
  }),
  target({
    name: 'a fleet file as a value',
    input: fc
      .oneof(
        mutated(documents),
        anyFleetDocument.chain((one) => mutated([one])),
      )
      .map(asLargeAsAFile),
    samples: [null, [], 5, '', { fleet: { toString: 1 } }, { fleet: HOSTILE, [HOSTILE]: HOSTILE }],
    structures: valueStructures,
    parse: (value) => {
      const document = parseFleetDocument(value);
      checkWithClient(document);
      return resolveFleet(document);
    },
    errors: [FleetFileError],
    read: everything,
  }),
  target({
    name: 'a fleet file in its parameter',
    input: mutatedJson(documents),
    samples: ['', 'null', '"', '{"fleet":"bitcoin"}', '[]', HOSTILE, '['.repeat(4_000)],
    structures: { ...TEXTS, ...jsonStructures(), ...within('{"fleet":"bitcoin","nodes":', jsonStructures(), '}') },
    parse: (value) => fleetOfParameter(PREFIX, { name: `${PREFIX}/fleets/bitcoin`, value }, DEPLOYED).fleet,
    errors: [FleetFileError],
    read: everything,
  }),
  target({
    name: 'pauses and a fleet file, as they are read before a mutation',
    input: fc.tuple(mutatedJson(documents), mutatedText(['off', 'mine', 'moving to gp3'])),
    samples: [
      ['', HOSTILE],
      ['{}', 'off'],
      [JSON.stringify(documents[0]), HOSTILE.repeat(500)],
    ] as [string, string][],
    parse: ([value, pause]) =>
      judgeSwitches(
        PREFIX,
        'bitcoin',
        new Map([
          [`${PREFIX}/fleets/bitcoin`, value],
          [`${PREFIX}/pause`, pause],
          [`${PREFIX}/pauses/bitcoin`, pause],
        ]),
      ),
    errors: [],
    read: (judged) => ('refuse' in judged ? judged.reason : judged.refusal?.reason),
  }),
];
