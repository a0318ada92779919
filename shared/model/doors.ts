// At whose door a failure is laid. What is unknown is nobody's fault.

/**
 * data: the copy itself gained blocks first, or its client named its data, or it cannot be mounted. node: another copy would meet the same. aws: a quota,
 * a permission, capacity, or a resource in a wrong state. person: somebody wanted it so. nobody-knows: no answer, or one that fits several causes.
 */
export type Door = 'data' | 'node' | 'aws' | 'person' | 'nobody-knows';

/**
 * What becomes of a source of data whose copy was given up. burnt: not used again in the incident, and its snapshots may be quarantined. passed-over: not
 * used again in the rung under way. waits: used again after a while, since nothing is wrong with it.
 */
export type Fate = 'burnt' | 'passed-over' | 'waits';

export const FATE_OF: Readonly<Record<Door, Fate>> = {
  data: 'burnt',
  node: 'passed-over',
  aws: 'waits',
  person: 'passed-over',
  'nobody-knows': 'passed-over',
};
