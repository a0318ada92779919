// Whether the node is healed: by EC2's word of the volume, and by the journal's of the filesystem. Pure.
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { StoryLine } from '../heal/context.ts';

export interface HealFacts {
  /** Of the node's disk; undefined while there is none. */
  readonly incident: IncidentRecord | undefined;
  /** Of that incident, oldest first. */
  readonly story: readonly StoryLine[];
  readonly madeGiB: number;
  /** By DescribeVolumes, now. */
  readonly volumeGiB: number;
}

export type HealStatus =
  | { readonly is: 'waiting'; readonly words: string }
  | { readonly is: 'healed'; readonly words: string }
  /** Nothing will come of it any more. */
  | { readonly is: 'over'; readonly words: string };

/** resize-volume's proof begins so, with the filesystem's own size: functions/resize-volume/plan.ts. */
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
  /** The node's data volumes by EC2's word, now. */
  readonly volumes: readonly { readonly volumeId: string }[];
  /** The one that it had. */
  readonly volumeId: string;
}

/** Restarted and nothing else: the rung is in the journal, and the volume is the one that it was. */
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

/** A later attempt may get through where this account has refused the first one something: that is what the test is for. */
export function pageOnTheWay(story: readonly StoryLine[]): string | undefined {
  const page = story.find(({ kind }) => kind === 'page');
  return page && `people were paged on the way: ${page.sentence}`;
}
