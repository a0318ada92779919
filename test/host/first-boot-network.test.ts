// The first boot of a node of a private network, verbatim: its keys come once, to the empty volume that they are for, and to no other; the client is told
// whom to dial by id and name.
import { describe, expect, it } from '@jest/globals';
import type { NetworkBoot } from '../../shared/node-commands/first-boot.ts';
import { booted, bootOn, NETWORK, NEW, withNode } from './booted.ts';
import { lacking } from './lacking.ts';
import type { Machine, Ran } from './machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const HOME = '/data/node';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const [ID2, ID3] = ['2', 'a'].map((digit) => digit.repeat(40));
/** As `cometbft init` of 0.38 writes it, and without what it says about each key. */
const TOML = `moniker = "a"
pex = "elsewhere"
[p2p]
laddr = "tcp://0.0.0.0:26656"
persistent_peers = ""
addr_book_strict = true
pex = true
private_peer_ids = ""
unconditional_peer_ids = ""
[mempool]
persistent_peers = "elsewhere"
`;
const OWN = { volume: NEW, node_key: base64('{"node":1}'), validator_key: base64('{"validator":1}') };
const RECORD = {
  genesis: base64('{"chain_id":"consortium-1"}'),
  ids: { validator1: '1'.repeat(40), validator2: ID2, sentry1: ID3 },
};
const told = (own: object = OWN, record: object = RECORD): Readonly<Record<string, string>> => ({
  [NETWORK.secret]: JSON.stringify(own),
  [NETWORK.record]: JSON.stringify(record),
});

async function withSecrets(
  secrets: Readonly<Record<string, string>>,
  use: (machine: Machine, boot: (network?: Partial<NetworkBoot>) => Promise<Ran>) => Promise<void>,
): Promise<void> {
  await withNode(async (machine) => {
    await tell(machine, secrets);
    await machine.replace(
      'aws',
      'echo "$*" >>/run/asked; while [ $# -gt 0 ]; do [ "$1" != --secret-id ] || name=$2; shift; done; exec cat "/run/secrets/$(tr / _ <<<"$name")"',
    );
    await machine.replace('sleep', 'exec /usr/bin/sleep 0.01');
    await machine.replace('getent', 'echo "$2" >>/run/names');
    // As an owner's lines make it: what is there, `cometbft init` keeps.
    const lines = [
      `mkdir -p ${HOME}/config`,
      `[ -e ${NETWORK.configPath} ] || cp /run/config.toml ${NETWORK.configPath}`,
    ];
    await machine.shell('printf %s "$1" >/run/config.toml', TOML);
    await use(machine, (network) => bootOn(machine, { install: { lines }, network: { ...NETWORK, ...network } }));
  });
}

async function tell(machine: Machine, secrets: Readonly<Record<string, string>>): Promise<void> {
  await machine.shell('rm -rf /run/secrets; mkdir /run/secrets');
  for (const [name, text] of Object.entries(secrets))
    await machine.shell('printf %s "$2" >"/run/secrets/$1"', name.replaceAll('/', '_'), text);
}
const read = (machine: Machine, path: string): Promise<string> => machine.shell('cat "$1" 2>/dev/null || true', path);

