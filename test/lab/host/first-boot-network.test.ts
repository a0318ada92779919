// The first boot of a node of a private network, verbatim: its keys come once, to the empty volume that they are for, and to no other; the client is told
// whom to dial by id and name.
import { describe, expect, it } from '@jest/globals';
import type { NetworkBoot } from '../../../shared/node-commands/first-boot.ts';
import { booted, bootOn, CLIQUE, NETWORK, NEW, withNode } from './booted.ts';
import { lacking } from './lacking.ts';
import type { Machine, Ran } from './machine.ts';
import { by } from './strange-volumes.ts';

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
  configPath = NETWORK.configPath,
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
    const lines = [`mkdir -p "$(dirname ${configPath})"`, `[ -e ${configPath} ] || cp /run/config.toml ${configPath}`];
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
    ['no key of a validator', told({ volume: NEW, node_key: OWN.node_key }), '', 'has no validator_key'],
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
        await machine.shell(`mount "$(readlink -f "$1")" /data && ${before}; umount /data`, by(NEW));
      }
      const { status, stderr } = await boot();
      expect(stderr).toMatch(new RegExp(`REFUSED: .*${why.replaceAll('/', '.')}`));
      expect(status).toBe(1);
      expect(await machine.started()).toEqual([]);
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('');
      await machine.shell('findmnt /data || mount "$(readlink -f "$1")" /data', by(NEW));
      if (before.includes('signed'))
        expect(await read(machine, `${HOME}/data/priv_validator_state.json`)).toBe('signed\n');
    });
  });

  it('refuses a second copy of keys where a volume has lost the first', async () => {
    await withSecrets(told(), async (machine, boot) => {
      booted(await boot());
      await machine.shell('rm -rf /data/node');
      const { status, stderr } = await boot();
      expect(stderr).toContain('REFUSED: this node has had its keys');
      expect(status).toBe(1);
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('');
    });
  });

  const anotherMachine = (machine: Machine) =>
    machine.shell('umount /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend');

  it('on another machine starts with the keys that are on its volume, once they are those of its secret', async () => {
    await withSecrets(told(), async (machine, boot) => {
      booted(await boot());
      await machine.shell('printf signed >"$1"', `${HOME}/data/priv_validator_state.json`);
      await machine.started();
      await anotherMachine(machine);
      booted(await boot());
      expect(await read(machine, `${HOME}/data/priv_validator_state.json`)).toBe('signed');
      expect(await machine.started()).toEqual(['client']);
      expect(await read(machine, NETWORK.configPath)).toContain(`persistent_peers = "${ID2}@`);
    });
  });

  it.each<readonly [string, string]>([
    ['another key', `echo theirs >${HOME}/config/priv_validator_key.json`],
    ['a link to a key', `cd ${HOME}/config && mv node_key.json /elsewhere && ln -s /elsewhere node_key.json`],
    ['a folder by a link', `cd ${HOME} && mv config real && ln -s real config`],
    ['no signing state', `rm ${HOME}/data/priv_validator_state.json`],
    [
      'what says that keys are there',
      `rm -r ${HOME}; echo ${NEW} >/data/.chainmend-identity; : >/data/${NEW}.prepared`,
    ],
  ])('on another machine starts nothing where the volume has %s', async (_, leave) => {
    await withSecrets(told(), async (machine, boot) => {
      booted(await boot());
      await machine.started();
      await machine.shell(leave);
      await anotherMachine(machine);
      const { status, stderr } = await boot();
      expect(stderr).toContain('REFUSED: /data is not empty, and whose keys are there is not known');
      expect(status).toBe(1);
      expect(await machine.started()).toEqual([]);
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
      // Nobody starts a client in between, at no boot either, and no other disk has a key.
      expect(await machine.shell('findmnt /data || true; cat /etc/fstab; ls /run/chainmend')).toBe(
        '# fstab\nfirst-boot\n',
      );
      await machine.shell('rm /run/fakes/mv /run/asked');
      booted(await boot());
      expect(await read(machine, `${HOME}/config/priv_validator_key.json`)).toBe('{"validator":1}');
      expect(await machine.shell('ls -A /data')).toBe('node\n');
    });
  });
});

/** As `geth dumpconfig` writes it, shortened. */
const GETH_TOML = `[Eth]
NetworkId = 0

[Node]
DataDir = "/data/node"
StaticNodes = "elsewhere"

[Node.P2P]
MaxPeers = 50
BootstrapNodes = ["enode://a@192.0.2.1:30303", "enode://b@192.0.2.2:30303"]
BootstrapNodesV5 = ["enr:-a"]
StaticNodes = []
TrustedNodes = []

[Node.HTTPTimeouts]
StaticNodes = "elsewhere"
`;
const [SEALER2, BOOTNODE] = ['2', 'b'].map((digit) => digit.repeat(128));
const OF_GETH = {
  volume: NEW,
  node_key: base64('a'.repeat(64)),
  sealer_key: base64('{"address":"1"}'),
  sealer_password: base64('password\n'),
  sealer_address: base64(`0x${'1'.repeat(40)}\n`),
};
const RECORD_OF_GETH = {
  genesis: base64('{"config":{}}'),
  ids: { sealer1: '1'.repeat(128), sealer2: SEALER2, bootnode1: BOOTNODE },
  makers: { sealer1: `0x${'1'.repeat(40)}`, sealer2: `0x${'2'.repeat(40)}` },
};

