// Every script on a node with one fault: another device, a link, an invalid place or parameter. The test compares the world before and after. Some
// scripts must still do their work: the table names them, and only that may differ. Not tested is the disk of the machine that runs the tests: a
// mistake would destroy it.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { script } from '../../../shared/node-commands/index.ts';
import { type Operation, operationParameters } from '../../../shared/node-commands/parameters.ts';
import { FOUND, NEW, type NodeStory, nodeParameters, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lacking, lackingForShellcheck } from './lacking.ts';
import { few } from './share.ts';
import { SwapMachine } from './swap-machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const OPERATIONS = Object.keys(operationParameters) as Operation[];
const BY_ID = '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_';
const byId = (volumeId: string): string => `${BY_ID}${volumeId.replace('-', '')}`;
const CONFIG = 'listen=1\n';

const story: NodeStory = {
  ...{ filesystem: 'xfs', partitioned: false, runtime: 'systemd', unit: 'node.service', client: 'running' },
  ...{ ends: 'cleanly', new: 'copy' },
  found: { node_key: 'ours', 'state.json': '{"height":"100"}', 'client.conf': CONFIG },
  brought: { node_key: 'theirs', 'state.json': '{"height":"90"}', 'client.conf': CONFIG },
};

type Parameters = Readonly<Record<string, string>>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const SHA256 = execFileSync('sha256sum', { input: CONFIG, encoding: 'utf8' }).slice(0, 64);
const COMMON = { RunLimitSeconds: '60', Endpoint: 'http://127.0.0.1:1', CredentialsFile: '' };
const PLAIN: Readonly<Record<string, string>> = {
  ...{
    Path: PLACE,
    VolumeId: FOUND,
    Runtime: 'systemd',
    Unit: 'node.service',
    MinimumSizeBytes: '0',
    StartClient: 'yes',
  },
  ...{ File: `${PLACE}/client.conf`, Sha256: SHA256, Edits: base64(`0 1 ${base64('L')}\n`), Restart: 'no' },
  ...{ StopGraceSeconds: '10', Requests: base64('GET /status -\n'), Volumes: `data:${PLACE}` },
  Questions: base64(`all 1000 GET http 1 /status -\n`),
};

/** Parameters that are right for the node's setup, and make the script do the most that it can. */
function right(operation: Operation, ordinal: number): Parameters {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  switch (operation) {
    case 'inspect-node':
    case 'restart-client':
    case 'check-volume':
    case 'swap-volumes':
    case 'stop-client':
    case 'start-client': {
      const found = operation === 'stop-client';
      return nodeParameters(
        story,
        {
          ...{
            operation,
            id: `4.${ordinal}`,
            startInSeconds: 120,
            from: 'found',
            to: 'new',
            at: found ? 'found' : 'new',
          },
          ...{ identity: ['/data/node_key'], carry: 'ours', keepNewest: ['/data/state.json'], only: 'restart' },
          ...{
            unmount: true,
            mask: true,
            unmask: true,
            requireClean: false,
            scrub: ['/data/node_key'],
            version: '1.0',
          },
        },
        nowSeconds,
      );
    }
    default: {
      const all = { ...PLAIN, ...COMMON, OperationId: `4.${ordinal}`, StartBy: String(nowSeconds + 120) };
      const names: readonly string[] = operationParameters[operation];
      return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
    }
  }
}

/** Every path of a command, also in base64, begins elsewhere. */
function elsewhere(parameters: Parameters, place: string): Parameters {
  const moved = (text: string): string =>
    text.replaceAll(`${PLACE}/`, place === '/' ? '/' : `${place}/`).replaceAll(PLACE, place);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      if (['Path', 'Like', 'File', 'Volumes'].includes(name)) return [name, moved(value)];
      const inside = ['Paths', 'From', 'To', 'Places', 'Identity', 'KeepNewest', 'Scrub'].includes(name);
      return [name, inside ? base64(moved(Buffer.from(value, 'base64').toString())) : value];
    }),
  );
}

/** The purpose of each script, as the lines of a machine's world that may differ after it. Scripts without lines change nothing here. */
const CLIENTS = /^run\/(client|systemd)\//;
const PURPOSE: Readonly<Partial<Record<Operation, RegExp>>> = {
  'write-config': /^(data|srv\/real)\/client\.conf(\.chainmend-before)?$/,
  'restart-client': CLIENTS,
  'stop-client': new RegExp(`${CLIENTS.source}|^\\./etc/systemd/system/node\\.service\\.d/|^data/|/merged/data `),
  'swap-volumes': new RegExp(`${CLIENTS.source}|^\\./etc/fstab$|^data/|/merged/data `),
};
/** These scripts name no volume. */
const RESTARTS = ['write-config', 'restart-client'] as const;
/** These name the found volume; they must not touch the other one. */
const STOPS = [...RESTARTS, 'stop-client'] as const;