onMachine('the first boot in a network', () => {
  it('gives a validator its keys and a signing state that has signed nothing, and tells it whom to dial', async () => {
    await withSecrets(told(), async (machine, boot) => {
      const { stderr, ...ran } = await boot();
      booted({ ...ran, stderr });
      expect(await read(machine, `${HOME}/config/node_key.json`)).toBe('{"node":1}');
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('{"validator":1}');
      expect(await read(machine, `${HOME}/data/priv_validator_state.json`)).toBe('{"height":"0","round":0,"step":0}\n');
      expect(await read(machine, `${HOME}/config/genesis.json`)).toBe('{"chain_id":"consortium-1"}');
      expect(
        await machine.shell(
          'stat -c %a "$1" "$2"',
          `${HOME}/config/node_key.json`,
          `${HOME}/config/priv_validator_key.json`,
        ),
      ).toBe('600\n600\n');
      expect(await read(machine, NETWORK.configPath)).toBe(
        TOML.replace(
          '\npersistent_peers = ""',
          `\npersistent_peers = "${ID2}@validator2.irita.internal:26656,${ID3}@sentry1.irita.internal:26656"`,
        )
          .replace('strict = true', 'strict = false')
          .replace('pex = true', 'pex = false'),
      );
      expect(stderr).toContain('later has come to the network later');
      // No key is told to the log, nor to a program by its arguments.
      for (const secret of [OWN.node_key, OWN.validator_key, '{"node":1}', '{"validator":1}'])
        expect(
          `${stderr}${await read(machine, '/run/asked')}${await read(machine, '/var/log/chainmend-first-boot.log')}`,
        ).not.toContain(secret);
      expect(await machine.started()).toEqual(['client']);
    });
  });

  it('never fetches a key again where one is: another boot, and a signing state, change nothing', async () => {
    await withSecrets(told(), async (machine, boot) => {
      booted(await boot());
      await machine.shell('printf signed >"$1"; rm /run/asked', `${HOME}/data/priv_validator_state.json`);
      await tell(machine, told({ ...OWN, node_key: base64('another') }));
      booted(await boot());
      expect(await read(machine, `${HOME}/data/priv_validator_state.json`)).toBe('signed');
      expect(await read(machine, `${HOME}/config/node_key.json`)).toBe('{"node":1}');
      expect(await read(machine, '/run/asked')).toBe('');
    });
  });

  it('names validators to nobody on a sentry, which has no key of one', async () => {
    const sentry = {
      role: 'sentry',
      hides: ['validator1', 'validator2'],
      peers: ['validator1', 'validator2'],
    } as const;
    await withSecrets(told({ volume: NEW, node_key: OWN.node_key }), async (machine, boot) => {
      booted(await boot(sentry));
      const toml = await read(machine, NETWORK.configPath);
      expect(toml).toContain(`private_peer_ids = "${'1'.repeat(40)},${ID2}"`);
      expect(toml).toContain('\npex = true');
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('');
    });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string, string]>([
    [
      'keys that are for another volume',
      told({ ...OWN, volume: 'vol-0000000000000000f' }),
      '',
      'the keys of validator1 are for vol-0000000000000000f',
    ],
    ['no key of a validator', told({ volume: NEW, node_key: OWN.node_key }), '', 'has no key of a validator'],
    ['no genesis', told(OWN, {}), '', 'has no genesis'],
    ['no secret', {}, '', `the secret ${NETWORK.secret} could not be read`],
    [
      'a signing state of which nobody knows',
      told(),
      `mkdir -p ${HOME}/data && echo signed >${HOME}/data/priv_validator_state.json`,
      'is not empty, and whose keys are there is not known',
    ],
    ['any other file', told(), 'echo theirs >/data/theirs', 'is not empty'],
  ])('writes no keys where there is %s, and starts no client', async (_, secrets, before, why) => {
    await withSecrets(secrets, async (machine, boot) => {
      if (before !== '') {
        // The volume has its filesystem, and what a person, or a client without keys of ours, has left there.
        await boot({ node: 'none', secret: 'none' });
        await machine.shell(before);
      }
      const { status, stderr } = await boot();
      expect(stderr).toMatch(new RegExp(`REFUSED: .*${why.replaceAll('/', '.')}`));
      expect(status).toBe(1);
      expect(await machine.started()).toEqual([]);
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('');
      if (before.includes('signed'))
        expect(await read(machine, `${HOME}/data/priv_validator_state.json`)).toBe('signed\n');
    });
  });

  it('refuses a second copy of keys where a volume has lost the first', async () => {
    await withSecrets(told(), async (machine, boot) => {
      booted(await boot());
      await machine.shell('rm -rf /data/node /data/.chainmend-*');
      const { status, stderr } = await boot();
      expect(stderr).toContain('REFUSED: this node has had its keys');
      expect(status).toBe(1);
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('');
    });
  });

  it('says that the image has no AWS CLI', async () => {
    await withSecrets(told(), async (machine, boot) => {
      await machine.shell(
        'rm /run/fakes/aws; for aws in /usr/bin/aws /usr/local/bin/aws; do [ ! -e "$aws" ] || mount --bind /run/config.toml "$aws"; done',
      );
      const { stderr } = await boot();
      expect(stderr).toContain('REFUSED: the AWS CLI (aws) is not on the image');
    });
  });

  it('goes on where it died between two files, with the same keys', async () => {
    await withSecrets(told(), async (machine, boot) => {
      // The first of the files is in its place; the disk refuses the next.
      await machine.replace(
        'mv',
        'for last; do :; done; case $last in *priv_validator_key.json) exit 1 ;; esac; exec /usr/bin/mv "$@"',
      );
      expect((await boot()).status).toBe(1);
      expect(await read(machine, `${HOME}/config/node_key.json`)).toBe('{"node":1}');
      expect(await machine.shell('cat /etc/systemd/system/client.service.d/chainmend-identity.conf')).toContain(
        'AssertPathExists=!/data/.chainmend-identity-new',
      );
      await machine.shell('rm /run/fakes/mv /run/asked');
      booted(await boot());
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('{"validator":1}');
      expect(await read(machine, '/run/asked')).toBe('');
      expect(await machine.shell('ls -A /data | sort')).toBe('.chainmend-identity\n.chainmend-network\nnode\n');
    });
  });
});
