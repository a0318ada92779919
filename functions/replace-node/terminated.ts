// A node whose instance somebody has terminated: what is known of it, whether it is made again, and from which data. Pure.
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import { claimantsOfVolume, isResourceOf } from '../../shared/fleet/membership.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import type { FoundNode, FoundVolume } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { hasTags, RETIRED_TAG } from '../../shared/model/tags.ts';
import type { Facts } from './facts.ts';
import { ENDED, type Gone, type GoneSubject, judgeGone } from './gone.ts';
import { laterEachTime } from './person.ts';
import { foundVolume } from './state.ts';

/** Until EC2 shows an instance that is there. */
const SHOWN_AFTER_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/** The node as it was, for a heal that makes it again; or why none begins. */
export function foundAgain(
  facts: Pick<Facts, 'volumes' | 'onsetMs'> & GoneSubject,
  gone: Gone,
): { readonly found: FoundNode } | { readonly refusal: Refusal } {
  const { nowMs, onsetMs, instanceId, fleet } = facts;
  const { power, machine } = gone;
  const wait = (refuse: 'busy' | 'not-confirmed', reason: string, minutes: number) => ({
    refusal: { refuse, reason, page: false, retryAfterMs: minutes * MINUTE_MS },
  });
  if (power !== null && !ENDED.includes(power))
    return wait(
      'not-confirmed',
      `${instanceId} is ${power}: it was not terminated, and carries the fleet’s tags no more`,
      15,
    );
  // Its volumes are released, or deleted, at the end of it.
  if (power === 'shutting-down') return wait('busy', `${instanceId} is shutting down still`, 1);
  if (power === null && nowMs - onsetMs < SHOWN_AFTER_MS)
    return wait('busy', `EC2 does not show ${instanceId}, which is no proof yet that it is gone`, 1);
  const refusal = judgeGone(facts) ?? (machine && judgePauseTag(machine.instance.tags));
  if (refusal) return { refusal };
  if (machine === null) return lacks('what it was like is not written down');
  const volumes = volumesOf(facts, gone);
  if (volumes === null)
    return lacks(
      `which of ${gone.volumes.map(({ volumeId }) => volumeId).join(', ') || 'no volume'} held what cannot be told by their tags; a tag chainmend:role on each says it`,
    );
  const left = volumes.map(({ volumeId }) => facts.volumes.find((volume) => volume.volumeId === volumeId));
  const used = left.find((volume) => volume?.attachment && volume.attachment.state !== 'detached');
  if (used?.attachment?.instanceId === instanceId) return wait('busy', `${used.volumeId} is not released yet`, 1);
  if (used)
    return lacks(
      `its volume ${used.volumeId} is attached to ${used.attachment?.instanceId}: somebody is at work with it`,
    );
  const isLeft = left.every((volume) => volume?.state === 'available' && isItsOwn(volume, machine.instance, fleet));
  return {
    found: {
      instanceId,
      availabilityZone: machine.instance.availabilityZone,
      volumes,
      ...{ height: null, lagBlocks: null, client: 'unknown' },
      machine: { instance: machine.instance, clientVersion: machine.clientVersion },
      ...(!isLeft && { dataLost: true as const }),
    },
  };

  function lacks(what: string) {
    return { refusal: notMadeAgain(facts, what) };
  }
}

/** What is missing, and that a person has to know. */
export const notMadeAgain = ({ node, ...at }: Pick<Facts, 'node' | 'nowMs' | 'onsetMs'>, lacking: string): Refusal => ({
  refuse: 'not-made-again',
  reason: `${node} was terminated, and is not made again: ${lacking}`,
  page: true,
  retryAfterMs: laterEachTime(at),
});

/** One volume for each role of the fleet file, by its tags; null where that is ambiguous. */
function volumesOf({ fleet }: Pick<Facts, 'fleet'>, { volumes }: Gone): readonly FoundVolume[] | null {
  const found = fleet.volumes.flatMap(({ role, path, tags }) => {
    const [volume, another] = volumes.filter((one) => {
      const isOnly = fleet.volumes.length === 1 && hasTags(one.tags, tags);
      return one.tags['chainmend:role'] === role || isOnly;
    });
    return volume?.attachment && !another ? [foundVolume(volume, role, path, volume.attachment.device)] : [];
  });
  const ids = new Set(found.map(({ volumeId }) => volumeId));
  return found.length === fleet.volumes.length && ids.size === found.length ? found : null;
}

/** It was this node's last, by the record; it is where the node was, is the fleet's, and no heal has put it away. */
const isItsOwn = (
  { tags, availabilityZone }: VolumeDescription,
  instance: InstanceDescription,
  fleet: Facts['fleet'],
): boolean =>
  availabilityZone === instance.availabilityZone &&
  !Object.hasOwn(tags, RETIRED_TAG) &&
  isResourceOf(fleet, tags) &&
  claimantsOfVolume(fleet, tags).length === 0;
