// `diff BEFORE AFTER`: two versions of a fleet file, played in the same stories of the local region. No account is asked.
import { statSync } from 'node:fs';
import { plainText } from '../../../shared/text/plain-text.ts';
import { type FleetFile, readFleetFiles, shortPath } from '../../fleets.ts';
import { tableOf, UsageError } from '../fleets/context.ts';
import { changesBetween, leavesOf } from '../fleets/field-list.ts';
import { type Differences, differencesOf } from './differences.ts';
import type { DiffInput, PlayedStory } from './form.ts';

export interface DiffContext {
  readonly say: (text: string) => void;
  /** One line of progress. */
  readonly status: (text: string) => void;
  /** Plays both versions in the local region, a process of its own. @throws StoreError where it fails */
  readonly play: (input: DiffInput, heard: (story: PlayedStory) => void) => Promise<readonly PlayedStory[]>;
}

export interface DiffOptions {
  readonly storms?: number;
  readonly seed?: number;
  readonly nodes?: number;
  readonly markdown?: true;
}

const STORMS = 3;
const NODES = 5;
/** Stories that are listed; `--json` has all. */
const MAX_LISTED = 20;

export interface DiffResult {
  readonly status: 0;
  readonly facts: object;
}

/** @throws UsageError, FleetFilesError, StoreError */
export async function diff(
  context: DiffContext,
  paths: readonly [before: string, after: string],
  options: DiffOptions,
): Promise<DiffResult> {
  const [before, after] = [fileAt(paths[0]), fileAt(paths[1])];
  const [a, b] = [before.document, after.document];
  if (a.fleet !== b.fleet || a.chain !== b.chain)
    throw new UsageError(
      `${before.path} is of ${a.fleet} (${a.chain}), ${after.path} of ${b.fleet} (${b.chain}): expected two versions of one fleet’s file`,
    );
  const changes = changesBetween(leavesOf(a), leavesOf(b));
  const { storms = STORMS, seed = 1, nodes = NODES } = options;
  const input: DiffInput = { before: a, after: b, nodes, seed, storms };
  const played =
    changes.length === 0 ? [] : await context.play(input, ({ story, by }) => context.status(`${story}, ${by}: played`));
  const differences = differencesOf(played);
  const text = options.markdown ? markdownOf(a.fleet, changes, differences) : textOf(a.fleet, changes, differences);
  context.say(text);
  return {
    status: 0,
    facts: { fleet: a.fleet, changes: changes.map(([field, change]) => ({ field, change })), ...differences },
  };
}

function fileAt(path: string): FleetFile {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`no file ${JSON.stringify(plainText(path, 200))}: expected two versions of a fleet file`);
  const [file] = readFleetFiles([path]);
  if (file) return file;
  throw new UsageError(`${shortPath(path)} holds no fleet`);
}

type Change = readonly [field: string, change: string];

const summaryOf = ({ stories, different }: Differences): string =>
  different.length === 0
    ? `In ${stories} stories both do the same.`
    : `In ${different.length} of ${stories} stories they do not do the same.`;

function textOf(fleet: string, changes: readonly Change[], differences: Differences): string {
  if (changes.length === 0) return `${fleet}: no field differs, so nothing was played.`;
  const { different, counts } = differences;
  const parts = [
    `${fleet}:\n${tableOf(
      ['field', 'change'],
      changes.map((one) => [...one]),
    )}`,
    summaryOf(differences),
  ];
  if (counts.length > 0)
    parts.push(
      tableOf(
        ['what', 'before', 'after'],
        counts.map(({ act, before, after }) => [act, String(before), String(after)]),
      ),
    );
  for (const { story, lost, gained } of different.slice(0, MAX_LISTED))
    parts.push([story, ...lost.map((act) => `  − ${act}`), ...gained.map((act) => `  + ${act}`)].join('\n'));
  if (different.length > MAX_LISTED) parts.push(`and ${different.length - MAX_LISTED} more: --json has all`);
  return parts.join('\n\n');
}

/** A comment for a pull request. Its texts are codes, rungs and the file’s own words, in code spans. */
function markdownOf(fleet: string, changes: readonly Change[], differences: Differences): string {
  const code = (text: string): string => `\`${plainText(text, 300).replaceAll('`', 'ʼ').replaceAll('|', '¦')}\``;
  const { different, counts } = differences;
  const lines = [`### chainmend diff: ${code(fleet)}`, ''];
  if (changes.length === 0) return [...lines, 'No field differs.'].join('\n');
  lines.push(
    '| field | change |',
    '|---|---|',
    ...changes.map(([field, change]) => `| ${code(field)} | ${code(change)} |`),
    '',
  );
  lines.push(summaryOf(differences), '');
  if (counts.length > 0)
    lines.push(
      '| what | before | after |',
      '|---|---:|---:|',
      ...counts.map(({ act, before, after }) => `| ${code(act)} | ${before} | ${after} |`),
      '',
    );
  for (const { story, lost, gained } of different.slice(0, MAX_LISTED))
    lines.push(
      `- ${code(story)}: ${[...lost.map((act) => `− ${code(act)}`), ...gained.map((act) => `+ ${code(act)}`)].join(', ')}`,
    );
  return lines.join('\n').trimEnd();
}
