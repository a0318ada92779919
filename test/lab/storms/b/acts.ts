// Stories of one moment: what ours depend on is taken away in the very second of an act of theirs, of each kind, for half an hour or a whole one; and
// what holds for a fleet as a whole meets a small trouble of one of its nodes.
import { type Entry, refOf, type StormNode } from '../storm.ts';
import { type Act, atLast, fillTo, isAsked, later, modeOf, type Scene, type Story, siblings, tagOf } from './story.ts';

interface Kind {
  /** What ours call, or tell the node. */
  readonly does: { readonly called: string } | { readonly commanded: string };
  readonly because: (scene: Scene, node: string) => readonly Entry[];
}

const because =
  (...acts: readonly (Act & { readonly do: string })[]): Kind['because'] =>
  ({ at }, node) =>
    acts.map((act) => ({ ...act, at, node }));
const full: Kind['because'] = (scene) => [fillTo(scene, 97)];
const hung = because({ do: 'hang' });
const broken = because({ do: 'corrupt-data', how: 'does-not-open' }, { do: 'crash' });
const snapshot = because({ do: 'ask', for: 'snapshot', acknowledgesValidator: true });
const another = because({ do: 'ask', for: 'replace-instance' });
const checks = because({ do: 'fail-checks', check: 'system', curedBy: 'stop-start' });

/** Every kind of act that takes something from a node, makes something for it, or gives it back. */
export const ACTS: readonly Kind[] = [
  { does: { commanded: 'inspect-node' }, because: hung },
  { does: { commanded: 'restart-client' }, because: hung },
  { does: { commanded: 'swap-volumes' }, because: broken },
  { does: { commanded: 'stop-client' }, because: snapshot },
  { does: { commanded: 'start-client' }, because: snapshot },
  { does: { commanded: 'grow-filesystem' }, because: full },
  { does: { commanded: 'change-peers' }, because: because({ do: 'lose-peers' }) },
  { does: { called: 'CreateSnapshots' }, because: snapshot },
  { does: { called: 'CreateVolume' }, because: broken },
  { does: { called: 'AttachVolume' }, because: broken },
  { does: { called: 'DetachVolume' }, because: another },
  { does: { called: 'RunInstances' }, because: another },
  { does: { called: 'StopInstances' }, because: checks },
  { does: { called: 'StartInstances' }, because: checks },
  { does: { called: 'ModifyVolume' }, because: full },
];

interface Met {
  readonly begins: readonly Entry[];
  readonly at: Entry['at'];
  /** So many minutes behind the act, and at the end of everything in any case. */
  readonly over: readonly Entry['at'][];
  readonly minutes: number;
}

function meet(scene: Scene): Met {
  const { chance, endMinutes: until } = scene;
  const node = refOf(scene.node);
  const { does, because: begins } = chance.one(ACTS);
  const moment = { ...does, ...('commanded' in does && { node }), until };
  const minutes = chance.one([30, 60]);
  const at = { ...moment, minutes: chance.one([0, 0, 0.02, 0.4]) };
  return { begins: begins(scene, node), at, over: [{ ...moment, minutes }, atLast(scene)], minutes };
}

/** It happens at the act, and something else when it is over. */
function forAWhile(scene: Scene, happens: Act, ends: Act): readonly Entry[] {
  const { begins, at, over } = meet(scene);
  return [...begins, { ...happens, at }, ...over.map((end) => ({ ...ends, at: end }))];
}

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'lambda', 'monitoring', 'route53', 'sns', 'sqs'] as const;
const areEnough = ({ nodes }: Scene['world'], { fleet }: StormNode): boolean =>
  nodes.filter((one) => one.fleet === fleet).length >= 4;

export const AT_ONE_ACT = {
  'file-unreadable-at-an-act': {
    says: 'The stored fleet file is no file any more in the second of an act, for half an hour or an hour.',
    met: 'broken file',
    words: ['break-fleet'],
    needs: isAsked,
    tell: (scene) => {
      const { begins, at, minutes } = meet(scene);
      return [...begins, { at, do: 'break-fleet', fleet: scene.node.fleet, minutes }];
    },
  },
  'service-away-at-an-act': {
    says: 'A service of AWS is away from the second of an act on, for half an hour or an hour.',
    met: 'outage',
    words: ['aws-fails'],
    needs: isAsked,
    tell: (scene) => {
      const { begins, at, minutes } = meet(scene);
      return [...begins, { at, do: 'aws-fails', service: scene.chance.one(SERVICES), minutes }];
    },
  },
  'only-plans-from-an-act-on': {
    says: 'A person sets mode plan in the second of an act, and the mode of before half an hour or an hour later.',
    words: ['change-fleet'],
    needs: isAsked,
    tell: (scene) => {
      const { fleet } = scene.node;
      const change = (mode: unknown): Act => ({ do: 'change-fleet', fleet, but: { mode } });
      return forAWhile(scene, change('plan'), change(modeOf(scene)));
    },
  },
  'other-mode-from-an-act-on': {
    says: 'A person who was asked wants to ask no more, or the other way round, in the second of an act, and back later.',
    words: ['change-fleet'],
    needs: isAsked,
    tell: (scene) => {
      const { fleet } = scene.node;
      const change = (mode: unknown): Act => ({ do: 'change-fleet', fleet, but: { mode } });
      return forAWhile(scene, change(modeOf(scene) === 'ask' ? 'act' : 'ask'), change(modeOf(scene)));
    },
  },
  'nobodys-from-an-act-on': {
    says: 'The tag of its fleet goes from an instance in the second of an act, and comes back half an hour or an hour later.',
    words: ['untag', 'tag'],
    needs: ({ fleet, isAsked: asked }) => asked && tagOf(fleet) !== undefined,
    tell: (scene) => {
      const [key, value] = tagOf(scene.node.fleet) ?? ['', ''];
      const node = refOf(scene.node);
      return forAWhile(scene, { do: 'untag', node, key }, { do: 'tag', node, tags: { [key]: value } });
    },
  },
  'machine-dies-at-an-act': {
    says: 'The machine of a node dies for good in the second of an act on it.',
    words: ['kill-instance'],
    needs: isAsked,
    tell: (scene) => {
      const { begins, at } = meet(scene);
      return [...begins, { at, do: 'kill-instance', node: refOf(scene.node) }];
    },
  },
  'lag-beside-a-dark-zone': {
    says: 'A zone goes dark, and while people look at that, nodes of the same fleet fall behind by some blocks.',
    words: ['lose-zone', 'slow-down', 'find-zone'],
    needs: isAsked,
    fits: areEnough,
    tell: (scene) => {
      const { chance, endMinutes } = scene;
      const zone = chance.one(['a', 'b', 'c']);
      const behind = chance.some(siblings(scene), chance.whole(1, 3)).map(refOf);
      const lag = later(scene, chance.one([0.5, 4, 11]));
      return [
        { at: scene.at, do: 'lose-zone', zone },
        ...behind.map((node) => ({ at: lag, do: 'slow-down', node, percent: chance.one([0.05, 0.2]) })),
        { at: later(scene, chance.one([30, 60])), do: 'find-zone', zone },
        ...behind.map((node) => ({ at: endMinutes, do: 'slow-down', node, percent: 100 })),
      ];
    },
  },
} as const satisfies Record<string, Omit<Story, 'hand'>>;
