// Read-outs of accounts, which come from another machine: what is proposed for them, masked of them, and played with them.
import fc from 'fast-check';
import { adoptionJson, adoptionLines, adoptionOf } from '../../../../infra/commands/adopt/adoption.ts';
import { masked } from '../../../../infra/commands/adopt/mask.ts';
import { documentOf } from '../../../../infra/commands/adopt/proposal.ts';
import { parseReadOut, type ReadOut, readOutText } from '../../../../infra/commands/adopt/read-out.ts';
import { InputError } from '../../../../infra/input-error.ts';
import { repositoryRoot } from '../../../../infra/paths.ts';
import { WorldFileError, worldIn } from '../../../../local/scenarios/world-file/read.ts';
import { drilledNodes, worldOf } from '../../../../local/twin/drills.ts';
import { twinOf } from '../../../../local/twin/world.ts';
import type { FleetDocument } from '../../../../shared/fleet/schema.ts';
import { nodesNamed, someReadOut } from '../../../fixtures/builders/read-out.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { jsonStructures, type Structures, TEXTS, widened } from '../../../fixtures/structures.ts';
import { mutated, mutatedText } from '../mutate.ts';
import { everything, type Target, target } from '../target.ts';

const ID = 'i-00000000000000001';
const BTC = { Component: 'nodes/bitcoin', Environment: 'prod' };
const readOuts: readonly ReadOut[] = [
  someReadOut(nodesNamed(['node1', 'node2'], BTC), {
    alarms: [
      { name: 'btc-node1-disk', namespace: 'CWAgent', metric: 'disk_used_percent', dimensions: { InstanceId: ID } },
    ],
    zones: [{ name: 'btc.internal', records: [{ name: 'node1.btc.internal', type: 'A', values: ['10.0.0.10'] }] }],
    snapshots: [
      {
        ...{ snapshotId: 'snap-00000001', volumeId: 'vol-000000000000007d0', startedAt: '2026-01-31T04:00:00.000Z' },
        ...{ completed: true, policyId: 'policy-00000001', tags: BTC },
      },
    ],
    scalingGroups: [{ name: 'btc', minSize: 1, maxSize: 2, templateId: 'lt-00000001', instanceIds: [ID] }],
    launchTemplates: [
      { templateId: 'lt-00000001', name: 'btc', tags: BTC, hasProfile: true, hasUserData: true, instanceTags: BTC },
    ],
  }),
  someReadOut([
    ...nodesNamed(['validator1', 'validator2'], { Network: 'clique-18', Role: 'sealer' }),
    ...nodesNamed(['prod-eth-2'], {}),
  ]),
];

const texts = readOuts.map(readOutText);
const samples: readonly string[] = [
  ...texts,
  '',
  '[]',
  '['.repeat(100_000),
  JSON.stringify({ ...readOuts[0], account: HOSTILE }),
  readOutText(someReadOut([{ tags: { Name: HOSTILE, [HOSTILE.slice(0, 100)]: 'bitcoin' }, path: '/data' }])),
  readOutText(someReadOut(nodesNamed(['bitcoin-'.repeat(120)], { Service: `${'9'.repeat(250)}btc` }))),
  readOutText(someReadOut([{ tags: { Name: '1'.repeat(1_000), Service: 'btc' } }])),
];

/** What a person reads of it. */
function proposed(readOut: ReadOut): unknown {
  const adoption = adoptionOf(readOut);
  for (const { keys } of adoption.fleets) {
    const twin = twinOf(readOut, documentOf({ keys }) as FleetDocument);
    const [node] = twin === undefined ? [] : drilledNodes(twin);
    if (twin !== undefined && node !== undefined)
      worldIn('twin.yaml', JSON.stringify(worldOf(twin, node, 'stuck')), repositoryRoot);
  }
  adoptionJson(adoption);
  return adoptionLines(adoption);
}

const READ_OUTS: Structures<string> = {
  ...TEXTS,
  ...jsonStructures(),
  'everything more often': (size) => JSON.stringify(widened(readOuts[0], size)),
};

export const TARGETS: readonly Target[] = [
  target({
    name: 'a read-out as a text',
    input: mutatedText(texts),
    samples,
    structures: READ_OUTS,
    largest: 32 * 1024,
    parse: (text) => proposed(parseReadOut('account.json', text)),
    // What a world cannot have, such as a volume of a million GiB, is told, and other fleets are played.
    errors: [InputError, WorldFileError],
    read: everything,
  }),
  target({
    name: 'a read-out as a value',
    input: mutated(readOuts).map((value) => JSON.stringify(value) ?? ''),
    samples: [],
    structures: READ_OUTS,
    largest: 32 * 1024,
    parse: (text) => proposed(parseReadOut('account.json', text)),
    // What a world cannot have, such as a volume of a million GiB, is told, and other fleets are played.
    errors: [InputError, WorldFileError],
    read: everything,
  }),
  target({
    name: 'a read-out that is masked',
    input: fc.oneof(
      mutatedText(texts),
      mutated(readOuts).map((value) => JSON.stringify(value) ?? ''),
    ),
    samples,
    structures: READ_OUTS,
    largest: 32 * 1024,
    parse: (text) => {
      const hidden = masked(parseReadOut('account.json', text));
      // What is masked is a read-out again.
      return proposed(parseReadOut('masked.json', readOutText(hidden)));
    },
    // What a world cannot have, such as a volume of a million GiB, is told, and other fleets are played.
    errors: [InputError, WorldFileError],
    read: everything,
  }),
];
