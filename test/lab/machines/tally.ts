// The result of a group's run: what held and what did not in each story, and the names of stories that did not end.
import type { EnclosureResult } from './host/enclosure.ts';
import type { RunEvent } from './run-events.ts';
import type { StoryEntry } from './stories/plan.ts';

export interface StoryFinding {
  readonly story: string;
  readonly sentence: string;
}

export interface Reasoned extends StoryFinding {
  readonly why: string;
}

export interface Tally {
  readonly held: readonly StoryFinding[];
  readonly broken: readonly Reasoned[];
  readonly skipped: readonly Reasoned[];
  /** Shipped scripts that were executed, each once. */
  readonly scripts: readonly string[];
  /** Of each story that ended. */
  readonly seconds: Readonly<Record<string, number>>;
}

export const EMPTY: Tally = { held: [], broken: [], skipped: [], scripts: [], seconds: {} };

/** @param group the name under which results of the group itself are listed */
export function tally(
  group: string,
  played: readonly StoryEntry[],
  told: readonly RunEvent[],
  ended: EnclosureResult,
): Tally {
  const held = told.filter((one) => one.event === 'held').map(({ story, sentence }) => ({ story, sentence }));
  const broken = told.filter((one) => one.event === 'broken').map(reasoned);
  const skipped = told.filter((one) => one.event === 'skipped').map(reasoned);
  const endings = told.filter((one) => one.event === 'ended');
  const hasEnded = new Set(endings.map(({ story }) => story));
  const begun = new Set(told.flatMap((one) => (one.event === 'story' ? one.name : [])));
  const missing = played.filter(({ name }) => !hasEnded.has(name));
  // A story that ended without a verdict has proved nothing.
  const judged = new Set([...held, ...broken, ...skipped].map(({ story }) => story));
  const mute = played.filter(({ name }) => hasEnded.has(name) && !judged.has(name));
  const own = enclosureFaults(ended).map((why) => ({ story: group, sentence: ENDS_WELL, why }));
  return {
    held: own.length > 0 ? held : [...held, { story: group, sentence: ENDS_WELL }],
    broken: [
      ...broken,
      ...missing.map(({ name, sentence }) => ({
        story: name,
        sentence,
        why: unfinishedReason(ended, begun.has(name)),
      })),
      ...mute.map(({ name, sentence }) => ({ story: name, sentence, why: 'it ended without having judged anything' })),
      ...own,
    ],
    skipped,
    scripts: [...new Set(told.flatMap((one) => (one.event === 'script' ? one.name : [])))].sort(),
    seconds: Object.fromEntries(endings.map(({ story, seconds }) => [story, seconds])),
  };
}

export function sumTallies(tallies: readonly Tally[]): Tally {
  return {
    held: tallies.flatMap(({ held }) => held),
    broken: tallies.flatMap(({ broken }) => broken),
    skipped: tallies.flatMap(({ skipped }) => skipped),
    scripts: [...new Set(tallies.flatMap(({ scripts }) => scripts))].sort(),
    seconds: Object.assign({}, ...tallies.map(({ seconds }) => seconds)),
  };
}

const ENDS_WELL = 'The run ends by itself, tells what it does in events, and leaves nothing on this host.';

const reasoned = ({ story, sentence, why }: Reasoned): Reasoned => ({ story, sentence, why });

function enclosureFaults({ status, endedBy, malformed, left }: EnclosureResult): string[] {
  return [
    ...(endedBy === 'itself' && status !== 0 ? [`it ended with ${status ?? 'a signal'}`] : []),
    ...malformed,
    ...left,
  ];
}

function unfinishedReason({ endedBy, status, remarks }: EnclosureResult, hasBegun: boolean): string {
  const when = hasBegun ? 'it had begun and did not end' : 'it was never begun';
  const last = remarks.trim().split('\n').slice(-LAST_LINES).join(' | ').slice(-LAST_CHARACTERS);
  const said = last === '' ? '' : `: ${last}`;
  if (endedBy === 'limit') return `${when} before the time for all of them was over${said}`;
  if (endedBy === 'request') return `${when} before somebody ended the run${said}`;
  return `${when} when its run died with ${status ?? 'a signal'}${said}`;
}

const LAST_LINES = 12;
const LAST_CHARACTERS = 1_500;
