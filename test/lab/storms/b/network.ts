// Stories of chains: they stand still, split and go on while a node of theirs has a trouble of its own.
import { type Entry, refOf } from '../storm.ts';
import {
  duringHeal,
  hasReference,
  houseOf,
  isAsked,
  later,
  OF_CLIENTS,
  type Scene,
  type Story,
  siblings,
  trouble,
} from './story.ts';

const referenceOf = (scene: Scene, at = 0): string => {
  const { references } = houseOf(scene.node);
  return new URL(references[at % references.length] ?? 'https://none.example/').hostname;
};

/** References that this storm's fleet file names: one that is not named answers nobody. */
const isNamed = (world: Scene['world'], { fleet }: Scene['node']): boolean => {
  const health = world.fleets.find(({ name }) => name === fleet)?.but['health'] as
    | { readonly references?: readonly string[] }
    | undefined;
  return health === undefined || (health.references?.length ?? 0) > 0;
};

export const NETWORK = {
  'halted-in-a-heal': {
    says: 'The chain stands still just when a heal is at work on one of its nodes, and goes on later.',
    words: ['halt-chain', 'resume-chain'],
    needs: isAsked,
    tell: (scene) => {
      const chain = scene.node.fleet;
      const begun = trouble(scene, OF_CLIENTS);
      return [
        ...begun.entries,
        { at: duringHeal(scene, begun), do: 'halt-chain', chain },
        { at: scene.endMinutes, do: 'resume-chain', chain },
      ];
    },
  },
  'halted-with-stragglers': {
    says: 'The chain stands still for about as long as counts as a halt; when it goes on, some clients do not.',
    words: ['halt-chain', 'resume-chain', 'hang'],
    needs: isAsked,
    tell: (scene) => {
      const { chance, at } = scene;
      const chain = scene.node.fleet;
      const lasts = chance.about(chance.one([2, 5, 10, 30, 60]), 0.1);
      return [
        { at, do: 'halt-chain', chain },
        ...siblings(scene)
          .slice(0, chance.whole(1, 3))
          .map((one) => ({ at: later(scene, lasts / 2), do: 'hang', node: refOf(one) })),
        { at: later(scene, lasts), do: 'resume-chain', chain },
      ];
    },
  },
  'split-in-halves': {
    says: 'Half of a fleet follows other blocks, which come faster or slower; then one of the right half hangs.',
    words: ['fork'],
    needs: isAsked,
    tell: (scene) => {
      const all = siblings(scene);
      const half = all.slice(0, Math.max(1, Math.floor(all.length / 2)));
      const other = all.at(-1) ?? scene.node;
      const blockSeconds = scene.chance.one([1, 15, 600]);
      return [
        ...half.map((one) => ({ at: scene.at, do: 'fork', node: refOf(one), blockSeconds })),
        ...(half.includes(other) ? [] : [{ at: later(scene, 10), do: 'hang', node: refOf(other) }]),
      ];
    },
  },
  'forked-in-a-heal': {
    says: 'A node comes up on other blocks in the middle of a heal.',
    words: ['fork'],
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene, OF_CLIENTS);
      return [...begun.entries, { at: duringHeal(scene, begun), do: 'fork', node: refOf(scene.node) }];
    },
  },
  'reference-lies-in-a-heal': {
    says: 'A reference is a block or many too high or too low, just when a heal proves its node, and is right again later.',
    met: 'reference',
    needs: (house) => hasReference(house) && isAsked(house),
    fits: isNamed,
    tell: (scene) => {
      const { chance } = scene;
      const reference = referenceOf(scene);
      const begun = trouble(scene, OF_CLIENTS);
      const lie: Entry = {
        at: chance.percent(50) ? scene.at : duringHeal(scene, begun),
        do: 'reference',
        reference,
        answers: chance.one(['too-high', 'too-low', 'one-height', 'nothing']),
        blocks: chance.one([1, 4, 1_000_000]),
      };
      return [...begun.entries, lie, { at: scene.endMinutes, do: 'reference', reference, answers: 'right' }];
    },
  },
  'references-take-turns': {
    says: 'A reference is right, silent, at one height and far off, in turn, while a node is slow.',
    met: 'reference',
    needs: (house) => hasReference(house) && isAsked(house),
    fits: isNamed,
    tell: (scene) => {
      const reference = referenceOf(scene);
      const step = scene.chance.one([1, 6]);
      const node = refOf(scene.node);
      return [
        { at: scene.at, do: 'slow-down', node, percent: 0.2 },
        ...['nothing', 'one-height', 'right', 'too-high', 'too-low', 'right'].map((answers, nth) => ({
          ...{ at: later(scene, nth * step), do: 'reference', reference, answers },
        })),
        { at: scene.endMinutes, do: 'slow-down', node, percent: 100 },
      ];
    },
  },
  'jailed-and-stopped': {
    says: 'A validator hangs, the chain removes it, a person stops another one, and the first one comes back.',
    words: ['hang', 'jail', 'unjail'],
    needs: ({ owner }) => owner === 'consortium',
    fits: (_, { votingPower }) => votingPower !== undefined,
    tell: (scene) => {
      const node = refOf(scene.node);
      const other = siblings(scene).find((one) => one !== scene.node && one.votingPower !== undefined) ?? scene.node;
      return [
        { at: scene.at, do: 'hang', node },
        { at: later(scene, 6), do: 'jail', node },
        { at: later(scene, 8), do: 'stop-client', node: refOf(other) },
        { at: later(scene, 20), do: 'start-client', node: refOf(other) },
        { at: scene.endMinutes, do: 'unjail', node },
      ];
    },
  },
} as const satisfies Record<string, Omit<Story, 'hand'>>;
