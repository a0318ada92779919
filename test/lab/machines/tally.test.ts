import { describe, expect, it } from '@jest/globals';
import type { EnclosureResult } from './host/enclosure.ts';
import type { RunEvent } from './run-events.ts';
import { STORIES } from './stories/index.ts';
import { GROUPS, ONE_OF_EACH, planStories, type StoryEntry, softwareFor } from './stories/plan.ts';
import { sumTallies, tally } from './tally.ts';

const story = (name: string, more: Partial<StoryEntry> = {}): StoryEntry => ({
  group: 'geth',
  name,
  sentence: `The story of ${name}.`,
  needs: [],
  ...more,
});
const well: EnclosureResult = { status: 0, endedBy: 'itself', remarks: '', malformed: [], left: [] };
const told = (name: string): RunEvent[] => [
  { event: 'story', name, sentence: `The story of ${name}.` },
  { event: 'held', story: name, sentence: 'it heals' },
  { event: 'ended', story: name, seconds: 3 },
];
const own = 'The run ends by itself, tells what it does in events, and leaves nothing on this host.';

describe('what a run of a group comes to', () => {
  it('passes with each sentence that held, and with leaving nothing', () => {
    const all: RunEvent[] = [
      ...told('one'),
      { event: 'script', name: 'b' },
      { event: 'script', name: 'a' },
      { event: 'script', name: 'b' },
    ];
    expect(tally('geth', [story('one')], all, well)).toEqual({
      held: [
        { story: 'one', sentence: 'it heals' },
        { story: 'geth', sentence: own },
      ],
      broken: [],
      skipped: [],
      scripts: ['a', 'b'],
      seconds: { one: 3 },
    });
  });

  it('fails by name each story that did not end', () => {
    const ended: EnclosureResult = { ...well, endedBy: 'limit', status: null, remarks: 'early\nlate\n' };
    const { broken } = tally(
      'geth',
      [story('one'), story('two'), story('three')],
      [...told('one'), ...told('two').slice(0, 1)],
      ended,
    );
    expect(broken).toEqual([
      {
        story: 'two',
        sentence: 'The story of two.',
        why: 'it had begun and did not end before the time for all of them was over: early | late',
      },
      {
        story: 'three',
        sentence: 'The story of three.',
        why: 'it was never begun before the time for all of them was over: early | late',
      },
    ]);
  });

  it('fails a story that ended and judged nothing', () => {
    const [begins, , ends] = told('one');
    expect(tally('geth', [story('one')], begins && ends ? [begins, ends] : [], well).broken).toEqual([
      { story: 'one', sentence: 'The story of one.', why: 'it ended without having judged anything' },
    ]);
  });

  it('fails a run that dies, that does not speak in events, or that leaves something', () => {
    const ended: EnclosureResult = {
      ...well,
      status: 7,
      malformed: ['no event'],
      left: ['/dev/loop7 is still attached'],
    };
    expect(tally('geth', [], [], ended).broken.map(({ story: of, why }) => [of, why])).toEqual([
      ['geth', 'it ended with 7'],
      ['geth', 'no event'],
      ['geth', '/dev/loop7 is still attached'],
    ]);
  });

  it('sums groups, with each script once', () => {
    const one = tally('geth', [story('one')], [...told('one'), { event: 'script', name: 'a' }], well);
    const { held, scripts, seconds } = sumTallies([one, one]);
    expect([held.length, scripts, seconds]).toEqual([4, ['a'], { one: 3 }]);
  });
});

describe('which stories a host plays', () => {
  const [plain, built, instead, nested] = [
    story('plain', { group: 'litecoin' }),
    story('built', { needs: ['go'] }),
    story('instead', { needs: ['anvil'] }),
    story('nested', { group: 'cometbft', needs: ['go', 'containers'] }),
  ];
  const stories = [plain, built, instead, nested];
  const names = ({ played, skipped }: ReturnType<typeof planStories>) => [
    played.map(({ name }) => name),
    skipped.map(({ story: { name }, why }) => `${name}: ${why}`),
  ];

  it('plays those with Go, and not the one in their place', () => {
    const software = { geth: '/geth', cometbft: '/cometbft' };
    expect(names(planStories(stories, { software, machines: 'containers' }))).toEqual([
      ['plain', 'built', 'nested'],
      [],
    ]);
  });

  it('plays anvil where there is no Go, and skips the others by name', () => {
    expect(names(planStories(stories, { software: { anvil: '/anvil' }, machines: 'containers' }))).toEqual([
      ['plain', 'instead'],
      ['built: needs geth, which this host cannot build', 'nested: needs cometbft, which this host cannot build'],
    ]);
  });

  it('skips what needs containers where machines are plain namespaces', () => {
    const software = { geth: '/geth', cometbft: '/cometbft' };
    expect(names(planStories(stories, { software, machines: 'namespaces' }))).toEqual([
      ['plain', 'built'],
      ['nested: needs machines that are containers'],
    ]);
  });

  it('plays one story for each kind of client, and builds what these need', () => {
    const chosen = STORIES.filter(({ name }) => ONE_OF_EACH.includes(name));
    expect(chosen.map(({ name }) => name).toSorted()).toEqual([...ONE_OF_EACH].toSorted());
    expect(new Set(chosen.map(({ group }) => group)).size).toBe(ONE_OF_EACH.length);
    expect([...softwareFor(chosen)].toSorted()).toEqual(['cometbft', 'geth', 'prysm']);
  });

  it('names each story once, and each of a group that there is', () => {
    expect(new Set(STORIES.map(({ name }) => name)).size).toBe(STORIES.length);
    for (const { name, group, sentence } of STORIES) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
      expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
      expect(GROUPS).toContain(group);
    }
  });
});
