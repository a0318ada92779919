// Snapshots of the ordinary fleet's volumes: taken of a node that was stopped cleanly, and whole sets of them.
import { FLEET_TAG, INCIDENT_TAG, NODE_TAG } from '../../../shared/model/tags.ts';
import { ledgerTags, readLedger } from '../../../shared/snapshots/ledger.ts';
import type { Ledger, SnapshotFact, SnapshotSet } from '../../../shared/snapshots/model.ts';
import { ACCOUNT, NODE_TAGS } from './fleet.ts';
import { DATA_VOLUME } from './node.ts';
import { HOUR_MS, NOON_MS } from './time.ts';

export interface Taken {
  readonly id?: string;
  readonly node?: string;
  readonly role?: string;
  /** Before noon; an hour unless given. */
  readonly hoursAgo?: number;
  /** Of a lifecycle policy, which writes no ledger. */
  readonly policy?: string;
  readonly volumeId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly ledger?: Partial<Ledger>;
  readonly more?: Partial<Omit<SnapshotFact, 'ledger' | 'tags'>>;
}

/** Taken of a node that was stopped cleanly, by a heal of ours; or by a policy. */
export function snapshot({
  id,
  node = 'node1',
  role = 'data',
  hoursAgo = 1,
  policy,
  ...rest
}: Taken = {}): SnapshotFact {
  const snapshotId = id ?? `snap-${node}-${role}-${hoursAgo}`;
  const written: Partial<Ledger> =
    policy !== undefined
      ? {}
      : {
          ...{ fleet: 'bitcoin', node, role, setId: `${node}-${hoursAgo}`, parts: 1, cleanStop: true },
          ...{
            height: 100,
            blockHash: 'aa',
            chainId: 'main',
            client: 'satoshi',
            clientVersion: '27.0.0',
            mode: 'pruned',
          },
        };
  const tags = {
    ...(policy === undefined ? { [INCIDENT_TAG]: 'a1b2c3d4' } : NODE_TAGS),
    ...ledgerTags({ ...readLedger({}), ...written, ...rest.ledger }),
    ...rest.tags,
  };
  return {
    snapshotId,
    volumeId: rest.volumeId ?? `vol-${node}-${role}`,
    sizeGiB: 500,
    startedAtMs: NOON_MS - hoursAgo * HOUR_MS,
    state: 'completed',
    encrypted: true,
    kmsKeyId: null,
    ownerId: ACCOUNT,
    policyId: policy ?? null,
    locked: false,
    archived: false,
    ...rest.more,
    tags,
    ledger: readLedger(tags),
  };
}

/** Of node2's data: the newest one, taken an hour ago; `at`: how many are newer. */
export const snapshotSet = (at = 0, more: Partial<SnapshotSet> = {}): SnapshotSet => {
  const hoursAgo = at + 1;
  const takenAtMs = NOON_MS - hoursAgo * HOUR_MS;
  const ledger = { height: 900 };
  return {
    setId: `set-${at}`,
    node: 'node2',
    takenAtMs,
    untilMs: takenAtMs,
    parts: { data: snapshot({ id: `snap-0${at}`, node: 'node2', hoursAgo, volumeId: DATA_VOLUME, ledger }) },
    rank: 'clean',
    height: 900,
    ...more,
  };
};

export const tagged = (fleet: string, node: string): Record<string, string> => ({
  [FLEET_TAG]: fleet,
  [NODE_TAG]: node,
});
