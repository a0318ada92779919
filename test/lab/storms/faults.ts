// Every type of fault that a storm is drawn from: who does it, what it is, its entries in a timeline, and what shows that it had its effect.
import type { Draw } from './draw.ts';
import { type Entry, refOf, type StormNode, type StormWorld } from './storm.ts';

export type Hand = 'aws' | 'nodes' | 'chains' | 'people';

/** What a fault is drawn for. */
export interface Scene {
  readonly world: StormWorld;
  readonly draw: Draw;
  /** When it begins, in minutes. */
  readonly at: number;
  /** When it must have ended, in minutes. */
  readonly endsBy: number;
}

export interface FaultType {
  readonly hand: Hand;
  readonly says: string;
  /** Its entries, the first of which begins it. Undefined: it cannot happen in this world. */
  readonly draw: (scene: Scene) => readonly Entry[] | undefined;
  /**
   * What the region counts when it has an effect (`kernel.met`), or `outage SERVICE`. Without it a fault is seen where the world differs right after one
   * of its entries.
   */
  readonly met?: string;
  /** Words of its timeline that must all have had an effect. */
  readonly words?: readonly string[];
}

const DATA = 'data';
/** Where each fleet's nodes have their data, as test/lab/storms/fleets says. */
const PATHS: Readonly<Record<string, string>> = {
  bitcoin: '/node-data',
  irita: '/data',
  stacks: '/var/lib/stacks',
  ethereum: '/data',
  clique: '/data',
};

export const nodeIn = (
  { world, draw }: Scene,
  fits: (node: StormNode) => boolean = () => true,
): StormNode | undefined => {
  const fitting = world.nodes.filter(fits);
  return fitting.length === 0 ? undefined : draw.pick(fitting);
};

/** One entry about one node. */
const onNode =
  (what: string, more: (scene: Scene) => object = () => ({}), fits?: (node: StormNode) => boolean) =>
  (scene: Scene): readonly Entry[] | undefined => {
    const node = nodeIn(scene, fits);
    return node && [{ at: scene.at, do: what, node: refOf(node), ...more(scene) }];
  };

/** One entry about one node, and another one that ends it. */
const onNodeFor =
  (what: string, more: object, ends: string, endsWith: object = {}, fits?: (node: StormNode) => boolean) =>
  (scene: Scene): readonly Entry[] | undefined => {
    const ref = nodeIn(scene, fits);
    if (!ref) return undefined;
    const node = refOf(ref);
    return [
      { at: scene.at, do: what, node, ...more },
      { at: endOf(scene), do: ends, node, ...endsWith },
    ];
  };

/** Some minutes to an hour later, before everything ends. */
const endOf = ({ draw, at, endsBy }: Scene): number => Math.min(endsBy, at + draw.integer(3, 70));

const lasting = (scene: Scene): number => Math.max(1, endOf(scene) - scene.at);

const misbehaving = (hand: Hand, fault: string, says: string): FaultType => ({
  hand,
  says,
  draw: (scene) => [{ at: scene.at, do: 'aws-misbehaves', fault, minutes: lasting(scene) }],
  met: fault,
});

const outage = (service: string, says: string): FaultType => ({
  hand: 'aws',
  says,
  draw: (scene) => [{ at: scene.at, do: 'aws-fails', service, minutes: lasting(scene) }],
  met: `outage ${service}`,
});

const rpc = (answers: string, says: string): FaultType => ({
  hand: 'nodes',
  says,
  draw: onNodeFor('rpc', { answers }, 'rpc', { answers: 'right' }),
  met: `rpc ${answers}`,
});

const referencesOf = ({ fleets }: StormWorld): readonly string[] =>
  fleets.flatMap(({ name, but: { health } }) => {
    const of = (health as { readonly references?: readonly string[] } | undefined)?.references ?? [];
    return of.map((url) => new URL(url).hostname).filter((host) => host.startsWith(name));
  });

