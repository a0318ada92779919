// Changes around rotate-peers, with its real bundle and role in the region: people, roles, clients that do not start.

import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import {
  bitcoinChain,
  CONSORTIUM_CLOCK,
  CONSORTIUM_START_HEIGHT,
  consortium,
  exchange,
  followers,
} from '../../../local/scenarios/world/worlds.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { failuresOf } from '../../fixtures/failures.ts';

const FUNCTION = 'chainmend-rotate-peers';
const CONFIG = '/data/node/irita/config/config.toml';

interface Case {
  readonly fleets?: Readonly<Record<string, Partial<FleetDocument>>>;
  readonly build?: (world: World) => void;
  readonly people?: (world: World) => void;
  readonly minutes: number;
  readonly meanwhile?: Readonly<Record<string, readonly [atMinutes: number, holds: (world: World) => boolean]>>;
  readonly expect: Readonly<Record<string, (world: World) => boolean>>;
}

const own = ({ region, tableName }: World) =>
  readJournal(region, tableName).filter(({ heal }) => heal === 'rotate-peers');
const lines = (world: World, kind: string, node?: string) =>
  own(world).filter((line) => line.kind === kind && (node === undefined || line.node === node));
const refused = (world: World, code: string) => lines(world, 'refusal').filter((line) => line.code === code);
const paged = (world: World, code: string) => lines(world, 'page').filter((line) => line.code === code);
const sent = ({ region }: World, document: string) =>
  region.gateway.trace.calls.filter(
    ({ actor, operation, input }) =>
      actor.startsWith(FUNCTION) &&
      operation === 'SendCommand' &&
      (input as { DocumentName: string }).DocumentName.startsWith(`chainmend-${document}-`),
  );
const untouched = (world: World): boolean =>
  sent(world, 'write-config').length === 0 && sent(world, 'change-peers').length === 0;
const failed = ({ region }: World): number => failuresOf(region, FUNCTION);
const kept = ({ region }: World): number =>
  region.sqs.messages('chainmend-failed').filter(({ body }) => body.includes(`:function:${FUNCTION}`)).length;
const peersOf = (world: World, fleet: string, name: string): number => world.find(fleet, name).machine.report().peers;
const fileOf = (world: World, fleet: string, name: string): string => {
  const { machine } = world.find(fleet, name);
  return machine.readFile(machine.setup.configPath ?? '') ?? '';
};
const settingOf = (world: World, name: string, key: string): string | undefined =>
  new RegExp(`^${key} = "?([^"\n]*)"?$`, 'm').exec(fileOf(world, 'irita', name))?.[1];
const entryOf = (world: World, name: string): string => {
  const { machine } = world.find('irita', name);
  return `${machine.peers.peerId}@${machine.privateIp}:26656`;
};
const entriesOf = (world: World, ...names: readonly string[]): string =>
  names.map((name) => entryOf(world, name)).join(',');

/** As in the scenario peers-lost: a configuration without peers. All others, or these, have forgotten the node. */
const lose = (world: World, name: string, whom?: readonly string[]): void => {
  const { machine } = world.find('bitcoin', name);
  machine.peers.lose();
  for (const { machine: other } of world.nodes.filter((node) => whom?.includes(node.name) ?? true)) {
    other.peers.remove(machine.peers.address, { keep: false });
    machine.peers.remove(other.peers.address, { keep: false });
  }
  machine.writeFile(machine.setup.configPath ?? '', fileOf(world, 'bitcoin', name).replace(/^addnode=.*\n/gm, ''));
};

const invoke = ({ region }: World, event: object): Promise<unknown> =>
  region.call('lambda', 'Invoke', {
    FunctionName: FUNCTION,
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
  });

/** The plans that people were asked about. */
const askedFor = ({ region }: World): readonly string[] =>
  region.sns
    .published()
    .map(pageIn)
    .filter(({ approve = '' }) => approve.includes(FUNCTION))
    .flatMap(({ plan }) => plan ?? []);

const fiveFollowers = (world: World): void => {
  bitcoinChain(world, 1, { needsPeers: true, clock: everySeconds(30) });
  followers(world, 5);
};

