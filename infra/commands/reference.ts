// The table of docs/commands.md, made of the program's own verbs.
import type { Command, Option } from 'commander';
import { leavesOf } from './program.ts';
import { effectsTable } from './verb-table.ts';

/** Every verb with its words, its flags and its sentence, as Markdown. The flags that all verbs share are left out, those of several are said once. */
export function verbsPage(program: Command): string {
  const verbs = leavesOf(program);
  const groups = Map.groupBy(verbs, (verb) => (verb.parent?.parent ? verb.parent : verb).helpGroup());
  const common = commonFlags(verbs);
  return [
    `### What each changes, and when it asks\n\n${effectsTable()}`,
    `### Flags of several verbs\n\n${[...common].join('\n')}`,
    ...[...groups].map(
      ([group, ofGroup]) =>
        `### ${group.replace(/:$/, '')}\n\n${ofGroup.map((verb) => verbText(verb, common)).join('\n\n')}`,
    ),
  ].join('\n\n');
}

/** With so many verbs a flag is said once. */
const VERBS_LEAST = 5;

/** The lines of flags that mean the same in several verbs. */
function commonFlags(verbs: readonly Command[]): ReadonlySet<string> {
  const lines = Map.groupBy(
    verbs.flatMap((verb) => ownFlags(verb).map(flagText)),
    (line) => line,
  );
  return new Set([...lines].filter(([, { length }]) => length >= VERBS_LEAST).map(([line]) => line));
}

const ownFlags = (verb: Command): readonly Option[] =>
  verb.options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined);

const flagText = (option: Option): string => `* \`${option.flags}\` ${option.description}${choicesText(option)}`;

function verbText(verb: Command, common: ReadonlySet<string>): string {
  const flags = ownFlags(verb);
  const isCommon = (option: Option): boolean => common.has(flagText(option));
  const also = flags.filter(isCommon).map(({ long }) => `\`${long}\``);
  const lines = flags.filter((option) => !isCommon(option)).map(flagText);
  return [
    `**\`${nameOf(verb)}\`**: ${sentence(verb.description())}${also.length > 0 ? ` Also ${also.join(', ')}.` : ''}`,
    ...(lines.length > 0 ? [lines.join('\n')] : []),
  ].join('\n\n');
}

const choicesText = ({ argChoices, defaultValue }: Option): string => {
  const choices = argChoices === undefined ? '' : `: ${argChoices.join(', ')}`;
  return `${choices}${typeof defaultValue === 'string' || typeof defaultValue === 'number' ? ` (default: ${defaultValue})` : ''}`;
};

function nameOf(verb: Command): string {
  const above = verb.parent?.parent ? `${verb.parent.name()} ` : '';
  const words = verb.registeredArguments.map((one) =>
    one.required ? `<${one.name()}>` : `[${one.name()}${one.variadic ? '…' : ''}]`,
  );
  return [`${above}${verb.name()}`, ...words].join(' ');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
