// What the first boot of a deployed node makes of a simulated machine: the steps of shared/node-commands/first-boot.sh, with its values. Only that script
// itself is played so: of another text nobody here knows what it would do.
import { createHash } from 'node:crypto';
import {
  type BundleBoot,
  type CopyBoot,
  FIRST_BOOT_KINDS,
  type FirstBootKind,
  type NetworkBoot,
  packed,
  type StateSyncBoot,
} from '../../shared/node-commands/first-boot.ts';
import { firstBootScripts } from '../../shared/node-commands/index.ts';
import type { HttpAnswer, HttpRequest } from '../simulator/network/network.ts';
import type { Bundle } from './chain.ts';
import type { FilesystemType } from './content.ts';
import type { DeviceReport, MountOptions } from './disks.ts';
import { FSTAB } from './disks.ts';
import { bootLines, pinnedAt } from './fstab.ts';

export interface DeployedBoot {
  /** Undefined: the launch has made it. */
  readonly volumeId: string | undefined;
  readonly mountPath: string;
  readonly filesystem: FilesystemType;
  readonly waitSeconds: number;
  /** "bitcoind.service" */
  readonly unit: string;
  /** Of a node of its own; undefined where its volume is always made empty. */
  readonly copy?: CopyBoot;
  readonly group?: MemberBoot;
  readonly bundle?: BundleBoot;
  readonly stateSync?: StateSyncBoot & { readonly behindBlocks: number };
  readonly network?: NetworkBoot;
}

/** What a member of a group does besides. */
export interface MemberBoot {
  /** Removed from a copy of another member's data. */
  readonly identity: readonly string[];
  readonly healthPort: number;
  /** What it asks its client, and what it makes of the answer. */
  readonly asks: { readonly url: URL; readonly body: string; readonly pattern: RegExp; readonly most: number };
}

const SCRIPTS = firstBootScripts();
const ENDS: readonly (readonly [kind: FirstBootKind, end: string])[] = FIRST_BOOT_KINDS.map((kind) => [
  kind,
  kind === 'single' ? SCRIPTS.single : packed(SCRIPTS, kind),
]);

/** Undefined: this is another text. */
export function deployedBootOf(text: string): DeployedBoot | undefined {
  const [kind] = ENDS.find(([, end]) => text.endsWith(end)) ?? [];
  if (kind === undefined) return undefined;
  const isMember = kind.startsWith('group');
  const said = (name: string): string =>
    (new RegExp(`^readonly ${name}='((?:[^']|'\\\\'')*)'$`, 'm').exec(text)?.[1] ?? '').replaceAll("'\\''", "'");
  const listed = (name: string): readonly string[] =>
    [...(new RegExp(`^readonly ${name}=\\((.*)\\)$`, 'm').exec(text)?.[1] ?? '').matchAll(/'([^']*)'/g)].map(
      ([, path = '']) => path,
    );
  const filesystem = said('FILESYSTEM');
  if (filesystem !== 'xfs' && filesystem !== 'ext4') return undefined;
  return {
    ...{ volumeId: isMember ? undefined : said('VOLUME'), mountPath: said('MOUNT_PATH'), filesystem },
    ...{ waitSeconds: Number(said('WAIT_SECONDS')), unit: `${said('UNIT')}.service` },
    ...(kind.startsWith('single-copy') && { copy: { from: said('COPY'), identity: listed('IDENTITY') } }),
    ...(kind.endsWith('bundle') && {
      bundle: {
        ...{ url: said('BUNDLE_URL'), sha256: said('BUNDLE_SHA256'), into: said('BUNDLE_INTO') },
        identity: listed('BUNDLE_IDENTITY'),
      },
    }),
    ...(kind.endsWith('statesync') && {
      stateSync: {
        ...{ servers: listed('SYNC_SERVERS'), configPath: said('SYNC_CONFIG') },
        trustHours: Number(/SYNC_TRUST_HOURS=(\d+)/.exec(text)?.[1]),
        behindBlocks: Number(/SYNC_BEHIND=(\d+)/.exec(text)?.[1]),
      },
    }),
    ...(kind.startsWith('single-network') && {
      network: {
        chain: kind === 'single-network-clique' ? 'clique' : 'cometbft',
        ...{ region: said('NETWORK_REGION'), node: said('NETWORK_NODE'), secret: said('NETWORK_SECRET') },
        ...{ role: said('NETWORK_ROLE') as NetworkBoot['role'], record: said('NETWORK_RECORD') },
        ...{ home: said('NETWORK_HOME'), configPath: said('NETWORK_CONFIG'), zone: said('NETWORK_ZONE') },
        ...{ port: Number(said('NETWORK_PORT')), peers: listed('NETWORK_PEERS'), begins: listed('NETWORK_FIRST') },
        hides: listed('NETWORK_PRIVATE'),
      },
    }),
    ...(isMember && {
      group: {
        identity: listed('IDENTITY'),
        healthPort: Number(said('HEALTH_PORT')),
        asks: {
          url: new URL(said('URL_SYNCED')),
          body: said('BODY_SYNCED'),
          pattern: new RegExp(said('SYNCED')),
          most: Number(said('MOST')),
        },
      },
    }),
  };
}

