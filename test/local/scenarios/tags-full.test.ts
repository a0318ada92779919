// EC2 takes fifty tags of its users on one thing (TagLimitExceeded). A node of an owner who uses all of them is healed like any other.
import { expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';

const org = (count: number): string => Array.from({ length: count }, (_, at) => `org-tag-${at}: v${at}`).join(', ');

/** @param broken of the node that breaks, beside its name @param says what happens, and what then holds */
const world = (broken: string, says: string): string => `world: tags-full
says: One thing of a node carries as many tags as EC2 takes.
fleets: [{ file: examples/fleets/bitcoin.yaml, but: { mode: act, replace: { rungs: [restart, stop-start, swap, replace] }, health: { stuckSeconds: 300, startGraceSeconds: 600 } } }]
chains: { bitcoin: { blockSeconds: 30, rhythm: regular } }
nodes:
  - { fleet: bitcoin, names: [node1, node3, node4], volumes: [{ role: data, sizeGiB: 100 }], client: { startSeconds: 15 } }
  - { fleet: bitcoin, name: node2, client: { startSeconds: 15 }, ${broken} }
snapshots: [{ of: bitcoin/node3, hoursAgo: 8 }, { of: bitcoin/node2, hoursAgo: 32, by: person }]
before: { templates: [bitcoin] }
${says}
`;

const DATA_BREAK = `timeline: [{ at: 3, do: corrupt-data, node: bitcoin/node2 }]
until: { healed: 1, minutes: 60 }
hours: 1
expect: [{ heals: { node: node2, rung: swap, outcome: healed }, count: 1 }]`;

const deadThen = (outcome: string): string => `timeline: [{ at: 3, do: kill-instance, node: bitcoin/node2 }]
until: { minutes: 90 }
hours: 2
expect: [{ heals: { node: node2, ${outcome} } }]`;

it.each(
  sampled(
    'tags-full',
    [
      [
        'a volume',
        world(`volumes: [{ role: data, sizeGiB: 100, tags: { Component: nodes/bitcoin, ${org(48)} } }]`, DATA_BREAK),
      ],
      ['an instance with room for one more', world(`tags: { ${org(47)} }`, deadThen('rung: replace, outcome: healed'))],
    ] as const,
    2,
  ),
)(
  '%s that carries nearly all of them is made again',
  async (_, text) => {
    const [played] = await runJob('worlds', { texts: [text], folder: '.' });
    expect(played?.unmet).toEqual([]);
  },
  600_000,
);
