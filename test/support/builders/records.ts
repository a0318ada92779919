// What the table holds of the ordinary node: nobody has it, and nothing is begun on it.
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { INSTANCE } from './node.ts';

export const nodeRecord = (more: Partial<NodeRecord> = {}): NodeRecord => ({
  fleet: 'bitcoin',
  instanceId: INSTANCE,
  owner: null,
  fence: 0,
  quietAfterMs: 0,
  operation: null,
  modifications: [],
  version: 1,
  ...more,
});
