// Where the releases of a client are told: a stranger's host, which may say anything.
import type { HttpAnswer, HttpHost } from '../simulator/network/network.ts';

export const FEED_ANSWERS = ['releases', 'tags', 'lies', 'page', 'garbage', 'huge', 'nothing', 'unavailable'] as const;
export type FeedAnswers = (typeof FEED_ANSWERS)[number];

export interface FeedWords {
  readonly answers: FeedAnswers;
  /** What it lists, the newest first: "0.21.1". */
  readonly lists: readonly string[];
}

/** Longer than any feed that is read. */
const HUGE_BYTES = 3 * 1024 * 1024;
const LATENCY_MS = 120;

/** As GitHub writes it: the newest first. */
const atomOf = (project: string, tags: readonly string[]): string =>
  documentOf(tags.map((tag) => entryOf({ project, tag, title: `Bitcoin Core ${tag.slice(1)}` })));

/** @param wordsAt of a path; undefined: it is not found */
export const feedHost =
  (host: string, wordsAt: (path: string) => FeedWords | undefined): HttpHost =>
  (_port, { path }): HttpAnswer => {
    const words = wordsAt(path);
    if (words === undefined) return response(404, 'Not Found');
    const tags = words.lists.map((version) => `v${version}`);
    return ANSWERS[words.answers](projectOf(`${host}${path}`), tags);
  };

const ANSWERS: Readonly<Record<FeedAnswers, (project: string, tags: readonly string[]) => HttpAnswer>> = {
  releases: (project, tags) => response(200, atomOf(project, tags)),
  tags: (_, tags) => response(200, JSON.stringify({ tags })),
  lies: (project, tags) => response(200, liesOf(project, tags)),
  page: () => response(200, '<!DOCTYPE html><html><body>Sign in to go on</body></html>'),
  garbage: () => response(200, '\u0000\u0001\u001b[2J\u0007 v99.0'),
  huge: (project, tags) => response(200, atomOf(project, tags).padEnd(HUGE_BYTES)),
  nothing: () => ({ kind: 'silent' }),
  unavailable: () => response(503, 'Service Unavailable'),
};

/** Names that would turn a terminal or a shell, versions that nobody made, and notes on a host of somebody else. */
function liesOf(project: string, tags: readonly string[]): string {
  const wild = [
    { tag: 'v999999999.0.0', title: 'Bitcoin Core \u202e0.99\u202c \u009b2J $(reboot) `reboot`' },
    { tag: 'v-1.0', title: '&lt;script&gt;' },
    { tag: '..%2f..%2fv1.0', title: 'v1.0; shutdown -h now' },
  ];
  const told = tags.map((tag) => ({ tag, title: `${tag} \u202e; upgrade now \u0085` }));
  return documentOf(
    [...wild, ...told].map(({ tag, title }) =>
      entryOf({ project, notesAt: 'notes.example/bitcoin/bitcoin', tag, title }),
    ),
  );
}

/** `github.com/bitcoin/bitcoin` of the address of its feed. */
const projectOf = (address: string): string => address.split('/', 3).join('/');

interface EntryWords {
  readonly project: string;
  readonly notesAt?: string;
  readonly tag: string;
  readonly title: string;
}

const entryOf = ({ project, notesAt = project, tag, title }: EntryWords): string =>
  `<entry><id>tag:${project.split('/')[0]},2008:Repository/1181927/${tag}</id><link rel="alternate" type="text/html" href="https://${notesAt}/releases/tag/${tag}"/><title>${title}</title></entry>`;

const documentOf = (entries: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Release notes from bitcoin</title>${entries.join('')}</feed>`;

const response = (statusCode: number, body: string): HttpAnswer => ({
  ...{ kind: 'response', statusCode, body, afterMs: LATENCY_MS },
  headers: { 'content-type': 'application/atom+xml; charset=utf-8' },
});
