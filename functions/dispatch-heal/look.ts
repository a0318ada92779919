// From a candidate to its node: whose instance it is, and what is known around it. What leads to nobody's node goes no further.
import { EventError } from '../../shared/events/errors.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import { troubleOf } from './alarms.ts';
import { type Around, type Considered, consider, type Door } from './consider.ts';
import type { Candidate } from './decide.ts';
import { HEALTH } from './kinds.ts';
import { type FleetSeen, type InstanceNow, readInstances, readSeen } from './truth.ts';

/** What a run reads once, however many candidates ask for it. */
export function aroundOf(door: Door, { values }: Pick<Settings, 'values'>, paged?: Set<string>): Around {
  const read = new Map<string, Promise<FleetSeen>>();
  const seen = (fleet: string): Promise<FleetSeen> => {
    const known = read.get(fleet) ?? readSeen(door.store, fleet);
    read.set(fleet, known);
    return known;
  };
  return { values, seen, ...(paged && { paged }) };
}

/** One candidate of an event or of a person. */
export async function considerNow(
  door: Door,
  settings: Pick<Settings, 'fleets' | 'values'>,
  candidate: Candidate,
  around = aroundOf(door, settings),
): Promise<Considered | undefined> {
  const instances = await readInstances(door.clients.ec2, [candidate.instanceId]);
  return considerOne(door, settings, around, instances, candidate);
}

/** @returns undefined where it is nobody's node, and that is no mistake of anybody's */
export async function considerOne(
  door: Door,
  { fleets }: Pick<Settings, 'fleets'>,
  around: Around,
  instances: ReadonlyMap<string, InstanceNow>,
  candidate: Candidate,
): Promise<Considered | undefined> {
  const { alarmName, dimensions } = candidate.alarm;
  const instance = instances.get(candidate.instanceId);
  if (candidate.settles !== undefined) {
    // Whatever has become of the instance: what was begun for it is in its records.
    const fleet = fleets.find(({ name }) => name === candidate.fleet);
    const known = { candidate, instance: instance ?? { instanceId: candidate.instanceId, tags: {} } };
    return fleet && consider(door, around, { ...known, fleet, trouble: candidate.settles });
  }
  const fleet = instance && fleetOf(instance.tags, fleets);
  // EC2's checks are read of all instances of an account, and an observation may tell of one that is gone.
  if (candidate.trouble === HEALTH && !candidate.atOnce && (!fleet || 'refuse' in fleet || isNoNode(instance)))
    return undefined;
  if (!instance) throw new EventError(alarmName, candidate.instanceId, 'an instance that exists');
  if (!fleet || 'refuse' in fleet)
    throw new EventError(alarmName, candidate.instanceId, `an instance with the tags of one fleet; ${fleet?.reason}`);
  if (candidate.fleet !== undefined && candidate.fleet !== fleet.name)
    throw new EventError('fleet', candidate.fleet, `${fleet.name}, whose tags ${candidate.instanceId} carries`);
  if (isNoNode(instance))
    throw new EventError(
      'instanceId',
      candidate.instanceId,
      `a node of ${fleet.name}; by its tags it is not in the fleet yet, or not any more`,
    );
  // `replace.rungs: []`: nothing but a page, which is watch-fleet's.
  if (candidate.trouble === HEALTH && !candidate.atOnce && fleet.replace.rungs.length === 0) return undefined;
  const trouble = candidate.trouble ?? troubleOf(fleet, dimensions);
  if (!trouble) {
    const paths = fleet.volumes.map(({ path }) => path).join(' or ');
    throw new EventError(alarmName, dimensions['path'], `a path of fleet ${fleet.name}: ${paths}`);
  }
  return consider(door, around, { candidate, fleet, instance, trouble });
}

/** It is about to take a node's place, or has given it up. */
const isNoNode = (instance: InstanceNow | undefined): boolean =>
  instance !== undefined && (Object.hasOwn(instance.tags, JOINING_TAG) || Object.hasOwn(instance.tags, RETIRED_TAG));
