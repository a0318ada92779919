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

/** Throws a `ConfigError` for a text that bitcoind would not accept either. */
export function readConf(text: string, key: string): ConfPeers {
  return readLines(parsedLines(text), key);
}

function readLines(lines: readonly Line[], key: string): ConfPeers {
  const own = sectionOf(lines);
  const isOwn = (section: string): boolean => section === own || (own === '' && section === 'main');
  const entries = lines.filter((line) => line.kind === 'option' && line.key === key && isOwn(line.section));
  const peers = entries.map(({ value }) => value);
  return {
    peers: checkedPeers(peers, key),
    owned: entries.filter(({ ours }) => !ours).map(({ value }) => value),
  };
}

/** The text with these peers in our block, except for those outside of it. The same text where nothing changes. */
export function setConf(text: string, key: string, peers: readonly string[]): string {
  const lines = parsedLines(text);
  const { owned } = readLines(lines, key);
  const wanted = peers.filter((peer) => !owned.includes(peer));
  const section = sectionOf(lines);
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
 * section", src/init.cpp). "" is the part above the sections, which is the main network's.
 */
function sectionOf(lines: readonly Line[]): string {
  const top = new Map<string, string>();
  // Of several values of an option the first one counts (doc/bitcoin-conf.md).
  for (const { kind, section, key, value } of lines) {
    if (kind === 'option' && section === '' && !top.has(key)) top.set(key, value);
  }
  const chain = top.get('chain');
  if (chain !== undefined) return chain === 'main' ? '' : chain;
  for (const [key, section] of [
    ['regtest', 'regtest'],
    ['signet', 'signet'],
    ['testnet4', 'testnet4'],
    ['testnet', 'test'],
  ] as const) {
    if (top.has(key) && top.get(key) !== '0') return section;
  }
  return '';
}

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
    const { key, value } = optionOf(plain);
    if (header !== undefined && inside) throw new ConfigError(`${where}: a section inside of chainmend's block`);
    section = header ?? section;
    const isOption = header === undefined && key !== '';
    if (!isOption && header === undefined && content !== '' && !content.startsWith('#')) {
      throw new ConfigError(`${where}: ${excerpt(content)} found, expected option=value`);
    }
    const kind = header !== undefined ? 'header' : isOption ? 'option' : 'other';
    lines.push({ text: line, section, ours: inside, kind, key, value });
    if (ends) inside = false;
  }
  if (inside) throw new ConfigError(`the block that begins with "${BEGIN.slice(0, 18)}" has no end`);
  return lines;
}

const HEADER = /^\[([A-Za-z0-9._-]{1,64})\]$/;
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
