// What the first boot of a node of a private network makes of a simulated machine: the steps of shared/node-commands/first-boot-network.sh.
import { type NetworkBoot, networkFiles } from '../../shared/node-commands/first-boot.ts';
import { FSTAB } from './disks.ts';
import { type BootingMachine, type BootOutcome, markOf, OWN_KEYS } from './first-boot.ts';
import { pinnedAt } from './fstab.ts';

/** What a node of a network reaches outside of itself. */
export interface NetworkSources {
  /** The text of a secret of Secrets Manager, as the role of its instance may read it; else why not. */
  readonly secret: (name: string) => { readonly text: string } | { readonly refused: string };
  /** The address of a name; undefined: it has none. */
  readonly address: (host: string) => string | undefined;
}

/** Keys for an empty volume, once. @returns wait: the secret is not there yet */
export function playIdentity(
  {
    mountPath,
    volumeId,
    holdsMore,
  }: { readonly mountPath: string; readonly volumeId: string; readonly holdsMore: boolean },
  { chain, node, role, secret, record, home }: NetworkBoot,
  machine: BootingMachine,
  sources: NetworkSources,
): Exclude<BootOutcome, 'masked'> {
  const mark = markOf(volumeId, 'ids');
  if (pinnedAt(machine.readFile(FSTAB) ?? '', mountPath) !== undefined) return 'mounted';
  const files = networkFiles({ chain, role });
  const had = (): { readonly refused: string } => ({ refused: `this node has had its keys, and ${volumeId} has none` });
  if (machine.readFile(mark) !== undefined)
    return files.own.every(([, path]) => machine.readFile(`${home}/${path}`) !== undefined) ? 'mounted' : had();
  const [own, all] = [sources.secret(secret), sources.secret(record)];
  if ('refused' in own || 'refused' in all) return 'wait';
  const keys = JSON.parse(own.text) as Readonly<Record<string, string>>;
  if (keys['volume'] !== volumeId)
    return { refused: `the keys of ${node} are for ${keys['volume']}, and this volume is ${volumeId}` };
  const everybodys = JSON.parse(all.text) as Readonly<Record<string, string>> & {
    readonly ids?: Readonly<Record<string, string>>;
  };
  const wanted = [
    ...files.own.map(([key, path]) => ({ name: secret, key, path, text: keys[key] })),
    ...files.all.map(([key, path]) => ({ name: record, key, path, text: everybodys[key] })),
  ];
  const lacking = wanted.find(({ text }) => text === undefined);
  if (lacking) return { refused: `the secret ${lacking.name} has no ${lacking.key}` };
  if (holdsMore) {
    // Another machine has placed them: they are the very ones of the secret.
    const isSame = files.own.every(
      ([key, path]) => machine.readFile(`${home}/${path}`) === Buffer.from(keys[key] ?? '', 'base64').toString(),
    );
    if (!isSame || files.begin.some(([path]) => machine.readFile(`${home}/${path}`) === undefined))
      return { refused: `${mountPath} is not empty, and whose keys are there is not known` };
  } else {
    if (machine.readFile(OWN_KEYS) !== undefined) return had();
    for (const { path, text = '' } of wanted)
      machine.writeFile(`${home}/${path}`, Buffer.from(text, 'base64').toString());
    for (const [path, text] of files.begin) machine.writeFile(`${home}/${path}`, `${text}\n`);
    machine.writeFile(OWN_KEYS, `${volumeId}\n`);
  }
  const known = Object.entries(everybodys.ids ?? {}).map(([name, id]) => `${id} ${name}\n`);
  machine.writeFile(mark, known.join(''));
  return 'mounted';
}

/** Whom its client dials, in a configuration that the owner's lines have made. @returns wait: not all of them have an address yet */
export function playJoin(
  { mountPath, volumeId }: { readonly mountPath: string; readonly volumeId: string },
  network: NetworkBoot,
  machine: BootingMachine,
  { address }: NetworkSources,
): 'wait' | 'joined' {
  const { configPath, zone, peers } = network;
  const joined = markOf(volumeId, 'joined');
  if (machine.readFile(joined) !== undefined || pinnedAt(machine.readFile(FSTAB) ?? '', mountPath) !== undefined)
    return 'joined';
  const addresses = new Map(peers.map((name) => [name, address(`${name}.${zone}`)]));
  if ([...addresses.values()].includes(undefined)) return 'wait';
  const ids = new Map(
    (machine.readFile(markOf(volumeId, 'ids')) ?? '')
      .split('\n')
      .map((line) => line.split(' ').reverse() as [name: string, id: string]),
  );
  machine.writeFile(
    configPath,
    Object.entries(network.chain === 'clique' ? ofGeth(network, ids, addresses) : ofCometbft(network, ids)).reduce(
      (text, [key, value]) => text.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`),
      machine.readFile(configPath) ?? '',
    ),
  );
  machine.writeFile(joined, '');
  return 'joined';
}

type Ids = ReadonlyMap<string, string>;
type Values = Readonly<Record<string, string>>;

function ofCometbft({ zone, port, peers, hides, role }: NetworkBoot, ids: Ids): Values {
  const known = (names: readonly string[]) => names.filter((name) => ids.has(name));
  return {
    persistent_peers: JSON.stringify(
      known(peers)
        .map((name) => `${ids.get(name)}@${name}.${zone}:${port}`)
        .join(','),
    ),
    private_peer_ids: JSON.stringify(
      known(hides)
        .map((name) => ids.get(name))
        .join(','),
    ),
    pex: String(role !== 'validator'),
    addr_book_strict: 'false',
  };
}

function ofGeth(
  { port, peers, begins }: NetworkBoot,
  ids: Ids,
  addresses: ReadonlyMap<string, string | undefined>,
): Values {
  const listed = (names: readonly string[]): string => {
    const enodes = names
      .filter((name) => ids.has(name))
      .map((name) => JSON.stringify(`enode://${ids.get(name)}@${addresses.get(name)}:${port}`));
    return `[${enodes.join(', ')}]`;
  };
  return { StaticNodes: listed(peers), BootstrapNodes: listed(peers.filter((name) => begins.includes(name))) };
}
