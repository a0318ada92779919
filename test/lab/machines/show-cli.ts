// `npm start -- --real [--story NAME | --list]`, and `npm run lab -- real`: plays stories on real machines of this host for a person.
// Exit status 0: the expectations held; 1: one did not, or no machines can be had; 2: wrong use.
import { UsageError } from '../../../local/cli/arguments.ts';
import { remarkColors } from '../../../local/cli/terminal.ts';
import { terminalText } from '../../../shared/text/terminal-text.ts';
import { requestOf, showReal } from './show-real.ts';
import { STORIES } from './stories/index.ts';

const say = (line: string): void => console.log(terminalText(line));
const remark = (line: string): void => console.error(terminalText(line));

process.env['TZ'] = 'UTC';
try {
  const words = process.argv.slice(2);
  if (words.length === 1 && words[0] === '--list')
    for (const { name, sentence } of STORIES) say(`${name}  ${sentence}`);
  else {
    const { isTTY: isTerminal = false, columns } = process.stdout;
    process.exitCode = await showReal(
      requestOf(words),
      { say, isTerminal, width: isTerminal ? columns : undefined },
      remark,
    );
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  remark(remarkColors.red(error.message));
  process.exitCode = 2;
}
