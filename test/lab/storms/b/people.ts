// Stories of people: they work on a node in many steps, help where a heal helps already, and change their minds in the middle of one.
import { type Entry, refOf } from '../storm.ts';
import {
  type Act,
  atLast,
  duringHeal,
  eachTime,
  hasZone,
  houseOf,
  isAsked,
  later,
  minute,
  modeOf,
  OF_CLIENTS,
  type Scene,
  type Story,
  siblings,
  tagOf,
  trouble,
} from './story.ts';

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'lambda', 'monitoring'] as const;

/** A trouble, and what somebody does right when a heal is at it. */
const whileHealing = (scene: Scene, ...acts: readonly Act[]): readonly Entry[] => {
  const begun = trouble(scene, OF_CLIENTS);
  const at = duringHeal(scene, begun);
  return [...begun.entries, ...acts.map((act) => ({ ...act, at }))];
};

export const PEOPLE = {
  'maintenance-in-an-outage': {
    says: 'A person pauses a node, stops its client, and starts it again while a service of AWS is down.',
    words: ['tag', 'stop-client', 'start-client', 'untag', 'aws-fails'],
    tell: (scene) => {
      const { at, node: of, chance } = scene;
      const node = refOf(of);
      return [
        { at, do: 'tag', node, tags: { 'chainmend:pause': 'maintenance' } },
        { at: later(scene, 1), do: 'stop-client', node },
        { at: later(scene, 2), do: 'aws-fails', service: chance.one(SERVICES), minutes: chance.one([0.1, 9, 30]) },
        { at: later(scene, 12), do: 'start-client', node },
        { at: later(scene, chance.one([12, 13, 40])), do: 'untag', node, key: 'chainmend:pause' },
      ];
    },
  },
  'maintenance-without-a-pause': {
    says: 'A person stops a client, grows its volume by hand, and starts it again, without a pause.',
    words: ['stop-client', 'start-client'],
    tell: (scene) => {
      const { at, node: of, chance } = scene;
      const node = refOf(of);
      const toGiB = Math.min(65_536, (of.volumes?.[0]?.sizeGiB ?? 100) + chance.one([1, 20]));
      return [
        { at, do: 'stop-client', node, ...(chance.percent(50) && { exitStatus: 143 }) },
        { at: later(scene, 1), do: 'grow-volume', node, role: 'data', toGiB },
        { at: later(scene, chance.one([2, 29.9, 30.1, 60])), do: 'start-client', node },
      ];
    },
  },
  'upgrade-in-order': {
    says: 'A person upgrades node after node in the order of their deployment, and the last one crashes again and again.',
    words: ['stop-client', 'start-client', 'crash-loop'],
    tell: (scene) => {
      const { at, chance } = scene;
      const gap = chance.one([0.5, 2, 6]);
      const wave = siblings(scene).slice(0, 8);
      const steps = wave.flatMap((one, nth): readonly Entry[] => [
        {
          at: minute(Math.min(at + nth * gap, scene.endMinutes)),
          do: 'stop-client',
          node: refOf(one),
          exitStatus: 143,
        },
        { at: minute(Math.min(at + nth * gap + 0.4, scene.endMinutes)), do: 'start-client', node: refOf(one) },
      ]);
      const node = refOf(wave.at(-1) ?? scene.node);
      const crash = {
        do: 'crash-loop',
        node,
        upAfterSeconds: chance.one([1, 5, 59]),
        every: 1,
        times: chance.one([3, 12]),
      };
      return [...steps, { at: later(scene, wave.length * gap), ...crash }];
    },
  },
  'containers-made-again': {
    says: 'A person removes the container of a client and makes it again, while another one of its fleet hangs.',
    words: ['stop-client', 'remove-container', 'make-container'],
    needs: ({ fleet }) => ['council', 'lone', 'ring', 'composed'].includes(fleet),
    tell: (scene) => {
      const { at, node: of, chance } = scene;
      const node = refOf(of);
      const other = siblings(scene).find((one) => one !== of);
      return [
        { at, do: 'stop-client', node, exitStatus: 143 },
        { at: later(scene, 0.2), do: 'remove-container', node },
        ...(other ? [{ at: later(scene, 0.5), do: 'hang', node: refOf(other) }] : []),
        { at: later(scene, chance.one([1, 10, 31])), do: 'make-container', node },
      ];
    },
  },
  'reboots-in-order': {
    says: 'A person reboots node after node, each before the one before is back.',
    words: ['reboot-instance'],
    tell: (scene) => {
      const gap = scene.chance.one([0.1, 1, 3]);
      return siblings(scene)
        .slice(0, 8)
        .map((one, nth) => ({ at: later(scene, nth * gap), do: 'reboot-instance', node: refOf(one) }));
    },
  },
  'two-helpers': {
    says: 'A person restarts a client just when a heal restarts it.',
    words: ['restart-client'],
    needs: isAsked,
    tell: (scene) => whileHealing(scene, { do: 'restart-client', node: refOf(scene.node) }),
  },
  'stopped-in-a-heal': {
    says: 'A person stops a client just when a heal is at work on its node, and leaves it stopped.',
    words: ['stop-client'],
    needs: isAsked,
    tell: (scene) => whileHealing(scene, { do: 'stop-client', node: refOf(scene.node) }),
  },
  'instance-stopped-in-a-heal': {
    says: 'A person stops an instance just when a heal is at work on it, and starts it much later.',
    words: ['stop-instance', 'start-instance'],
    needs: isAsked,
    tell: (scene) => [
      ...whileHealing(scene, { do: 'stop-instance', node: refOf(scene.node) }),
      { at: atLast(scene), do: 'start-instance', node: refOf(scene.node) },
    ],
  },
  'pause-in-a-heal': {
    says: 'A person pauses the fleet, or everything, at any moment of a heal, and resumes it later.',
    words: ['pause', 'resume'],
    needs: isAsked,
    tell: (scene) => {
      const fleet = scene.chance.percent(60) ? { fleet: scene.node.fleet } : {};
      return [
        ...whileHealing(scene, { do: 'pause', ...fleet, why: 'Grüße aus Wien — “stop” am 29.2.' }),
        { at: atLast(scene), do: 'resume', ...fleet },
      ];
    },
  },
  'retagged-in-a-heal': {
    says: 'A person takes the fleet’s tag from an instance in the middle of a heal, and gives it back.',
    words: ['untag', 'tag'],
    needs: ({ fleet, isAsked: asked }) => asked && tagOf(fleet) !== undefined,
    tell: (scene) => {
      const [key, value] = tagOf(scene.node.fleet) ?? ['', ''];
      const node = refOf(scene.node);
      return [
        ...whileHealing(scene, { do: 'untag', node, key }),
        { at: atLast(scene), do: 'tag', node, tags: { [key]: value } },
      ];
    },
  },
  'renamed-in-a-heal': {
    says: 'A person gives a node another name, as long as a tag may be, in the middle of a heal.',
    words: ['tag'],
    needs: isAsked,
    tell: (scene) =>
      whileHealing(scene, {
        do: 'tag',
        node: refOf(scene.node),
        tags: { Name: scene.chance.one(['renamed', `${'n'.repeat(255)}m`, '-', '@@', '..', 'xn--bcher-kva', '0']) },
      }),
  },
  'mode-changed-in-a-heal': {
    says: 'A person changes the mode to plan or ask in the middle of a heal, and back.',
    words: ['change-fleet'],
    needs: isAsked,
    tell: (scene) => {
      const { fleet } = scene.node;
      return [
        ...whileHealing(scene, { do: 'change-fleet', fleet, but: { mode: scene.chance.one(['plan', 'ask']) } }),
        { at: atLast(scene), do: 'change-fleet', fleet, but: { mode: 'act' } },
      ];
    },
  },
  'rungs-taken-away': {
    says: 'A person takes every rung of the ladder away in the middle of a heal.',
    words: ['change-fleet'],
    needs: isAsked,
    tell: (scene) => {
      const { fleet } = scene.node;
      return [
        ...whileHealing(scene, { do: 'change-fleet', fleet, but: { replace: { rungs: [] } } }),
        { at: atLast(scene), do: 'change-fleet', fleet, but: { replace: null } },
      ];
    },
  },
  'broken-file-in-a-heal': {
    says: 'A person stores a broken fleet file in the middle of a heal, and mends it later.',
    words: ['break-fleet'],
    needs: isAsked,
    tell: (scene) =>
      whileHealing(scene, { do: 'break-fleet', fleet: scene.node.fleet, minutes: scene.chance.one([0.1, 2, 30]) }),
  },
  'terminated-in-a-heal': {
    says: 'A person terminates an instance in the middle of a heal, and launches another one with its name.',
    words: ['terminate-instance'],
    needs: isAsked,
    tell: (scene) => {
      const node = refOf(scene.node);
      return [
        ...whileHealing(scene, { do: 'terminate-instance', node }),
        ...(scene.chance.percent(60) ? [{ at: atLast(scene), do: 'launch-again', node }] : []),
      ];
    },
  },
  'detached-in-a-heal': {
    says: 'A person detaches the data volume in the middle of a heal.',
    words: ['detach-volume'],
    needs: isAsked,
    tell: (scene) => whileHealing(scene, { do: 'detach-volume', node: refOf(scene.node), role: 'data' }),
  },
  'snapshot-deleted-in-a-heal': {
    says: 'A person deletes the newest snapshot of a node just when a heal looks at it.',
    words: ['corrupt-data'],
    needs: ({ fleet }) => fleet === 'coin',
    fits: ({ snapshots }, node) => snapshots.some(({ of, id }) => of === refOf(node) && id !== undefined),
    tell: (scene) => {
      const { world, node, chance } = scene;
      const snapshot = world.snapshots.find(({ of, id }) => of === refOf(node) && id !== undefined)?.id;
      const begun = trouble(scene, ['corrupt']);
      const at = chance.percent(50) ? duringHeal(scene, begun) : later(scene, 1);
      return [...begun.entries, { at, do: 'delete-snapshot', snapshot }];
    },
  },
  'grown-by-two': {
    says: 'A person has EBS grow a volume in the very second in which a heal does.',
    words: ['fill-disk', 'grow-volume'],
    tell: (scene) => {
      const begun = trouble(scene, ['full']);
      const toGiB = Math.min(65_536, Math.ceil((scene.node.volumes?.[0]?.sizeGiB ?? 100) * 1.3) + 1);
      const at = scene.chance.percent(60) ? duringHeal(scene, begun) : later(scene, 1);
      return [...begun.entries, { at, do: 'grow-volume', node: refOf(scene.node), role: 'data', toGiB }];
    },
  },
  'records-fought-over': {
    says: 'Somebody removes or changes a record of the fleet every few minutes, as a script of theirs would.',
    words: ['edit-zone'],
    needs: hasZone,
    tell: (scene) => {
      const { dnsZone: zone } = houseOf(scene.node);
      const name = scene.chance.percent(50) ? 'pool' : scene.node.name.toLowerCase();
      const label = /^[a-z0-9_][a-z0-9_-]{0,62}$/.test(name) ? name : 'pool';
      const change = scene.chance.percent(50) ? { remove: [label] } : { set: { [label]: ['10.9.9.9'] } };
      const times = Math.max(1, Math.min(12, Math.floor((scene.endMinutes - scene.at) / 5)));
      return [{ at: scene.at, do: 'edit-zone', zone, ...change, every: 5, times }];
    },
  },
  'asked-again-and-again': {
    says: 'A person asks for a restore, changes their mind, asks to undo it, and asks for a snapshot.',
    words: ['ask'],
    tell: (scene) => {
      const { at, node: of, chance } = scene;
      const node = refOf(of);
      const yes = chance.percent(50) ? { acknowledgesValidator: true } : {};
      return [
        { at, do: 'ask', for: chance.one(['restore', 'replace-instance']), node },
        { at: later(scene, chance.one([0, 0.1, 1])), do: 'ask', for: 'undo', node },
        { at: later(scene, chance.one([0.1, 10])), do: 'ask', for: 'snapshot', node, ...yes },
        { at: later(scene, chance.one([10, 60])), do: 'ask', for: 'restore', node, ...yes },
      ];
    },
  },
  'evening-and-morning': {
    says: 'A person stops all instances of a fleet, one after the other, and starts them again in the other order.',
    words: ['stop-instance', 'start-instance'],
    tell: (scene) => {
      const { chance } = scene;
      const gap = chance.one([0, 0.2, 2]);
      const wave = siblings(scene).slice(0, 8);
      const night = chance.one([5, 30, 61]);
      return [
        ...wave.map((one, nth) => ({ at: later(scene, nth * gap), do: 'stop-instance', node: refOf(one) })),
        ...wave
          .toReversed()
          .map((one, nth) => ({ at: later(scene, night + nth * gap), do: 'start-instance', node: refOf(one) })),
      ];
    },
  },
  'approved-at-the-last-minute': {
    says: 'Mode ask: a person approves at once, just before an approval expires, at that minute, or just behind it.',
    met: 'approve',
    needs: isAsked,
    fits: (world, node) => modeOf({ world, node }) === 'ask',
    tell: (scene) => [
      ...trouble(scene).entries,
      ...scene.chance
        .some([0, 0.1, 59, 59.9, 60, 60.1, 239, 240, 241], 2)
        .map((minutes) => ({ at: { paged: 'approval-wanted', minutes }, do: 'approve' })),
    ],
  },
  'plan-overtaken': {
    says: 'Mode ask: between the page and the yes a person does a part of the plan, or the opposite of it.',
    met: 'approve',
    needs: isAsked,
    fits: (world, node) => modeOf({ world, node }) === 'ask',
    tell: (scene) => {
      const node = refOf(scene.node);
      const done = scene.chance.one<Act>([
        { do: 'restart-client', node },
        { do: 'stop-client', node },
        { do: 'reboot-instance', node },
        { do: 'corrupt-data', node },
        { do: 'tag', node, tags: { 'chainmend:pause': 'mine' } },
      ]);
      return [
        ...trouble(scene, OF_CLIENTS).entries,
        { at: { commanded: 'inspect-node', node, minutes: 2, until: scene.endMinutes }, ...done },
        { at: { paged: 'approval-wanted', minutes: 4 }, do: 'approve' },
      ];
    },
  },
  'stopped-each-time': {
    says: 'A person stops a client each time that a heal has started it.',
    words: ['stop-client'],
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene, ['hang', 'crash', 'deaf']);
      const minutes = scene.chance.one([0.3, 1, 3]);
      const acts = eachTime(scene, 'restart-client', 3, minutes);
      return [...begun.entries, ...acts.map((at) => ({ at, do: 'stop-client', node: refOf(scene.node) }))];
    },
  },
} as const satisfies Record<string, Omit<Story, 'hand'>>;
