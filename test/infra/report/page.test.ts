// The page of a report as text: what strangers write stays text, and a large fleet stays a file that one can send.
import { describe, expect, it } from '@jest/globals';
import { codeBookOf, readCodeBook } from '../../../infra/report/codes.ts';
import type { ReportFacts, Samples } from '../../../infra/report/facts.ts';
import { html, jsonHtml, verbatim } from '../../../infra/report/html.ts';
import { pageAssets, reportPage } from '../../../infra/report/page.ts';
import { GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { MINUTE_MS, REPORT_FROM_MS, reportedLine, reportedNode, reportFacts } from '../../fixtures/builders/report.ts';
import { HOSTILE, unseenIn } from '../../fixtures/hostile-text.ts';

const page = (facts: ReportFacts): string => reportPage(facts, readCodeBook(), pageAssets());

/** What a forger of HTML tries: to end what it stands in, and to begin something of its own. */
const FORGED = `</script></style></title></pre>--><script>steal()</script><img src=x onerror="steal()">" onfocus="steal()' x='<!--`;

describe('the page of a report', () => {
  it('is the same to the byte for the same facts', () => {
    expect(page(reportFacts())).toBe(page(reportFacts()));
  });

  it('lets run only its own style and script, and lets nothing be loaded or sent', () => {
    const text = page(reportFacts());
    expect(text).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]+&#39;; script-src &#39;sha256-[^ ]+&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;">/,
    );
    expect(text).not.toMatch(/(src|href|action|poster|data)="(?!#)[a-z/]/i);
    expect(text).not.toMatch(/\son[a-z]+=|style="|url\(|@import/i);
  });

  it('has every text of strangers as text, wherever it stands', () => {
    const stranger = `${FORGED}${HOSTILE}`;
    const told = {
      sentence: stranger,
      act: stranger,
      code: stranger,
      evidence: JSON.stringify({ [stranger]: stranger }),
    };
    const text = page(
      reportFacts({
        ...{ title: stranger, sentence: stranger, command: stranger, notes: [stranger] },
        nodes: [reportedNode({ fleet: stranger, node: stranger })],
        fleets: [
          {
            ...{ fleet: stranger, tip: [], recovery: { is: 'unknown', why: stranger } },
            releases: {
              newest: { client: stranger, consensus: stranger },
              behind: 1,
              upgradeBy: stranger,
              hoursLeft: 9,
            },
            drill: { proved: null, last: stranger, spentUsd: 1 },
          },
          {
            ...{ fleet: 'bitcoin', tip: [] },
            recovery: {
              ...{ is: 'known', usable: 1, unusable: 0 },
              newest: { setId: stranger, node: stranger, takenAtMs: REPORT_FROM_MS, height: 1, rank: 'clean' },
            },
          },
        ],
        journal: (['intent', 'result', 'refusal', 'page', 'proof', 'outcome'] as const).map((kind, at) =>
          reportedLine(at, { ...told, kind, fleet: stranger, node: stranger, incidentId: stranger }),
        ),
        alarms: [
          {
            atMs: REPORT_FROM_MS,
            alarmName: stranger,
            fleet: stranger,
            node: stranger,
            from: 'OK',
            to: 'ALARM',
            reason: stranger,
          },
        ],
        broken: [{ atMs: REPORT_FROM_MS, what: stranger, sentence: stranger }],
      }),
    );
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<script>steal');
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text.match(/<\/script/g)).toHaveLength(2);
    expect(text.match(/<\/style/g)).toHaveLength(1);
    const tags = text.replace(/<script[\s\S]*?<\/script>/g, '').match(/<[a-z][^>]*>/gi) ?? [];
    const names = tags.map((tag) => tag.replace(/"[^"]*"/g, '""'));
    expect(names.filter((tag) => /\son\w|["'<].*["'<].*'/i.test(tag))).toEqual([]);
    expect(names.filter((tag) => /^<img/i.test(tag))).toEqual([]);
    expect(unseenIn(text.replaceAll('\n', ''))).toEqual([]);
  });

  it('draws what nobody saw as not known: a node without metrics has no strip that is well', () => {
    const text = page(reportFacts({ nodes: [reportedNode({ health: [], lag: [], disk: [] })] }));
    expect(text).not.toContain('class="h h-');
    expect(text).toContain('class="unknown" d="M0,5H60M0,25H60M0,50H60"');
    expect(text).toContain('60 node-minutes nobody knows of.');
  });

  it('draws a stretch without observations between well ones as not known', () => {
    const health = reportedNode().health.filter((_, at) => at < 20 || at >= 30);
    const text = page(reportFacts({ nodes: [reportedNode({ health })] }));
    expect(text).toContain('class="h h-synced" d="M0,10V7H20V10ZM30,10V7H60V10Z"');
    expect(text).toContain('class="unknown" d="M20,5H30"');
  });

  it('tells of releases where a fleet file names a feed, and is silent of them where none does', () => {
    const fleet = { fleet: 'bitcoin', tip: [], recovery: { is: 'unknown', why: 'nobody asked' } } as const;
    const releases = {
      newest: { client: '29.1', consensus: null },
      behind: 3,
      upgradeBy: '30.0 by height 931000',
      hoursLeft: 70,
    };
    expect(page(reportFacts({ fleets: [{ ...fleet, releases }] }))).toContain(
      '<td>bitcoin</td><td>29.1</td><td>–</td><td class="n">3</td><td>30.0 by height 931000</td><td class="n">70</td>',
    );
    expect(page(reportFacts({ fleets: [fleet] }))).not.toContain('Releases');
  });

  it('tells recoverability as drills have proved it, and is silent of it where none was made', () => {
    const fleet = { fleet: 'bitcoin', tip: [], recovery: { is: 'unknown', why: 'nobody asked' } } as const;
    const proved = { setId: 'set-1', takenAtMs: 0, height: 931_064, atMs: REPORT_FROM_MS, minutes: 11.2, usd: 0.21 };
    const drill = { proved, last: 'unfit: Corrupted block database', spentUsd: 1.5 };
    expect(page(reportFacts({ fleets: [{ ...fleet, drill }] }))).toContain(
      '<td>bitcoin</td><td class="n">11</td><td class="n">931,064</td><td class="n">60 min</td><td class="n">0.21</td><td class="n">1.50</td><td>unfit: Corrupted block database</td>',
    );
    expect(page(reportFacts({ fleets: [{ ...fleet, drill: { ...drill, proved: null } }] }))).toContain(
      'nothing is proved',
    );
    expect(page(reportFacts({ fleets: [fleet] }))).not.toContain('Recoverability');
  });

  it('links each code to its sentence and its runbook', () => {
    const text = page(reportFacts({ journal: [reportedLine(1, { kind: 'refusal', code: 'breaker-open' })] }));
    expect(text).toContain('<a href="#code-breaker-open"><code>breaker-open</code></a>');
    expect(text).toContain(GUARDRAILS['breaker-open']);
    expect(text).toContain('runbook docs/runbooks/unwell.md');
  });

  it('of a code that is none of ours makes no link', () => {
    const text = page(reportFacts({ journal: [reportedLine(1, { kind: 'page', code: 'toString' })] }));
    expect(text).toContain('<code>toString</code>');
    expect(text).not.toContain('#code-toString');
  });

  it('tells an evidence that was cut as it is', () => {
    const text = page(reportFacts({ journal: [reportedLine(1, { evidence: '{"cut":"in the mid' })] }));
    expect(text).toContain('<summary>evidence, cut</summary><pre>{&quot;cut&quot;:&quot;in the mid</pre>');
  });

  it('of 500 nodes and a week, with no two cells alike, is at most twelve megabytes, and says what it left out', () => {
    const minutes = 7 * 24 * 60;
    const every = 20;
    const points = (of: (at: number) => number): Samples =>
      Array.from({ length: minutes / every }, (_, at) => [REPORT_FROM_MS + at * every * MINUTE_MS, of(at)] as const);
    const nodes = Array.from({ length: 500 }, (_, n) =>
      reportedNode({
        node: `node${n}`,
        health: points((at) => (at * 7 + n) % 8),
        lag: points((at) => (at * 7919 + n) % 5_000),
        disk: points((at) => ((at * 31 + n) % 1_000) / 10),
      }),
    );
    const sentence = 'what was seen, and why it was not enough to do anything about it yet; '.repeat(20);
    const journal = Array.from({ length: 25_000 }, (_, at) =>
      reportedLine((at * minutes) / 25_000, {
        ...{ node: `node${at % 500}`, incidentId: `inc${at % 1_000}`, sentence, place: String(at) },
        kind: (['intent', 'result', 'refusal', 'page', 'outcome'] as const)[at % 5] ?? 'intent',
        ...{ act: 'ModifyVolume vol-0', code: 'breaker-open', evidence: JSON.stringify({ sentence }) },
      }),
    );
    const text = page(
      reportFacts({ nodes, journal, stepMs: every * MINUTE_MS, toMs: REPORT_FROM_MS + minutes * MINUTE_MS }),
    );
    expect(Buffer.byteLength(text) / 2 ** 20).toBeLessThan(12);
    expect(text).toContain('5,000 older lines of the journal are left out');
    expect(text).toMatch(/One cell is \d+ minutes; it shows the worst of them\./);
    expect(text).toMatch(/[\d,]+ incidents more are not told here/);
  }, 60_000);
});

describe('the parts of a page', () => {
  it('are text unless they are HTML of the same making', () => {
    expect(html`<b title="${'"><i>'}">${'a & b'}${html`<i>${1}</i>`}${[html`x`, html`y`]}</b>`.text).toBe(
      '<b title="&quot;&gt;&lt;i&gt;">a &amp; b<i>1</i>xy</b>',
    );
  });

  it('keep the blanks around a text, and no invisible characters in it', () => {
    expect(html`a${' \u202eb\u0000c '}d`.text).toBe('a b c d');
  });

  it('are JSON that cannot end its element, and reads back as it was', () => {
    const value = { text: `${FORGED}\u2028\u2029&amp;` };
    const { text } = jsonHtml(value);
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(value);
  });

  it('refuse a script of ours that would end its own element', () => {
    expect(() => verbatim('const a = "</script>";')).toThrow('ends its own element');
  });
});

describe('the runbook of a code', () => {
  const book = codeBookOf((file) => (file === 'disk.md' || file === 'inodes.md' ? `# ${file}` : undefined));
  it.each<[string, string, string | undefined]>([
    ['is the one of its page', 'quota-reached', 'docs/runbooks/disk.md'],
    ['of an alarm has its name', 'inodes', 'docs/runbooks/inodes.md'],
    ['is none for a code that has none', 'paused', undefined],
    ['is none for a word that is no code', 'toString', undefined],
    ['is none where its page is not there', 'node-stuck', undefined],
  ])('%s', (_, code, path) => {
    expect(book.runbook(code)?.path).toBe(path);
  });
});
