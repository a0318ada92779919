// What goes wrong exactly at an act of ours, of each kind: a broken file, a service, a mode, a tag, the machine itself; for half an hour or an hour. And what
// people are told of a fleet as a whole beside a trouble of one node.
import { type FaultType, filling, isUngrouped, nodeIn, type Scene, TAGS } from './faults.ts';
import { type Entry, refOf, type StormNode } from './storm.ts';

/** What makes ours do it, and the moment at which they do. */
interface Kind {
  readonly of: { readonly called: string } | { readonly commanded: string };
  readonly begins: (scene: Scene, node: StormNode) => readonly Entry[];
  readonly fits?: (node: StormNode, scene: Scene) => boolean;
}

const hangs: Kind['begins'] = ({ at }, node) => [{ at, do: 'hang', node: refOf(node) }];
const breaks: Kind['begins'] = ({ at }, node) => [{ at, do: 'corrupt-data', node: refOf(node) }];
const fills: Kind['begins'] = (scene, node) => filling(scene, 10_000, node) ?? [];
const losesChecks: Kind['begins'] = ({ at }, node) => [
  { at, do: 'fail-checks', node: refOf(node), check: 'instance', curedBy: 'stop-start' },
];
const dies: Kind['begins'] = ({ at }, node) => [{ at, do: 'kill-instance', node: refOf(node) }];
const asks =
  (request: string): Kind['begins'] =>
  ({ at }, node) => [{ at, do: 'ask', for: request, node: refOf(node) }];
const losesPeers: Kind['begins'] = ({ at }, node) => [{ at, do: 'lose-peers', node: refOf(node) }];

const isLaunched: Kind['fits'] = ({ fleet }, { world }) => world.templates.includes(fleet);

/** Each kind of act that changes something on a node, or of a node. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'restart-client': { of: { commanded: 'restart-client' }, begins: hangs },
  'swap-volumes': { of: { commanded: 'swap-volumes' }, begins: breaks },
  'grow-filesystem': { of: { commanded: 'grow-filesystem' }, begins: fills },
  'stop-client': { of: { commanded: 'stop-client' }, begins: asks('snapshot') },
  'start-client': { of: { commanded: 'start-client' }, begins: asks('snapshot') },
  'change-peers': { of: { commanded: 'change-peers' }, begins: losesPeers },
  CreateVolume: { of: { called: 'CreateVolume' }, begins: asks('restore') },
  AttachVolume: { of: { called: 'AttachVolume' }, begins: breaks },
  DetachVolume: { of: { called: 'DetachVolume' }, begins: asks('replace-instance'), fits: isLaunched },
  ModifyVolume: { of: { called: 'ModifyVolume' }, begins: fills },
  StopInstances: { of: { called: 'StopInstances' }, begins: losesChecks },
  StartInstances: { of: { called: 'StartInstances' }, begins: losesChecks },
  RunInstances: { of: { called: 'RunInstances' }, begins: dies, fits: isLaunched },
  CreateSnapshots: { of: { called: 'CreateSnapshots' }, begins: asks('snapshot') },
};
const KIND_NAMES = Object.keys(KINDS);

type When = Entry['at'];

/** A trouble, and what happens right at an act of its heal; and what ends that, half an hour or an hour later. */
const atAct =
  (
    happens: (scene: Scene, node: StormNode, at: When) => readonly Entry[] | undefined,
    ends: (scene: Scene, node: StormNode, at: When) => readonly Entry[] = () => [],
    isFit: (node: StormNode) => boolean = () => true,
  ): FaultType['draw'] =>
  (scene) => {
    const { draw, endsBy } = scene;
    const kind = KINDS[draw.pick(KIND_NAMES)];
    const node = kind && nodeIn(scene, (one) => isFit(one) && (kind.fits?.(one, scene) ?? true));
    if (!kind || !node) return undefined;
    const moment = { ...kind.of, ...('commanded' in kind.of && { node: refOf(node) }), until: endsBy };
    const happened = happens(scene, node, { ...moment, minutes: draw.pick([0, 0, 0.1, 1]) });
    return (
      happened && [...kind.begins(scene, node), ...happened, ...ends(scene, node, { ...moment, minutes: long(scene) })]
    );
  };

const long = ({ draw }: Scene): number => draw.pick([30, 60]);

const modeOf = ({ world }: Scene, { fleet }: StormNode): unknown =>
  world.fleets.find(({ name }) => name === fleet)?.but['mode'] ?? 'act';

