// The first boot of a node that begins with CometBFT's state sync, verbatim: it trusts what all servers say alike, and writes that into the section of
// config.toml that is meant.
import { describe, expect, it } from '@jest/globals';
import { booted, bootOn, withNode } from './booted.ts';
import { lacking } from './lacking.ts';
import type { Machine, Ran } from './machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const CONFIG = '/data/config/config.toml';
const SERVERS = ['https://a.example', 'https://b.example/rpc'];
const HASH = 'A1B2C3D4'.repeat(8);
/** As `cometbft init` of 0.38 writes it, and without what it says about each key. */
const TOML = `proxy_app = "tcp://127.0.0.1:26658"
enable = "kept"
[p2p]
trust_height = 7
[statesync]
# "rpc_servers" must list at least two, "" is none.
enable = false

rpc_servers = ""
trust_height = 0
trust_hash = ""
trust_period = "168h0m0s"
discovery_time = "15s"
[blocksync]
enable = "kept"
`;

/** What each address answers; without one it cannot be reached. */
const answers = (heights: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'https://a.example/status': '{"result": {\n  "sync_info": {"latest_block_height": "31000", "catching_up": false}}}',
  'https://a.example/blockchain?minHeight=29000&maxHeight=29000': block(heights['a'] ?? HASH),
  'https://b.example/rpc/blockchain?minHeight=29000&maxHeight=29000': block(heights['b'] ?? HASH),
});
const block = (hash: string): string =>
  `{"result":{"last_height":"31000","block_metas":[{"block_id":{"hash": "${hash}","parts":{"hash":"${'F'.repeat(64)}"}},"header":{"height":"29000"}}]}}`;

async function withServers(
  told: Readonly<Record<string, string>>,
  use: (machine: Machine, boot: () => Promise<Ran>) => Promise<void>,
): Promise<void> {
  await withNode(async (machine) => {
    await answer(machine, told);
    await machine.replace('curl', 'for url; do :; done; exec cat "/run/answers/$(tr / _ <<<"$url")" 2>/dev/null');
    await machine.replace('sleep', 'exec /usr/bin/sleep 0.01');
    // As an owner's lines make it.
    const lines = [
      'mkdir -p /data/config',
      '[ -e /data/config/config.toml ] || cp /run/config.toml /data/config/config.toml',
    ];
    await machine.shell('printf %s "$1" >/run/config.toml', TOML);
    await use(machine, () =>
      bootOn(machine, { install: { lines }, stateSync: { servers: SERVERS, trustHours: 72, configPath: CONFIG } }),
    );
  });
}

async function answer(machine: Machine, told: Readonly<Record<string, string>>): Promise<void> {
  await machine.shell('rm -rf /run/answers; mkdir /run/answers');
  for (const [url, text] of Object.entries(told))
    await machine.shell('printf %s "$2" >"/run/answers/$1"', url.replaceAll('/', '_'), text);
}

onMachine('the first boot with state sync', () => {
  it('writes the block that all servers agree about into its section, once', async () => {
    await withServers(answers(), async (machine, boot) => {
      booted(await boot());
      expect(await machine.shell('cat "$1"', CONFIG)).toBe(
        TOML.replace('enable = false', 'enable = true')
          .replace('rpc_servers = ""\n', `rpc_servers = "${SERVERS.join(',')}"\n`)
          .replace('trust_height = 0', 'trust_height = 29000')
          .replace('trust_hash = ""', `trust_hash = "${HASH}"`)
          .replace('168h0m0s', '72h0m0s'),
      );
      expect(await machine.shell('cat /var/lib/chainmend/volumes/*.state-sync')).toBe(`29000 ${HASH}\n`);
      expect(await machine.started()).toEqual(['client']);
      // What the owner writes there afterwards stays.
      await machine.shell('cp /run/config.toml "$1"', CONFIG);
      booted(await boot());
      expect(await machine.shell('cat "$1"', CONFIG)).toBe(TOML);
    });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
    [
      'whose servers do not agree',
      answers({ b: 'B'.repeat(64) }),
      /do not agree about block 29000: https:\/\/a.example says A1B2\S+, https:\/\/b.example\/rpc says BBBB/,
    ],
    [
      'one of which cannot be reached',
      { ...answers(), 'https://b.example/rpc/blockchain?minHeight=29000&maxHeight=29000': '' },
      /b.example\/rpc does not tell its block 29000/,
    ],
    [
      'the first of which tells no height',
      { ...answers(), 'https://a.example/status': '{}' },
      /a.example does not tell its height/,
    ],
    ['that tells what is no hash', answers({ a: '$(>/run/owned)' }), /a.example does not tell its block 29000/],
    [
      'that tells what is no height',
      { ...answers(), 'https://a.example/status': '{"latest_block_height":"a[$(>/run/owned)]"}' },
      /a.example does not tell its height/,
    ],
  ])('trusts nobody %s, and starts no client; the next run tries again', async (_, told, why) => {
    await withServers(told, async (machine, boot) => {
      const { status, stderr } = await boot();
      expect(stderr).toMatch(new RegExp(`REFUSED: .*${why.source}`));
      expect(status).toBe(1);
      expect(await machine.started()).toEqual([]);
      expect(await machine.shell('cat "$1"', CONFIG)).toBe(TOML);
      expect(await machine.shell('ls /run/owned 2>/dev/null || true')).toBe('');
      await answer(machine, answers());
      booted(await boot());
      expect(await machine.started()).toEqual(['client']);
    });
  });

  it.each([
    ['has no such section', TOML.replace('[statesync]', '[statesync2]')],
    ['has not all of its keys', TOML.replace('trust_hash = ""\n', '')],
  ])('leaves a configuration as it is that %s', async (_, toml) => {
    await withServers(answers(), async (machine, boot) => {
      await machine.shell('printf %s "$1" >/run/config.toml', toml);
      const { status, stderr } = await boot();
      expect(stderr).toContain(`REFUSED: ${CONFIG} has no section [statesync] with enable`);
      expect(status).toBe(1);
      expect(await machine.shell('cat "$1"', CONFIG)).toBe(toml);
      expect((await machine.shell('ls -A /data/config')).trim()).toBe('config.toml');
      expect(await machine.started()).toEqual([]);
    });
  });
});