/** What they dial has the addresses 10.0.0.1 and so on, by the first letter of its name. */
const withGeth = (
  own: object,
  use: (machine: Machine, boot: (network?: Partial<NetworkBoot>) => Promise<Ran>) => Promise<void>,
  toml = GETH_TOML,
): Promise<void> =>
  withSecrets(
    { [CLIQUE.secret]: JSON.stringify(own), [CLIQUE.record]: JSON.stringify(RECORD_OF_GETH) },
    async (machine, boot) => {
      await machine.replace('getent', 'case $2 in s*) echo 10.0.0.1 STREAM ;; b*) echo 10.0.0.2 STREAM ;; esac');
      await machine.shell('printf %s "$1" >/run/config.toml', toml);
      await use(machine, (network) => boot({ ...CLIQUE, ...network }));
    },
    CLIQUE.configPath,
  );

onMachine('the first boot in a network of clique', () => {
  it('gives a sealer its key, its account and the password of it, and tells it whom to dial by address', async () => {
    await withGeth(OF_GETH, async (machine, boot) => {
      const { stderr, ...ran } = await boot();
      booted({ ...ran, stderr });
      expect(await read(machine, `${HOME}/geth/nodekey`)).toBe('a'.repeat(64));
      expect(await read(machine, `${HOME}/keystore/sealer.json`)).toBe('{"address":"1"}');
      expect(await read(machine, `${HOME}/keystore/.password`)).toBe('password\n');
      expect(await read(machine, `${HOME}/keystore/.address`)).toBe(`0x${'1'.repeat(40)}\n`);
      expect(await read(machine, `${HOME}/genesis.json`)).toBe('{"config":{}}');
      const modes = await machine.shell(
        'cd "$1" && stat -c "%a %n" geth/nodekey keystore/sealer.json keystore/.password genesis.json',
        HOME,
      );
      expect(modes).toBe('600 geth/nodekey\n600 keystore/sealer.json\n600 keystore/.password\n644 genesis.json\n');
      const [sealer, bootnode] = [`"enode://${SEALER2}@10.0.0.1:30303"`, `"enode://${BOOTNODE}@10.0.0.2:30303"`];
      expect(await read(machine, CLIQUE.configPath)).toBe(
        GETH_TOML.replace(/BootstrapNodes = .*/, `BootstrapNodes = [${bootnode}]`)
          .replace(/V5 = .*/, 'V5 = []')
          .replace('StaticNodes = []', `StaticNodes = [${sealer}, ${bootnode}]`),
      );
      expect(stderr).toContain('later has come to the network later');
      const told = `${stderr}${await read(machine, '/run/asked')}${await read(machine, '/var/log/chainmend-first-boot.log')}`;
      for (const secret of ['a'.repeat(64), 'password', OF_GETH.node_key, OF_GETH.sealer_password])
        expect(told.replaceAll('sealer_password', '')).not.toContain(secret);
      expect(await machine.started()).toEqual(['client']);
    });
  });

  it('gives a client a key and no account', async () => {
    const { volume, node_key } = OF_GETH;
    await withGeth({ volume, node_key }, async (machine, boot) => {
      booted(await boot({ role: 'follower' }));
      expect(await read(machine, `${HOME}/geth/nodekey`)).toBe('a'.repeat(64));
      expect(await machine.shell('ls -A "$1"', HOME)).toBe('config.toml\ngenesis.json\ngeth\n');
    });
  });

  it.each<readonly [string, object, string, string]>([
    ['no account', { ...OF_GETH, sealer_key: '' }, GETH_TOML, 'has no sealer_key'],
    ['no password', { ...OF_GETH, sealer_password: undefined }, GETH_TOML, 'has no sealer_password'],
    ['keys that are for another volume', { ...OF_GETH, volume: 'vol-0000000000000000f' }, GETH_TOML, 'are for vol-0'],
    [
      'a list of peers that goes on in the next line',
      OF_GETH,
      GETH_TOML.replace('StaticNodes = []', 'StaticNodes = [\n"enode://a@192.0.2.1:30303",\n]'),
      'has no section \\[Node.P2P\\] with StaticNodes BootstrapNodes BootstrapNodesV5',
    ],
    ['no list of peers', OF_GETH, '[Node.P2P]\nMaxPeers = 50\n', 'has no section'],
  ])('starts no client where there is %s', async (_, own, toml, why) => {
    await withGeth(
      own,
      async (machine, boot) => {
        const { status, stderr } = await boot();
        expect(stderr).toMatch(new RegExp(`REFUSED: .*${why}`));
        expect(status).toBe(1);
        expect(await machine.started()).toEqual([]);
      },
      toml,
    );
  });
});