const changesMode = ({ fleet }: StormNode, at: When, mode: unknown): readonly Entry[] => [
  { at, do: 'change-fleet', fleet, but: { mode } },
];

/** The mode of before, whatever became of the moment. */
const modeComesBack = (scene: Scene, node: StormNode, at: When): readonly Entry[] => [
  ...changesMode(node, at, modeOf(scene, node)),
  ...changesMode(node, scene.endsBy, modeOf(scene, node)),
];

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'lambda', 'monitoring', 'route53', 'sns'] as const;

const types = {
  'breaks-file-at-act': {
    hand: 'people',
    says: 'A person stores a text that is no fleet file, exactly at an act of a heal, for half an hour or an hour.',
    met: 'broken file',
    words: ['break-fleet'],
    draw: atAct((scene, { fleet }, at) => [{ at, do: 'break-fleet', fleet, minutes: long(scene) }]),
  },
  'service-gone-at-act': {
    hand: 'aws',
    says: 'A service of AWS goes exactly at an act of a heal, for half an hour or an hour.',
    met: 'outage',
    words: ['aws-fails'],
    draw: atAct((scene, _, at) => [{ at, do: 'aws-fails', service: scene.draw.pick(SERVICES), minutes: long(scene) }]),
  },
  'plan-at-act': {
    hand: 'people',
    says: 'A person sets mode plan exactly at an act of a heal, and half an hour or an hour later the one of before.',
    words: ['change-fleet'],
    draw: atAct((_, node, at) => changesMode(node, at, 'plan'), modeComesBack),
  },
  'changes-mode-at-act': {
    hand: 'people',
    says: 'A person changes the mode exactly at an act of a heal, and back half an hour or an hour later.',
    words: ['change-fleet'],
    draw: atAct((scene, node, at) => {
      const others = ['plan', 'ask', 'act'].filter((mode) => mode !== modeOf(scene, node));
      return changesMode(node, at, scene.draw.pick(others));
    }, modeComesBack),
  },
  'untags-at-act': {
    hand: 'people',
    says: 'A person takes the fleet’s tag from an instance exactly at an act of a heal, and gives it back half an hour or an hour later.',
    words: ['untag', 'tag'],
    draw: atAct(
      (_, node, at) => {
        const [key] = TAGS[node.fleet] ?? [];
        return key === undefined ? undefined : [{ at, do: 'untag', node: refOf(node), key }];
      },
      (scene, node, at) => {
        const [key = '', value = ''] = TAGS[node.fleet] ?? [];
        const back = { do: 'tag', node: refOf(node), tags: { [key]: value } };
        return [
          { at, ...back },
          { at: scene.endsBy, ...back },
        ];
      },
    ),
  },
  'dies-at-act': {
    hand: 'aws',
    says: 'The machine of a node dies exactly at an act of its heal.',
    words: ['kill-instance'],
    draw: atAct(
      (_, node, at) => [{ at, do: 'kill-instance', node: refOf(node) }],
      () => [],
      isUngrouped,
    ),
  },
  'zone-lost-beside-lag': {
    hand: 'aws',
    says: 'A zone goes dark, and minutes later some nodes, of other zones, too, are slow and behind.',
    words: ['lose-zone', 'slow-down'],
    draw: (scene) => {
      const { draw, at, endsBy, world } = scene;
      const fleet = draw.pick(world.fleets).name;
      const slow = draw.some(
        world.nodes.filter((node) => node.fleet === fleet),
        2,
      );
      if (world.nodes.filter((node) => node.fleet === fleet).length < 4) return undefined;
      const zone = draw.pick(['a', 'b', 'c']);
      const behind = Math.min(endsBy, at + draw.integer(2, 8));
      return [
        { at, do: 'lose-zone', zone },
        ...slow.map((node) => ({ at: behind, do: 'slow-down', node: refOf(node), percent: 0.1 })),
        ...slow.map((node) => ({ at: endsBy, do: 'slow-down', node: refOf(node), percent: 100 })),
        { at: Math.min(endsBy, at + draw.pick([30, 60])), do: 'find-zone', zone },
      ];
    },
  },
} as const satisfies Record<string, FaultType>;

export type AtActName = keyof typeof types;
export const AT_ACTS: Readonly<Record<AtActName, FaultType>> = types;
export const AT_ACT_NAMES = Object.keys(types) as readonly AtActName[];
export const isAtAct = (name: string): name is AtActName => Object.hasOwn(types, name);