const reference = (answers: string, says: string): FaultType => ({
  hand: 'chains',
  says,
  draw: (scene) => {
    const there = referencesOf(scene.world);
    if (there.length === 0) return undefined;
    const host = scene.draw.pick(there);
    return [
      {
        at: scene.at,
        do: 'reference',
        reference: host,
        answers,
        ...(answers.startsWith('too') && { blocks: scene.draw.integer(5, 400) }),
      },
      { at: endOf(scene), do: 'reference', reference: host, answers: 'right' },
    ];
  },
  met: 'reference',
});

const asking = (request: string, says: string, fits?: (node: StormNode) => boolean): FaultType => ({
  hand: 'people',
  says,
  draw: onNode('ask', () => ({ for: request }), fits),
});

/** Whose clients run in containers that a person can remove: their fleet file says docker. */
const isContainer = ({ fleet }: StormNode): boolean => fleet === 'irita' || fleet === 'clique';
export const isUngrouped = ({ instanceId }: StormNode): boolean => instanceId === undefined;

/** Roots of 16 GiB, 31 % used: this fills one to the brim. */
const ROOT_FREE_GIB = 11.2;

/** Of a volume of which a world says no more. */
const SIZE_GIB = 1_000;
const USED_PERCENT = 46;

/** Grows past every threshold: the disk has no room left at the end. */
export function filling(scene: Scene, every: number, of?: StormNode): readonly Entry[] | undefined {
  const node = of ?? nodeIn(scene);
  const [volume] = node?.volumes ?? [];
  if (!node || !volume) return undefined;
  const freeGiB = ((volume.sizeGiB ?? SIZE_GIB) * (100 - (volume.usedPercent ?? USED_PERCENT))) / 100;
  const times = Math.max(1, Math.min(12, Math.floor((scene.endsBy - scene.at) / every)));
  const gib = Math.max(0.1, Math.round((freeGiB * scene.draw.pick([0.6, 0.9, 1.1]) * 10) / times) / 10);
  return [
    {
      at: scene.at,
      do: 'fill-disk',
      node: refOf(node),
      path: PATHS[node.fleet] ?? '/data',
      gib,
      ...(times > 1 && { every, times }),
    },
  ];
}

const dataPath = ({ fleet }: StormNode): string => PATHS[fleet] ?? '/data';

