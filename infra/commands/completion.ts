// `completion SHELL`: a script that lets bash, zsh or fish complete verbs and flags. It is made of the program's own verbs; nothing runs at a Tab.
import type { Command, Option } from 'commander';
import { leavesOf } from './program.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Verb {
  /** One word, or two: "names adopt". */
  readonly words: readonly string[];
  readonly description: string;
  readonly flags: readonly string[];
}

/** Added last, so that it knows every verb. */
export function addCompletionVerb(program: Command, say: (text: string) => void): void {
  program
    .command('completion')
    .description('print a script that completes verbs and flags')
    .argument('<shell>', SHELLS.join(', '))
    .action((written: string, _: object, verb: Command) => {
      const shell = SHELLS.find((one) => one === written);
      if (shell === undefined)
        verb.error(`error: no completion for '${written}'; there are ${SHELLS.join(', ')}`, { exitCode: 2 });
      else say(completionScript(shell, verbsOf(program)));
    });
}

const verbsOf = (program: Command): readonly Verb[] =>
  leavesOf(program).map((verb) => ({
    words: wordsOf(verb),
    description: verb.description(),
    flags: verb.options.flatMap((option: Option) => option.long ?? []),
  }));

function wordsOf(verb: Command): readonly string[] {
  const above = verb.parent;
  return above?.parent ? [...wordsOf(above), verb.name()] : [verb.name()];
}

/** Names and flags are letters and hyphens of ours: they need no quoting. */
export function completionScript(shell: Shell, verbs: readonly Verb[]): string {
  const first = [...new Set(verbs.map(({ words }) => words[0] ?? ''))];
  const holders = first.filter((word) => verbs.some(({ words }) => words[0] === word && words.length > 1));
  const below = (word: string): string =>
    verbs
      .filter(({ words }) => words[0] === word && words.length > 1)
      .map(({ words }) => words[1])
      .join(' ');
  if (shell === 'fish') return fishScript(verbs, first, holders, below);
  const cases = [
    ...holders.map((word) => `    ${word}) words="${below(word)}" ;;`),
    ...verbs.map(({ words, flags }) => `    "${words.join(' ')}") words="${flags.join(' ')}" ;;`),
  ];
  const bash = `# bash: source <(chainmend completion bash)
_chainmend() {
  local words="" current
  current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[*]:1:COMP_CWORD-1}" in
    "") words="${first.join(' ')}" ;;
${cases.join('\n')}
    *) case "\${COMP_WORDS[1]}" in
${verbs
  .filter(({ words }) => words.length === 1)
  .map(({ words, flags }) => `      ${words[0]}) words="${flags.join(' ')}" ;;`)
  .join('\n')}
      esac ;;
  esac
  # shellcheck disable=SC2207 # the words are ours, without blanks
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _chainmend chainmend`;
  return shell === 'bash'
    ? bash
    : `# zsh: source <(chainmend completion zsh)\nautoload -Uz bashcompinit && bashcompinit\n${bash.split('\n').slice(1).join('\n')}`;
}

function fishScript(
  verbs: readonly Verb[],
  first: readonly string[],
  holders: readonly string[],
  below: (word: string) => string,
): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const described = (word: string): string =>
    verbs.find(({ words }) => words.length === 1 && words[0] === word)?.description ?? '';
  return [
    '# fish: chainmend completion fish | source',
    ...first.map(
      (word) => `complete -c chainmend -n __fish_use_subcommand -f -a ${word} -d ${quoted(described(word))}`,
    ),
    ...holders.map(
      (word) => `complete -c chainmend -n '__fish_seen_subcommand_from ${word}' -f -a ${quoted(below(word))}`,
    ),
    ...verbs.flatMap(({ words, flags }) =>
      flags.map((flag) => `complete -c chainmend -n '__fish_seen_subcommand_from ${words.at(-1)}' -l ${flag.slice(2)}`),
    ),
  ].join('\n');
}