/** The script's own memory. */
export const OWN_VOLUME = '/var/lib/chainmend/volume';
/** Of a node of a network: on its root disk, that it has had its keys. */
export const OWN_KEYS = '/var/lib/chainmend/identity';
/** On its root disk: what it has done with a volume. */
export const markOf = (volumeId: string, name: string): string => `/var/lib/chainmend/volumes/${volumeId}.${name}`;

export interface BootingMachine {
  readonly isClientMasked: boolean;
  devices(): DeviceReport[];
  /** Each returns the tool's message, or undefined after success. */
  format(volumeId: string, filesystem: FilesystemType, uuid?: string): string | undefined;
  mount(volumeId: string, path: string, options?: MountOptions): string | undefined;
  readFile(path: string): string | undefined;
  writeFile(path: string, text: string): void;
  removeFile(path: string): void;
}

/** wait: the volume is not there yet. masked: all is set up, and no volume was touched. */
export type BootOutcome = 'wait' | 'masked' | 'mounted' | { readonly refused: string };

export function playDeployedBoot(
  { volumeId: told, mountPath, filesystem, copy, group, bundle }: DeployedBoot,
  machine: BootingMachine,
): BootOutcome {
  if (machine.isClientMasked) return 'masked';
  const there = machine.devices().find(({ mountedAt }) => mountedAt === mountPath);
  const fstab = machine.readFile(FSTAB) ?? '';
  if (pinnedAt(fstab, mountPath) !== undefined)
    return there
      ? 'mounted'
      : { refused: `/etc/fstab has a line of chainmend for ${mountPath}, and nothing is mounted there` };
  const volumeId = told ?? ownVolume(machine);
  if (typeof volumeId === 'object') return volumeId;
  const disk = machine.devices().find((device) => device.volumeId === volumeId);
  if (!disk || volumeId === undefined) return 'wait';
  if (there && there !== disk && there.volumeId !== volumeId)
    return { refused: `something else than ${volumeId} is mounted at ${mountPath}` };
  const own = ownUuid(volumeId);
  const mayBeCopy = group !== undefined || (copy !== undefined && copy.from !== '');
  const isCopy = mayBeCopy && disk.filesystem !== undefined && disk.filesystem.uuid !== own;
  const uuid = isCopy ? (disk.filesystem?.uuid ?? '') : own;
  if (disk.filesystem === undefined) {
    const fault = machine.format(volumeId, filesystem, own);
    if (fault !== undefined) return { refused: fault };
  } else if (disk.filesystem.uuid !== uuid)
    return { refused: `${volumeId} has ${disk.filesystem.type}, which this script has not made there` };
  const lines = bootLines(fstab).filter(({ path }) => path === mountPath);
  if (lines.some(({ spec }) => spec !== `UUID=${uuid}`))
    return { refused: `/etc/fstab has another line for ${mountPath}` };
  if (lines.length === 0)
    machine.writeFile(
      FSTAB,
      `${fstab}UUID=${uuid} ${mountPath} ${filesystem} defaults,nofail,x-systemd.device-timeout=90s 0 2\n`,
    );
  const fault = there ? undefined : machine.mount(volumeId, mountPath);
  if (fault !== undefined) return { refused: fault };
  const prepared = markOf(volumeId, 'prepared');
  if (isCopy && machine.readFile(prepared) === undefined)
    for (const path of (group ?? copy)?.identity ?? []) machine.removeFile(path);
  if (isCopy || !bundle) machine.writeFile(prepared, '');
  return 'mounted';
}

/** What comes of a bundle, or of state sync, behind the mounted volume, and when. */
export type Loading =
  | {
      readonly seconds: number;
      readonly loads: Pick<Bundle, 'height' | 'bytes'>;
      /** On the root disk: it is loaded. */
      readonly mark: { readonly path: string; readonly text: string };
    }
  | { readonly seconds: number; readonly refused: string };

export interface Sources {
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** GET of an address outside. */
  readonly ask: (url: URL) => HttpAnswer;
}

/** Undefined: nothing is loaded. @param volumeId what is mounted at its place */
export function loadingOf(
  boot: DeployedBoot,
  machine: BootingMachine,
  { volumeId, ...sources }: Sources & { readonly volumeId: string },
): Loading | undefined {
  const { bundle, stateSync, mountPath } = boot;
  const isMarked = (name: string): boolean => machine.readFile(markOf(volumeId, name)) !== undefined;
  if (bundle && !isMarked('prepared')) {
    machine.writeFile(markOf(volumeId, 'bundle-begun'), '');
    return bundleOf(bundle, { mountPath, volumeId }, sources);
  }
  if (stateSync && !isMarked(SYNC_MARK)) return stateOf(stateSync, volumeId, sources);
  return undefined;
}

/** It tries so often to fetch a bundle, with a minute in between. */
const BUNDLE_TRIES = 30;
/** Each byte is written as a part of the archive, read for its digest, read again, and written as what was in it; at gp3's 125 MiB/s. */
const BUNDLE_BYTES_PER_SECOND = (125 * 2 ** 20) / 4;