/** Four validators of a chain with blocks; their lists are empty and they have no connections. */
const lonely = (world: World): void => {
  world.chain({
    name: 'irita',
    heightAtStart: CONSORTIUM_START_HEIGHT,
    ...CONSORTIUM_CLOCK,
    bytesPerBlock: 1_000,
    inodesPerBlock: 0.02,
    consensus: 'here',
  });
  for (const name of ['validator1', 'validator2', 'validator3', 'validator4'])
    world.node({
      machine: { knows: [], peers: 0, configPath: CONFIG },
      fleet: 'irita',
      name,
      chain: 'irita',
      validatorPower: 10,
      volumes: [{ role: 'data', path: '/data', sizeGiB: 100, usedPercent: 40 }],
    });
};

const push = ({ region }: World, fleet: string, change: object): Promise<unknown> => {
  const Name = `/chainmend/fleets/${fleet}`;
  const before = JSON.parse(region.ssm.parameter(Name) ?? '{}') as object;
  const Value = JSON.stringify({ ...before, ...change });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
};

const cases: Readonly<Record<string, Case>> = {
  'a paused fleet keeps its peers as they are, and gets them when it goes on': {
    people: (world) => {
      world.at(1, () => world.setPause('mine', 'bitcoin'));
      world.at(2, () => lose(world, 'node2'));
      world.at(15, () => world.setPause('off', 'bitcoin'));
    },
    minutes: 30,
    meanwhile: {
      'nothing was touched while it was paused': [14.9, untouched],
      'that it was is said': [14.9, (world) => refused(world, 'paused').length === 1],
    },
    expect: {
      'the node has peers again': (world) => peersOf(world, 'bitcoin', 'node2') >= 3,
      'it was told, and its file was written': (world) =>
        sent(world, 'change-peers').length === 1 && sent(world, 'write-config').length === 1,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'in mode plan what would be done is written once, and nothing is touched': {
    fleets: { bitcoin: { mode: 'plan' } },
    people: (world) => world.at(2, () => lose(world, 'node2')),
    minutes: 40,
    expect: {
      'nothing was touched': untouched,
      'one plan, for the node that lacks peers': (world) =>
        lines(world, 'plan').length === 1 && lines(world, 'plan', 'node2').length === 1,
      'it says what and why': (world) =>
        lines(world, 'plan')[0]?.sentence ===
        'name node1, node3, node4, node5 (4 in all): it has 0 connections, expected 3 at least',
      'nobody was asked': (world) => askedFor(world).length === 0,
    },
  },
  'in mode ask a person is asked once, and what that person says yes to is done': {
    fleets: { bitcoin: { mode: 'ask' } },
    people: (world) => {
      world.at(2, () => lose(world, 'node2'));
      world.at(20, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: '0123456789ab' }));
      world.at(25, () => invoke(world, { kind: 'approve', fleet: 'bitcoin', plan: askedFor(world)[0] ?? '' }));
    },
    minutes: 35,
    meanwhile: {
      'it was asked once, and nothing was touched': [
        19.9,
        (world) => untouched(world) && new Set(askedFor(world)).size === 1 && askedFor(world).length === 1,
      ],
      'a yes to another plan is none': [
        24.9,
        (world) => untouched(world) && refused(world, 'approval-exceeded').length === 1,
      ],
    },
    expect: {
      'the node has peers again': (world) => peersOf(world, 'bitcoin', 'node2') >= 3,
      'and keeps them': (world) => /^addnode=10\./m.test(fileOf(world, 'bitcoin', 'node2')),
      'it ends healed': (world) =>
        lines(world, 'outcome', 'node2')
          .map(({ act }) => act)
          .join() === 'healed',
    },
  },
  'a client that dies of its new file gets the old one again, a person is told, and the others go on': {
    build: () => {},
    people: (world) => {
      world.at(1, () => {
        consortium(world, {}, { fresh: true });
        const { machine } = world.find('irita', 'validator1');
        const load = machine.setup.load.bind(machine.setup);
        // This client does not start with peers in its list.
        machine.setup.load = () => !/^persistent_peers = ".+"$/m.test(machine.readFile(CONFIG) ?? '') && load();
      });
    },
    minutes: 30,
    expect: {
      'its file is the old one': (world) => settingOf(world, 'validator1', 'persistent_peers') === '',
      'its client runs': (world) => world.find('irita', 'validator1').machine.client.state === 'running',
      'it ends as it was found': (world) => lines(world, 'outcome', 'validator1')[0]?.act === 'restored',
      'a person was told': (world) => paged(world, 'command-failed').length >= 1,
      'the others have each other, and it, too': (world) =>
        world.nodes.every(({ machine }) => machine.report().peers === 3),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'validators that have blocks are not restarted for their peers unless their owner says so': {
    build: lonely,
    people: (world) => world.at(30, () => push(world, 'irita', { owner: { restartValidators: true } })),
    minutes: 90,
    meanwhile: {
      'no client was restarted': [
        29.9,
        (world) => world.nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
      ],
      'each file names the three others for its next start': [
        29.9,
        (world) =>
          settingOf(world, 'validator2', 'persistent_peers') ===
          entriesOf(world, 'validator1', 'validator3', 'validator4'),
      ],
      'a person was told why, once for each': [29.9, (world) => paged(world, 'restart-forbidden').length === 4],
    },
    expect: {
      'they have each other': (world) => world.nodes.every(({ machine }) => machine.report().peers === 3),
      'no more of them were restarted than had to be': (world) =>
        world.nodes.filter(({ machine }) => machine.report().clientStarts.length > 0).length === 3,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'where one of four is down, the others are not restarted to look for it': {
    build: (world) => {
      consortium(world);
    },
    fleets: { irita: { owner: { restartValidators: true }, peers: { config: CONFIG, restart: true, minimum: 3 } } },
    people: (world) =>
      world.at(1, () => {
        for (const { machine } of world.nodes) machine.peers.lose();
        world.find('irita', 'validator2').machine.stopClient();
      }),
    minutes: 60,
    expect: {
      'nobody was restarted': (world) => world.nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
      'and all of them still name it': (world) =>
        ['validator1', 'validator3', 'validator4'].every((name) =>
          settingOf(world, name, 'persistent_peers')?.includes(world.find('irita', 'validator2').machine.privateIp),
        ),
    },
  },
  'a client that has loaded its list and still has no peer is restarted once where its file allows that, and nobody is paged':
    {
      build: (world) => {
        consortium(world);
      },
      fleets: { irita: { owner: { restartValidators: true }, peers: { config: CONFIG, restart: true } } },
      people: (world) =>
        world.at(30, () => {
          const { machine } = world.find('irita', 'validator2');
          machine.peers.lose();
          for (const { machine: other } of world.nodes) {
            other.peers.remove(machine.peers.address, { keep: false });
            machine.peers.remove(other.peers.address, { keep: false });
          }
        }),
      minutes: 60,
      meanwhile: { 'it has nobody': [30.1, (world) => peersOf(world, 'irita', 'validator2') === 0] },
      expect: {
        'it has peers again': (world) => peersOf(world, 'irita', 'validator2') >= 2,
        'its client was restarted once, and no other': (world) =>
          world.nodes.every(
            ({ name, machine }) => machine.report().clientStarts.length === (name === 'validator2' ? 1 : 0),
          ),
        'nobody is paged': (world) => lines(world, 'page').length === 0,
      },
    },
  'a validator behind sentries is named by these only, and names these only': {
    fleets: { irita: { role: { tag: 'Role' } } },
    build: (world) => {
      for (const [at, { instanceId }] of consortium(world).entries())
        world.region.ec2.setTag(instanceId, 'Role', ['validator', 'sentry', 'sentry', 'follower'][at] ?? '');
    },
    // Changes of good lists are few in an hour.
    minutes: 400,
    expect: {
      'the validator names its sentries': (world) =>
        settingOf(world, 'validator1', 'persistent_peers') === entriesOf(world, 'validator2', 'validator3'),
      'the sentries name it, and keep its id to themselves': (world) =>
        ['validator2', 'validator3'].every(
          (name) =>
            settingOf(world, name, 'persistent_peers')?.includes(entryOf(world, 'validator1')) &&
            settingOf(world, name, 'private_peer_ids') === world.find('irita', 'validator1').machine.peers.peerId &&
            settingOf(world, name, 'unconditional_peer_ids') === world.find('irita', 'validator1').machine.peers.peerId,
        ),
      'the follower does not': (world) =>
        settingOf(world, 'validator4', 'persistent_peers') === entriesOf(world, 'validator2', 'validator3'),
      'nobody was restarted for it': (world) =>
        world.nodes.every(({ machine }) => machine.report().clientStarts.length === 0),
      'pex is their owner’s': (world) => world.nodes.every(({ name }) => settingOf(world, name, 'pex') === 'true'),
      'never more than a third of the entries in an hour': (world) => sent(world, 'write-config').length <= 8,
    },
  },
  'where the configuration is not where it was said to be, the running client is told all the same': {
    build: (world) => {
      bitcoinChain(world, 1, { needsPeers: true, clock: everySeconds(30) });
      followers(world, 5, () => ({ machine: { configPath: '/etc/elsewhere.conf' } }));
    },
    people: (world) => world.at(2, () => lose(world, 'node2')),
    minutes: 20,
    expect: {
      'the node has peers again': (world) => peersOf(world, 'bitcoin', 'node2') >= 3,
      'a person was told once of each': (world) =>
        paged(world, 'config-unfit')
          .map(({ sentence }) => sentence)
          .sort()
          .join() === [1, 2, 3, 4, 5].map((one) => `node${one}: /node-data/bitcoin.conf is not a file`).join(),
      'no file was written': (world) => sent(world, 'write-config').length === 0,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'where the count falls, nothing more is done, and nobody is left who may have been there before': {
    people: (world) => {
      world.at(2, () => lose(world, 'node2', ['node4', 'node5']));
      // It loses all peers in spite of the command: its firewall was closed at the same moment.
      world.when(
        () => sent(world, 'change-peers').length > 0,
        () => {
          const { machine } = world.find('bitcoin', 'node2');
          machine.peers.count = () => 0;
          machine.peers.connected = () => [];
        },
      );
    },
    minutes: 12,
    expect: {
      'it was taken back': (world) =>
        lines(world, 'decision', 'node2').some(({ sentence }) => sentence.startsWith('taken back: 0 peers, 2 before')),
      'it was told to dial, and not to leave whom it may have known': (world) =>
        sent(world, 'change-peers').length === 1,
      'its file is as it was': (world) => sent(world, 'write-config').length === 0,
      'a person was told': (world) => paged(world, 'peers-too-few').length === 1,
      'the node differs from before, and that is said': (world) =>
        lines(world, 'outcome', 'node2')[0]?.act === 'escalated',
    },
  },
  'a node that is healed of something else is left alone until that is over': {
    build: (world) => {
      exchange(world, {}, { clock: everySeconds(30) });
    },
    people: (world) =>
      world.at(0.1, () => {
        const { machine } = world.find('bitcoin', 'node2');
        machine.peers.lose();
        for (const { machine: other } of world.nodes) {
          other.peers.remove(machine.peers.address, { keep: false });
          machine.peers.remove(other.peers.address, { keep: false });
        }
      }),
    minutes: 40,
    expect: {
      'its disk is grown': (world) =>
        readJournal(world.region, world.tableName).some(
          ({ heal, act }) => heal === 'resize-volume' && act === 'healed',
        ),
      'no command about peers while the heal held it': (world) => {
        const held = readJournal(world.region, world.tableName).filter(
          ({ heal, node }) => heal === 'resize-volume' && node === 'node2',
        );
        const [from = 0, to = 0] = [held[0]?.atMs, held.at(-1)?.atMs];
        return sent(world, 'change-peers').every(({ at }) => at < from || at > to);
      },
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'siblings that are named by the DNS names that the suite keeps stay named so, and nobody is named twice': {
    people: (world) => {
      const nameOf = (name: string): string => `addnode=${name}.bitcoin.internal:8333`;
      const addressOf = (name: string): string => `addnode=${world.find('bitcoin', name).machine.privateIp}:8333`;
      const names = world.nodes.map(({ name }) => name);
      world.at(1, () => {
        for (const { name, machine } of world.nodes) {
          const siblings = names.filter((other) => other !== name).map(nameOf);
          const text = fileOf(world, 'bitcoin', name).replace(/^addnode=.*\n/gm, '');
          machine.writeFile(machine.setup.configPath ?? '', `${siblings.join('\n')}\n${text}`);
        }
        // The state from when names were strangers.
        const { machine } = world.find('bitcoin', 'node2');
        const again = ['# chainmend: begin', addressOf('node1'), addressOf('node3'), '# chainmend: end', ''].join('\n');
        machine.writeFile(machine.setup.configPath ?? '', `${fileOf(world, 'bitcoin', 'node2')}\n${again}`);
      });
      world.at(2, () => invoke(world, { kind: 'rotate', fleet: 'bitcoin' }));
    },
    minutes: 12,
    expect: {
      'every list has the four names, and nothing else': (world) =>
        world.nodes.every(({ name }) => {
          const named = fileOf(world, 'bitcoin', name).match(/^addnode=.*$/gm) ?? [];
          return named.length === 4 && named.every((line) => /^addnode=node\d\.bitcoin\.internal:8333$/.test(line));
        }),
      'the one with the doubles was written, and why is said': (world) =>
        sent(world, 'write-config').length === 1 &&
        lines(world, 'decision', 'node2').some(({ sentence }) =>
          sentence.includes('node1 is named node1.bitcoin.internal:8333 already'),
        ),
      'no connection was cut for it': (world) =>
        sent(world, 'change-peers').length === 0 &&
        world.nodes.every(({ name }) => peersOf(world, 'bitcoin', name) >= 4),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'a validator that says another peer id with every look is told once, and fills no list': {
    fleets: { irita: { role: { tag: 'Role' } } },
    build: (world) => {
      for (const [at, { instanceId }] of consortium(world).entries())
        world.region.ec2.setTag(instanceId, 'Role', ['validator', 'sentry', 'sentry', 'follower'][at] ?? '');
    },
    people: (world) => {
      const { peers } = world.find('irita', 'validator1').machine;
      const own = peers.peerId;
      let looks = 0;
      world.at(61, () =>
        Object.defineProperty(peers, 'peerId', { get: () => String(looks).padStart(40, '0'), configurable: true }),
      );
      for (let minute = 60; minute < 300; minute += 10)
        world.at(minute, () => {
          looks += 1;
          return invoke(world, { kind: 'rotate', fleet: 'irita' });
        });
      world.at(300, () => Object.defineProperty(peers, 'peerId', { get: () => own, configurable: true }));
      world.at(301, () => invoke(world, { kind: 'rotate', fleet: 'irita' }));
    },
    minutes: 310,
    expect: {
      'its sentries hide the id that it told first, and no other': (world) =>
        ['validator2', 'validator3'].every(
          (name) =>
            settingOf(world, name, 'private_peer_ids') === world.find('irita', 'validator1').machine.peers.peerId,
        ),
      'nobody names it by another one': (world) =>
        world.nodes.every(({ name }) => !/0{38}\d\d@/.test(settingOf(world, name, 'persistent_peers') ?? '')),
      'a person was told, once, of what it was and what it says': (world) =>
        paged(world, 'peer-id-wrong').length === 1 &&
        /^validator1 has changed its peer id from [0-9a-f]{12}… to 0{12}…, and counts with it from 2026-01-02 /.test(
          paged(world, 'peer-id-wrong')[0]?.sentence ?? '',
        ),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'a follower that says the ids of peers elsewhere takes none of them from the others’ lists': {
    build: (world) => void consortium(world),
    people: (world) => {
      const outside = Array.from({ length: 6 }, (_, at) => `${String(at + 1).repeat(40)}@203.0.113.${at + 1}:26656`);
      world.at(1, () => {
        for (const { machine, name } of world.nodes) {
          const text = fileOf(world, 'irita', name).replace(/^persistent_peers = .*$/m, '');
          machine.writeFile(CONFIG, text.replace('[p2p]\n', `[p2p]\npersistent_peers = "${outside.join(',')}"\n`));
          // They are connected to all of them.
          const connected = machine.peers.connected.bind(machine.peers);
          machine.peers.connected = () => [
            ...connected(),
            ...outside.map((entry, at) => ({
              ...{ host: `203.0.113.${at + 1}`, port: 26_656, ephemeralPort: 40_000 + at, id: entry.slice(0, 40) },
              ...{ inbound: false, manual: true, connectedSinceMs: 0 },
            })),
          ];
        }
        const { peers } = world.find('irita', 'validator4').machine;
        Object.defineProperty(peers, 'peerId', { get: () => '1'.repeat(40) });
      });
      for (const minute of [2, 70, 140, 210]) world.at(minute, () => invoke(world, { kind: 'rotate', fleet: 'irita' }));
    },
    minutes: 220,
    expect: {
      'all of them are named still': (world) =>
        world.nodes.every(({ name }) =>
          [1, 2, 3, 4, 5, 6].every((at) => settingOf(world, name, 'persistent_peers')?.includes(`@203.0.113.${at}:`)),
        ),
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'a fleet whose nodes do not say who they know keeps no other fleet waiting': {
    fleets: { irita: { peers: { config: CONFIG, minimum: 5 } } },
    build: (world) => {
      fiveFollowers(world);
      consortium(world);
    },
    people: (world) => {
      world.at(1, () => {
        for (const { fleet, machine } of world.nodes) {
          if (fleet.name !== 'irita') continue;
          machine.peers.lose();
          const run = machine.run.bind(machine);
          machine.run = (command, finished) => {
            if (!command.documentName.includes('ask-peers')) run(command, finished);
          };
        }
      });
      for (const minute of [2, 7]) world.at(minute, () => lose(world, 'node2'));
    },
    minutes: 20,
    meanwhile: {
      'the first time it is told within half a minute of the schedule': [
        6.5,
        (world) => sent(world, 'change-peers').length === 1,
      ],
      'and the second time, whichever fleet is first then': [11.5, (world) => sent(world, 'change-peers').length === 2],
    },
    expect: {
      'the other one was asked, each time': (world) => sent(world, 'ask-peers').length >= 2,
      'the node that lacks peers has some': (world) => peersOf(world, 'bitcoin', 'node2') >= 3,
    },
  },
  'a node whose configuration is made to take minutes is told of, and the others have their turn': {
    people: (world) => {
      world.at(1, () => {
        const { machine } = world.find('bitcoin', 'node3');
        const blanks = ' '.repeat(200_000);
        machine.writeFile(machine.setup.configPath ?? '', `server=1${blanks}x\n`);
      });
      world.at(2, () => lose(world, 'node2'));
      world.at(3, () => invoke(world, { kind: 'rotate', fleet: 'bitcoin' }));
    },
    minutes: 20,
    expect: {
      'the node that lacks peers has some': (world) => peersOf(world, 'bitcoin', 'node2') >= 3,
      'a person was told of the file, and where it is too long': (world) =>
        paged(world, 'config-unfit')
          .map(({ sentence }) => sentence)
          .join() === 'node3: /node-data/bitcoin.conf: line 1 has 200010 characters, expected at most 32768',
      'it is left as it was': (world) => fileOf(world, 'bitcoin', 'node3').length === 200_010,
      'nothing failed': (world) => failed(world) === 0,
    },
  },
  'nonsense is refused and kept, and a fleet that there is none of, too': {
    people: (world) => {
      world.at(1, () => invoke(world, { kind: 'rotate', fleet: 'nobody' }));
      world.at(1, () => invoke(world, { kind: 'rotate', fleet: 'bitcoin', force: true }));
      world.at(1, () => invoke(world, { kind: 'spin' }));
      world.at(2, () => invoke(world, { kind: 'rotate', fleet: 'bitcoin' }));
    },
    minutes: 8,
    expect: {
      'three events are kept': (world) => kept(world) === 3,
      'lists that are well are left as they are': untouched,
    },
  },
};

export const SCENARIOS: readonly Scenario[] = Object.entries(cases).map(
  ([name, { fleets, build = fiveFollowers, people, minutes, meanwhile = {}, expect }]): Scenario => ({
    name,
    sentence: name,
    ...(fleets && { fleets }),
    build: (world) => build(world),
    ...(people && { people }),
    meanwhile: Object.entries(meanwhile).map(([sentence, [atMinutes, holds]]) => ({ sentence, atMinutes, holds })),
    done: ({ region }) => region.clock.now() > Date.UTC(2026, 0, 1, 12, minutes),
    hours: minutes / 60 + 1,
    expect: Object.entries(expect).map(([sentence, holds]) => ({ sentence, holds: (_, world) => holds(world) })),
  }),
);
