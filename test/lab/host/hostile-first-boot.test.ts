// What a first boot edits below a data path, under attack: the client's configuration, whose folder is the client's user's. That user swaps the file and the
// folders above it as fast as it can, a thousand times; root's files stay as they are, and nothing of them is told.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { attack, CONFIG, machineOf, plansFor, USER, withMachine } from './attack.ts';
import { lacking } from './lacking.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const FILE = '/data/node/config/config.toml';
const FOLDERS = `
set -eu
rm -rf /data/node /data/node.aside
mkdir -p /data/node/config
printf %s '${CONFIG}' >${FILE}
printf %s mine >/data/node/other
chown -R ${USER}:${USER} /data
`;
/** 30 rounds or more. */
const EDITS_A_ROUND = 34;

/** Who puts a pipe in the file's place holds one edit up until its limit. */
const script = readFileSync(
  new URL('../../../shared/node-commands/first-boot-volume.sh', import.meta.url),
  'utf8',
).replace('EDIT_SECONDS=20', 'EDIT_SECONDS=0.3');
const editing = (times: number): string => `
set -u -o pipefail
umask 022
export LC_ALL=C
say() { echo "say: $*" >&2; }
refuse() { echo "refuse: $*" >&2; return 1; }
${script}
longer() { cat -- "$1" && echo "$2"; }
done=0
for ((n = 0; n < ${times} && SECONDS < 1; n++)); do edit ${FILE} longer 'evil = 1' && done=$((done + 1)); done 2>&1
[ "$done" -eq 0 ] || echo '{"result":"done"}'
`;

onMachine('the first boot edits a configuration in a folder of its client’s user', () => {
  it('as that user, with the file’s mode, and whole or not at all', async () => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(FOLDERS);
      await machine.shell(`chmod 0640 ${FILE}`);
      expect(await machine.shell('bash -c "$1"', editing(1))).toContain('"done"');
      expect(await machine.shell(`cat ${FILE}; stat -c '%u %g %a' ${FILE}; ls -A /data/node/config`)).toBe(
        `${CONFIG}evil = 1\n${USER} ${USER} 640\nconfig.toml\n`,
      );
    });
  });

  it.each<readonly [string, string]>([
    ['the file', `mv ${FILE} /data/node/there; ln -s /data/node/there ${FILE}`],
    ['its folder', 'mv /data/node/config /data/node/there; ln -s there /data/node/config'],
    ['its folder, to root’s', 'rm -r /data/node/config; ln -s /srv/real /data/node/config'],
  ])('and not where a link is %s', async (_, leave) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(FOLDERS);
      await machine.shell(`mkdir -p /srv/real; printf kept >/srv/real/config.toml; ${leave}`);
      expect(await machine.shell('bash -c "$1"', editing(1))).not.toContain('"done"');
      expect(await machine.shell('cat /srv/real/config.toml; ls -A /srv/real')).toBe('keptconfig.toml\n');
      expect(
        await machine.shell('cat /data/node/there/config.toml /data/node/there 2>/dev/null || true'),
      ).not.toContain('evil');
    });
  });

  it('and not as root where others than root can change the folder', async () => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell(FOLDERS);
      await machine.shell('chown root:root /data/node/config; chmod 0777 /data/node/config');
      expect(await machine.shell('bash -c "$1"', editing(1))).toContain(
        "others than root can change /data/node/config, which is root's",
      );
    });
  });

  it('and nothing else, while that user swaps everything around it', async () => {
    await withMachine(machineOf(), async (machine) => {
      await attack({
        reaches: 'done',
        ...{ machine, plans: plansFor('/data/node', 'config', 'config.toml'), repair: FOLDERS, pool: '/data' },
        round: async () => ({ stdout: await machine.shell('bash -c "$1"', editing(EDITS_A_ROUND)), stderr: '' }),
      });
    });
  }, 600_000);
});
