// The request for a clean snapshot: all data volumes of the node and nothing else, with the ledger in their tags. Pure.
import type { CreateSnapshotsRequest } from '@aws-sdk/client-ec2';
import type { SnapshotMemory } from '../../shared/heal/memory.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import { INCIDENT_TAG } from '../../shared/model/tags.ts';
import { clientNameOf, ledgerTags } from '../../shared/snapshots/ledger.ts';
import type { Ledger } from '../../shared/snapshots/model.ts';
import { excludedOf, watchedOf } from './judge.ts';
import type { Facts } from './model.ts';

type About = Pick<SnapshotPayload, 'fleet' | 'node' | 'instanceId' | 'incidentId'>;

/**
 * The height is a lower bound: what the node was observed at before its client was stopped. It has the hash of that very block, where the
 * client told one. The tags are the same for all parts, so a part's role is among them only where there is one part.
 */
function ledgerOf({ fleet: name, node, instanceId }: About, facts: Facts, memory: SnapshotMemory): Ledger {
  const watched = watchedOf(facts, { instanceId });
  const { client, version } = clientNameOf(watched?.clientVersion ?? '', facts.fleet.chain);
  const { volumes } = memory.found;
  return {
    fleet: name,
    node,
    role: volumes.length === 1 ? (volumes[0]?.role ?? null) : null,
    setId: memory.setId,
    parts: volumes.length,
    height: watched?.block?.height ?? memory.found.height,
    blockHash: watched?.block?.hash ?? null,
    chainId: facts.chainId,
    client,
    clientVersion: version,
    mode: facts.fleet.dataMode ?? null,
    cleanStop: true,
    verifiedAtMs: null,
    quarantined: null,
    heldBy: null,
  };
}

export function requestOf(about: About, facts: Facts, memory: SnapshotMemory): CreateSnapshotsRequest {
  const ledger = ledgerOf(about, facts, memory);
  const tags = { ...ledgerTags(ledger), [INCIDENT_TAG]: about.incidentId };
  const excluded = excludedOf(facts, memory.found.volumes);
  return {
    Description: `chainmend ${about.incidentId}: ${about.fleet}, height ${ledger.height ?? 'unknown'} or more, client stopped cleanly`,
    InstanceSpecification: {
      InstanceId: about.instanceId,
      ExcludeBootVolume: true,
      ...(excluded.length > 0 && { ExcludeDataVolumeIds: [...excluded] }),
    },
    TagSpecifications: [
      { ResourceType: 'snapshot', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    ],
  };
}
