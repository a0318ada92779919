// What something else than /etc/fstab mounts is not taken away: no copy is made for it, no client is stopped for a snapshot of it.
import { expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';

const world = (by: string): string => `world: held-volumes
says: The data of a node whose volume is mounted by something else than a line of /etc/fstab do not open.
fleets: [{ file: examples/fleets/bitcoin.yaml, but: { mode: act, replace: { rungs: [restart, swap] }, health: { stuckSeconds: 300, startGraceSeconds: 600 } } }]
chains: { bitcoin: { blockSeconds: 30, rhythm: regular } }
nodes:
  - { fleet: bitcoin, names: [node1, node3, node4], volumes: [{ role: data, sizeGiB: 100 }], client: { startSeconds: 15 } }
  - { fleet: bitcoin, name: node2, client: { startSeconds: 15 }, volumes: [{ role: data, sizeGiB: 100, mountedBy: ${by} }] }
snapshots: [{ of: bitcoin/node3, hoursAgo: 8 }]
timeline: [{ at: 3, do: corrupt-data, node: bitcoin/node2 }]
until: { minutes: 60 }
hours: 1
expect: [{ pages: { code: ladder-spent, sentence: { has: 'is mounted by ${by}' } } }, { journal: { kind: intent, operation: CreateVolume }, count: none }]
`;

it('by an automount: a person is told what keeps the copy away, and none is paid for', async () => {
  const [played] = await runJob('worlds', { texts: [world('an automount')], folder: '.' });
  expect(played?.unmet).toEqual([]);
}, 600_000);
