// Finds in a bash script what would run or expand data: arithmetic over a variable that has not come through the script's own
// helper `whole`, and the commands and forms that evaluate text. It reads quotes, expansions and arithmetic as bash nests them, and
// knows no flow: a variable that is reckoned with anywhere has to be assigned a number everywhere.

export interface Finding {
  readonly line: number;
  /** What is wrong, with the name or the form that it is wrong with. */
  readonly what: string;
}

/** A piece of the script that is evaluated as arithmetic or expands a parameter. */
interface Piece {
  readonly kind: 'arithmetic' | 'parameter';
  readonly text: string;
  readonly at: number;
}

interface Read {
  readonly pieces: readonly Piece[];
  /** The script with blanks in the place of comments and of what stands in single quotes: the same length, the same lines. */
  readonly code: string;
  /** Where an expansion stands that bash would split into words and match with files. */
  readonly unquoted: readonly number[];
}

/** @param numeric names of variables that are numbers because what hands them over has checked them */
export function lintBash(script: string, numeric: readonly string[]): readonly Finding[] {
  const read = readBash(script);
  const lineAt = (at: number): number => script.slice(0, at).split('\n').length;
  const findings: Finding[] = [];
  const add = (at: number, what: string): void => void findings.push({ line: lineAt(at), what });

  const assignments = assignmentsIn(read, script);
  const known = new Map<string, boolean>();
  const isNumber = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (ALWAYS_NUMBERS.has(name) || numeric.includes(name)) return true;
    const all = assignments.filter((one) => one.name === name);
    // What is assigned from itself, as in `n=$((n + 1))`, does not make it anything else.
    known.set(name, true);
    const is = all.length > 0 && all.every(({ value }) => isNumberValue(value, isNumber));
    known.set(name, is);
    return is;
  };
  const reckoned = (text: string, at: number, where: string): void => {
    for (const name of namesIn(text)) if (!isNumber(name)) add(at, `${where}: ${name} has not come through whole`);
  };

  for (const { kind, text, at } of read.pieces) {
    if (kind === 'arithmetic') reckoned(text, at, 'arithmetic');
    else for (const expression of expressionsOf(text)) reckoned(expression, at, 'subscript or offset');
  }
  for (const match of read.code.matchAll(COMPARISON))
    for (const operand of [match[1] ?? '', match[2] ?? '']) reckoned(operandOf(operand), match.index, 'comparison');
  for (const match of read.code.matchAll(/\b(?:sleep|timeout|flock -w) +("?\$[^ ;|]+)/g))
    reckoned(operandOf(match[1] ?? ''), match.index, 'duration');
  for (const match of read.code.matchAll(/(?<![\w$}])([A-Za-z_]\w*)\[([^\]]*)\]\+?=/g))
    reckoned(match[2] ?? '', match.index, 'subscript');
  for (const [pattern, what] of FORBIDDEN)
    for (const match of read.code.matchAll(pattern)) add(match.index, `${what}: ${match[0].trim()}`);
  for (const at of read.unquoted) add(at, `an expansion without quotes: ${script.slice(at, at + 30).split('\n')[0]}`);
  return findings.toSorted((one, other) => one.line - other.line);
}

const ALWAYS_NUMBERS = new Set(['SECONDS', 'RANDOM', 'EUID', 'UID', '#', '?']);

