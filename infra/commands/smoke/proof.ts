// Whether the node is healed: EC2 shows the volume's size, and the journal shows the filesystem's. Pure.
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { StoryLine } from '../heal/context.ts';

export interface HealFacts {
  /** The incident of the node's disk; undefined while there is none. */
  readonly incident: IncidentRecord | undefined;
  /** The journal lines of that incident, oldest first. */
  readonly story: readonly StoryLine[];
  readonly madeGiB: number;
  /** The volume's current size, by DescribeVolumes. */
  readonly volumeGiB: number;
}

export type HealStatus =
  | { readonly is: 'waiting'; readonly words: string }
  | { readonly is: 'healed'; readonly words: string }
  /** The incident cannot succeed any more. */
  | { readonly is: 'over'; readonly words: string };

/** resize-volume's proof begins with these words, and has the filesystem's own size: functions/resize-volume/plan.ts. */
const PROOF = /^filesystem (\d+) GiB/;

export function healStatusOf({ incident, story, madeGiB, volumeGiB }: HealFacts): HealStatus {
  const last = story.at(-1);
  const said = last ? `; the journal's last word: ${last.code ? `${last.code}: ` : ''}${last.sentence}` : '';
  if (!incident) return { is: 'waiting', words: 'no incident yet' };
  if (incident.state === 'escalated') return { is: 'over', words: `the heal was given up${said}` };
  if (incident.state !== 'healed')
    return { is: 'waiting', words: `incident ${incident.incidentId} is ${incident.state}${said}` };
  if (volumeGiB <= madeGiB)
    return {
      is: 'over',
      words: `the incident is closed, and EC2 says that the volume still has ${volumeGiB} GiB${said}`,
    };
  const proof = story.findLast(({ kind, sentence }) => kind === 'proof' && PROOF.test(sentence));
  const filesystemGiB = Number(PROOF.exec(proof?.sentence ?? '')?.[1] ?? 0);
  if (!proof || filesystemGiB <= madeGiB)
    return {
      is: 'over',
      words: `the volume has ${volumeGiB} GiB, and the journal has no proof of a larger filesystem${said}`,
    };
  return { is: 'healed', words: `volume ${madeGiB} → ${volumeGiB} GiB by EC2; ${proof.sentence}` };
}

export interface RestartFacts {
  readonly incident: IncidentRecord | undefined;
  readonly story: readonly StoryLine[];
  /** The node's current data volumes, by EC2's answer. */
  readonly volumes: readonly { readonly volumeId: string }[];
  /** The volume that the node had before. */
  readonly volumeId: string;
}

/** Restarted and nothing else: the journal has the rung, and the volume is still the same. */
export function restartStatusOf({ incident, story, volumes, volumeId }: RestartFacts): HealStatus {
  const last = story.at(-1);
  const said = last ? `; the journal's last word: ${last.code ? `${last.code}: ` : ''}${last.sentence}` : '';
  if (!incident) return { is: 'waiting', words: 'no incident yet' };
  if (incident.state === 'escalated') return { is: 'over', words: `the heal was given up${said}` };
  if (incident.state !== 'healed')
    return { is: 'waiting', words: `incident ${incident.incidentId} is ${incident.state}${said}` };
  const stumble = pageOnTheWay(story);
  if (stumble !== undefined) return { is: 'over', words: stumble };
  if (!story.some(({ act }) => act?.includes(' restart-client ')))
    return { is: 'over', words: `the incident is closed, and nothing was restarted${said}` };
  if (volumes.length !== 1 || volumes[0]?.volumeId !== volumeId)
    return { is: 'over', words: `the incident is closed, and the node does not have ${volumeId} any more${said}` };
  const proof = story.findLast(({ kind }) => kind === 'proof');
  return proof
    ? { is: 'healed', words: `restarted: ${proof.sentence}` }
    : { is: 'over', words: `the incident is closed, and the journal has no proof${said}` };
}

/** A later attempt may succeed where this account has refused a call of the first one. The test must still report that refusal. */
export function pageOnTheWay(story: readonly StoryLine[]): string | undefined {
  const page = story.find(({ kind }) => kind === 'page');
  return page && `people were paged on the way: ${page.sentence}`;
}
