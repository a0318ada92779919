// A person wants the next release of the client on the whole fleet: the canary first, then the others, one after the other. The machines are asked what
// runs, what was down and when, and whether the data are the same.

import type { Installed } from '../../chains/geth.ts';
import { DATA_PATH, hashAt, heightOf, programOf, unitOf, versionOf } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import type { RealNode, RealWorld } from '../../world.ts';
import { downTogether, outagesOf, programsOf, unitEvents } from './outages.ts';

export const UPGRADE_FLEET = 'geth-upgrade';
export const CANARY = 'client2';
/** A validator is upgraded by nobody but a person who names it. */
export const SEALER = 'sealer1';
export const UPGRADED = [CANARY, 'bootnode1', 'client1'] as const;
const BEFORE = '1.13.14';
const NOW = '1.13.15';
/** It ends when it has opened the database: "Geth only supports PoS networks". */
export const REFUSING = '1.14.13';

export function installedIn({ ground: { software } }: RealWorld): Installed {
  const { gethBefore, geth, gethRefusing } = software;
  if (gethBefore === undefined || geth === undefined || gethRefusing === undefined)
    throw new Error('not all of the versions of geth are here');
  return { runs: BEFORE, programs: { [BEFORE]: gethBefore, [NOW]: geth, [REFUSING]: gethRefusing } };
}

/** A node that a busy host did not let answer in time is left for five minutes, by each of the two heals that it gets. */
export const PATIENCE_SECONDS = 900;

/** The block from which the client of that version has gone on, as it says at its start; nothing where it does not. */
const LOADED = `journalctl --unit "$1" --output cat --no-pager | sed -n 's/.*Loaded most recent local block *number=\\([0-9,]*\\).*/\\1/p' | tail -n 1`;
/** How its last process ended, and whether it starts at a boot. */
const ENDED = `systemctl show --property ActiveState,Result,ExecMainStatus "$1" | sort; systemctl is-enabled "$1" || true`;
const ENDED_WELL = 'ActiveState=inactive\nExecMainStatus=0\nResult=success\ndisabled';

export const upgrade: RealStory = {
  name: 'upgrade',
  sentence:
    'A person wants the next version of geth: the canary first, then one after the other, on the data that are there; the validator is left to a person.',
  run: async ({ say, becomes, holds }, world) => {
    const sinceMs = Date.now();
    const nodes = UPGRADED.map((name) => world.find(name));
    const volumes = new Map(nodes.map(({ name, machine }) => [name, machine.mountedAt(DATA_PATH)]));
    const heights = new Map<string, number>();
    for (const node of nodes) heights.set(node.name, await heightOf(node));
    holds(
      `every node runs ${BEFORE}, as its process says`,
      (await Promise.all([...nodes, world.find(SEALER)].map(versionOf))).every((version) => version === BEFORE),
    );
    await world.send({ kind: 'upgrade', fleet: UPGRADE_FLEET, to: NOW });
    say(UPGRADE_FLEET, `a person asks for ${NOW}`);
    for (const [at, node] of nodes.entries()) {
      await becomes(
        `${node.name} runs ${NOW}, as its process says`,
        PATIENCE_SECONDS,
        async () => (await versionOf(node)) === NOW,
        async () => [
          await versionOf(node),
          world
            .journal()
            .filter(({ atMs }) => atMs >= sinceMs)
            .slice(-5),
        ],
      );
      const others = await Promise.all(nodes.slice(at + 1).map(versionOf));
      // One that is down for its snapshot says nothing.
      holds(
        'those that come after it do not yet',
        others.every((version) => version !== NOW),
        others,
      );
    }
    await becomes('chainmend says that each of them is upgraded and proved', PATIENCE_SECONDS, () =>
      UPGRADED.every((node) =>
        hasJournalLine(world, sinceMs, { node, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
      ),
    );
    const outages = (
      await Promise.all(nodes.map(async (node) => outagesOf(node.name, await unitEvents(node, sinceMs))))
    ).flat();
    say(UPGRADE_FLEET, outages.map(outageText).join(', '));
    // A snapshot, then the switch.
    holds('each was stopped twice', outages.length === 2 * UPGRADED.length, outages);
    holds(
      'never were two of them down at once, as systemd tells',
      downTogether(outages) === undefined,
      downTogether(outages),
    );
    for (const node of nodes) await hasGoneOn(node);
    await becomes('all follow the chain, and have the same block', 120, () => agree(world, nodes));
    holds('the validator still runs the version of before', (await versionOf(world.find(SEALER))) === BEFORE);
    await becomes('a person is told that the validator is left to a person', 180, () =>
      hasJournalLine(world, sinceMs, { text: /left to a person.*: sealer1/ }),
    );

    const [canary] = nodes;
    if (!canary) return;
    await world.region.call('ec2', 'RebootInstances', { InstanceIds: [canary.instanceId] }, 'person');
    say(CANARY, 'a person reboots it');
    await becomes('it has gone down', 60, () => canary.machine.pid === undefined);
    await becomes(`it comes up by itself with ${NOW}`, 180, async () => (await versionOf(canary)) === NOW);
    const after = await programsOf(canary);
    holds('and with nothing else', after.join() === programOf(NOW), after);

    async function hasGoneOn(node: RealNode): Promise<void> {
      const { name, machine } = node;
      const programs = await programsOf(node);
      holds(`${name}: one geth runs, of ${NOW}`, programs.join() === programOf(NOW), programs);
      const old = await runOnNode(node, ENDED, unitOf(BEFORE));
      holds(`${name}: the one before has ended cleanly, and starts at no boot`, old === ENDED_WELL, old);
      const volume = machine.mountedAt(DATA_PATH);
      holds(`${name}: its data are on the same volume`, volume !== undefined && volume === volumes.get(name), volume);
      const loaded = Number((await runOnNode(node, LOADED, unitOf(NOW))).replaceAll(',', ''));
      holds(`${name}: it has gone on with the chain that was there`, loaded >= (heights.get(name) ?? Infinity), loaded);
    }
  },
};

const outageText = ({ node, fromMs, untilMs }: ReturnType<typeof outagesOf>[number]): string =>
  `${node} was down for ${untilMs === undefined ? 'ever' : `${((untilMs - fromMs) / 1_000).toFixed(1)} s`}`;

/** Whether all are near the sealer's tip, and have its block three below. */
export async function agree(world: RealWorld, nodes: readonly RealNode[]): Promise<boolean> {
  const sealer = world.find(SEALER);
  const tip = await heightOf(sealer);
  const hash = await hashAt(sealer, tip - 3);
  const own = await Promise.all(
    nodes.map(async (node) => (await heightOf(node)) >= tip - 3 && (await hashAt(node, tip - 3)) === hash),
  );
  return hash !== undefined && own.every((isSo) => isSo);
}
