// The first boot of a member of a group, and of a node of a network, with every wrong volume under the id of its own: it is left as it is, to the byte, no
// client is installed or started, and no key is fetched. A single node: first-boot.test.ts.
import { describe, expect, it } from '@jest/globals';
import type { FirstBoot } from '../../../shared/node-commands/first-boot.ts';
import { FOUND } from './attack.ts';
import { bootOn, GROUP, NETWORK, NEW, nothingStarted, withNode } from './booted.ts';
import { lacking } from './lacking.ts';
import type { Machine } from './machine.ts';
import { few } from './share.ts';
import { by, hash, NO_SNAPSHOT, ONE_OF_EACH, put } from './strange-volumes.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

async function holdsStill(machine: Machine, more: Partial<FirstBoot>, why: string): Promise<void> {
  const before = await hash(machine, NEW);
  const { status, stderr } = await bootOn(machine, more);
  expect(stderr).toMatch(new RegExp(`REFUSED: ${NEW}.*(${why})`));
  expect(status).toBe(1);
  expect(await hash(machine, NEW)).toBe(before);
  expect(await machine.shell('cat /etc/fstab; findmnt --noheadings /data || true')).toBe('# fstab\n');
  await nothingStarted(machine);
}

onMachine('the first boot of a member of a group', () => {
  it.each(few(NO_SNAPSHOT))('refuses %s on the volume of its launch', async (_, prepare, why) => {
    await withNode(async (machine) => {
      await machine.shell('rm -f "$1"', by(FOUND));
      await put(machine, prepare, NEW);
      await holdsStill(machine, { volumeId: undefined, group: GROUP } as object, why);
    });
  });
});

onMachine('the first boot of a node of a network', () => {
  it.each(few(ONE_OF_EACH))('asks for no key where its volume has %s', async (_, prepare, why) => {
    await withNode(async (machine) => {
      await machine.replace('aws', 'echo "$*" >>/run/asked; exit 1');
      await put(machine, prepare, NEW);
      await holdsStill(machine, { network: NETWORK }, why);
      expect(await machine.shell('cat /run/asked 2>/dev/null || true')).toBe('');
    });
  });
});
