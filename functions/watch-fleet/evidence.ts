// What else was read of a node and explains its state: its beacon node, and geth's own metrics.
import type { StatusReading } from '../../shared/probe/protocol.ts';
import { isOurs } from './sight.ts';

/** An epoch: a beacon node that is farther behind has nothing new to give its execution client. */
const SLOTS_BEHIND = 32;

/** Why the beacon node beside it keeps an execution client from going on, or null where it does not. */
export function hamperedByBeacon({ beacon }: StatusReading): string | null {
  if (beacon === undefined) return null;
  if (beacon.kind === 'starting') return `its beacon node is the cause: ${beacon.reason}`;
  if (beacon.kind === 'error')
    return isOurs(beacon.code) ? null : `its beacon node is the cause, which does not answer: ${beacon.reason}`;
  const { height, claimedTip = height, hamperedBy } = beacon.facts;
  // It waits for this very client: no cause.
  if (hamperedBy !== undefined) return null;
  const behind = claimedTip - height;
  return behind > SLOTS_BEHIND ? `its beacon node is the cause: it is ${behind} slots behind itself` : null;
}

/** geth counts the blocks that it inserted since whoever asked last. */
export function insertedBlocks({ geth }: StatusReading): string {
  if (geth?.kind !== 'ok') return '';
  const { inserts = 0 } = geth.facts;
  return inserts > 0
    ? `; it has inserted ${inserts} blocks since it was last asked, and its head does not move`
    : '; it has inserted no block since it was last asked';
}
