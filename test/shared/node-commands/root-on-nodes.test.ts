// docs/root-programs.csv says which programs root starts on a node, and what runs as a file's owner. `UPDATE=1 npm test -- root-on-nodes` writes it
// again, so that the review of a change shows every new program of root.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { scriptParts } from '../../../shared/node-commands/compose.ts';
import { script } from '../../../shared/node-commands/index.ts';
import { type Operation, operationParameters } from '../../../shared/node-commands/parameters.ts';
import { toolsOf } from '../../fixtures/bash-tools.ts';

const OPERATIONS = Object.keys(operationParameters) as Operation[];
const FOLDER = new URL('../../../shared/node-commands/', import.meta.url);
/** They read their input and write to their output: their user does not matter. */
const FILTERS = new Set(
  'awk base64 cat cut date grep gzip head sed sha256sum sleep sort tail timeout tr uniq wc'.split(' '),
);
const parts = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sh'))
    .map((file) => [file, readFileSync(new URL(file, FOLDER), 'utf8')]),
);
const functionsIn = (text: string): string[] => [...text.matchAll(/^([a-z_]+)\(\) /gm)].map(([, name = '']) => name);
/** The functions that `as_owner` passes to the shell of another user. */
const ofOwner = (/declare -f ([a-z_ ]+) 2>/.exec(parts.get('file.sh') ?? '')?.[1] ?? '').split(' ');

const LIST = new URL('../../../docs/root-programs.csv', import.meta.url);

/** For each part, the programs that root runs in it. */
function runByRoot(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const operation of OPERATIONS) {
    const text = script(operation);
    for (const [name, tools] of toolsOf(text, new Set(functionsIn(text)))) {
      if (ofOwner.includes(name)) continue;
      const homes = scriptParts[operation]
        .map((part) => `${part}.sh`)
        .filter((file) => functionsIn(parts.get(file) ?? '').includes(name));
      for (const tool of tools)
        if (!FILTERS.has(tool)) for (const part of homes) found.set(part, (found.get(part) ?? new Set()).add(tool));
    }
  }
  return found;
}

it('docs/root-programs.csv names each program that root runs on a node, and what runs as the owner of a file', () => {
  const rows = [...runByRoot()].map(([part, programs]) => `${part},root,${[...programs].toSorted().join(' ')}`);
  const owner = `file.sh,the file's owner,${ofOwner.toSorted().join(' ')}`;
  const written = `${['part of shared/node-commands,as,what', ...rows.toSorted(), owner].join('\n')}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(LIST, written);
  expect(readFileSync(LIST, 'utf8')).toBe(written);
});

describe('the programs of a script', () => {
  it.each<[string, string[]]>([
    ['a; b | c && d || e &', ['a', 'b', 'c', 'd', 'e']],
    ['if a "x; y"; then b; elif ! c; then d; fi', ['a', 'b', 'c', 'd']],
    ['x=$(a "$(b)") y=z c >d <e 2>&1', ['a', 'b', 'c']],
    ['case $(a) in\n  # x\n  b | c) d ;;\n  *) e "$f" ;;\nesac | g', ['a', 'd', 'e', 'g']],
    ['read -r x < <(a | b); for ((i = 0; i < 3; i++)); do c; done', ['a', 'b', 'c']],
    ['timeout --kill-after=5 "$limit" a b; setsid --wait timeout 5 "$1" x', ['"$1"', 'a', 'setsid', 'timeout']],
    ['run=(env -i timeout 5) list=(a b)\nlist+=(c "$(d)")', ['d', 'env', 'timeout']],
    ["awk '{ print x | y }' <f # z", ['awk']],
    ['[[ $x =~ ^(a|b)$ ]] && { c; } || (cd x && d)', ['c', 'd']],
    [`(( x )) && a "\${b:-$(c)}" "$((1 + 2))"`, ['a', 'c']],
  ])('are found: %s', (text, expected) => {
    const found = [...toolsOf(`f() {\n${text}\n}\n`, new Set()).values()].flatMap((tools) => [...tools]);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('are those of the function that starts them', () => {
    const text = 'a\nf() { b; }\ng() {\n  c && f\n}\nh() (\n  d\n)\ne\n';
    expect([...toolsOf(text, new Set(['f', 'g', 'h']))].map(([name, tools]) => [name, [...tools]])).toEqual([
      ['', ['a', 'e']],
      ['f', ['b']],
      ['g', ['c']],
      ['h', ['d']],
    ]);
  });
});
