// How CloudTrail writes requests and answers down: EC2's lists as `instancesSet.items`, ModifyVolume under its own name, secrets hidden. Only what a reader of
// the history can need is here; the rest of a request is left as it was sent. Examples: "Logging Amazon EC2 API calls with CloudTrail" (EC2 user guide).
import type { CallRecord } from '../../simulator/trace.ts';

type Members = Readonly<Record<string, unknown>>;

const membersOf = (input: unknown): Members => (typeof input === 'object' && input !== null ? (input as Members) : {});

const lower = (members: Members): Members =>
  Object.fromEntries(
    Object.entries(members).map(([key, value]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function requestOf(operation: string, input: unknown): Members {
  const members = membersOf(input);
  switch (operation) {
    case 'ModifyVolume':
      return { ModifyVolumeRequest: members };
    case 'CreateTags':
    case 'DeleteTags':
      return {
        resourcesSet: { items: listOf(members['Resources']).map((resourceId) => ({ resourceId })) },
        tagSet: { items: listOf(members['Tags']).map((tag) => lower(membersOf(tag))) },
      };
    case 'PutParameter':
      return { ...lower(members), value: 'HIDDEN_DUE_TO_SECURITY_REASONS' };
    case 'SendCommand':
      return { ...lower(members), parameters: 'HIDDEN_DUE_TO_SECURITY_REASONS' };
    default: {
      const { InstanceIds, ...others } = members;
      if (!Array.isArray(InstanceIds)) return lower(members);
      return { ...lower(others), instancesSet: { items: InstanceIds.map((instanceId: unknown) => ({ instanceId })) } };
    }
  }
}

/** Of a modification the size before: it is the last size that was asked for, as far back as requests are kept. Null where that is not known. */
export function responseOf(record: CallRecord, requests: readonly CallRecord[]): Members | null {
  const { VolumeId, Size } = membersOf(record.input);
  if (record.operation !== 'ModifyVolume' || record.outcome !== 'ok') return null;
  const before = requests.findLast(
    ({ operation, outcome, input, at }) =>
      operation === 'ModifyVolume' && outcome === 'ok' && at < record.at && membersOf(input)['VolumeId'] === VolumeId,
  );
  const originalSize = before && membersOf(before.input)['Size'];
  return {
    ModifyVolumeResponse: {
      volumeModification: { volumeId: VolumeId, targetSize: Size, ...(originalSize !== undefined && { originalSize }) },
    },
  };
}

const TYPES: Readonly<Record<string, string>> = {
  i: 'AWS::EC2::Instance',
  vol: 'AWS::EC2::Volume',
  snap: 'AWS::EC2::Snapshot',
};

/** The instances, volumes and snapshots that a request names. */
export function resourcesIn(
  input: unknown,
): readonly { readonly ResourceType: string; readonly ResourceName: string }[] {
  const ids = JSON.stringify(input ?? null).match(/\b(?:i|vol|snap)-[0-9a-f]{8,17}\b/g) ?? [];
  return [...new Set(ids)].map((id) => ({ ResourceType: TYPES[id.split('-')[0] ?? ''] ?? '', ResourceName: id }));
}
