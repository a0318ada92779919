// The report in Chromium: it loads nothing, says no error, has no finding of axe in light and dark, and the keyboard reaches every event. `npm test`
// opens one page; `npm test -- report-browser` plays four scenarios and a storm.
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { repositoryRoot } from '../../../infra/paths.ts';
import { readCodeBook } from '../../../infra/report/codes.ts';
import { pageAssets, reportPage } from '../../../infra/report/page.ts';
import { isAsked } from '../../fixtures/asked.ts';
import { reportedLine, reportedNode, reportFacts } from '../../fixtures/builders/report.ts';
import { HOSTILE } from '../../fixtures/hostile-text.ts';

/** Debian's package `chromium`, which .ci/run installs. */
const CHROMIUM = '/usr/bin/chromium';
const isThere = ((): boolean => {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return true;
  } catch {
    return false;
  }
})();
if (!isThere) console.warn(`the report is not opened in a browser: there is no ${CHROMIUM} (apt-get install chromium)`);

const RUNS: readonly (readonly [name: string, script: string, words: readonly string[]])[] = [
  ['disk-full', 'local/main.ts', ['--lane', 'sweep', '--scenario', 'disk-full']],
  ['corrupt-data', 'local/main.ts', ['--lane', 'sweep', '--scenario', 'corrupt-data']],
  ['wave-of-eight', 'local/main.ts', ['--lane', 'sweep', '--scenario', 'wave-of-eight']],
  ['disk-full-paused', 'local/main.ts', ['--lane', 'sweep', '--scenario', 'disk-full-paused']],
  ['storm 17', 'test/lab/storms/storm-cli.ts', ['--seeds', '17']],
];
const PLAYED_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'chainmend-report-'));
let browser: Browser;
beforeAll(async () => {
  if (!isThere) return;
  // As root Chromium has no sandbox of its own; what it opens is our own file.
  browser = await launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** Requests beside the file, and whatever the console said. */
  readonly wrong: string[];
}

async function open(file: string, scheme: 'light' | 'dark'): Promise<Opened> {
  const page = await browser.newPage();
  const wrong: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('console', (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`error: ${String(error)}`));
  page.on('dialog', (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== own) wrong.push(`request: ${request.url()}`);
  });
  await page.setViewport({ width: 1280, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(own);
  return { page, wrong };
}

/** With everything unfolded: what is closed is not looked at. */
async function findingsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  // From the debugger, which the page's policy does not hold: the page itself could not load it.
  await page.evaluate(axe.source);
  return (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')))`,
  )) as readonly string[];
}

const COUNT = `[...document.querySelectorAll('.ev')].filter((one) => one.closest('.lane').offsetParent !== null).length`;
const FOCUSED = `document.activeElement.dataset.n ?? ''`;

/** By Tab to the first event, then by the right arrow. @returns how many events there are, and how many had the focus */
async function walk(page: Page): Promise<{ readonly events: number; readonly reached: number }> {
  const events = (await page.evaluate(COUNT)) as number;
  for (let tabs = 0; tabs < 30 && (await page.evaluate(FOCUSED)) === ''; tabs++) await page.keyboard.press('Tab');
  const reached = new Set<string>();
  for (let at = 0; at < events; at++) {
    reached.add((await page.evaluate(FOCUSED)) as string);
    await page.keyboard.press('ArrowRight');
  }
  reached.delete('');
  return { events, reached: reached.size };
}

async function expectGood(file: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const { page, wrong } = await open(file, scheme);
    const { events, reached } = await walk(page);
    expect({ scheme, reached }).toEqual({ scheme, reached: events });
    expect({ scheme, findings: await findingsOf(page) }).toEqual({ scheme, findings: [] });
    expect({ scheme, wrong }).toEqual({ scheme, wrong: [] });
    await page.close();
  }
}

const made = (name: string): string => {
  const told = {
    sentence: `<img src=x onerror=alert(1)>${HOSTILE}`,
    evidence: '{"a":"</script><script>alert(2)</script>"}',
  };
  const facts = reportFacts({
    nodes: [reportedNode(), reportedNode({ node: 'node2', health: reportedNode().health.slice(0, 30) })],
    journal: [
      reportedLine(10, { by: 'dispatch-heal', sentence: 'attempt 1' }),
      reportedLine(11, { kind: 'intent', act: 'SendCommand restart-client 1.2', ...told }),
      reportedLine(12, { kind: 'result', act: 'SendCommand 1.2', fields: { status: 'done' } }),
      reportedLine(20, { kind: 'refusal', code: 'breaker-open', ...told }),
      reportedLine(30, { kind: 'page', code: 'ladder-spent', ...told }),
      reportedLine(40, { kind: 'outcome', act: 'healed' }),
    ],
  });
  const file = join(folder, name);
  writeFileSync(file, reportPage(facts, readCodeBook(), pageAssets()));
  return file;
};

(isThere ? describe : describe.skip)('the report in Chromium', () => {
  it('loads nothing, says no error, has no finding of axe in light and dark, and Tab and arrows reach every event', async () => {
    await expectGood(made('small.html'));
  }, 120_000);

  it('zooms by keys and by dragging, and says what a node was like where one points', async () => {
    const { page, wrong } = await open(made('zoomed.html'), 'light');
    const box = `document.querySelector('[data-about="bitcoin/node2"] .plot').getAttribute('viewBox')`;
    await walk(page);
    expect(await page.evaluate(box)).toBe('0 0 60 60');
    await page.keyboard.press('+');
    expect(await page.evaluate(box)).toMatch(/^[\d.]+ 0 30 60$/);
    await page.keyboard.press('0');
    expect(await page.evaluate(box)).toBe('0 0 60 60');
    const plot = await page.$('[data-about="bitcoin/node2"] .plot');
    const { x = 0, y = 0, width = 0, height = 0 } = (await plot?.boundingBox()) ?? {};
    await page.mouse.move(x + width * 0.25, y + height / 2);
    const readout = `document.getElementById('readout').textContent`;
    expect(await page.evaluate(readout)).toBe(
      'bitcoin/node2  12:15:00 · synced · height 931,000, 0 behind · disk 50 %',
    );
    await page.mouse.move(x + width * 0.75, y + height / 2);
    expect(await page.evaluate(readout)).toContain('not known');
    await page.mouse.down();
    await page.mouse.move(x + width, y + height / 2);
    await page.mouse.up();
    expect(await page.evaluate(box)).toMatch(/^4[45](\.\d+)? 0 1[56](\.\d+)? 60$/);
    expect(wrong).toEqual([]);
    await page.close();
  }, 120_000);

  it('opens the incident that an event belongs to, by Enter', async () => {
    const { page } = await open(made('entered.html'), 'light');
    await walk(page);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.getElementById('i1').open`, { timeout: 5_000 });
    await page.close();
  }, 60_000);

  (isAsked('report-browser') ? it : it.skip).each(RUNS)(
    'of %s loads nothing, says no error, has no finding of axe, and all its events are reached (npm test -- report-browser)',
    async (name, script, words) => {
      const file = join(folder, `${name}.html`);
      const args = ['--disable-warning=ExperimentalWarning', join(repositoryRoot, script), ...words, '--report', file];
      await promisify(execFile)(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '' } });
      await expectGood(file);
    },
    PLAYED_MS,
  );
});
