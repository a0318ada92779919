// The table of docs/commands.md, made of the program's own verbs.
import type { Command, Option } from 'commander';
import { leavesOf } from './program.ts';
import { effectsTable } from './verb-table.ts';

/** Every verb with its words, its flags and its sentence, as Markdown. The flags that all verbs share are left out. */
export function verbsPage(program: Command): string {
  const groups = new Map<string, Command[]>();
  for (const verb of leavesOf(program)) {
    const holder = verb.parent?.parent ? verb.parent : verb;
    const group = holder.helpGroup();
    groups.set(group, [...(groups.get(group) ?? []), verb]);
  }
  return [
    `### What each changes, and when it asks\n\n${effectsTable()}`,
    ...[...groups].map(([group, verbs]) => `### ${group.replace(/:$/, '')}\n\n${verbs.map(verbText).join('\n\n')}`),
  ].join('\n\n');
}

function verbText(verb: Command): string {
  const options = verb.options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined);
  const lines = options.map((option) => `* \`${option.flags}\` ${option.description}${choicesText(option)}`);
  return [
    `**\`${nameOf(verb)}\`**: ${sentence(verb.description())}`,
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
