// The text of a proposed fleet file: each value with where it comes from, then what is not known and what is missing, as comments. Pure.
import { stringify } from 'yaml';
import { plainText } from '../../../shared/text/plain-text.ts';
import type { Proposal } from './proposal.ts';
import type { ReadOut } from './read-out.ts';

/** Characters of a comment; a longer one goes on in the next line. */
const LINE_CHARACTERS = 110;
const COMMENT_CHARACTERS = 1_200;

/** @param schema the path of fleet.schema.json from the file, for editors */
export function fleetText(
  { keys, notKnown, missing }: Proposal,
  { account, region, readAt, masked }: Pick<ReadOut, 'account' | 'region' | 'readAt' | 'masked'>,
  schema: string,
): string {
  const whose = masked ? 'a masked account: names and ids are pseudonyms' : `account ${account}`;
  return [
    `# yaml-language-server: $schema=${schema}`,
    ...comment(
      `Proposed by chainmend adopt from what AWS said of ${whose}, ${region}, on ${readAt.slice(0, 10)}. Nothing was changed there.`,
    ),
    ...keys.flatMap(({ key, value, from }) => keyLines(key, value, from)),
    ...notKnown.flatMap((text) => comment(`not known: ${text}`)),
    ...missing.flatMap(({ for: what, what: text }) => comment(`missing for ${what.join(', ')}: ${text}`)),
    '',
  ].join('\n');
}

/** The value in one line, and the comment behind it where there is room, else above it. */
function keyLines(key: string, value: unknown, from: string): readonly string[] {
  const written = stringify({ [key]: value }, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true });
  // A flow map of one key: { fleet: bitcoin }. Its inside is the line of the file.
  const line = written.trim().replace(/^\{ /, '').replace(/ \}$/, '');
  const said = plainText(from, COMMENT_CHARACTERS);
  return `${line} # ${said}`.length <= LINE_CHARACTERS + 20 ? [`${line} # ${said}`] : [...comment(said), line];
}

/** A command stays in one line, so that it can be copied. */
const COMMAND = /(?:: )?(aws ec2 create-tags .*)$/;

function comment(text: string): readonly string[] {
  const said = plainText(text, COMMENT_CHARACTERS);
  const [, command] = COMMAND.exec(said) ?? [];
  const lines: string[] = [];
  let line = '#';
  for (const word of (command === undefined ? said : said.replace(COMMAND, ':')).split(' ')) {
    if (line !== '#' && `${line} ${word}`.length > LINE_CHARACTERS) {
      lines.push(line);
      line = '#  ';
    }
    line = `${line} ${word}`;
  }
  return [...lines, line, ...(command === undefined ? [] : [`#   ${command}`])];
}