function bundleOf(
  { url, sha256 }: BundleBoot,
  { mountPath, volumeId }: { readonly mountPath: string; readonly volumeId: string },
  { bundles }: Sources,
): Loading {
  const found = bundles.get(url);
  if (!found)
    return {
      seconds: BUNDLE_TRIES * 60,
      refused: `${url} could not be fetched to ${mountPath} (HTTP status 404, curl ended with 22)`,
    };
  const seconds = Math.ceil(found.bytes / BUNDLE_BYTES_PER_SECOND);
  if (found.sha256 !== sha256)
    return { seconds, refused: `${url} has the SHA-256 ${found.sha256}, expected ${sha256}: it is not opened` };
  return { seconds, loads: found, mark: { path: markOf(volumeId, 'prepared'), text: '' } };
}

const SYNC_MARK = 'state-sync';
/** It asks each server 30 times, ten seconds apart. */
const SYNC_GIVES_UP_SECONDS = 300;
/** A snapshot of the state, which peers take at each thousandth block, is fetched and restored by the client. */
const SNAPSHOT_BLOCKS = 1_000;
const SNAPSHOT_BYTES = 2 ** 30;
const SNAPSHOT_SECONDS = 180;

function stateOf(
  { servers, behindBlocks }: NonNullable<DeployedBoot['stateSync']>,
  volumeId: string,
  { ask }: Sources,
): Loading {
  const refused = (why: string): Loading => ({ seconds: SYNC_GIVES_UP_SECONDS, refused: why });
  const told = (server: string, path: string): string => {
    const answer = ask(new URL(`${server}${path}`));
    return answer.kind === 'response' && answer.statusCode < 400 ? textOf(answer.body).replaceAll(/\s/g, '') : '';
  };
  const [first = ''] = servers;
  const latest = Number(/"latest_block_height":"?([0-9]{1,15})"?/.exec(told(first, '/status'))?.[1]);
  if (Number.isNaN(latest)) return refused(`${first} does not tell its height`);
  const height = Math.max(1, latest - behindBlocks);
  const hashes = servers.map(
    (server) =>
      /"block_id":\{"hash":"([0-9A-F]{64})"/.exec(
        told(server, `/blockchain?minHeight=${height}&maxHeight=${height}`),
      )?.[1],
  );
  const silent = servers[hashes.indexOf(undefined)];
  if (silent !== undefined) return refused(`${silent} does not tell its block ${height}`);
  if (new Set(hashes).size > 1)
    return refused(
      `the servers of state sync do not agree about block ${height}: ${servers.map((server, at) => `${server} says ${hashes[at]}`).join(', ')}`,
    );
  const snapshot = Math.max(1, Math.floor(latest / SNAPSHOT_BLOCKS) * SNAPSHOT_BLOCKS);
  return {
    seconds: SNAPSHOT_SECONDS,
    loads: { height: snapshot, bytes: SNAPSHOT_BYTES },
    mark: { path: markOf(volumeId, SYNC_MARK), text: `${height} ${hashes[0]}\n` },
  };
}

/** The one volume that the launch has brought besides the root's; afterwards the one that it was. Undefined: none is there yet. */
function ownVolume(machine: BootingMachine): string | undefined | { readonly refused: string } {
  const known = machine.readFile(OWN_VOLUME);
  if (known !== undefined) return known.trim();
  const [only, another] = machine.devices();
  if (another) return { refused: "several volumes are attached besides the root's" };
  if (only) machine.writeFile(OWN_VOLUME, `${only.volumeId}\n`);
  return only?.volumeId;
}

const DAY_SECONDS = 24 * 60 * 60;

/** What a member answers to its load balancer: HTTP status 200 or 503. */
export function syncedStatus(
  { asks: { url, body, pattern, most } }: MemberBoot,
  ask: (port: number, request: HttpRequest) => HttpAnswer,
  nowMs: number,
): 200 | 503 {
  const answer = ask(Number(url.port), {
    method: body === '' ? 'GET' : 'POST',
    path: url.pathname,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(body),
  });
  if (answer.kind !== 'response' || answer.statusCode >= 400) return 503;
  const [whole, first, second, third] = pattern.exec(textOf(answer.body).replaceAll(/[\r\n]/g, ' ')) ?? [];
  if (whole === undefined) return 503;
  if (second !== undefined && Number(second) - Number(first) > most) return 503;
  const [newest, mostSeconds] = second === undefined ? [first, most] : [third, DAY_SECONDS];
  if (newest === undefined) return 200;
  const seconds = /^(0x)?[0-9a-f]+$/.test(newest) ? Number(newest) : Date.parse(newest) / 1_000;
  return nowMs / 1_000 - seconds <= mostSeconds ? 200 : 503;
}

const textOf = (body: string | Uint8Array): string =>
  typeof body === 'string' ? body : new TextDecoder().decode(body);

/** As the script computes it: the UUID of a volume's own filesystem. */
export function ownUuid(volumeId: string): string {
  const digits = createHash('sha256').update(`chainmend ${volumeId}`).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
