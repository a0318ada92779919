// What of a client's configuration leaves a node (shared/node-commands/hide-secrets.sh). No secret does, in any syntax and style; every other byte
// keeps its place. Lists of peers stay unchanged, because functions read them.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chainClients } from '../../../shared/chains/clients.ts';
import { peersIn, withPeers } from '../../../shared/peers/config.ts';
import { openToml, valueIn } from '../../../shared/peers/toml.ts';
import { tries } from '../../fixtures/any.ts';
import { fileOf, peerConfig } from '../../fixtures/peer-configs.ts';

const part = readFileSync(new URL('../../../shared/node-commands/hide-secrets.sh', import.meta.url), 'utf8');

/** As read-config does: it cuts off the end of the last line, which awk adds. */
function hidden(text: string | Buffer): string {
  const input = Buffer.from(text);
  const out = execFileSync('bash', ['-c', `export LC_ALL=C\n${part}\nhide_secrets`], { input, maxBuffer: 2 ** 24 });
  return out.subarray(0, input.length).toString('latin1');
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('a secret', () => {
  it.each([
    ['a token in an address', 'url = "https://', 'abc', '@h/x"'],
    ['a password in an address, with a slash in it', 'url = "postgresql://u:', 'p/ss', '@h/db"'],
    ['one with a sign and a colon in it', 'url = "postgresql://u:', 'p@s:s/?x', '@h:5432/db?a=b"'],
    ['one of a data source without a scheme', 'source = ', '', ''],
    ['a key with a dash', 'private-key = "', 'abc', '"'],
    ['a key in camel case', 'privateKey = "', 'abc', '"'],
    ['a short word', 'pass = "', 'abc', '"'],
    ['a shorter one', 'pwd=', 'abc def', ''],
    ['its end', 'rpcpass=', 'abc', ''],
    ['a token by its name', 'jwt: ', 'aa.bb.cc', ''],
    ['YAML', 'password: ', 'hunter2', ''],
    ['YAML, in a list', '  - password: ', 'hunter2', ''],
    ['YAML, in two quotes that are one', "password: '", "it''s", "'"],
    ['YAML, in braces', 'db: {password: ', 'a b', ', user: shown}'],
    ['JSON', '{"user": "shown", "apiKey": "', 'a\\"b', '", "port": 1}'],
    ['JSON without blanks', '{"pin":"', 'x', '","a":"shown"}'],
    ['an option of a command line', 'args = ["--rpc-password=', 'abc', '", "--shown"]'],
    ['an option and its value', 'args = ["--password", "', 'abc', '", "--shown"]'],
    ['an option and its value in one text', 'command = "node --jwt-secret ', 'abc', '"'],
    ['a line of words', 'requirepass ', 'abc', ''],
    ['a comment', '#rpcpassword=', 'abc', ''],
    ['a table that is called so', '[credentials]\nid = "', 'abc', '"\n[other]'],
    ['a block that is called so', 'credentials:\n  id: ', 'abc', ''],
    ['the items of a block', 'tokens:\n  - ', 'abc', ''],
    ['a block of text', 'password: |\n  ', 'abc', ''],
    ['braces over lines', '"secrets": {\n  "id": "', 'abc', '"\n},\n"user": "shown"'],
    ['a block of a key', '-----BEGIN EC PRIVATE KEY-----\n', 'MHcCAQ==', '\n-----END EC PRIVATE KEY-----'],
    ['the environment', 'export DB_PASSWORD="', 'a b', '"'],
  ])('is hidden: %s', (_, before, secret, after) => {
    const text = `first = "shown"\n${before}${secret}${after}\nlast = "shown"\n`;
    expect(hidden(text)).toBe(latin1(text.replace(`${before}${secret}`, `${before}${'*'.repeat(secret.length)}`)));
  });

  it('that is a number stays one, so that the file can be read', () => {
    const text = 'pin = 1234 # mine\nmax_token = 1_000\n{"pin": 12, "a": 1}\ntoken_rotation = true\n';
    expect(hidden(text)).toBe('pin = 1111 #*****\nmax_token = 11111\n{"pin": 11, "a": 1}\ntoken_rotation = true\n');
  });

  it.each([
    'pub_key = "abc"',
    'priv_validator_key_file = "config/key.json"',
    'rpccookiefile=/data/.cookie',
    'bypass_proxy = "abc"',
    'moniker = "compass"',
    'laddr = "tcp://0.0.0.0:26657"',
    'seed_mode = false',
  ])('is not what only looks like one: %s', (line) => {
    expect(hidden(`${line}\n`)).toBe(`${line}\n`);
  });

  const word = fc.constantFrom(
    'password',
    'passwd',
    'secret',
    'token',
    'mnemonic',
    'api key',
    'private key',
    'jwt',
    'pass',
    'pwd',
  );
  const style = fc.constantFrom<(words: readonly string[]) => string>(
    (words) => words.join('_'),
    (words) => words.join('-'),
    (words) => words.join('.'),
    (words) => words.join('_').toUpperCase(),
    (words) => words.map((one) => one.charAt(0).toUpperCase() + one.slice(1)).join(''),
    ([first = '', ...rest]) => first + rest.map((one) => one.charAt(0).toUpperCase() + one.slice(1)).join(''),
  );
  const before = fc.constantFrom<readonly string[]>([], ['rpc'], ['db'], ['my', 'node']);
  const key = fc.tuple(before, word, style).map(([first, last, join]) => join([...first, ...last.split(' ')]));
  /** A value without characters that end a value in one of the syntaxes below. */
  const value = fc
    .string({ unit: fc.constantFrom(...'abcXYZ019/+@:;!$%&?=_.-~'), minLength: 6, maxLength: 24 })
    .filter((text) => /[a-z]/i.test(text) && !/^[0-9+-]/.test(text));
  const line = fc.constantFrom<(name: string, secret: string) => readonly [string, string]>(
    (name) => [`${name} = "`, '"'],
    (name) => [`${name} = '`, "' # shown"],
    (name) => [`t = { user = "shown", ${name} = "`, '" }'],
    (name) => [`${name} = ["`, '", "x"]'],
    (name) => [`${name}=`, ''],
    (name) => [`${name} = `, ''],
    (name) => [`${name}: `, ''],
    (name) => [`    ${name}: "`, '"'],
    (name) => [`  - ${name}: '`, "'"],
    (name) => [`{"a": 1, "${name}": "`, '", "b": "shown"}'],
    (name) => [`{"${name}":"`, '","b":"shown"}'],
    (name) => [`x = ["--${name}=`, '", "--shown"]'],
    () => ['url = "https://me:', '@host.example/path"'],
  );

  it('is hidden in every syntax and style, and no byte moves', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, key, value), { minLength: 1, maxLength: 12 }), (lines) => {
        const pieces = lines.map(([put, name, secret]) => [put(name, secret), secret] as const);
        const text = pieces.map(([[head, tail], secret]) => `${head}${secret}${tail}\n`).join('');
        const told = hidden(text);
        expect(told.length).toBe(text.length);
        let at = 0;
        for (const [[head, tail], secret] of pieces) {
          expect(told.slice(at, at + head.length)).toBe(head);
          at += head.length;
          expect(told.slice(at, at + secret.length)).toMatch(/^\*+$/);
          at += secret.length + tail.length + 1;
          expect(told.charAt(at - 1)).toBe('\n');
        }
      }),
      tries('hide-secrets', 400, 40),
    );
  });

  it('or none: every text of whatever bytes keeps its length and its lines, and takes no longer for it', () => {
    const noise = fc.array(
      fc.constantFrom(
        ...'\n\n  ab=:"\'[]{}@,#\\|-_./'.split(''),
        'token',
        'password=',
        '"""',
        "'''",
        '[secret]',
        'seeds',
        '://',
        'é',
      ),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(noise, (pieces) => {
        const text = Buffer.from(pieces.join(''));
        const told = hidden(text);
        expect(told.length).toBe(text.length);
        for (const [at, byte] of text.entries()) if (byte === 10) expect(told.charCodeAt(at)).toBe(10);
      }),
      tries('hide-secrets', 300, 40),
    );
  });

  it.each([
    'token=',
    'token=[',
    '"a":',
    ':@',
    '{password:',
    '[',
    '"',
    "'",
    'x:y@z ',
    'password: |\n a\n',
    'aA',
    '--token ',
  ])('takes no longer in a file that is nothing but %j', (piece) => {
    const text = piece.repeat(Math.floor(262_144 / piece.length));
    const began = performance.now();
    expect(hidden(text).length).toBe(text.length);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('a list of peers', () => {
  const host = fc.tuple(fc.nat(255), fc.nat(255)).map(([one, two]) => `10.0.${one}.${two}`);
  const id = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });

  it('is read back as it is, whatever secrets stand beside it', () => {
    const { cometbft, ethereum, stacks, litecoin } = chainClients;
    const kinds = [
      [fileOf(cometbft), peerConfig('cometbft.toml'), (one: string, at: string) => `${one}@${at}:26656`],
      [fileOf(stacks), peerConfig('stacks.toml'), (one: string, at: string) => `02${one.padEnd(64, '0')}@${at}:20444`],
      [
        fileOf(ethereum),
        peerConfig('geth.toml'),
        (one: string, at: string) => `enode://${one.padEnd(128, 'a')}@${at}:30303`,
      ],
      [fileOf(litecoin), peerConfig('litecoin.conf'), (_: string, at: string) => `${at}:8333`],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.array(fc.tuple(id, host), { minLength: 1, maxLength: 6 }),
        ([file, text, entry], entries) => {
          const peers = [...new Map(entries.map(([one, at]) => [at, entry(one, at)])).values()];
          const before = withPeers(text, file, { peers, hiddenIds: [], network: 'main' });
          const told = hidden(before);
          expect(peersIn(told, file, { network: 'main' })).toEqual(peersIn(before, file, { network: 'main' }));
          // A list has the same place in the text and in the answer.
          expect(withPeers(told, file, { peers: [], hiddenIds: [], network: 'main' }).length - told.length).toBe(
            withPeers(before, file, { peers: [], hiddenIds: [], network: 'main' }).length - before.length,
          );
        },
      ),
      tries('hide-secrets', 100, 20),
    );
  });

  it.each([
    'persistent_peers = "tcp://a@10.0.0.1:26656,tcp://b@10.0.0.2:26656"',
    'seeds = "a:b@c:1,d@e:2"',
    'addnode=user:word@host:8333',
    'p2p = { persistent_peers = "a@b:1,c@d:2", laddr = "x" }',
    'StaticNodes = [\n  "enode://a:b@1.2.3.4:30303", # one\n  "enode://c:d@1.2.3.5:30303",\n]',
    'bootstrap_node = """a:b@c,\nd:e@f"""',
    '[secrets]\npersistent_peers = "a:b@c:1,d@e:2"',
    '#addnode=user:word@host:8333',
  ])('stays as it is: %s', (text) => {
    expect(hidden(`${text}\n`)).toBe(`${text}\n`);
  });

  it.each([
    ['a text that names one', 'url = "http://u:', 'secret', '@h/?seeds=1"'],
    ['a list that does not end', 'seeds = [\npassword = "', 'secret', '"'],
    ['a text that does not end', 'seeds = """\npassword = "', 'secret', '"'],
    ['what stands behind it', 'p = { seeds = "a:b@c", url = "http://u:', 'secret', '@h" }'],
  ])('hides nothing that is none: %s', (_, before, secret, after) => {
    expect(hidden(`${before}${secret}${after}\n`)).toBe(`${before}${'*'.repeat(secret.length)}${after}\n`);
  });
});

describe('what was told of a configuration', () => {
  it('is TOML where the configuration is, of the same keys', () => {
    for (const name of ['cometbft.toml', 'stacks.toml', 'geth.toml']) {
      const text = peerConfig(name);
      const shapeOf = (value: unknown): unknown =>
        typeof value === 'object' && value !== null && !(value instanceof Date)
          ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]))
          : typeof value;
      const table = { table: 'p2p', key: 'laddr' };
      const read = (of: string) => shapeOf(valueIn(openToml(of), table));
      expect(() => read(hidden(text))).not.toThrow();
      expect(read(hidden(text))).toEqual(read(text));
    }
  });
});
