// An upgrade has a way back only where what runs could be started again: a unit's file that its owner has taken away is found before anything is stopped.
import { expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';

/** @param installed beside what runs, 0.20.0 @param expect what holds at the end */
const world = (installed: string, expected: string): string => `world: old-version-gone
says: A version is bad on its first node, and the unit of the one before may be gone.
fleets: [{ file: examples/fleets/bitcoin.yaml, but: { mode: act, client: { versions: ['0.20.0', '0.21.0'], watchMinutes: 5 }, health: { stuckSeconds: 300, startGraceSeconds: 600 }, snapshots: { clean: {} } } }]
chains: { bitcoin: { blockSeconds: 30, rhythm: regular } }
nodes:
  - { fleet: bitcoin, names: [node1, node2, node3, node4], unit: node@0.20.0, versions: { ${installed}'0.21.0': { fault: stands, format: 1 } }, volumes: [{ role: data, sizeGiB: 100 }], client: { startSeconds: 15 } }
snapshots: [{ of: bitcoin/node3, hoursAgo: 9 }]
before: { templates: [bitcoin] }
timeline: [{ at: 3, do: upgrade, fleet: bitcoin, to: '0.21.0' }]
until: { minutes: 150 }
hours: 3
expect: [${expected}, { nodes: { state: synced }, count: all }]
`;

it.each(
  sampled(
    'old-version-gone',
    [
      ['is found before a client is stopped', world('', '{ pages: { code: donor-unsuitable } }')],
      ['which is there brings it back', world("'0.20.0': {}, ", '{ pages: { code: upgrade-failed } }')],
    ] as const,
    2,
  ),
)(
  'a unit of before: %s',
  async (_, text) => {
    const [played] = await runJob('worlds', { texts: [text], folder: '.' });
    expect(played?.unmet).toEqual([]);
  },
  600_000,
);
