// Reads a feed of releases: Atom (RFC 4287), as GitHub and Gitea write it, or the JSON of a container registry's tags. What it says is a stranger's word:
// bounded, and shown as text alone. Pure.
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import * as v from 'valibot';
import { parseJson } from '../../shared/text/json.ts';
import { errorText, plainText } from '../../shared/text/plain-text.ts';
import { type Version, versionOf } from './version.ts';

export interface Release {
  readonly version: Version;
  /** As the feed calls it, one line. */
  readonly name: string;
  /** Its notes; null where the feed names none on its own host. */
  readonly notesUrl: string | null;
}

export type FeedReading =
  | { readonly releases: readonly Release[] }
  /** For a tired person. */
  | { readonly unreadable: string };

/** GitHub shows 10, Docker Hub 10, a registry up to 1,000 ("tags/list", OCI distribution specification). */
const ENTRIES_MAX = 1_000;
const NAME_CHARACTERS_MAX = 100;
/** Docker Hub tells some 60 values of a tag and its images. */
const VALUES_MAX = 100_000;
const ATOM = 'http://www.w3.org/2005/Atom';

/** @param feedUrl the address of the feed: links to other hosts are not passed on to people */
export function readFeed(text: string, feedUrl: string): FeedReading {
  const from = text.trimStart();
  if (from.startsWith('{') || from.startsWith('[')) return readTags(from);
  if (from.startsWith('<')) return readAtom(from, new URL(feedUrl).host);
  return { unreadable: `it is neither Atom nor JSON: ${JSON.stringify(plainText(from, 60))}` };
}

function readAtom(text: string, host: string): FeedReading {
  // An entity of a document type could grow without an end; Atom has none.
  if (/<!DOCTYPE/i.test(text)) return { unreadable: 'it has a document type, as a web page has and Atom has not' };
  const excess = excessOf(text);
  if (excess !== null) return { unreadable: `it is no feed of releases: ${excess}` };
  let root: Element | null;
  try {
    root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml').documentElement;
  } catch (error) {
    return { unreadable: `it is no XML: ${plainText(error instanceof Error ? error.message : String(error), 200)}` };
  }
  if (root?.namespaceURI !== ATOM || root.localName !== 'feed')
    return { unreadable: `it is XML and no Atom: its first element is ${plainText(String(root?.nodeName), 60)}` };
  const entries = [...childrenOf(root, 'entry')].slice(0, ENTRIES_MAX);
  return { releases: entries.flatMap((entry) => releaseOf(entry, host) ?? []) };
}

/** Of Atom with notes in it as XHTML; a parser's time grows with the product of depth and declarations. */
const DEPTH_MAX = 64;
/** Elements, comments, data and instructions: a thousand entries with notes are forty thousand. With more, a parser's time grows with their square. */
const PARTS_MAX = 50_000;
const TOO_MANY = `more than ${PARTS_MAX} elements and comments`;
const ATTRIBUTES_MAX = 32;
const DECLARATIONS_MAX = 64;

/**
 * What of its structure is more than a feed of releases has; null where nothing is. One pass over the text, before anything is built of it. What is no XML
 * at all the parser says.
 */
function excessOf(text: string): string | null {
  let depth = 0;
  let parts = 0;
  let declarations = 0;
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    const opaque = OPAQUE.find(([begin]) => text.startsWith(begin, at));
    if (opaque) {
      const [begin, end] = opaque;
      const ends = text.indexOf(end, at + begin.length);
      if (ends === -1) return null;
      if (++parts > PARTS_MAX) return TOO_MANY;
      at = ends + end.length;
      continue;
    }
    const tag = tagAt(text, at);
    if (tag === null) return null;
    at = tag.endsAt;
    if (tag.closes) {
      depth--;
      continue;
    }
    if (++parts > PARTS_MAX) return TOO_MANY;
    if (tag.attributes > ATTRIBUTES_MAX) return `an element with more than ${ATTRIBUTES_MAX} attributes`;
    declarations += tag.declarations;
    if (declarations > DECLARATIONS_MAX) return `more than ${DECLARATIONS_MAX} declarations of namespaces`;
    if (!tag.isEmpty && ++depth > DEPTH_MAX) return `elements within each other, more than ${DEPTH_MAX} deep`;
  }
  return null;
}

const OPAQUE = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** @returns null where it does not end */
function tagAt(text: string, from: number) {
  let attributes = 0;
  let declarations = 0;
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '>')
      return {
        endsAt: at + 1,
        closes: text[from + 1] === '/',
        isEmpty: text[at - 1] === '/',
        attributes,
        declarations,
      };
    if (character === '"' || character === "'") {
      const ends = text.indexOf(character, at + 1);
      if (ends === -1) return null;
      at = ends;
    } else if (character === '=') attributes++;
    else if (character === 'x' && text.startsWith('xmlns', at)) declarations++;
  }
  return null;
}

function releaseOf(entry: Element, host: string): Release | null {
  const name = plainText(textOf(entry, 'title'), NAME_CHARACTERS_MAX);
  const links = childrenOf(entry, 'link').filter((link) => (link.getAttribute('rel') || 'alternate') === 'alternate');
  const notes = URL.parse(links[0]?.getAttribute('href') ?? '');
  // "tag:github.com,2008:Repository/1181927/v29.1", ".../releases/tag/v29.1": the tag is more than a title, which people write.
  const tag = lastPart(textOf(entry, 'id')) ?? lastPart(notes?.pathname ?? '');
  const version = versionOf(tag ?? '') ?? versionOf(name);
  if (version === null) return null;
  const isTheirs = notes?.protocol === 'https:' && notes.host === host && notes.href.length <= 300;
  const isPreview = version.isPreview || versionOf(name)?.isPreview === true;
  return { version: { ...version, isPreview }, name, notesUrl: isTheirs ? plainText(notes.href, 300) : null };
}

const lastPart = (path: string): string | undefined => /\/([^/]+)\/?$/.exec(path)?.[1];

const childrenOf = (parent: Element, name: string): readonly Element[] =>
  [...parent.childNodes].filter(
    (node): node is Element => node.namespaceURI === ATOM && node.localName === name && node.nodeType === 1,
  );

const textOf = (entry: Element, name: string): string => childrenOf(entry, name)[0]?.textContent ?? '';

const tag = v.object({ name: v.string() });
const tagsSchema = v.union([
  // "tags/list" of the OCI distribution specification.
  v.object({ tags: v.array(v.string()) }),
  // Docker Hub's repositories/NAME/tags.
  v.object({ results: v.array(tag) }),
  // GitHub's and Gitea's repos/NAME/tags.
  v.array(tag),
]);

function readTags(text: string): FeedReading {
  let json: unknown;
  try {
    json = parseJson(text, { values: VALUES_MAX });
  } catch (error) {
    return { unreadable: `it begins as JSON, and is no list of tags: ${errorText(error, 200)}` };
  }
  const parsed = v.safeParse(tagsSchema, json, { abortEarly: true });
  if (!parsed.success) return { unreadable: 'it is JSON without a list of tags' };
  const { output } = parsed;
  const names =
    'tags' in output ? output.tags : ('results' in output ? output.results : output).map(({ name }) => name);
  const releases = names.slice(0, ENTRIES_MAX).flatMap((name): readonly Release[] => {
    const version = versionOf(name);
    return version === null ? [] : [{ version, name: plainText(name, NAME_CHARACTERS_MAX), notesUrl: null }];
  });
  return { releases };
}
