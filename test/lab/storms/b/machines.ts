// Stories of nodes: the same trouble again at the worst moment, troubles exactly at a threshold, and waves in the order of deployment.
import { type Entry, refOf } from '../storm.ts';
import {
  type Act,
  duringHeal,
  eachTime,
  fillTo,
  houseOf,
  isAsked,
  isPaired,
  later,
  OF_CLIENTS,
  type Scene,
  type Story,
  siblings,
  trouble,
} from './story.ts';

/** The same trouble right after each restart. */
const again = (scene: Scene, times: number, does: Act): readonly Entry[] => [
  { at: scene.at, ...does },
  ...eachTime(scene, 'restart-client', times, scene.chance.one([0.1, 0.5, 1.5, 5])).map((at) => ({ at, ...does })),
];

export const MACHINES = {
  'hangs-after-each-restart': {
    says: 'A client hangs again after each restart.',
    words: ['hang'],
    needs: isAsked,
    tell: (scene) => again(scene, scene.chance.one([1, 2, 6]), { do: 'hang', node: refOf(scene.node) }),
  },
  'crashes-after-each-restart': {
    says: 'A client crashes again after each restart.',
    words: ['crash'],
    needs: isAsked,
    tell: (scene) => again(scene, scene.chance.one([1, 2, 6]), { do: 'crash', node: refOf(scene.node) }),
  },
  'breaks-after-each-swap': {
    says: 'The data break again as soon as other data were mounted.',
    words: ['corrupt-data'],
    needs: isAsked,
    tell: (scene) => [
      { at: scene.at, do: 'corrupt-data', node: refOf(scene.node) },
      ...eachTime(scene, 'swap-volumes', 2, scene.chance.one([0.2, 1, 10])).map((at) => ({
        ...{ at, do: 'corrupt-data', node: refOf(scene.node) },
        how: scene.chance.one(['stops', 'does-not-open']),
      })),
    ],
  },
  'fills-after-each-growth': {
    says: 'A disk fills again as soon as it has been grown, until the day’s budget is spent.',
    words: ['fill-disk'],
    tell: (scene) => {
      const { chance, node, endMinutes: until } = scene;
      const first = fillTo(scene, 92);
      const gib = Math.max(1, Math.round((node.volumes?.[0]?.sizeGiB ?? 100) * 0.5));
      const more = [1, 2, 3, 4].map((time) => ({
        at: { commanded: 'grow-filesystem', node: refOf(node), time, minutes: chance.one([0.5, 3]), until },
        ...{ do: 'fill-disk', node: refOf(node), path: first.path, gib },
      }));
      return [first, ...more];
    },
  },
  'full-at-the-threshold': {
    says: 'Disks of a fleet fill to exactly the threshold, or to a tenth of a GiB beside it, in the order of deployment.',
    words: ['fill-disk'],
    tell: (scene) => {
      const percent = scene.chance.one([80, 85, 99, 100]);
      const gap = scene.chance.one([0, 1, 5]);
      return siblings(scene)
        .slice(0, 6)
        .map((node, nth) => fillTo({ ...scene, node, at: later(scene, nth * gap) }, percent));
    },
  },
  'root-full-and-hung': {
    says: 'The root volume fills, and then the client hangs: no command can be carried out.',
    words: ['fill-disk', 'hang'],
    needs: isAsked,
    tell: (scene) => {
      const node = refOf(scene.node);
      return [
        { at: scene.at, do: 'fill-disk', node, path: '/', gib: scene.chance.one([10, 16]) },
        { at: later(scene, scene.chance.one([0, 5])), do: 'hang', node },
      ];
    },
  },
  'almost-stuck': {
    says: 'A client hangs and goes on just before, or just behind, the moment at which it counts as stuck, again and again.',
    words: ['hang', 'thaw'],
    needs: isAsked,
    tell: (scene) => {
      const { chance, at } = scene;
      const node = refOf(scene.node);
      const minutes = chance.about(chance.one([1, 1.5, 5, 10]), 0.1);
      const times = Math.max(1, Math.min(8, Math.floor((scene.endMinutes - at) / (minutes * 2 + 1))));
      const again = { every: minutes * 2 + 1, times };
      return [
        { at, do: 'hang', node, until: 'thaw', ...again },
        { at: later(scene, minutes), do: 'thaw', node, ...again },
      ];
    },
  },
  'two-incidents-or-one': {
    says: 'A client crashes every half an hour, a little more or less: the same trouble, or another one.',
    words: ['crash'],
    needs: isAsked,
    tell: (scene) => {
      const every = scene.chance.about(30, 0.1);
      const times = Math.max(1, Math.min(5, Math.floor((scene.endMinutes - scene.at) / every)));
      return [{ at: scene.at, do: 'crash', node: refOf(scene.node), every, times }];
    },
  },
  'a-wave-in-order': {
    says: 'One bug reaches node after node in the order of deployment, faster than restarts are paced.',
    words: ['hang'],
    needs: isAsked,
    tell: (scene) => {
      const gap = scene.chance.one([0, 0.5, 3]);
      return siblings(scene)
        .slice(0, 10)
        .map((one, nth) => ({ at: later(scene, nth * gap), do: 'hang', node: refOf(one) }));
    },
  },
  'an-answer-of-each-kind': {
    says: 'The RPC answers in one wrong way after the other, each for about as long as an observation counts.',
    words: ['rpc'],
    needs: isAsked,
    tell: (scene) => {
      const node = refOf(scene.node);
      const step = scene.chance.about(3, 0.5);
      const ways = scene.chance.some(
        [
          'dead',
          'hung',
          'garbage',
          'huge',
          'slow',
          'wrong-chain',
          'unauthorized',
          'withholding',
          'limited',
          'elsewhere',
        ],
        4,
      );
      return [...ways, 'right'].map((answers, nth) => ({ at: later(scene, nth * step), do: 'rpc', node, answers }));
    },
  },
  'slow-at-the-threshold': {
    says: 'The volumes become so slow that the client just follows its chain, or just does not.',
    words: ['slow-down'],
    needs: isAsked,
    tell: (scene) => {
      const node = refOf(scene.node);
      return [
        { at: scene.at, do: 'slow-down', node, percent: scene.chance.one([0.01, 0.2, 1, 2]) },
        { at: scene.endMinutes, do: 'slow-down', node, percent: 100 },
      ];
    },
  },
  'agents-go-in-order': {
    says: 'The agents of a fleet lose their connection one after the other, and a client hangs behind the last one.',
    words: ['lose-agent', 'find-agent', 'hang'],
    needs: isAsked,
    tell: (scene) => {
      const wave = siblings(scene).slice(0, 8);
      const last = refOf(wave.at(-1) ?? scene.node);
      return [
        ...wave.map((one, nth) => ({ at: later(scene, nth), do: 'lose-agent', node: refOf(one) })),
        { at: later(scene, wave.length), do: 'hang', node: last },
        ...wave.map((one) => ({ at: scene.endMinutes, do: 'find-agent', node: refOf(one) })),
      ];
    },
  },
  'agent-gone-in-a-heal': {
    says: 'The agent of a node loses its connection in the middle of a heal, and comes back later.',
    words: ['lose-agent', 'find-agent'],
    needs: isAsked,
    tell: (scene) => {
      const node = refOf(scene.node);
      const begun = trouble(scene, OF_CLIENTS);
      return [
        ...begun.entries,
        { at: duringHeal(scene, begun), do: 'lose-agent', node },
        { at: scene.endMinutes, do: 'find-agent', node },
      ];
    },
  },
  'dies-in-a-heal': {
    says: 'The instance dies for good in the middle of a heal of its client.',
    words: ['kill-instance'],
    needs: isAsked,
    tell: (scene) => {
      const begun = trouble(scene, OF_CLIENTS);
      return [...begun.entries, { at: duringHeal(scene, begun), do: 'kill-instance', node: refOf(scene.node) }];
    },
  },
  'peers-lost-in-a-ring': {
    says: 'Node after node loses its peers, the next one just when the first one is told others.',
    words: ['lose-peers'],
    needs: isAsked,
    tell: (scene) => {
      const { endMinutes: until } = scene;
      const [first, ...others] = siblings(scene).slice(0, 4);
      const at = { commanded: scene.chance.one(['change-peers', 'write-config']), minutes: 0, until };
      return [
        { at: scene.at, do: 'lose-peers', node: refOf(first ?? scene.node) },
        ...others.map(
          (one, nth): Entry => ({ at: nth === 0 ? at : later(scene, nth * 5), do: 'lose-peers', node: refOf(one) }),
        ),
      ];
    },
  },
  'both-clients': {
    says: 'Both clients of a node fail one after the other, the second one just when the first one is restarted.',
    words: ['beacon-node', 'hang'],
    needs: isPaired,
    tell: (scene) => {
      const node = refOf(scene.node);
      const [at] = eachTime(scene, 'restart-client', 1, scene.chance.one([0, 0.2]));
      return [
        { at: scene.at, do: 'beacon-node', node, does: scene.chance.one(['hangs', 'crashes', 'stops']) },
        { at: at ?? scene.at, do: 'hang', node },
      ];
    },
  },
  'unmounted-behind-a-swap': {
    says: 'The data volume is unmounted as soon as other data were mounted.',
    words: ['unmount'],
    needs: isAsked,
    tell: (scene) => {
      const path = houseOf(scene.node).paths['data'];
      const node = refOf(scene.node);
      const [at] = eachTime(scene, 'swap-volumes', 1, scene.chance.one([0.2, 2]));
      return [
        { at: scene.at, do: 'unmount', node, path },
        { at: at ?? scene.at, do: 'unmount', node, path },
      ];
    },
  },
} as const satisfies Record<string, Omit<Story, 'hand'>>;