const COMPARISON = /("[^"]*"|[^\s"[\]]+) -(?:eq|ne|lt|le|gt|ge) ("[^"]*"|[^\s"\];]+)/g;

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\beval\b/g, 'evaluates text'],
  [/\b(?:declare|typeset)\b(?! -f )/g, 'evaluates what it assigns'],
  [/\blocal +-[a-zA-Z]*[in]/g, 'evaluates what it assigns'],
  [/(?<![\w-])let /g, 'evaluates text'],
  [/(?:^|[;&|(] *)(?:source|\.) /gm, 'runs a file'],
  [/\[\[?[^\]\n]* -v /g, 'evaluates a subscript'],
  [/\btest -v\b/g, 'evaluates a subscript'],
  [/`/g, 'an old command substitution'],
  [/<<<?/g, 'a here-document or here-string, which older versions of bash write to a disk'],
  [/\btrap +"/g, 'a trap of expanded text'],
  [/(?:^|[;|&({!]|\b(?:if|while|until|then|do|else)) *(?:IFS=\S* +)?read\b(?! -r\b)/gm, 'read without -r'],
  [/\bprintf +(?:-v +(?:"\$1"|\w+) +)?"?\$/g, 'a format that is data'],
  [/\bprintf +-v +(?!"\$1" |[a-z]+ )/g, 'a variable that is data'],
  [/\bxargs\b/g, 'runs what it reads'],
  [/ -exec(?:dir)?\b/g, 'runs what it finds'],
  [/\b(?:awk|sed|grep)\b(?: +-[A-Za-z]+)* +"[^"]*\$/g, 'a program with data in it'],
  [/(?:\bbash|\bsh|"\$BASH")[^\n|;]* -c +"[^"]*\$/g, 'a program with data in it'],
  [/\bmapfile\b[^\n]* -C\b/g, 'evaluates its callback'],
];

/** Variables of an arithmetic expression, `$1` as "1"; what is the length or the number of something is a number. */
function namesIn(expression: string): readonly string[] {
  const text = expression
    .replace(/\$\{#[A-Za-z_]\w*(\[[@*]\])?\}/g, '1')
    .replace(/\$\{#\}|\$#/g, '1')
    .replace(/\b10#/g, '')
    .replace(/\b0x[0-9a-fA-F]+\b/g, '1');
  return [...text.matchAll(/\$\{?([A-Za-z_]\w*|[0-9@*])|\b([A-Za-z_]\w*)/g)].map(
    ([, dollar, plain]) => dollar ?? plain ?? '',
  );
}

const operandOf = (operand: string): string => operand.replace(/^"|"$/g, '').replace(/^\$\(\(|\)\)$/g, '');

/** What of `${…}` is arithmetic: the subscript, and offset and length. */
function expressionsOf(parameter: string): readonly string[] {
  const match = /^[!#]?([A-Za-z_]\w*|[0-9@*])(\[(?<subscript>.*?)\](?=$|[^\]]))?(?<rest>.*)$/s.exec(parameter);
  const { subscript = '', rest = '' } = match?.groups ?? {};
  const offset = /^:(?![-+=?])(.*)$/s.exec(rest)?.[1] ?? '';
  return [subscript === '@' || subscript === '*' ? '' : subscript, offset].filter((one) => one !== '');
}

interface Assignment {
  readonly name: string;
  /** The word that is assigned; undefined for one that a command sets. */
  readonly value: string | undefined;
}

function assignmentsIn({ code, pieces }: Read, script: string): readonly Assignment[] {
  const found: Assignment[] = [];
  // What arithmetic assigns is a number, if what stands there is.
  for (const { kind, text } of pieces)
    if (kind === 'arithmetic')
      for (const match of text.matchAll(/([A-Za-z_]\w*) *(?:[-+*/%]?=(?!=)|\+\+|--)/g))
        found.push({ name: match[1] ?? '', value: '0' });
  for (const match of code.matchAll(/(?<![\w$"'{.-])([A-Za-z_]\w*)(\[[^\]]*\])?(\+?=)/g)) {
    // A test compares: `[ "$a" = b ]`, and `[[ a == b ]]`; an option is one word: `--format=…`.
    if (match[3] === '=' && code[match.index + match[0].length] === '=') continue;
    const value = wordAt(script, match.index + match[0].length);
    // An operand of dd.
    if (match[0] === 'status=' && value === 'none') continue;
    found.push({ name: match[1] ?? '', value: match[3] === '+=' ? undefined : value });
  }
  for (const match of code.matchAll(/\bwhole +([A-Za-z_]\w*) /g)) found.push({ name: match[1] ?? '', value: '0' });
  for (const match of code.matchAll(/\bfor +([A-Za-z_]\w*) in ([^;\n]*)/g))
    found.push({
      name: match[1] ?? '',
      value: /^"\$\{![A-Za-z_]\w*\[@\]\}"$/.test((match[2] ?? '').trim()) ? '0' : undefined,
    });
  for (const match of code.matchAll(
    /\b(?:read|mapfile)\b((?: +-[a-zA-Z]+(?: +(?:''|[0-9]+))?)*)((?: +[A-Za-z_]\w*)+)/g,
  ))
    for (const name of (match[2] ?? '').trim().split(/ +/)) found.push({ name, value: undefined });
  for (const match of code.matchAll(/\bprintf +-v +([A-Za-z_]\w*)/g))
    found.push({ name: match[1] ?? '', value: undefined });
  return found;
}

function isNumberValue(value: string | undefined, isNumber: (name: string) => boolean): boolean {
  if (value === undefined) return false;
  const word = value.replace(/^"(.*)"$/s, '$1');
  if (/^(-?[0-9]+|''|)$/.test(word) || /^\$\(\(.*\)\)$/s.test(word) || /^\$\{#.*\}$/.test(word)) return true;
  const name = /^\$\{?([A-Za-z_]\w*|[#?])\}?$/.exec(word)?.[1];
  return name !== undefined && isNumber(name);
}

/** The word of bash that begins there. */
function wordAt(script: string, from: number): string {
  let depth = 0;
  let quote = '';
  let at = from;
  for (; at < script.length; at++) {
    const character = script[at] ?? '';
    if (character === '\\' && quote !== "'") at++;
    else if (quote === "'") quote = character === "'" ? '' : quote;
    else if (character === '(' || character === '{') depth++;
    else if ((character === ')' || character === '}') && depth > 0) depth--;
    else if (character === quote && depth === 0) quote = '';
    else if (quote === '' && depth === 0 && /['"]/.test(character)) quote = character;
    else if (quote === '' && depth === 0 && /[\s;)&|]/.test(character)) break;
  }
  return script.slice(from, at);
}

/** Reads a script as bash nests it. Throws where it ends in the middle of something. */
function readBash(script: string): Read {
  const pieces: Piece[] = [];
  const unquoted: number[] = [];
  const code = [...script];
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (code[at] !== '\n') code[at] = ' ';
  };
  let at = 0;

  /** Code up to `end`: the end of the script, or the bracket of a command substitution. */
  function readCode(end: '' | ')'): void {
    let depth = 0;
    let wordFrom = at;
    let before = '';
    let test = false;
    while (at < script.length) {
      const character = script[at] ?? '';
      const startsWord = at === wordFrom;
      if (character === '#' && startsWord) {
        const lineEnd = (script.indexOf('\n', at) + script.length + 1) % (script.length + 1) || script.length;
        blank(at, lineEnd);
        at = lineEnd;
      } else if (character === "'") readSingle();
      else if (character === '"') readDouble();
      else if (character === '\\') at += 2;
      else if (script.startsWith('$((', at)) readArithmetic(3);
      else if (script.startsWith('((', at) && startsWord) readArithmetic(2);
      else if (/^(\$\(|[<>]\()/.test(script.slice(at, at + 2))) {
        if (character === '$') noteUnquoted(wordFrom, before, test);
        at += 2;
        readCode(')');
      } else if (character === '$' && /[A-Za-z_0-9@*#?!{]/.test(script[at + 1] ?? '')) {
        if (!/^\$([#?]|\{#|\{\w+\[@\]\+"\$\{\w+\[@\]\}"\}|\{![A-Za-z_]\w*\[@\]\})/.test(script.slice(at)))
          noteUnquoted(wordFrom, before, test);
        readParameter();
      } else if (/[\s;&|]/.test(character)) {
        const word = script.slice(wordFrom, at);
        if (word === '[[') test = true;
        if (word === ']]') test = false;
        if (word !== '') before = word;
        if (/[\n;&|]/.test(character)) before = '';
        at++;
        wordFrom = at;
      } else if (character === '(') {
        depth++;
        at++;
        wordFrom = at;
      } else if (character === ')') {
        at++;
        if (depth === 0 && end === ')') return;
        // The pattern of a case has a bracket of its own.
        depth = Math.max(0, depth - 1);
        wordFrom = at;
      } else at++;
    }
    if (end !== '') throw new Error('the script ends in a command substitution');
  }

  /** A word that is split: not what is assigned, tested by [[, looked at by case, or where output goes. */
  function noteUnquoted(wordFrom: number, before: string, test: boolean): void {
    const word = script.slice(wordFrom, at);
    if (test || before === 'case' || /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(word)) return;
    if (script.slice(0, at).endsWith('"')) return;
    unquoted.push(at);
  }

  function readSingle(): void {
    const close = script.indexOf("'", at + 1);
    if (close < 0) throw new Error('the script ends in single quotes');
    blank(at + 1, close);
    at = close + 1;
  }

  function readDouble(): void {
    at++;
    while (at < script.length) {
      const character = script[at] ?? '';
      if (character === '"') {
        at++;
        return;
      }
      if (character === '\\') at += 2;
      else if (script.startsWith('$((', at)) readArithmetic(3);
      else if (script.startsWith('$(', at)) {
        at += 2;
        readCode(')');
      } else if (character === '$' && /[A-Za-z_0-9@*{]/.test(script[at + 1] ?? '')) readParameter();
      else at++;
    }
    throw new Error('the script ends in double quotes');
  }

  function readParameter(): void {
    const from = at;
    if (script[at + 1] !== '{') {
      at += /^\$([A-Za-z_]\w*|.)/.exec(script.slice(at))?.[0].length ?? 1;
      return;
    }
    at += 2;
    while (at < script.length && script[at] !== '}') {
      const character = script[at];
      if (character === '\\') at += 2;
      else if (character === '"') readDouble();
      else if (character === "'") readSingle();
      else if (script.startsWith('$((', at)) readArithmetic(3);
      else if (script.startsWith('$(', at)) {
        at += 2;
        readCode(')');
      } else if (script.startsWith('${', at)) readParameter();
      else at++;
    }
    pieces.push({ kind: 'parameter', text: script.slice(from + 2, at), at: from });
    at++;
  }

  function readArithmetic(opening: number): void {
    const from = at;
    at += opening;
    for (let depth = 0; at < script.length; at++) {
      if (script.startsWith('$(', at) && !script.startsWith('$((', at))
        throw new Error(`a command in arithmetic: ${script.slice(from, at + 20)}`);
      if (script[at] === '(') depth++;
      if (script[at] === ')' && depth-- === 0) {
        pieces.push({ kind: 'arithmetic', text: script.slice(from + opening, at), at: from });
        at += 2;
        return;
      }
    }
    throw new Error('the script ends in arithmetic');
  }

  readCode('');
  return { pieces, code: code.join(''), unquoted };
}
