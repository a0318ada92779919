// What a feed of releases says: Atom, or a registry's tags; and that a stranger's text stays text.
import { describe, expect, it } from '@jest/globals';
import { type FeedReading, readFeed } from '../../../functions/watch-releases/feed.ts';
import { compareVersions, type Version, versionOf } from '../../../functions/watch-releases/version.ts';

const URL_OF_FEED = 'https://github.com/bitcoin/bitcoin/releases.atom';
const entry = (tag: string, title: string, href = `https://github.com/bitcoin/bitcoin/releases/tag/${tag}`): string =>
  `<entry><id>tag:github.com,2008:Repository/1181927/${tag}</id><updated>2026-11-20T10:00:00Z</updated>` +
  `<link rel="alternate" type="text/html" href="${href}"/><title>${title}</title><content type="html">&lt;p&gt;1.2.3&lt;/p&gt;</content></entry>`;
const atom = (...entries: readonly string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-US"><id>tag:github.com,2008:https://github.com/bitcoin/bitcoin/releases</id><title>Release notes</title>${entries.join('')}</feed>`;

const told = (reading: FeedReading) =>
  'unreadable' in reading
    ? reading.unreadable
    : reading.releases.map(({ version, name, notesUrl }) => [version.text, version.isPreview, name, notesUrl]);

describe('a feed', () => {
  it('of GitHub names its releases by their tags, with their notes', () => {
    expect(told(readFeed(atom(entry('v29.1', 'Bitcoin Core 29.1'), entry('v30.0rc1', '')), URL_OF_FEED))).toEqual([
      ['29.1', false, 'Bitcoin Core 29.1', 'https://github.com/bitcoin/bitcoin/releases/tag/v29.1'],
      ['30.0', true, '', 'https://github.com/bitcoin/bitcoin/releases/tag/v30.0rc1'],
    ]);
  });

  it('whose tag says nothing of a preview is believed when its title does', () => {
    expect(
      told(
        readFeed(
          atom(entry('v2.0.0', 'v2.0.0 release candidate RC 1: v2.0.0-rc1'), entry('v1.9.0', 'v1.9.0-beta')),
          URL_OF_FEED,
        ),
      ),
    ).toMatchObject([
      ['2.0.0', false, expect.anything(), expect.anything()],
      ['1.9.0', true, 'v1.9.0-beta', expect.anything()],
    ]);
  });

  it('does not send people to another host, nor to what is no web page', () => {
    const elsewhere = entry('v29.1', 'Bitcoin Core 29.1', 'https://github.com.evil.example/v29.1');
    const script = entry('v29.2', 'Bitcoin Core 29.2', 'javascript:alert(1)');
    expect(told(readFeed(atom(elsewhere, script), URL_OF_FEED))).toMatchObject([
      ['29.1', false, 'Bitcoin Core 29.1', null],
      ['29.2', false, 'Bitcoin Core 29.2', null],
    ]);
  });

  it('shows its names as one line of text', () => {
    const [[, , name] = []] = told(
      readFeed(atom(entry('v29.1', `29.1&#10;\u202E${'x'.repeat(500)}`)), URL_OF_FEED),
    ) as string[][];
    expect(name).toMatch(/^29\.1 x+…$/);
    expect(name?.length).toBe(100);
  });

  it.each([
    ['a page of the web', '<!DOCTYPE html><html><body>Sign in</body></html>', /document type/],
    ['entities', '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>', /document type/],
    ['XML that ends too early', '<feed xmlns="http://www.w3.org/2005/Atom"><entry>', /no XML/],
    [
      'RSS',
      '<rss version="2.0"><channel><item><title>29.1</title></item></channel></rss>',
      /XML and no Atom: its first element is rss/,
    ],
    ['JSON of something else', '{"message":"rate limit exceeded"}', /without a list of tags/],
    ['JSON that ends too early', '{"tags":["v1', /begins as JSON/],
    ['nothing', '', /neither Atom nor JSON: ""/],
    ['a sentence', 'Not found', /neither Atom nor JSON: "Not found"/],
  ])('that is %s is unreadable, and says so', (_, text, why) => {
    expect(told(readFeed(text, URL_OF_FEED))).toMatch(why);
  });

  it('of a registry names its tags', () => {
    const hub = {
      count: 3,
      next: null,
      results: [{ name: 'v29.1' }, { name: 'latest' }, { name: 'v30.0-rc.1-alpine' }],
    };
    expect(told(readFeed(JSON.stringify(hub), URL_OF_FEED))).toEqual([
      ['29.1', false, 'v29.1', null],
      ['30.0', true, 'v30.0-rc.1-alpine', null],
    ]);
    expect(told(readFeed('{"name":"node","tags":["1.2","1.10"]}', URL_OF_FEED))).toHaveLength(2);
    expect(told(readFeed('[{"name":"geth-v1.14.5","commit":{}}]', URL_OF_FEED))).toMatchObject([
      ['1.14.5', false, 'geth-v1.14.5', null],
    ]);
  });
});

describe('a version', () => {
  it.each([
    ['/Satoshi:27.1.0/', '27.1.0', false],
    ['Geth/v1.14.5-stable-a1b2c3d4/linux-amd64/go1.22', '1.14.5', false],
    ['Prysm/v5.0.0-rc.1 (linux amd64)', '5.0.0', true],
    ['stacks-node 3.1.0.0.12 (release/3.1.0.0.12:ae969ca+)', '3.1.0.0.12', false],
    ['v2.0.0b3', '2.0.0', true],
    ['0.38.17', '0.38.17', false],
    ['v1.2.3-testnet', '1.2.3', true],
    ['v27.1-alpine3.19', '27.1', false],
  ])('of %s is %s', (text, version, isPreview) => {
    expect(versionOf(text)).toMatchObject({ text: version, isPreview });
  });

  it.each(['latest', 'v29', '', 'main-a1b2c3'])('is none in %j', (text) => {
    expect(versionOf(text)).toBeNull();
  });

  it.each([
    ['1.9.0', '1.10.0', -1],
    ['27.1', '27.1.0', 0],
    ['27.1.1', '27.1', 1],
  ])('%s beside %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(versionOf(one) as Version, versionOf(other) as Version))).toBe(sign);
  });
});

