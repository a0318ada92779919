// An instance is lost permanently, and its launch template sets up a new one by user data that would start its client and format its disks: they run
// behind the mask, and the data volume comes when they have ended. The machine's own cloud-init carries them out.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_PATH, ENVIRONMENT, PLAIN_ENVIRONMENT, UNIT } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import type { RealNode } from '../../world.ts';
import { anotherBoots, goesOnThere } from './goes-on.ts';
import { movedBetween, ranTwice } from './keys.ts';

export const USER_DATA_FLEET = 'geth-user-data';

const NAME = 'client1';
/** What no journal may have. */
export const TOKEN = 'not-for-anybody';
/** What the owner's script writes of the disk that it has formatted; nothing without one. */
const FOUND = '/var/log/set-up.log';
/** How long it looks for one: the suite asks the machine twice meanwhile. */
const WAIT_SECONDS = 60;

/** It waits for a disk as scripts do whose volume is attached a moment after the launch: one that came meanwhile would be formatted. */
export const OWN_USER_DATA = `#!/bin/sh
# Configuration with its token, and a filesystem on the first disk.
set -e
mkdir -p "$(dirname ${ENVIRONMENT})"
printf '%s\\n' '${PLAIN_ENVIRONMENT.trimEnd()}' 'RPC_TOKEN=${TOKEN}' >${ENVIRONMENT}
: >${FOUND}
for second in $(seq ${WAIT_SECONDS}); do
  for disk in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol*; do
    if [ -b "$disk" ] && mkfs.ext4 -q -F "$disk"; then echo "formatted $disk" >>${FOUND}; break 2; fi
  done
  sleep 1
done
systemctl enable --now ${UNIT}
`;

/** Prints what cloud-init has left at its very end; fails before. */
const ENDED = 'cat /run/cloud-init/result.json';
const FILESYSTEM_ID = `blkid -o value -s UUID "$(findmnt --noheadings --output SOURCE ${DATA_PATH})"`;

/** What systemd and geth have written of its unit. */
const logOf = (node: RealNode): Promise<string> => runOnNode(node, `journalctl --unit ${UNIT} --output cat --no-pager`);

export const ownUserData: RealStory = {
  name: 'own-user-data',
  sentence:
    'A client’s instance dies for good, and its template’s user data start clients and format disks: they run masked, and the data come afterwards.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find(NAME);
    const sinceMs = Date.now();
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(DATA_PATH);
    const filesystemId = await runOnNode(old, FILESYSTEM_ID);
    old.machine.break();
    ec2.impair(old.instanceId, 'instance', 'nothing');
    say(NAME, 'its operating system is gone, and nothing brings it back');
    const young = await anotherBoots(telling, world, old, 600);
    const { machine } = young;
    await becomes('its owner’s user data run there', 120, async () =>
      (await runOnNode(young, 'cat "$1"', ENVIRONMENT)).includes(TOKEN),
    );
    const disks = await runOnNode(young, 'ls /dev/disk/by-id 2>/dev/null || true');
    holds('they began before any data volume was there', disks === '', disks);
    await becomes(
      'cloud-init has ended',
      300,
      async () => (await machine.shell(ENDED)).exitCode === 0,
      async () => (await machine.shell('tail -n 20 /var/log/cloud-init.log')).stdout,
    );
    const { state } = ec2.instance(old.instanceId);
    const volume = ec2.volumes().find((each) => each.volumeId === volumeId);
    holds(
      'until then the old instance was left as it was, with its data',
      state === 'running' && volume?.attachment?.instanceId === old.instanceId,
      { state, volume },
    );
    const result = await runOnNode(young, ENDED);
    holds('it has carried them out without an error', JSON.parse(result).v1.errors.length === 0, result);
    const found = await runOnNode(young, 'cat "$1"', FOUND);
    holds('they have found no disk to format, in a minute', found === '', found);
    const before = await logOf(young);
    holds(
      'they have started geth, and systemd has skipped that: it was masked',
      /skipped because .*client-masked/.test(before) && !/^Started /m.test(before),
      before,
    );

    await goesOnThere(telling, world, young, { volumeId, withinSeconds: 420 });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    const now = await runOnNode(young, FILESYSTEM_ID);
    holds('its data volume has the same filesystem as before', now === filesystemId, [filesystemId, now]);
    const written = await runOnNode(young, 'cat "$1"', ENVIRONMENT);
    holds('geth has the configuration that its owner’s user data wrote', written.includes(TOKEN), written);
    const ended = Number(await runOnNode(young, 'stat --format %Y /run/cloud-init/result.json'));
    const started = Number(
      (
        await runOnNode(young, `systemctl show --property ExecMainStartTimestamp --value --timestamp unix ${UNIT}`)
      ).slice(1),
    );
    holds('it was started after they had ended', started >= ended, { ended, started });
    const log = await logOf(young);
    holds('it was started once', log.match(/^Started /gm)?.length === 1, log);
    // The machine's own directory, below what is mounted there.
    const beneath = readdirSync(join(machine.root, DATA_PATH));
    holds('it has written nothing where its data were to be mounted', beneath.join() === '.keep', beneath);

    const told = JSON.stringify([world.journal(), world.scripts]);
    holds('the token is in no line of the journal, and in no answer of a command', !told.includes(TOKEN));
    const logged = await runOnNode(young, 'journalctl --output cat --no-pager | grep -c -F "$1" || true', TOKEN);
    holds('nor in the machine’s own', logged === '0', logged);
    holds(
      'the old instance is stopped, and its machine has no power',
      ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
    );
    holds('its node key was seen to run on the old one, then on the new one', movedBetween(world, old, young));
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
