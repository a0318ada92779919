// Root's scripts on a node never evaluate a tool's output, a file's content or a parameter. The test reads each script, so that no later change
// brings it back.
import { describe, expect, it } from '@jest/globals';
import { script } from '../../../shared/node-commands/index.ts';
import { type Operation, operationParameters, parameterRules } from '../../../shared/node-commands/parameters.ts';
import { lintBash } from '../../fixtures/bash-lint.ts';

const OPERATIONS = Object.keys(operationParameters) as Operation[];

/** Parameters that are whole numbers by their pattern, which each script checks first. */
const NUMERIC = Object.entries(parameterRules)
  .filter(
    ([, { pattern }]) => new RegExp(pattern).test('1') && !new RegExp(pattern).test('a') && !/\[A-Z/i.test(pattern),
  )
  .map(([name]) => `SSM_${name}`);

/** Findings that are correct code, by the line of the script, with the reason. */
const REVIEWED: readonly (readonly [RegExp, string])[] = [
  [/printf -v "\$name" %s ''/, "a parameter's name, which the script itself says"],
  [/printf -v "\$1" '%d' "\$\(\(10#\$2\)\)"$/, 'the helper itself: it has just looked at each character'],
  [/-c "umask 077; \$\(declare -f /, 'our own functions, handed to the shell of another user'],
  [/grep -l -s -E "\^\[0-9\]\+ \[0-9\]\+ \$number "/, "a device's number, as the kernel tells it"],
  [/grep -l -s -z -x -F "CHAINMEND_LIMITED=\$\$" /, "this process's number, as text"],
  [/grep -a -c -E "\$ENDED_INSIDE"/, 'a constant'],
  [/^lines\(\) \{ timeout "\$PATIENCE" grep -a -E "\^\(\$1\|\$TRAILER\)"/, 'constants'],
  [
    / -exec fincore --bytes --noheadings --raw --output RES \{\} \+ \|$/,
    'one program with fixed options, and paths that begin with /',
  ],
  [/sed -n "s\/\^\$1=\/\/p"/, 'the name of a property, which the script itself says'],
];

describe('the shipped scripts', () => {
  it('are told apart from parameters that are no numbers', () => {
    expect(NUMERIC).toEqual([
      'SSM_StartBy',
      'SSM_RunLimitSeconds',
      'SSM_MinimumSizeBytes',
      'SSM_StopGraceSeconds',
      'SSM_Back',
    ]);
  });

  it.each(OPERATIONS)(
    '%s reckons with nothing that has not come through its helper, and evaluates no text',
    (operation) => {
      const text = script(operation);
      const lines = text.split('\n');
      const findings = lintBash(text, NUMERIC).filter(
        ({ line }) => !REVIEWED.some(([pattern]) => pattern.test(lines[line - 1] ?? '')),
      );
      expect(findings.map(({ line, what }) => `${what}\n    ${lines[line - 1]}`)).toEqual([]);
    },
  );
});

/** The reason for the lint: each of these ran, or could run, text from a volume, a file or an answer. */
const EVALUATED: readonly (readonly [string, string])[] = [
  [
    "the size that a volume's superblock tells",
    `own_size() {
  local block_size='' blocks=''
  read -r blocks block_size < <(dumpe2fs -h "/dev/$DEVICE" 2>/dev/null | awk '/^Block count:/ { n = $3 } /^Block size:/ { print n, $3 }')
  [ -z "$blocks" ] || printf '%s' "$((block_size * blocks))"
}`,
  ],
  ['arithmetic over a parameter', 'f() { left=$((100 - $1)); }'],
  ['arithmetic over a command', 'n=$(stat -c %s "$file"); m=$((n + 1))'],
  ['arithmetic without a result', 'read -r n <"$file"; ((n > 3)) && say much'],
  ['the bounds of a loop', 'n=$(tool); for ((i = 0; i < n; i++)); do :; done'],
  ['a comparison in [[', 'n=$(tool); [[ $n -gt 3 ]]'],
  ['a comparison in [', 'n=$(tool); [ "$n" -lt 3 ]'],
  ['the other side of a comparison', 'n=$(tool); [ 3 -lt "$n" ]'],
  ['an offset', `n=$(tool); echo "\${text:n:3}"`],
  ['a length', `n=$(tool); echo "\${text:0:$n}"`],
  ['a subscript', `n=$(tool); echo "\${list[n]}"`],
  ['a subscript that is assigned', 'n=$(tool); list[n]=x'],
  ['a match of an expression', '[[ $text =~ ([0-9]+) ]]; n=$((BASH_REMATCH[1] * 2))'],
  ['an element of a list', 'n=$((list[0]))'],
  ['a number that is assigned on', 'n=$(tool); m=$n; o=$((m))'],
  ['a number that is none in one of two places', 'n=3; n=$(tool); o=$((n))'],
  ['what a loop goes over', 'for n in $(tool); do o=$((n)); done'],
  ['a duration', 'n=$(tool); sleep "$n"'],
  ['a declaration', 'declare -i n; n=$1'],
  ['a local one', 'local -i n=$1'],
  ['a reference', 'local -n name=$1'],
  ['text', 'eval "$text"'],
  ['a let', 'let n=text'],
  ['a file', '. "$file"'],
  ['a variable that is tested for', '[[ -v $name ]]'],
  ['the name that printf writes to', 'printf -v "$name" %s x'],
  ['the format of printf', 'printf "$text"'],
  ['a trap', 'trap "rm -rf $directory" EXIT'],
  ['a program of awk', 'awk "{ print $n }" file'],
  ['a program of sed', 'sed "s/a/$text/" file'],
  ['a shell', 'bash -c "tool $text"'],
  ['words to run', 'tool | xargs rm'],
  ['a here-string', 'tool <<<"$text"'],
  ['a line with backslashes', 'read line <"$file"'],
  ['an expansion that is split', 'rm $file'],
  ['a substitution that is split', 'rm $(tool)'],
  ['an old substitution', 'n=`tool`'],
  ['what hides in quotes', 'echo "a $(tool "$((x))" b)"'],
];

describe('the lint', () => {
  it.each(EVALUATED)('finds %s', (_, text) => {
    expect(lintBash(`${text}\n`, [])).not.toEqual([]);
  });

  it.each([
    ['a number through the helper', 'whole n "$(tool)" && m=$((n + 1)) && [ "$m" -gt 3 ]'],
    ['the number of something', `n=\${#list[@]}; for ((i = 0; i < n; i++)); do echo "\${list[i]}"; done`],
    ['the places of a list', `for i in "\${!list[@]}"; do echo "\${list[i]}"; done`],
    ['a status', 'tool || status=$?; [ "$status" -eq 0 ]'],
    ['a program that looks like bash', "awk '{ n = $3; print n * $((2)) `x` }' file # eval $x"],
    ['a default and a part of a text', `echo "\${text:-x}" "\${text%/*}" "\${text: -3}" "\${list[@]:1}"`],
  ])('leaves %s alone', (_, text) => {
    expect(lintBash(`${text}\n`, [])).toEqual([]);
  });

  it('takes a parameter for a number where its pattern says so', () => {
    expect(lintBash('[ "$now" -gt "$SSM_StartBy" ]; whole now "$(date)"\n', ['SSM_StartBy'])).toEqual([]);
    expect(lintBash('[ "$now" -gt "$SSM_Unit" ]; whole now "$(date)"\n', ['SSM_StartBy'])).not.toEqual([]);
  });
});