describe('the structure of a feed is bounded before anything is built of it', () => {
  const feed = (inner: string): string => `<feed xmlns="http://www.w3.org/2005/Atom">${inner}</feed>`;
  const entry = '<entry><id>x/v29.1</id><title>v29.1</title></entry>';
  const nested = (count: number, attribute = (_: number) => '') =>
    Array.from({ length: count }, (_, at) => `<a${attribute(at)}>`).join('') + '</a>'.repeat(count);

  it.each([
    ['deepest', nested(20_000), 'deep'],
    ['deepest, each with a namespace of its own', nested(20_000, (at) => ` xmlns:b${at}="u"`), 'declarations'],
    ['widest', '<a/>'.repeat(50_001), 'more than 50000 elements'],
    ['fullest of comments', '<!-- -->'.repeat(50_001), 'more than 50000 elements'],
    ['most attributes', `<a ${Array.from({ length: 50_000 }, (_, at) => `b${at}="u"`).join(' ')}/>`, 'attributes'],
    [
      'most declarations in one element',
      `<a ${Array.from({ length: 30 }, (_, at) => `xmlns:b${at}="u"`).join(' ')}/>`.repeat(3),
      'declarations',
    ],
  ])('%s', (_, inner, excess) => {
    expect(readFeed(feed(entry + inner), 'https://github.com/x')).toEqual({
      unreadable: expect.stringMatching(new RegExp(`^it is no feed of releases: .*${excess}`)),
    });
  });

  it.each([
    ['a comment without an end', '<!--'.repeat(50_000)],
    ['data without an end', '<![CDATA['.repeat(50_000)],
    ['a value without an end', '<a b="'.repeat(50_000)],
    ['an element without an end', '<a '.repeat(50_000)],
  ])('of %s the parser says that it is none', (_, inner) => {
    expect(readFeed(feed(entry + inner), 'https://github.com/x')).toMatchObject({ unreadable: expect.any(String) });
  });

  it('and what is inside of comments and data counts for nothing', () => {
    const inside = `<!-- ${nested(500)} --><content><![CDATA[${nested(500)}]]></content>`;
    expect(readFeed(feed(entry + inside), 'https://github.com/x')).toMatchObject({ releases: [{ name: 'v29.1' }] });
  });

  it('with a thousand entries, and notes within them, is read', () => {
    expect(readFeed(feed((entry + nested(40)).repeat(900)), 'https://github.com/x')).toMatchObject({
      releases: { length: 900 },
    });
  });
});
