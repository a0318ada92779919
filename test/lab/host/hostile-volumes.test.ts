// The scripts that work on volumes, under attack. A process of the client's user swaps files, folders, links and pipes on them, and around their
// mount point, round after round for each script. Nothing is copied, removed, mounted or unmounted anywhere else.
import { describe, it } from '@jest/globals';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import {
  attack,
  EVERY_KIND,
  FOUND,
  LIMIT_SECONDS,
  link,
  machineOf,
  NEW,
  type Plan,
  USER,
  withMachine,
} from './attack.ts';
import { lacking } from './lacking.ts';

const onMachine = lacking === undefined ? describe : describe.skip;

/** A mount point in a folder of the user's, as a nested volume has it; and identity files in folders of the user's on both volumes. */
const TOP = '/home/top';
const HOME = `${TOP}/node`;
const PLACE = `${HOME}/data`;
const files = (whose: string, height: string) => ({
  'config/node_key': whose,
  'keys/one': whose,
  'config/state.json': `{"height":"${height}"}`,
  'blocks/x': '',
  'chainstate/x': '',
});
const volumes = machineOf({
  files: files('ours', '100'),
  second: { volumeId: NEW, content: 'copy', files: files('theirs', '90') },
});
const by = (volumeId: string): string => `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;

/** The volume `$1` is mounted at the place, whatever an earlier round has left; both volumes have their old files. */
const placed = (mounted: string, is: boolean): string => `
set -eu
grep -o ' [^ ]*/data[^ ]* ' /proc/self/mountinfo | while read -r place; do umount -l "$place" || :; done
rm -rf ${TOP} /run/chainmend/aside
mkdir -p ${PLACE}
for volume in ${by(FOUND)} ${by(NEW)}; do
  mount -o nouuid "$volume" ${PLACE}
  rm -rf ${PLACE}/* ${PLACE}/.pool*
  mkdir -p ${PLACE}/config ${PLACE}/keys ${PLACE}/blocks ${PLACE}/chainstate
  if [ "$volume" = ${by(FOUND)} ]; then whose=ours height=100; else whose=theirs height=90; fi
  echo "$whose" | tee ${PLACE}/config/node_key >${PLACE}/keys/one
  printf '{"height":"%s"}' "$height" >${PLACE}/config/state.json
  chown -R ${USER}:${USER} ${PLACE}
  umount ${PLACE}
done
chown -R ${USER}:${USER} ${TOP}
printf '%s ${PLACE} xfs defaults,nofail 0 2\\n' ${by(FOUND)} >/etc/fstab
${is ? `mount -o nouuid ${by(mounted)} ${PLACE}` : ':'}
`;

onMachine('while its user swaps everything on its volumes and around their mount point', () => {
  const onlyPlace: Plan = { flips: [{ path: PLACE, by: link('/srv/open') }] };
  const plans: readonly Plan[] = [
    {
      flips: [
        { path: `${PLACE}/config`, by: link('/srv/secret') },
        { path: `${PLACE}/keys`, by: link('/srv/secret/keys') },
      ],
    },
    {
      flips: [
        { path: `${PLACE}/config/node_key`, by: link('/etc/victim') },
        { path: `${PLACE}/config/state.json`, by: 'fifo' },
      ],
    },
    onlyPlace,
    {
      flips: [
        { path: HOME, by: link('/srv') },
        { path: PLACE, by: 'folder' },
      ],
    },
    { watched: [`${PLACE}/config`, `${PLACE}/keys`, PLACE], by: EVERY_KIND },
  ];
  const command = (n: number, one: Parameters<typeof nodeCommandParameters>[1]) =>
    Object.fromEntries(
      Object.entries(nodeCommandParameters({ fence: 4, ordinal: n + 1 }, one, Date.now())).map(
        ([name, [value = '']]) => [name, name === 'RunLimitSeconds' ? `${LIMIT_SECONDS}` : value],
      ),
    );
  const at = (volumeId: string) => [{ path: PLACE, volumeId }];
  const identity = [`${PLACE}/config/node_key`, `${PLACE}/keys`];

  it('swap-volumes carries and mounts nothing else', async () => {
    await withMachine(volumes, async (machine) => {
      await attack({
        ...{ machine, plans, repair: placed(FOUND, true), pool: TOP },
        round: (n) =>
          machine.send(
            'swap-volumes',
            command(n, {
              ...{ operation: 'swap-volumes', clients: [], from: at(FOUND), to: at(NEW), identity },
              ...{ carry: 'ours', keepNewest: [`${PLACE}/config/state.json`] },
            }),
          ),
      });
    });
  }, 900_000);

  it('start-client takes away and mounts nothing else', async () => {
    await withMachine(volumes, async (machine) => {
      await attack({
        ...{ machine, plans, repair: placed(NEW, false), pool: TOP },
        round: (n) =>
          machine.send(
            'start-client',
            command(n, { operation: 'start-client', clients: [], places: at(NEW), unmask: true, scrub: identity }),
          ),
      });
    });
  }, 900_000);

  it('stop-client unmounts nothing else', async () => {
    await withMachine(volumes, async (machine) => {
      await attack({
        ...{ machine, plans, repair: placed(FOUND, true), pool: TOP },
        round: (n) =>
          machine.send(
            'stop-client',
            command(n, {
              ...{ operation: 'stop-client', clients: [], places: at(FOUND) },
              ...{ unmount: true, mask: false, requireClean: false },
            }),
          ),
      });
    });
  }, 900_000);

  it('check-volume, inspect-node, restart-client, observe-node and grow-filesystem look at nothing else', async () => {
    await withMachine(volumes, async (machine) => {
      await attack({
        // A permanent mount cannot be moved.
        ...{ machine, plans: plans.filter((plan) => plan !== onlyPlace), repair: placed(FOUND, true), pool: TOP },
        round: async (n) => {
          const [ordinal, paths] = [5 * n, [PLACE]];
          const grow = {
            Path: PLACE,
            VolumeId: FOUND,
            Runtime: 'none',
            Unit: '',
            MinimumSizeBytes: '0',
            StartClient: 'no',
          };
          const { MinimumSizeBytes: _, StartClient: __, ...observe } = grow;
          const common = (at: number) => ({
            OperationId: `4.${at}`,
            StartBy: '9999999999',
            RunLimitSeconds: `${LIMIT_SECONDS}`,
          });
          const place = { path: PLACE, volumeId: NEW };
          const ran = [
            await machine.send(
              'check-volume',
              command(ordinal, {
                ...{ operation: 'check-volume', place, like: PLACE },
                warm: [{ mib: 64, folder: '.', name: '*' }],
              }),
            ),
            await machine.send('inspect-node', command(ordinal + 1, { operation: 'inspect-node', clients: [], paths })),
            await machine.send(
              'restart-client',
              command(ordinal + 2, { operation: 'restart-client', clients: [], paths, only: 'restart' }),
            ),
            await machine.send('observe-node', { ...common(ordinal + 4), ...observe }),
            await machine.send('grow-filesystem', { ...common(ordinal + 5), ...grow }),
          ];
          return {
            stdout: ran.map(({ stdout }) => stdout).join(''),
            stderr: ran.map(({ stderr }) => stderr).join(''),
          };
        },
      });
    });
  }, 900_000);
});