interface Trick {
  readonly name: string;
  readonly partitioned?: true;
  /** Shell on the machine, before any command is sent. $1 is the disk of the found volume, $2 that of the new one. */
  readonly set?: string;
  readonly send?: (parameters: Parameters) => Parameters;
  /** Scripts that still do their work; the others change nothing. */
  readonly works: readonly Operation[];
}

const TRICKS: readonly Trick[] = [
  // Shows that the comparison detects the scripts' changes.
  { name: 'nothing is wrong', works: [...RESTARTS, 'swap-volumes', 'stop-client'] },
  { name: 'another disk answers to the name of the volume that comes', set: `ln -sfn "$1" ${byId(NEW)}`, works: STOPS },
  { name: 'another disk answers to the name of the one there is', set: `ln -sfn "$2" ${byId(FOUND)}`, works: RESTARTS },
  { name: 'no device has a name by its volume', set: `rm ${BY_ID}*`, works: RESTARTS },
  {
    name: 'the name of a volume leads to a partition of it',
    partitioned: true,
    set: `ln -sfn "$(readlink -f ${byId(NEW)}-part1)" ${byId(NEW)}; rm ${byId(NEW)}-part1`,
    works: STOPS,
  },
  {
    name: 'the name of a volume leads to a file',
    set: `head -c 1000000 "$2" >/srv/file; ln -sfn /srv/file ${byId(NEW)}`,
    works: STOPS,
  },
  {
    name: 'the volume that comes is mounted elsewhere, as a disk of the system is',
    set: 'mkdir /srv/system; mount -o ro,norecovery,nouuid "$2" /srv/system',
    works: STOPS,
  },
  { name: 'the one there is is mounted twice', set: `mkdir /srv/too; mount --bind ${PLACE} /srv/too`, works: RESTARTS },
  {
    name: 'the place is a link',
    set: `umount ${PLACE}; rmdir ${PLACE}; mkdir /srv/real; mount "$1" /srv/real; ln -s /srv/real ${PLACE}`,
    works: RESTARTS,
  },
  {
    name: 'a link leads to the place',
    set: 'ln -s / /link',
    send: (parameters) => elsewhere(parameters, `/link${PLACE}`),
    works: RESTARTS,
  },
  { name: 'the place is the root of all', send: (parameters) => elsewhere(parameters, '/'), works: [] },
];

onMachine('every script', () => {
  it.each(few(TRICKS).map((trick) => [trick.name, trick] as const))(
    'does no more than its work where %s',
    async (_, trick) => {
      const harmed: Record<string, readonly string[]> = {};
      const worked: Operation[] = [];
      for (let left: readonly Operation[] = OPERATIONS; left.length > 0; ) {
        await withMachine({ ...story, partitioned: trick.partitioned === true }, async ({ machine }) => {
          await machine.shell(`set -- $(readlink -f ${byId(FOUND)} ${byId(NEW)}); ${trick.set ?? ':'}`);
          const bytes = await machine.secondHash();
          let world = await machine.world();
          let last: Operation = 'inspect-node';
          // An unchanged machine can take the next command.
          for (let isAsItWas = true; isAsItWas && left.length > 0; left = left.slice(1)) {
            last = left[0] ?? last;
            const parameters = right(last, OPERATIONS.length - left.length);
            await machine.send(last, trick.send?.(parameters) ?? parameters);
            const after = await machine.world();
            const changed = difference(world, after);
            isAsItWas = changed.length === 0;
            if (!isAsItWas) worked.push(last);
            const beyond = changed.filter((line) => !PURPOSE[last]?.test(subjectOf(line)));
            if (beyond.length > 0) harmed[last] = beyond;
            world = after;
          }
          if (last !== 'swap-volumes' || !worked.includes(last))
            expect({ [last]: await machine.secondHash() }).toEqual({ [last]: bytes });
        });
      }
      expect(harmed).toEqual({});
      expect(worked).toEqual(trick.works);
    },
    240_000,
  );

  /** An empty or absent parameter means none, and the script does the rest: another test covers that. */
  const MAY_BE_EMPTY: Readonly<Partial<Record<Operation, readonly string[]>>> = {
    'write-config': ['Edits', 'Unit'],
    'restart-client': ['Paths'],
    'swap-volumes': ['Clients', 'Identity', 'KeepNewest'],
    'stop-client': ['Clients', 'Places'],
  };

  it('does nothing where any of its parameters is empty or missing', async () => {
    await withMachine(story, async ({ machine }) => {
      const [bytes, world] = [await machine.secondHash(), await machine.world()];
      let ordinal = 0;
      for (const operation of OPERATIONS) {
        for (const name of operationParameters[operation]) {
          if (MAY_BE_EMPTY[operation]?.includes(name)) continue;
          const { [name]: _, ...missing } = right(operation, ++ordinal);
          await machine.send(operation, missing);
          await machine.send(operation, { ...right(operation, ++ordinal), [name]: '' });
        }
        // An agent that is too old passes none of them.
        await machine.send(operation, {});
        expect({ [operation]: difference(world, await machine.world()) }).toEqual({ [operation]: [] });
      }
      expect(await machine.secondHash()).toBe(bytes);
    });
  }, 240_000);
});

