// Reads and writes the addnode lines of a bitcoin.conf. Chainmend's own lines are in one marked block; all other lines belong to the owner and stay.
import { ConfigError, excerpt } from './config-error.ts';
import { checkedLines, checkedPeers } from './limits.ts';

const BEGIN = '# chainmend: begin (peers that chainmend keeps; lines outside of this block are yours)';
const END = '# chainmend: end';
const BEGINS = /^\s*# chainmend: begin\b/;
const ENDS = /^\s*# chainmend: end\b/;

interface Line {
  /** With its line break. */
  readonly text: string;
  /** "" above the first section header. */
  readonly section: string;
  /** Between our marks, or one of the marks. */
  readonly ours: boolean;
  readonly kind: 'option' | 'header' | 'other';
  readonly key: string;
  readonly value: string;
}

export interface ConfPeers {
  /** Peers of this node's network, in the order of the file. */
  readonly peers: readonly string[];
  /** Those among them that are outside of our block. */
  readonly owned: readonly string[];
}

/** What is known of the client whose file it is. */
export interface ConfClient {
  readonly key: string;
  /** Whether it has sections for networks. */
  readonly sections: boolean;
  /** The network that it runs on, as it says itself; undefined where it has not said. */
  readonly network?: string | undefined;
}

/** Throws a `ConfigError` for a text that bitcoind would not accept either, and for one that is not certainly this client's. */
export function readConf(text: string, client: ConfClient): ConfPeers {
  return readLines(parsedLines(text), client);
}

function readLines(lines: readonly Line[], client: ConfClient): ConfPeers {
  const own = sectionOf(lines, client);
  const { key } = client;
  const isOwn = (section: string): boolean => section === own || (own === '' && section === 'main');
  const entries = lines.filter((line) => line.kind === 'option' && line.key === key && isOwn(line.section));
  const peers = entries.map(({ value }) => value);
  return {
    peers: checkedPeers(peers, key),
    owned: entries.filter(({ ours }) => !ours).map(({ value }) => value),
  };
}

/** The text with these peers in our block, except for those outside of it. The same text where nothing changes. */
export function setConf(text: string, client: ConfClient, peers: readonly string[]): string {
  const { key } = client;
  const lines = parsedLines(text);
  const { owned } = readLines(lines, client);
  const wanted = peers.filter((peer) => !owned.includes(peer));
  const section = sectionOf(lines, client);
  const present = lines.filter(({ ours, kind }) => ours && kind === 'option').map(({ value }) => value);
  const placed = lines.every((line) => !line.ours || line.section === section);
  if (placed && present.length === wanted.length && wanted.every((peer, index) => present[index] === peer)) return text;

  const newLine = /\r?\n/.exec(text)?.[0] ?? '\n';
  const others = lines.filter(({ ours }) => !ours);
  if (wanted.length === 0) return others.map((line) => line.text).join('');
  const block = [BEGIN, ...wanted.map((peer) => `${key}=${peer}`), END].map((line) => line + newLine);
  const last = others.findLastIndex((line) => line.section === section);
  const head = others.slice(0, last + 1).map((line) => line.text);
  const tail = others.slice(last + 1).map((line) => line.text);
  // Every file has a place above the first header; any other section may have to be added.
  const begun = section === '' || last >= 0 ? [] : [`[${section}]${newLine}`];
  const before = begun.length > 0 ? others.map((line) => line.text) : head;
  const ending = before.at(-1);
  const apart = ending === undefined || ending.endsWith('\n') ? [] : [newLine];
  return [...before, ...apart, ...begun, ...block, ...(begun.length > 0 ? [] : tail)].join('');
}

/**
 * The section for this node's addnode lines: outside of its network's section bitcoind refuses to start ("only applied on test network when in [test]
 * section", src/init.cpp). "" is the part above the sections, which is the main network's. The network may be chosen on the command line, which no file
 * shows: the running client says it. A file that chooses another one is not that client's.
 */
function sectionOf(lines: readonly Line[], { sections, network }: ConfClient): string {
  if (!sections) return '';
  if (network === undefined)
    throw new ConfigError('its client has not said on which network it runs, which may be chosen on its command line');
  const chosen = networkIn(lines);
  if (chosen !== undefined && chosen !== network)
    throw new ConfigError(
      `it chooses the network ${chosen}, and its client runs on ${network}: it is not that client's file`,
    );
  return network === 'main' ? '' : network;
}

