// A person wants a later release, which does not run this chain: it opens the database, refuses, and ends. The canary gets the version and the data of
// before; nobody else is touched.

import { LEDGER_TAGS } from '../../../../../shared/model/tags.ts';
import { DATA_PATH, heightOf, programOf, unitOf, versionOf } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { invocationOf, programsOf } from './outages.ts';
import { agree, CANARY, PATIENCE_SECONDS, REFUSING, SEALER, UPGRADE_FLEET, UPGRADED } from './upgrade.ts';

const SAID = `journalctl --unit "$1" --output cat --no-pager | grep -a -E 'PoS networks|Fatal' | tail -n 2`;

export const upgradeBad: RealStory = {
  name: 'upgrade-bad',
  sentence:
    'A person wants a version of geth that does not run this chain: the canary gets the version and the data of before, and the others are left alone.',
  run: async ({ say, becomes, holds }, world) => {
    const sinceMs = Date.now();
    const { ec2 } = world.region;
    const canary = world.find(CANARY);
    const volumeId = canary.machine.mountedAt(DATA_PATH) ?? '';
    const others = UPGRADED.filter((name) => name !== CANARY).map((name) => world.find(name));
    const version = (await versionOf(canary)) ?? '';
    const runs = () => Promise.all(others.map((node) => invocationOf(node, unitOf(version))));
    const before = await runs();
    await world.send({ kind: 'upgrade', fleet: UPGRADE_FLEET, to: REFUSING });
    say(UPGRADE_FLEET, `a person asks for ${REFUSING}`);
    await becomes(
      `${CANARY} has been told to run it, and its process has refused the chain and ended`,
      PATIENCE_SECONDS,
      async () => (await runOnNode(canary, SAID, unitOf(REFUSING))).includes('PoS networks'),
      () =>
        world
          .journal()
          .filter(({ atMs }) => atMs >= sinceMs)
          .slice(-5),
    );
    say(CANARY, await runOnNode(canary, SAID, unitOf(REFUSING)));
    await becomes(
      'another volume is mounted in its data’s place',
      PATIENCE_SECONDS,
      () => ![undefined, volumeId].includes(canary.machine.mountedAt(DATA_PATH)),
      () =>
        world
          .journal()
          .filter(({ atMs }) => atMs >= sinceMs)
          .slice(-5),
    );
    const { snapshotId = '' } = ec2.volume(canary.machine.mountedAt(DATA_PATH) ?? '');
    const snapshot = ec2.snapshots().find((each) => each.snapshotId === snapshotId);
    holds(
      'it was made from a snapshot of its own, of right before',
      snapshot?.volumeId === volumeId && snapshot.startedAtMs >= sinceMs,
      snapshot,
    );
    const tags = ec2.tags(snapshotId);
    holds('its client had ended cleanly for that snapshot', tags[LEDGER_TAGS.cleanStop] === 'true', tags);
    await becomes(
      'the version of before follows the chain on it',
      300,
      async () => (await versionOf(canary)) === version && (await agree(world, [canary])),
      async () => [await versionOf(canary), await heightOf(canary), await heightOf(world.find(SEALER))],
    );
    const programs = await programsOf(canary);
    holds('and nothing else runs there', programs.join() === programOf(version), programs);
    const enabled = await runOnNode(
      canary,
      'for unit in "$@"; do systemctl is-enabled "$unit" || true; done',
      ...[version, REFUSING].map(unitOf),
    );
    holds('that version starts at a boot, and the bad one does not', enabled === 'enabled\ndisabled', enabled);
    await becomes('a person is told', 300, () =>
      hasJournalLine(world, sinceMs, { node: CANARY, kind: 'page', code: 'upgrade-failed' }),
    );
    await becomes('the upgrade is over: the others are left as they are', 180, () =>
      hasJournalLine(world, sinceMs, { text: /it has failed on client2: .* the others are left as they are/ }),
    );
    const kept = ec2.volume(volumeId);
    holds(
      'the volume on which the bad version had worked is kept, attached to nothing',
      kept.attachment === undefined,
      kept,
    );
    const after = await runs();
    holds('no other client was stopped', after.join() === before.join(), [before, after]);
    await becomes('all follow the chain', 120, () => agree(world, others));
  },
};
