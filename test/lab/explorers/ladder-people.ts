// What happens around a heal: what well-meaning people do, and that the watch sees nothing.
import type { LadderState } from '../../../shared/heal/memory.ts';
import { leavesStops } from '../../../shared/model/payload.ts';
import { type LadderWorld, OLD } from './ladder-world.ts';

const PEOPLE = [
  'a pause',
  'the fleet file breaks',
  'a person stops the instance',
  'a person stops the client',
  'a person starts the old instance',
  'a person detaches the copy',
  'a person ends the new instance',
  'a person asks for an undo',
] as const;
export type Person = (typeof PEOPLE)[number];

/** The third answer of every reading: neither well nor sick. */
export const BLIND = 'nobody can be asked';
/** No call to EC2 is answered, and Systems Manager works. */
export const EC2_AWAY = 'EC2 is away';
export type Around = Person | typeof BLIND | typeof EC2_AWAY;
export const AROUND: readonly Around[] = [...PEOPLE, BLIND, EC2_AWAY];

/** A person who stops an instance, or a client, starts it again after this time. */
const COMES_BACK_MS = 40 * 60_000;
const PAUSE_MS = 30 * 60_000;
const BROKEN_MS = 60 * 60_000;
const BLIND_MS = 20 * 60_000;
const AWAY_MS = 45 * 60_000;

/** Whether it can happen now. */
export function canMeddle(world: LadderWorld, person: Around, memory: LadderState | null): boolean {
  const young = world.youngs()[0];
  switch (person) {
    case 'a pause':
      return world.nowMs >= world.pausedUntilMs;
    case 'the fleet file breaks':
      return world.nowMs >= world.brokenFileUntilMs;
    case 'a person stops the instance':
      return world.box(OLD).power === 'running';
    // What the heal has taken down itself is not told from what a person stops in that moment.
    case 'a person stops the client':
      return isUp(world) && !world.box(OLD).ours;
    case 'a person starts the old instance':
      return world.box(OLD).power === 'stopped' && world.isAttached(world.box(OLD).rootId, OLD);
    case 'a person detaches the copy':
      return memory?.restoredVolumes?.volumes.some(({ volumeId }) => isIdle(world, volumeId)) ?? false;
    case 'a person ends the new instance':
      return young !== undefined && young.power !== 'terminated';
    case 'a person asks for an undo':
      return world.word === null && (world.setting.want.do === 'restore' || world.setting.want.do === 'shrink');
    case BLIND:
      return world.nowMs >= world.blindUntilMs;
    case EC2_AWAY:
      return !world.isEc2Away;
  }
}

const isUp = (world: LadderWorld): boolean => {
  const { power, healthy, runsSinceMs } = world.box(OLD);
  return power === 'running' && healthy && runsSinceMs !== null;
};

const isIdle = (world: LadderWorld, volumeId: string): boolean =>
  world.disks.get(volumeId)?.state === 'attached' &&
  [...world.boxes.values()].every(({ mounted }) => !mounted.includes(volumeId));

/** A pause, a request, and a mistake in a file touch nothing themselves. */
const TOUCHES_NOTHING: readonly Around[] = [
  'a pause',
  'the fleet file breaks',
  'a person asks for an undo',
  BLIND,
  EC2_AWAY,
];
export const isMeddling = (person: Around): boolean => !TOUCHES_NOTHING.includes(person);

export function meddle(world: LadderWorld, person: Around, memory: LadderState | null): void {
  world.meddled ||= isMeddling(person);
  world.touch();
  switch (person) {
    case BLIND:
      world.blindUntilMs = world.nowMs + BLIND_MS;
      world.observe();
      return;
    case EC2_AWAY:
      world.ec2AwayUntilMs = world.nowMs + AWAY_MS;
      return;
    case 'a pause':
      world.pausedUntilMs = world.nowMs + PAUSE_MS;
      return;
    case 'the fleet file breaks':
      world.brokenFileUntilMs = world.nowMs + BROKEN_MS;
      return;
    case 'a person stops the instance':
      world.power(world.box(OLD), 'stop');
      world.later.push({ atMs: world.nowMs + COMES_BACK_MS, is: 'person', id: OLD });
      return;
    case 'a person stops the client':
      world.stopClient(world.box(OLD));
      // Whoever asks for a restore has looked at the node: it starts what is stopped.
      world.box(OLD).left = leavesStops(world.setting.want);
      world.later.push({ atMs: world.nowMs + COMES_BACK_MS, is: 'client', id: OLD });
      return;
    case 'a person asks for an undo':
      world.word = 'said';
      return;
    case 'a person starts the old instance':
      world.power(world.box(OLD), 'start');
      return;
    case 'a person detaches the copy':
      for (const { volumeId } of memory?.restoredVolumes?.volumes ?? []) {
        const disk = world.disks.get(volumeId);
        if (disk && isIdle(world, volumeId)) world.moves(disk, 'detaching');
      }
      return;
    case 'a person ends the new instance':
      for (const box of world.youngs()) {
        world.stopClient(box);
        Object.assign(box, { power: 'terminated', mounted: box.mounted.map(() => null) });
        for (const disk of world.disks.values())
          if (disk.at?.instanceId === box.id) Object.assign(disk, { at: null, state: 'available' });
      }
  }
}
