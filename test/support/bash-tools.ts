// The programs that a script starts, by reading it: what stands where bash expects a command, and is none of bash's and none of the
// script's own. It reads what our scripts are written in, and no here-documents.

/**
 * By the function that starts them, and '' for what stands outside of all. What `timeout` and its like run of a variable's
 * value is given as it stands there, in its quotes.
 */
export function toolsOf(script: string, own: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  let at = 0;
  let name = '';

  const starts = (text: string): boolean => script.startsWith(text, at);
  function add(tool: string): void {
    if (own.has(tool) || OF_BASH.has(tool) || !/^([a-z][\w.-]*|"\$\w+")$/.test(tool)) return;
    found.set(name, (found.get(name) ?? new Set()).add(tool));
  }

  /** Commands up to `end`, which is ")" or the end of the script. */
  function readCommands(end: ')' | ''): void {
    let isCommand = true;
    let runner = false;
    let casesOpen = 0;
    let groups = 0;
    while (at < script.length) {
      const character = script[at] ?? '';
      const definition = /^([a-z_]+)\(\) /.exec(isCommand ? script.slice(at, at + 80) : '');
      if (definition !== null) {
        name = definition[1] ?? '';
        at += definition[0].length;
      } else if (character === '#') at = endOf(/\n/);
      else if (/[ \t]/.test(character) || starts('\\\n')) at += starts('\\\n') ? 2 : 1;
      else if (starts(';;')) {
        at += 2;
        skipPattern();
        isCommand = true;
      } else if (/[\n;&|!{}]/.test(character) && !starts('&>')) {
        // A function ends with a bracket at the beginning of a line, or with its one line.
        if (
          character === '\n' &&
          /[})]/.test(script[at - 1] ?? '') &&
          /(^|\n)[})][^\n]*$|\n[a-z_]+\(\) [^\n]*$/.test(script.slice(0, at))
        )
          name = '';
        at++;
        isCommand = true;
        runner = false;
      } else if (starts('((')) at = endOf(/\)\)/) + 2;
      else if (isCommand && starts('[[')) at = endOf(/ \]\]/) + 3;
      else if (character === '(') {
        groups++;
        at++;
        isCommand = true;
      } else if (character === ')') {
        at++;
        if (groups === 0 && end === ')') return;
        groups--;
        isCommand = true;
      } else if (/^[0-9]*[<>]/.test(script.slice(at, at + 3)) && !/^[<>]\(/.test(script.slice(at, at + 2))) {
        at += /^[0-9]*[<>]+&?[ ]*/.exec(script.slice(at))?.[0].length ?? 1;
        readWord();
      } else {
        const word = readWord();
        const assigned = /^([A-Za-z_]\w*)(\[[^\]]*\])?\+?=$/.exec(word);
        if (assigned !== null && script[at] === '(') readArray(assigned[1] === 'run');
        else if (!isCommand || (/^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(word) && !runner)) continue;
        else if (runner && OPTION.test(word)) continue;
        else if (word === 'case') {
          at += 1;
          readWord();
          at += ' in'.length;
          casesOpen++;
          skipPattern();
        } else if (word === 'esac') {
          casesOpen--;
          isCommand = false;
        } else if (KEYWORDS.has(word)) continue;
        else {
          if (runner || !word.startsWith('"')) add(word);
          runner = RUNNERS.has(word);
          isCommand = runner;
        }
      }
    }
    if (end !== '' || casesOpen !== 0) throw new Error('the script ends in the middle of something');
  }

  /** Of one arm of a case; at its end stands esac. */
  function skipPattern(): void {
    for (at = endOf(/\S/); script[at] === '#'; at = endOf(/\S/)) at = endOf(/\n/);
    if (/^esac\b/.test(script.slice(at))) return;
    while (at < script.length && script[at] !== ')') readPiece();
    at++;
  }

  /** Words of an array; where they are those of a command, its programs. */
  function readArray(isCommand: boolean): void {
    at++;
    while (at < script.length && script[at] !== ')') {
      if (/\s/.test(script[at] ?? '')) at++;
      else {
        const word = readWord();
        if (isCommand && COMMAND_WORDS.has(word)) add(word);
      }
    }
    at++;
  }

  function readWord(): string {
    const from = at;
    while (at < script.length && !/[\s;&|()]/.test(script[at] ?? '')) {
      readPiece();
      if (/^\w+(\[[^\]]*\])?\+?=$/.test(script.slice(from, at)) && script[at] === '(') break;
    }
    if (at === from) at++;
    return script.slice(from, at);
  }

  function readPiece(): void {
    const character = script[at] ?? '';
    if (character === '\\') at += 2;
    else if (character === "'") {
      at++;
      at = endOf(/'/) + 1;
    } else if (character === '"') readDouble();
    else if (starts('$((')) readArithmetic();
    else if (/^[$<>]\(/.test(script.slice(at, at + 2))) {
      at += 2;
      readCommands(')');
    } else if (starts('${')) readParameter();
    else at++;
  }

  function readDouble(): void {
    for (at++; at < script.length && script[at] !== '"'; ) readInside();
    at++;
  }

  function readParameter(): void {
    for (at += 2; at < script.length && script[at] !== '}'; ) readPiece();
    at++;
  }

  function readInside(): void {
    if (script[at] === "'") at++;
    else if (/^[<>]\(/.test(script.slice(at, at + 2))) at++;
    else readPiece();
  }

  function readArithmetic(): void {
    at += 3;
    for (let depth = 0; at < script.length; at++) {
      if (script[at] === '(') depth++;
      else if (script[at] === ')' && depth-- === 0) break;
    }
    at += 2;
  }

  function endOf(pattern: RegExp): number {
    const found_ = script.slice(at).search(pattern);
    return found_ < 0 ? script.length : at + found_;
  }

  readCommands('');
  return found;
}

/** What runs the command behind its options. */
const RUNNERS = new Set(['timeout', 'setsid']);
/** Of these: an option, a number, or a variable that holds one. */
const OPTION = /^-|^[0-9]|^"\$([a-z]+|\w*(SECONDS|Seconds|PATIENCE))"$/;
/** Of the one command that is put together in an array. */
const COMMAND_WORDS = new Set(['env', 'timeout', 'setpriv']);
const KEYWORDS = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', 'time']);
const OF_BASH = new Set(
  (
    ': [ break cd command continue declare done echo exec exit export false fi for in local mapfile printf pwd read readonly return set ' +
    'kill shift test trap true type umask unset wait'
  ).split(' '),
);
