// Reads the records of nodes and incidents from the region's table.
import { fromItem } from '../../../shared/aws/attributes.ts';
import { type IncidentRecord, type NodeRecord, partitions } from '../../../shared/heal/records.ts';
import type { Region } from '../../region.ts';
import type { World } from '../world/world.ts';

/** Records of one kind, of all fleets. */
export function readRecords<R extends NodeRecord | IncidentRecord>(
  region: Region,
  tableName: string,
  prefix: 'NODE#' | 'INCIDENT#',
): R[] {
  return region.dynamodb.items(tableName).flatMap((stored): R[] => {
    const item = stored as Parameters<typeof fromItem>[0];
    // The keys are checked before the item is read: this runs very often, and observations are long.
    if (!item['sk']?.S?.startsWith(prefix)) return [];
    if (prefix === 'NODE#' ? item['pk']?.S !== partitions.nodes() : !item['pk']?.S?.startsWith(prefix)) return [];
    return [fromItem(item) as unknown as R];
  });
}

export const incidentsOf = ({ region, tableName }: World): IncidentRecord[] =>
  readRecords<IncidentRecord>(region, tableName, 'INCIDENT#');