onMachine('a client that is to be kept from starting', () => {
  it('leaves nothing half-written behind where the root volume is full', async () => {
    await withMachine(story, async ({ machine }) => {
      await machine.fill('/srv');
      await machine.send('stop-client', right('stop-client', 1));
      expect(await machine.shell('find /etc/systemd/system/node.service.d -name "*.new" 2>/dev/null || :')).toBe('');
    });
  });
});

describe('the text of every script', () => {
  /** Commands that destroy the content of a device, or whole trees; and the places where they are allowed, with the reason. */
  const DESTROYS =
    /\b(mkfs|mke2fs|mkswap|wipefs|parted|sgdisk|gdisk|fdisk|blkdiscard|shred|pvcreate|xfs_repair|fsck|tune2fs|xfs_admin|truncate)\b|\bdd\b.*\bof=|\brm\b\s+(-\S+\s+)*-\S*[rR]|\s-delete\b|\bsfdisk\b/;
  const REVIEWED: readonly (readonly [RegExp, string])[] = [
    [/^printf '%s\\n' "\$@" \| dd of="\$new" conv=fsync status=none &&$/, 'the memory of commands, a file of our own'],
    [/^trap 'rm -rf -- "\$DIRECTORY"' EXIT$/, 'a directory that mktemp has just made below /run'],
    [
      /^find "\$path" -xdev -depth \\\( .* \\\) -delete && return 0$/,
      'identity of another node, on a copy that is mounted where nobody else gets to, on no other filesystem, and of modest size',
    ],
    [
      /^if dd of="\.\/\$new" conv=excl,fsync status=none && exec 6<"\.\/\$new" /,
      'a file that is made anew, in the folder of the configuration and by the owner of it',
    ],
    [/^(if ! )?(command -v sfdisk|.*command -v s[fg]disk >\/dev\/null)/, 'asks whether it is installed'],
    [
      /^if ! output=\$\(printf ', \+\\n' \| sfdisk .* -N "\$PARTITION" /,
      'grows one partition to its end: its beginning stays',
    ],
    [
      /^(xfs|ext4)\) output=\$\(timeout 600 mkfs\.\1 -[^f]* "\/dev\/\$DISK" 2>&1 \| tail -c 1000\) ;;$/,
      'a volume that blkid and wipefs know nothing of, and that is zeros wherever it is looked at; without force',
    ],
    [/^listed=\$\(timeout 60 wipefs --no-act /, 'only looks'],
    [/^rm -rf -- "\$BACK"$/, 'a folder of our own in /run, where only root gets to; rm follows no link'],
    [
      /^(rm -rf -- "\$LISTS"$|read -r block free < <\(rm -rf -- "\$LISTS" && mkdir )/,
      'a folder of the script’s own on the root disk, where nobody else writes; rm follows no link',
    ],
    [
      /^(output=\$\(idly dd if="\$FROM_COPY\/\$1" of="\$target" |if ! truncate -s "\$bytes" -- "\$target" )/,
      'a file of the volume that it fills, which has nothing that the source has not',
    ],
    [/^idly timeout --kill-after=5 "\$seconds" dd if="\$1" of=\/dev\/null bs=1048576 /, 'only reads'],
    [/^WHY=|^say /, 'words'],
    [/^if command -v growpart/, 'asks which is installed'],
    [/^grow_with_sfdisk\(\) \{$/, 'a name'],
  ];

  it.each(OPERATIONS)('%s destroys nothing but what was looked at, line by line', (operation) => {
    const lines = script(operation)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !line.startsWith('#') && DESTROYS.test(line));
    expect(lines.filter((line) => !REVIEWED.some(([pattern]) => pattern.test(line)))).toEqual([]);
  });

  it.each(OPERATIONS)('%s ends at a variable that is not there, and never says otherwise', (operation) => {
    const text = script(operation);
    expect(text.split('\n').find((line) => !line.startsWith('#'))).toBe('set -u -o pipefail');
    expect(text).not.toMatch(/^\s*set \+u|set \+o nounset|shopt -u/m);
    expect(text).not.toMatch(/\beval\b/);
  });

  (lackingForShellcheck === undefined ? it : it.skip).each(OPERATIONS)('%s is clean to shellcheck', (operation) => {
    expect(() => execFileSync('shellcheck', ['-'], { input: script(operation), encoding: 'utf8' })).not.toThrow();
  });
});

/** "- line" for a removed line, "+ line" for a new one. */
function difference(before: readonly string[], after: readonly string[]): readonly string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
}

/** The subject of a world's line: the path of a file, or the whole text of a mount. */
const subjectOf = (line: string): string => /^[-+] [0-9a-f]{64} {2}(.*)$/.exec(line)?.[1] ?? line.slice(2);

async function withMachine(of: NodeStory, tell: (machine: SwapMachine) => Promise<void>): Promise<void> {
  const machine = await SwapMachine.start(of);
  try {
    await tell(machine);
  } finally {
    await machine.stop();
  }
}