/** The network that a file chooses; undefined where it leaves that to the command line. */
function networkIn(lines: readonly Line[]): string | undefined {
  const top = new Map<string, string>();
  // Of several values of an option the first one counts (doc/bitcoin-conf.md).
  for (const { kind, section, key, value } of lines) {
    if (kind !== 'option' || section !== '') continue;
    const [, negated] = /^no(regtest|signet|testnet4?)$/.exec(key) ?? [];
    const [name, is] = negated === undefined ? [key, value] : [negated, isTrue(value) ? '0' : '1'];
    if (!top.has(name)) top.set(name, is);
  }
  const chain = top.get('chain');
  if (chain !== undefined) return chain;
  for (const [key, network] of [
    ['regtest', 'regtest'],
    ['signet', 'signet'],
    ['testnet4', 'testnet4'],
    ['testnet', 'test'],
  ] as const) {
    const value = top.get(key);
    if (value !== undefined && isTrue(value)) return network;
  }
  return undefined;
}

/** As bitcoind reads it: nothing is yes, and so is every number but 0; a word is no number (InterpretBool, src/common/args.cpp). */
const isTrue = (value: string): boolean => value === '' || (Number.parseInt(value, 10) || 0) !== 0;

function parsedLines(text: string): readonly Line[] {
  if (text.includes('\0')) throw new ConfigError('it has a NUL character, expected a text');
  const texts = checkedLines(text);
  const lines: Line[] = [];
  let section = '';
  let inside = false;
  let blocks = 0;
  for (const [index, line] of texts.entries()) {
    const content = line.trim();
    const where = `line ${index + 1}`;
    const begins = BEGINS.test(content);
    const ends = ENDS.test(content);
    if (begins && (inside || blocks > 0)) throw new ConfigError(`${where}: a second ${excerpt(content)}, expected one`);
    if (ends && !inside) throw new ConfigError(`${where}: ${excerpt(content)} without the mark that begins the block`);
    if (begins) {
      inside = true;
      blocks += 1;
    }
    const plain = withoutComment(content);
    const [, header] = HEADER.exec(plain) ?? [];
    const option = optionOf(plain);
    // `main.addnode=` is an addnode of [main], wherever it stands above the sections.
    const [, of = '', name = option.key] = (section === '' && IN_SECTION.exec(option.key)) || [];
    const { value } = option;
    const key = of === '' ? option.key : name;
    if (header !== undefined && inside) throw new ConfigError(`${where}: a section inside of chainmend's block`);
    section = header ?? section;
    const isOption = header === undefined && key !== '';
    if (!isOption && header === undefined && content !== '' && !content.startsWith('#')) {
      throw new ConfigError(`${where}: ${excerpt(content)} found, expected option=value`);
    }
    const kind = header !== undefined ? 'header' : isOption ? 'option' : 'other';
    lines.push({ text: line, section: of || section, ours: inside, kind, key, value });
    if (ends) inside = false;
  }
  if (inside) throw new ConfigError(`the block that begins with "${BEGIN.slice(0, 18)}" has no end`);
  return lines;
}

const HEADER = /^\[([A-Za-z0-9._-]{1,64})\]$/;
/** Above the sections an option may name its own. */
const IN_SECTION = /^(main|test|testnet4|signet|regtest)\.(.+)$/;
const KEY = /^[A-Za-z0-9._-]{1,100}$/;

/** A `#` begins a comment at any place (src/common/config.cpp). Each character is read once, even with many blanks. */
function withoutComment(content: string): string {
  const comment = content.indexOf('#');
  return comment < 0 ? content : content.slice(0, comment).trimEnd();
}

/** An empty key where the line is no option. */
function optionOf(content: string): { readonly key: string; readonly value: string } {
  const equals = content.indexOf('=');
  const key = equals < 0 ? '' : content.slice(0, equals).trimEnd();
  return KEY.test(key) ? { key, value: content.slice(equals + 1).trim() } : { key: '', value: '' };
}
