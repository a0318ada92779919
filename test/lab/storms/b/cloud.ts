// Stories of AWS: a service goes, a call fails or an answer is lost just when a heal needs it, and capacity goes with a zone.
import { type Entry, refOf } from '../storm.ts';
import { duringHeal, isAsked, later, OF_CLIENTS, type Story, siblings, trouble } from './story.ts';

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'lambda', 'monitoring', 'route53', 'sns', 'sqs', 'dlm'] as const;
const MISBEHAVIOURS = [
  ...(['throttling', 'stale-reads', 'lost-answers', 'duplicate-events', 'delayed-events', 'killed'] as const),
  ...(['execution-timeout', 'late-command', 'doubled-command', 'node-amnesia', 'lost-events'] as const),
  'hours-late-events',
] as const;

export const CLOUD = {
  'outage-in-a-heal': {
    says: 'A service of AWS goes down at any moment of a heal, for a moment, for minutes, or for longer than a heal waits.',
    met: 'outage',
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene);
      const lasts = {
        service: scene.chance.one(SERVICES.slice(0, 6)),
        minutes: scene.chance.one([0.1, 2, 5, 60, 121]),
      };
      return [...begun.entries, { at: duringHeal(scene, begun), do: 'aws-fails', ...lasts }];
    },
  },
  'outage-of-many': {
    says: 'Several services go down one after the other and come back at once, and a client hangs meanwhile.',
    met: 'outage',
    needs: isAsked,
    tell: (scene) => {
      const { at, chance } = scene;
      const down = chance.some(SERVICES, 4);
      const lasts = chance.one([15, 60]);
      return [
        ...down.map((service, nth) => ({ at: later(scene, nth), do: 'aws-fails', service, minutes: lasts - nth })),
        { at: Math.min(at + lasts / 2, scene.endMinutes), do: 'hang', node: refOf(scene.node) },
      ];
    },
  },
  'misbehaves-in-a-heal': {
    says: 'AWS begins to misbehave at any moment of a heal: answers are lost, functions die, commands come twice.',
    met: 'misbehaves',
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene);
      const at = scene.chance.percent(40) ? scene.at : duringHeal(scene, begun);
      const [first, second] = scene.chance.some(MISBEHAVIOURS, 2);
      const minutes = scene.chance.one([5, 30, 90]);
      return [
        { at, do: 'aws-misbehaves', fault: first, minutes },
        ...(scene.chance.percent(40) ? [{ at, do: 'aws-misbehaves', fault: second, minutes }] : []),
        ...begun.entries,
      ];
    },
  },
  'heal-command-lost': {
    says: 'The very commands of a heal are lost, the first one and the one behind it.',
    words: ['lose-command'],
    needs: isAsked,
    tell: (scene) => {
      const { chance } = scene;
      const node = refOf(scene.node);
      const begun = trouble(scene);
      const lost = chance.some(begun.commands, chance.whole(1, 2));
      return [...lost.map((command) => ({ at: scene.at, do: 'lose-command', node, command })), ...begun.entries];
    },
  },
  'heal-command-late': {
    says: 'A command of a heal comes just before, or just behind, the two minutes after which it is void; or hours late.',
    words: ['delay-command'],
    needs: isAsked,
    tell: (scene) => {
      const { chance } = scene;
      const begun = trouble(scene);
      const minutes = chance.one([chance.about(2, 0.1), chance.about(150, 0.5), 1_440]);
      const command = chance.one(begun.commands);
      return [{ at: scene.at, do: 'delay-command', node: refOf(scene.node), command, minutes }, ...begun.entries];
    },
  },
  'table-restored-in-a-heal': {
    says: 'A person restores the table to what it was before a heal began, or in its middle, while it is at work.',
    met: 'restore-table',
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene);
      const minutes = scene.chance.one([1, 5, 20, 60]);
      return [
        ...begun.entries,
        { at: scene.chance.percent(50) ? scene.at : duringHeal(scene, begun), do: 'restore-table', minutes },
      ];
    },
  },
  'zone-and-capacity': {
    says: 'A zone goes dark, the others have no room, and it comes back with half of its nodes broken.',
    words: ['lose-zone', 'find-zone'],
    tell: (scene) => {
      const { chance } = scene;
      const [zone, ...others] = chance.some(['a', 'b', 'c'], 3);
      const back = chance.one([5, 31, 60]);
      return [
        { at: scene.at, do: 'lose-zone', zone },
        ...others.map((other) => ({ at: scene.at, do: 'no-capacity', zone: other, minutes: back + 30 })),
        { at: later(scene, back), do: 'find-zone', zone },
        { at: later(scene, back + 1), do: 'corrupt-data', node: refOf(scene.node) },
      ];
    },
  },
  'no-room-for-another': {
    says: 'An instance dies, and no zone has room for another one just when it is to be launched.',
    words: ['kill-instance', 'no-capacity'],
    needs: isAsked,
    tell: (scene) => {
      const minutes = scene.chance.one([5, 40, 120]);
      const zones = scene.chance.some(['a', 'b', 'c'], scene.chance.whole(1, 3));
      return [
        ...zones.map((zone) => ({ at: scene.at, do: 'no-capacity', zone, minutes })),
        { at: scene.at, do: 'kill-instance', node: refOf(scene.node) },
      ];
    },
  },
  'retired-in-order': {
    says: 'EC2 announces events for node after node, to come exactly when a node would be moved, or at once.',
    words: ['announce-event'],
    tell: (scene) => {
      const { chance } = scene;
      const event = chance.one([
        'instance-retirement',
        'instance-stop',
        'instance-reboot',
        'system-reboot',
        'system-maintenance',
      ]);
      const inHours = chance.one([0.1, chance.about(48, 0.1), 336, 1_440]);
      return siblings(scene)
        .slice(0, 5)
        .map((one, nth) => ({ at: later(scene, nth * 2), do: 'announce-event', node: refOf(one), event, inHours }));
    },
  },
  'checks-fail-in-a-heal': {
    says: 'EC2’s checks of an instance fail in the middle of a heal of its client; a reboot would help, or a stop, or nothing.',
    words: ['fail-checks'],
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene, OF_CLIENTS);
      const check = scene.chance.one(['system', 'instance', 'attachedEbs']);
      const curedBy = scene.chance.one(['reboot', 'stop-start', 'nothing']);
      return [
        ...begun.entries,
        { at: duringHeal(scene, begun), do: 'fail-checks', node: refOf(scene.node), check, curedBy },
      ];
    },
  },
  'volume-flaps': {
    says: 'A volume is impaired and well again, in turn, and its client hangs.',
    words: ['impair-volume'],
    tell: (scene) => {
      const node = refOf(scene.node);
      const step = scene.chance.one([1, 4, 11]);
      const is = scene.chance.one(['stalled', 'io-disabled']);
      return [
        ...[0, 2, 4].flatMap((nth): readonly Entry[] => [
          { at: later(scene, nth * step), do: 'impair-volume', node, role: 'data', is },
          { at: later(scene, (nth + 1) * step), do: 'impair-volume', node, role: 'data', is: 'well' },
        ]),
        { at: scene.at, do: 'hang', node, until: 'thaw' },
        { at: later(scene, 6 * step), do: 'thaw', node },
      ];
    },
  },
  'growth-fails-and-it-fills': {
    says: 'EBS fails at the growth of a disk that goes on filling, until nothing is left.',
    words: ['fail-growth', 'fill-disk'],
    tell: (scene) => {
      const begun = trouble(scene, ['full']);
      const { node: of, chance } = scene;
      const first = begun.entries[0];
      const more = {
        ...first,
        at: later(scene, chance.one([3, 20])),
        gib: Math.max(1, (of.volumes?.[0]?.sizeGiB ?? 100) * 0.2),
      };
      return [{ at: scene.at, do: 'fail-growth', node: refOf(of), role: 'data' }, ...begun.entries, more as Entry];
    },
  },
  'snapshot-fails-each-time': {
    says: 'A person asks for a snapshot, EBS fails at it, and the client hangs meanwhile.',
    words: ['fail-snapshot', 'ask'],
    tell: (scene) => {
      const node = refOf(scene.node);
      return [
        { at: scene.at, do: 'fail-snapshot', node, role: 'data' },
        { at: scene.at, do: 'ask', for: 'snapshot', node },
        { at: later(scene, scene.chance.one([0.5, 2])), do: 'hang', node },
      ];
    },
  },
  'asked-in-an-outage': {
    says: 'A person asks for a restore just when the table cannot be reached.',
    met: 'outage',
    tell: (scene) => [
      {
        at: scene.at,
        do: 'aws-fails',
        service: scene.chance.one(['dynamodb', 'ssm', 'ec2']),
        minutes: scene.chance.one([1, 12]),
      },
      { at: later(scene, 0.1), do: 'ask', for: scene.chance.one(['restore', 'snapshot']), node: refOf(scene.node) },
    ],
  },
} as const satisfies Record<string, Omit<Story, 'hand'>>;
