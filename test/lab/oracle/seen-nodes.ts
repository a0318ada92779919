// The nodes as their owners' tags and the judge's own memory have them: which instances have been a node, and what stood on them.
import type { Tag } from '@aws-sdk/client-ec2';
import type { Instance } from '../../../local/services/ec2/model.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { Trouble } from './troubles.ts';

export interface SeenNode {
  /** A person may give its fleet another name. */
  readonly fleet: string;
  readonly name: string;
  readonly role: string;
  /** "bitcoin/node2" */
  readonly subject: string;
  /** Every instance that has been this node, oldest first. */
  readonly instanceIds: string[];
  /** What a client that knows everything would say of its present instance. */
  trouble: Trouble | undefined;
  troubleSinceMs: number;
  /** When it was last in a trouble that a heal is for. */
  lastSickMs: number;
  /** It has served its chain since; a client that only syncs after a heal has not. */
  hasServed: boolean;
  lastActMs: number;
}

export const newNode = (told: {
  readonly fleet: string;
  readonly name: string;
  readonly role: string;
  readonly instanceId: string;
}): SeenNode => ({
  fleet: told.fleet,
  name: told.name,
  role: told.role,
  subject: `${told.fleet}/${told.name}`,
  instanceIds: [told.instanceId],
  trouble: undefined,
  troubleSinceMs: 0,
  lastSickMs: Number.NEGATIVE_INFINITY,
  hasServed: true,
  lastActMs: Number.NEGATIVE_INFINITY,
});

export type Tags = Readonly<Record<string, string>>;

export const tagsIn = (tags: readonly Tag[]): Tags =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));

const carries = (tags: Tags, wanted: Tags): boolean =>
  Object.entries(wanted).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);

/** The fleet whose tags these are: what heals made say `chainmend:fleet`, all others carry the tags of its nodes or of a volume. */
export function fleetOfTags(fleets: ReadonlyMap<string, FleetDocument>, tags: Tags): string | undefined {
  const said = tags['chainmend:fleet'];
  if (said !== undefined) return said;
  for (const [name, { nodes, volumes = {} }] of fleets) {
    const own = Object.values(volumes).flatMap((volume) =>
      typeof volume === 'object' && volume.tag ? [volume.tag] : [],
    );
    if ([nodes.tag, ...own].some((wanted) => carries(tags, wanted))) return name;
  }
  return undefined;
}

/** Fleets whose files say that an instance with these tags is their node: one, where owners are right. */
export const claimedBy = (fleets: ReadonlyMap<string, FleetDocument>, tags: Tags): readonly string[] =>
  [...fleets].flatMap(([name, { nodes }]) => (carries(tags, nodes.tag) ? [name] : []));

/** As the fleet file tells it: a word for all nodes, or a tag of each. */
export function roleIn({ role }: FleetDocument, tags: Tags): string {
  if (role === undefined || typeof role === 'string') return role ?? 'unknown';
  const said = tags[role.tag] ?? '';
  const { values } = role;
  if (values) return values[said] ?? 'unknown';
  return ['follower', 'validator', 'sentry', 'bootnode'].includes(said) ? said : 'unknown';
}

/** Tags of instances that have not joined yet, or have left (docs/names.md). */
const APART = ['chainmend:joining', 'chainmend:retired'];

export const isApart = ({ tags }: Pick<Instance, 'tags'>): boolean => tags.some(({ Key = '' }) => APART.includes(Key));

export const isGone = ({ state }: Pick<Instance, 'state'>): boolean =>
  state === 'terminated' || state === 'shutting-down';
