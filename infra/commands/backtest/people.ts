// Who did what: a call of CloudTrail as an act, and the acts that belong to an incident. Pure.
import type { Event } from '@aws-sdk/client-cloudtrail';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import { commandNames } from '../../names.ts';
import type { Act } from './history.ts';
import type { Incident } from './incidents.ts';

/** The calls that are looked up: what mends a node, what shows that somebody is on it, and the switches of this suite. */
export const LOOKED_UP = [
  ...['ModifyVolume', 'StopInstances', 'StartInstances', 'RebootInstances', 'TerminateInstances', 'RunInstances'],
  ...['CreateVolume', 'AttachVolume', 'DetachVolume', 'SendCommand', 'StartSession', 'DeleteParameter'],
  ...['CreateTags', 'DeleteTags', 'DeleteSnapshot'],
] as const;

/** Those of them that change a node; the others only tell who was there. */
const MENDS: ReadonlySet<string> = new Set([
  ...['ModifyVolume', 'StopInstances', 'StartInstances', 'RebootInstances', 'TerminateInstances', 'RunInstances'],
  ...['AttachVolume', 'DetachVolume', 'SendCommand', 'StartSession'],
]);

const IDS_MOST = 50;
/** "Maximum number of tags per resource: 50" (Tag your Amazon EC2 resources). */
const TAGS_MOST = 50;

/** @param event as LookupEvents returns it: its detail is JSON of AWS, and may be anything @returns undefined where it has no time or name */
export function actOf({ EventTime, EventName, Username, CloudTrailEvent = '' }: Event): Act | undefined {
  if (EventTime === undefined || EventName === undefined) return undefined;
  const detail = membersIn(CloudTrailEvent);
  const identity = membersOf(detail['userIdentity']);
  const request = membersOf(detail['requestParameters']);
  const volume = membersOf(
    membersOf(membersOf(detail['responseElements'])['ModifyVolumeResponse'])['volumeModification'],
  );
  const who = Username ?? textOf(identity['userName']) ?? textOf(identity['invokedBy']) ?? 'somebody';
  return {
    ...{ atMs: EventTime.getTime(), what: EventName, who },
    by: isOwnFunction(who) ? 'chainmend' : isService(identity) ? 'aws' : 'people',
    ids: idsIn(detail),
    toGiB: numberOf(membersOf(request['ModifyVolumeRequest'])['Size']) ?? numberOf(volume['targetSize']),
    fromGiB: numberOf(volume['originalSize']),
    parameter: textOf(request['name']) ?? null,
    document: textOf(request['documentName']) ?? null,
    tags: EventName === 'CreateTags' || EventName === 'DeleteTags' ? tagsIn(request) : null,
    hasFailed: textOf(detail['errorCode']) !== undefined,
  };
}

/** "tagSet": { "items": [{ "key": "Name", "value": "node1" }] }, as EC2 writes its lists down. */
function tagsIn(request: Members): Readonly<Record<string, string>> {
  const { items } = membersOf(request['tagSet']);
  if (!Array.isArray(items)) return {};
  return Object.fromEntries(
    items
      .slice(0, TAGS_MOST)
      .map(membersOf)
      .flatMap((tag) => {
        const key = textOf(tag['key']);
        return key === undefined ? [] : [[key, textOf(tag['value']) ?? '']];
      }),
  );
}

const isService = (identity: Members): boolean =>
  identity['type'] === 'AWSService' || textOf(identity['invokedBy'])?.endsWith('.amazonaws.com') === true;

/** Of the request and of the answer: a new instance and a new volume have their ids there. */
function idsIn({ requestParameters, responseElements }: Members): readonly string[] {
  const text = JSON.stringify([requestParameters ?? null, responseElements ?? null]);
  return [...new Set(text.match(/\b(?:i|vol|snap)-[0-9a-f]{8,17}\b/g) ?? [])].slice(0, IDS_MOST);
}

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : null;
};

const membersIn = (json: string): Members => membersOf(jsonOrUndefined(json));

const MINUTE_MS = 60_000;
const BEFORE_MS = 10 * MINUTE_MS;
/** Whoever looks at it later than this looks at something else. */
const AFTER_MS = 24 * 60 * MINUTE_MS;

export interface Touched {
  readonly instanceId: string;
  readonly volumeIds: readonly string[];
}

/** What people did to a node in an incident, from shortly before it to its end, or for a day. */
export function actsIn(
  acts: readonly Act[],
  { fromMs, toMs }: Pick<Incident, 'fromMs' | 'toMs'>,
  touched: Touched,
): readonly Act[] {
  const endMs = Math.min(toMs === null ? Number.POSITIVE_INFINITY : toMs + BEFORE_MS, fromMs + AFTER_MS);
  return acts.filter(
    (act) => act.atMs >= fromMs - BEFORE_MS && act.atMs <= endMs && isOn(act, touched) && isMending(act),
  );
}

/** Of the fleet's nodes, and in none of these incidents: AWS keeps nothing that says why. */
export const actsBeside = (
  acts: readonly Act[],
  nodes: readonly Touched[],
  explained: ReadonlySet<Act>,
): readonly Act[] =>
  acts.filter((act) => isMending(act) && !explained.has(act) && nodes.some((node) => isOn(act, node)));

const isMending = ({ what, by, hasFailed }: Act): boolean => by === 'people' && !hasFailed && MENDS.has(what);

const isOn = ({ ids }: Act, { instanceId, volumeIds }: Touched): boolean =>
  ids.some((id) => id === instanceId || volumeIds.includes(id));

function isOwnFunction(who: string): boolean {
  const { functions, probeNodesPrefix } = commandNames();
  return Object.values<string>(functions).includes(who) || who.startsWith(probeNodesPrefix);
}