const types = {
  // AWS.
  throttling: misbehaving('aws', 'throttling', 'Requests are throttled.'),
  'lost-answers': misbehaving('aws', 'lost-answers', 'The first answer of each mutating operation is lost.'),
  'functions-killed': misbehaving('aws', 'killed', 'Functions die between two calls.'),
  'execution-times-out': misbehaving('aws', 'execution-timeout', 'A durable execution ends TIMED_OUT.'),
  'stale-reads': misbehaving('aws', 'stale-reads', 'Reads show the state of up to 90 s ago.'),
  'duplicate-events': misbehaving('aws', 'duplicate-events', 'Events arrive twice.'),
  'delayed-events': misbehaving('aws', 'delayed-events', 'Events arrive minutes late, out of order.'),
  'hours-late-events': misbehaving('aws', 'hours-late-events', 'Events arrive hours late.'),
  'lost-events': misbehaving('aws', 'lost-events', 'Events never arrive.'),
  'late-commands': misbehaving('aws', 'late-command', 'Commands begin late, some too late.'),
  'doubled-commands': misbehaving('aws', 'doubled-command', 'Commands run twice.'),
  'dynamodb-gone': outage('dynamodb', 'DynamoDB answers with server faults.'),
  'ssm-gone': outage('ssm', 'Systems Manager answers with server faults.'),
  'lambda-gone': outage('lambda', 'Lambda’s API answers with server faults.'),
  'ec2-gone': outage('ec2', 'EC2 answers with server faults.'),
  'cloudwatch-gone': outage('monitoring', 'CloudWatch answers with server faults.'),
  'route53-gone': outage('route53', 'Route 53 answers with server faults.'),
  'sns-gone': outage('sns', 'SNS answers with server faults: nobody can be paged.'),
  'no-capacity': {
    hand: 'aws',
    says: 'No zone has room for another instance while one is needed.',
    draw: (scene) => {
      const node = nodeIn(scene, ({ fleet }) => scene.world.templates.includes(fleet));
      if (!node) return undefined;
      const minutes = Math.max(1, scene.endsBy - scene.at);
      return [
        ...['a', 'b', 'c'].map((zone) => ({ at: scene.at, do: 'no-capacity', zone, minutes })),
        { at: scene.at, do: 'kill-instance', node: refOf(node) },
      ];
    },
    met: 'no-capacity',
  },
  'zone-lost': {
    hand: 'aws',
    says: 'An Availability Zone goes dark for a while.',
    draw: (scene) => {
      const zone = scene.draw.pick(['a', 'b', 'c']);
      return [
        { at: scene.at, do: 'lose-zone', zone },
        { at: endOf(scene), do: 'find-zone', zone },
      ];
    },
  },
  'instance-dies': { hand: 'aws', says: 'An instance dies for good.', draw: onNode('kill-instance') },
  'checks-fail': {
    hand: 'aws',
    says: 'An instance fails its checks until a reboot, or a stop and start.',
    draw: onNode('fail-checks', ({ draw }) => ({
      check: draw.pick(['system', 'instance']),
      curedBy: draw.pick(['reboot', 'stop-start', 'stop-start', 'nothing']),
    })),
  },
  'volume-impaired': {
    hand: 'aws',
    says: 'EBS stalls: a volume is impaired, and its client hangs.',
    draw: (scene) => {
      const [first] = onNode('impair-volume', () => ({ role: DATA, is: 'stalled' }))(scene) ?? [];
      const ends = endOf(scene);
      return (
        first && [
          first,
          { at: scene.at, do: 'hang', node: first.node ?? '', until: 'thaw' },
          { at: ends, do: 'impair-volume', node: first.node ?? '', role: DATA, is: 'well' },
          { at: ends, do: 'thaw', node: first.node ?? '' },
        ]
      );
    },
  },
  'retirement-announced': {
    hand: 'aws',
    says: 'EC2 announces that it will retire, stop or reboot an instance.',
    draw: onNode('announce-event', ({ draw }) => ({
      event: draw.pick([
        'instance-retirement',
        'instance-stop',
        'system-reboot',
        'instance-reboot',
        'system-maintenance',
      ]),
      inHours: draw.integer(1, 72),
    })),
  },
  'growth-fails': {
    hand: 'aws',
    says: 'EBS fails at a growth that it accepted.',
    draw: (scene) => {
      const [fill] = filling({ ...scene, at: scene.at + 1 }, 5) ?? [];
      return fill && [{ at: scene.at, do: 'fail-growth', node: fill.node ?? '', role: DATA }, fill];
    },
    met: 'fail-growth',
  },
  'snapshot-fails': {
    hand: 'aws',
    says: 'EBS fails at a snapshot that it accepted.',
    draw: (scene) => {
      const [fails] = onNode('fail-snapshot', () => ({ role: DATA }))(scene) ?? [];
      return fails && [fails, { at: scene.at + 1, do: 'take-snapshot', node: fails.node ?? '', with: 'tags' }];
    },
    met: 'fail-snapshot',
  },
  'table-restored': {
    hand: 'aws',
    says: 'The table is restored to what it was some time before.',
    draw: (scene) => [{ at: scene.at, do: 'restore-table', minutes: lasting(scene) }],
    met: 'restore-table',
  },

  // Nodes.
  hangs: { hand: 'nodes', says: 'A client hangs until it is restarted.', draw: onNode('hang') },
  'hangs-for-a-while': {
    hand: 'nodes',
    says: 'A client hangs and goes on by itself.',
    draw: onNodeFor('hang', { until: 'thaw' }, 'thaw'),
  },
  crashes: { hand: 'nodes', says: 'A client is killed.', draw: onNode('crash') },
  'crash-loops': {
    hand: 'nodes',
    says: 'A client is killed again and again, and comes up each time.',
    draw: onNode('crash-loop', ({ draw }) => ({
      upAfterSeconds: draw.integer(2, 60),
      every: draw.integer(1, 6),
      times: draw.integer(2, 12),
    })),
  },
  'disk-slow': {
    hand: 'nodes',
    says: 'The volumes of a node become slow.',
    draw: onNodeFor('slow-down', { percent: 0.1 }, 'slow-down', { percent: 100 }),
  },
  'data-stop': { hand: 'nodes', says: 'A client cannot pass a block with its data.', draw: onNode('corrupt-data') },
  'data-do-not-open': {
    hand: 'nodes',
    says: 'A client is killed, and its data do not open any more.',
    draw: (scene) => {
      const [broken] = onNode('corrupt-data', () => ({ how: 'does-not-open' }))(scene) ?? [];
      return broken && [broken, { at: scene.at, do: 'crash', node: broken.node ?? '' }];
    },
  },
  'rpc-dead': rpc('dead', 'An RPC refuses connections while its client runs.'),
  'rpc-hung': rpc('hung', 'An RPC never answers.'),
  'rpc-garbage': rpc('garbage', 'An RPC answers with meaningless bytes.'),
  'rpc-huge': rpc('huge', 'An RPC answers with ten megabytes.'),
  'rpc-slow': rpc('slow', 'An RPC answers after half a minute.'),
  'rpc-wrong-chain': rpc('wrong-chain', 'An RPC answers for another network.'),
  'rpc-unauthorized': rpc('unauthorized', 'An RPC refuses all credentials.'),
  'rpc-withholding': rpc('withholding', 'An RPC refuses optional calls.'),
  'rpc-limited': rpc('limited', 'An RPC answers 429.'),
  'rpc-unavailable': rpc('unavailable', 'An RPC answers 503.'),
  'rpc-elsewhere': rpc('elsewhere', 'An RPC answers 301.'),
  'beacon-crashes': {
    hand: 'nodes',
    says: 'The consensus client beside an execution client ends.',
    draw: onNode(
      'beacon-node',
      () => ({ does: 'crashes' }),
      ({ beaconNode }) => beaconNode === true,
    ),
  },
  'beacon-hangs': {
    hand: 'nodes',
    says: 'The consensus client beside an execution client hangs.',
    draw: onNode(
      'beacon-node',
      () => ({ does: 'hangs' }),
      ({ beaconNode }) => beaconNode === true,
    ),
  },
  'disk-fills': {
    hand: 'nodes',
    says: 'A disk fills step by step.',
    draw: (scene) => filling(scene, scene.draw.integer(2, 10)),
  },
  'disk-jumps': { hand: 'nodes', says: 'A disk fills at once.', draw: (scene) => filling(scene, 10_000) },
  'root-fills': {
    hand: 'nodes',
    says: 'The root volume of a node is full for a while; no command runs there.',
    draw: (scene) => {
      const [full] = onNode('fill-disk', () => ({ path: '/', gib: ROOT_FREE_GIB }))(scene) ?? [];
      return full && [full];
    },
  },
  unmounted: {
    hand: 'nodes',
    says: 'A data volume is not mounted any more.',
    draw: (scene) => {
      const node = nodeIn(scene);
      return node && [{ at: scene.at, do: 'unmount', node: refOf(node), path: dataPath(node) }];
    },
  },
  'peers-lost': { hand: 'nodes', says: 'A client loses its peers and their list.', draw: onNode('lose-peers') },
  'agent-gone': {
    hand: 'nodes',
    says: 'An SSM agent is gone for a while.',
    draw: onNodeFor('lose-agent', {}, 'find-agent'),
  },
  'command-late': {
    hand: 'nodes',
    says: 'The next command to a node begins minutes later.',
    draw: (scene) => {
      const [hung] = onNode('hang')(scene) ?? [];
      return (
        hung && [
          {
            at: scene.at,
            do: 'delay-command',
            node: hung.node ?? '',
            command: scene.draw.pick(['restart-client', 'observe-node']),
            minutes: scene.draw.integer(1, 20),
          },
          hung,
        ]
      );
    },
    met: 'delay-command',
  },
  'command-lost': {
    hand: 'nodes',
    says: 'The next command to a node never begins.',
    draw: (scene) => {
      const [hung] = onNode('hang')(scene) ?? [];
      return (
        hung && [
          {
            at: scene.at,
            do: 'lose-command',
            node: hung.node ?? '',
            command: scene.draw.pick(['restart-client', 'observe-node']),
          },
          hung,
        ]
      );
    },
    met: 'lose-command',
  },
  'nodes-forget': misbehaving('nodes', 'node-amnesia', 'Nodes forget their fences and results between commands.'),

  // Chains.
  halts: {
    hand: 'chains',
    says: 'A chain makes no blocks for a while.',
    draw: (scene) => {
      const { name } = scene.draw.pick(scene.world.fleets);
      return [
        { at: scene.at, do: 'halt-chain', chain: name },
        { at: endOf(scene), do: 'resume-chain', chain: name },
      ];
    },
  },
  forks: {
    hand: 'chains',
    says: 'A node follows other blocks.',
    draw: onNode(
      'fork',
      () => ({}),
      ({ fleet }) => fleet !== 'irita',
    ),
  },
  'majority-forks': {
    hand: 'chains',
    says: 'Most nodes of a fleet follow other blocks.',
    draw: (scene) => {
      const node = nodeIn(scene, ({ fleet }) => fleet !== 'irita');
      const all = scene.world.nodes.filter(({ fleet }) => fleet === node?.fleet);
      if (all.length < 3) return undefined;
      return all
        .slice(0, Math.floor(all.length / 2) + 1)
        .map((one) => ({ at: scene.at, do: 'fork', node: refOf(one) }));
    },
  },
  'reference-silent': reference('nothing', 'A reference does not answer.'),
  'reference-stands': reference('one-height', 'A reference stays at one height.'),
  'reference-too-high': reference('too-high', 'A reference claims blocks that nobody has.'),
  'reference-too-low': reference('too-low', 'A reference is behind.'),
  jailed: {
    hand: 'chains',
    says: 'The chain takes a validator out of its set for a while.',
    draw: onNodeFor('jail', {}, 'unjail', {}, ({ votingPower }) => votingPower !== undefined),
  },

  // People.
  'stops-client': { hand: 'people', says: 'A person stops a client.', draw: onNode('stop-client') },
  'stops-container': {
    hand: 'people',
    says: 'A person stops a container, which ends with 143.',
    draw: onNode('stop-client', () => ({ exitStatus: 143 }), isContainer),
  },
  'restarts-client': { hand: 'people', says: 'A person restarts a client.', draw: onNode('restart-client') },
  'upgrades-container': {
    hand: 'people',
    says: 'A person stops and removes a container, and makes it again.',
    draw: (scene) => {
      const [stop] = onNode('stop-client', () => ({}), isContainer)(scene) ?? [];
      const node = stop?.node ?? '';
      return (
        stop && [
          stop,
          { at: scene.at + 1, do: 'remove-container', node },
          { at: endOf(scene), do: 'make-container', node },
        ]
      );
    },
  },
  'pauses-all': {
    hand: 'people',
    says: 'A person pauses everything for a while.',
    draw: (scene) => [
      { at: scene.at, do: 'pause', why: 'a storm' },
      { at: endOf(scene), do: 'resume' },
    ],
  },
  'pauses-fleet': {
    hand: 'people',
    says: 'A person pauses a fleet for a while.',
    draw: (scene) => {
      const fleet = scene.draw.pick(scene.world.fleets).name;
      return [
        { at: scene.at, do: 'pause', fleet, why: 'a storm' },
        { at: endOf(scene), do: 'resume', fleet },
      ];
    },
  },
  'pauses-node': {
    hand: 'people',
    says: 'A person pauses a node, for good.',
    draw: onNode('pause', () => ({ why: 'mine' })),
  },
  'asks-restore': asking('restore', 'A person asks for a restore.'),
  'asks-replacement': asking('replace-instance', 'A person asks for another instance.'),
  'asks-undo': asking('undo', 'A person asks for the volumes of before.'),
  'asks-snapshot': asking('snapshot', 'A person asks for a clean snapshot.'),
  'asks-shrink': {
    hand: 'people',
    says: 'A person asks for a smaller disk, which may be too small for what is used.',
    draw: (scene) => {
      const node = nodeIn(scene, ({ volumes }) => volumes?.length === 1);
      const [volume] = node?.volumes ?? [];
      if (!node || !volume) return undefined;
      const { sizeGiB = SIZE_GIB, usedPercent = USED_PERCENT } = volume;
      const leastGiB = (sizeGiB * usedPercent) / 75;
      const toGiB = Math.max(1, Math.round(leastGiB * scene.draw.pick([0.8, 1.05, 1.2, 1.5])));
      return [{ at: scene.at, do: 'shrink', node: refOf(node), toGiB }];
    },
  },
  'restores-validator': {
    hand: 'people',
    says: 'A person asks for a restore of a validator, of whose key no other copy runs; half of them stop its client themselves.',
    draw: (scene) => {
      const node = nodeIn(scene, ({ votingPower }) => votingPower !== undefined);
      const stopsIt = scene.draw.chance(0.5);
      if (!node) return undefined;
      return [
        ...(stopsIt ? [{ at: scene.at, do: 'stop-client', node: refOf(node) }] : []),
        {
          ...{ at: Math.min(scene.endsBy, scene.at + scene.draw.integer(0, 15)), do: 'ask', for: 'restore' },
          ...{ node: refOf(node), acknowledgesValidator: true },
        },
      ];
    },
  },
  'renames-devices': {
    hand: 'nodes',
    says: 'The kernel names the disks of a node otherwise, as a boot may.',
    draw: onNode('rename-devices'),
  },
  approves: {
    hand: 'people',
    says: 'A person answers a page that asks, some minutes late.',
    draw: (scene) => {
      const fleet = scene.world.fleets.find(({ but }) => but['mode'] === 'ask');
      const node = nodeIn(scene, (one) => one.fleet === fleet?.name);
      return (
        node && [
          { at: { paged: 'approval-wanted', minutes: scene.draw.integer(1, 60) }, do: 'approve' },
          { at: scene.at, do: 'crash', node: refOf(node) },
        ]
      );
    },
    met: 'approve',
  },
  'changes-mode': {
    hand: 'people',
    says: 'A person changes the mode of a fleet, and back.',
    draw: (scene) => {
      const { name, but } = scene.draw.pick(scene.world.fleets);
      const back = but['mode'] ?? 'act';
      const other = scene.draw.pick(['plan', 'ask', 'act'].filter((mode) => mode !== back));
      return [
        { at: scene.at, do: 'change-fleet', fleet: name, but: { mode: other } },
        { at: endOf(scene), do: 'change-fleet', fleet: name, but: { mode: back } },
      ];
    },
  },
  'lowers-ceiling': {
    hand: 'people',
    says: 'A person lowers the ceiling of a fleet’s disks.',
    draw: (scene) => {
      const fleet = scene.draw.pick(scene.world.fleets).name;
      return [
        { at: scene.at, do: 'change-fleet', fleet, but: { disk: { maximumSizeGiB: scene.draw.pick([60, 110, 220]) } } },
      ];
    },
  },
  'breaks-fleet-file': {
    hand: 'people',
    says: 'A person stores a text that is no fleet file, for a while.',
    draw: (scene) => [
      { at: scene.at, do: 'break-fleet', fleet: scene.draw.pick(scene.world.fleets).name, minutes: lasting(scene) },
    ],
    met: 'broken file',
  },
  'changes-role': {
    hand: 'people',
    says: 'A person gives a node another role by its tag.',
    draw: onNode(
      'tag',
      ({ draw }) => ({ tags: { Role: draw.pick(['sealer', 'client', 'nobody-knows']) } }),
      ({ fleet }) => fleet === 'clique',
    ),
  },
  'removes-fleet-tag': {
    hand: 'people',
    says: 'A person removes the tag that makes an instance a node, and sets it again.',
    draw: (scene) => {
      const node = nodeIn(scene);
      const [key, value] = TAGS[node?.fleet ?? ''] ?? [];
      if (!node || key === undefined || value === undefined) return undefined;
      return [
        { at: scene.at, do: 'untag', node: refOf(node), key },
        { at: endOf(scene), do: 'tag', node: refOf(node), tags: { [key]: value } },
      ];
    },
  },
  'stops-instance': {
    hand: 'people',
    says: 'A person stops an instance, and starts it later.',
    draw: onNodeFor('stop-instance', {}, 'start-instance', {}, isUngrouped),
  },
  'stops-instance-for-good': {
    hand: 'people',
    says: 'A person stops an instance and leaves it so.',
    draw: onNode('stop-instance', () => ({}), isUngrouped),
  },
  'reboots-instance': { hand: 'people', says: 'A person reboots an instance.', draw: onNode('reboot-instance') },
  'detaches-volume': {
    hand: 'people',
    says: 'A person stops a client and detaches its volume.',
    draw: onNode('detach-volume', () => ({ role: DATA })),
  },
  terminates: {
    hand: 'people',
    says: 'A person terminates an instance.',
    draw: onNode('terminate-instance', () => ({}), isUngrouped),
  },
  'launches-again': {
    hand: 'people',
    says: 'A person terminates an instance, and launches another one with its name.',
    draw: onNodeFor('terminate-instance', {}, 'launch-again', {}, isUngrouped),
  },
  'grows-volume': {
    hand: 'people',
    says: 'A person grows a volume, and not its filesystem.',
    draw: onNode('grow-volume', ({ draw }) => ({ role: DATA, toGiB: draw.integer(210, 400) })),
  },
  'takes-snapshots': {
    hand: 'people',
    says: 'A person takes snapshots of a running node.',
    draw: onNode('take-snapshot', ({ draw }) => ({ with: draw.pick(['console', 'tags']) })),
  },
  'edits-zone': {
    hand: 'people',
    says: 'A person changes a node’s address record, and makes one of their own.',
    draw: (scene) => {
      const node = nodeIn(scene, ({ fleet }) => hasOwnZone(scene.world, fleet));
      if (!node) return undefined;
      return [
        {
          at: scene.at,
          do: 'edit-zone',
          zone: `${node.fleet}.internal`,
          set: { [node.name]: ['10.9.9.9'], grafana: ['10.0.200.7'] },
        },
      ];
    },
  },
} as const satisfies Record<string, FaultType>;

/** The tag that makes an instance a node, as test/lab/storms/fleets says. */
export const TAGS: Readonly<Record<string, readonly [string, string]>> = {
  bitcoin: ['Component', 'nodes/bitcoin'],
  irita: ['Project', 'irita'],
  stacks: ['Service', 'stacks-follower'],
  ethereum: ['Application', 'ethereum-mainnet'],
  clique: ['Network', 'clique-18'],
};

/** Whether the fleet's names are in a zone that is called as the fleet, as test/lab/storms/fleets has it. */
export function hasOwnZone({ fleets }: StormWorld, fleet: string): boolean {
  return fleet !== 'stacks' && fleets.some(({ name, but }) => name === fleet && but['dns'] === undefined);
}

export type FaultTypeName = keyof typeof types;
export const FAULT_TYPES: Readonly<Record<FaultTypeName, FaultType>> = types;
export const FAULT_TYPE_NAMES = Object.keys(types) as readonly FaultTypeName[];

/** Whether a name is one of the types. */
export const isFaultType = (name: string): name is FaultTypeName => Object.hasOwn(types, name);
