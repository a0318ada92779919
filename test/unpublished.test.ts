// Where AWS publishes nothing, a note says when somebody looked, and on which page: half a year later it is looked up again. `ON=2027-06-01 npm test -- unpublished`
// lists what is too old on that day. Without a day the newest note stands for it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';

const FOLDERS = ['docs', 'events', 'functions', 'infra', 'local', 'shared', 'test'];
const SILENCE = /AWS publishes (?:no|none|nothing)\b/g;
const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
/** `AWS publishes no sample of it (December 2026: none in "Alarm events and EventBridge")`. */
const DATED = new RegExp(`^[^.(]{0,120}\\((${MONTHS}) (\\d{4}): [^)]{0,120}"[^"]{3,100}"`);
const MONTHS_MAX = 6;

interface Note {
  readonly file: string;
  readonly text: string;
  /** Months since the year 0; undefined: it has no date, or no page. */
  readonly month: number | undefined;
}

/** The notes of a text, whose comments may go on in the next line. */
function notesIn(file: string, text: string): readonly Note[] {
  const plain = text.replace(/\n[ \t]*(?:\*|\/\/|#)?[ \t]*/g, ' ');
  return [...plain.matchAll(SILENCE)].map(({ index }) => {
    const said = plain.slice(index, index + 300);
    const [, month = '', year] = DATED.exec(said) ?? [];
    return {
      file,
      text: said.slice(0, 60),
      month: year === undefined ? undefined : Number(year) * 12 + MONTHS.split('|').indexOf(month),
    };
  });
}

function lookedUpAgain(notes: readonly Note[], day: string | undefined): readonly string[] {
  const asked = day === undefined ? undefined : /^(\d{4})-(0[1-9]|1[0-2])-\d\d$/.exec(day);
  if (asked === null) throw new Error(`ON=${day}: expected a day such as 2027-06-01`);
  const now = asked ? Number(asked[1]) * 12 + Number(asked[2]) - 1 : Math.max(...notes.map(({ month = 0 }) => month));
  return notes.flatMap(({ file, text, month }) =>
    month === undefined
      ? [`${file}: no date or page: ${text}`]
      : now - month > MONTHS_MAX
        ? [`${file}: older than half a year: ${text}`]
        : [],
  );
}

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.(?:ts|md|sh|py|txt)$/.test(entry.name) && !import.meta.filename.endsWith(`/${entry.name}`),
    )
    .map((entry) => join(entry.parentPath, entry.name)),
);

describe('a note that AWS publishes nothing', () => {
  it('has a date, not older than half a year, and the page that was read', () => {
    const notes = files.flatMap((file) => notesIn(relative(repositoryRoot, file), readFileSync(file, 'utf8')));
    expect(notes.length).toBeGreaterThan(10);
    expect(lookedUpAgain(notes, process.env['ON'])).toEqual([]);
  });

  const of = (text: string) => notesIn('a.ts', `/** ${text} */`);
  it.each([
    ['AWS publishes none (June 2026: none in "A page").', '2026-12-31', []],
    ['AWS publishes none (June 2026: none in "A page").', '2027-01-01', ['a.ts: older than half a year']],
    ['AWS publishes no bound of its own\n * (May 2026: "A page" has another).', '2026-06-01', []],
    ['AWS publishes none (June 2026).', '2026-06-01', ['a.ts: no date or page']],
    ['AWS publishes nothing. It ends (June 2026: none in "A page").', '2026-06-01', ['a.ts: no date or page']],
    ['AWS publishes a number.', '2026-06-01', []],
  ])('%j on %s', (text, day, wanted) => {
    expect(lookedUpAgain(of(text), day).map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual(wanted);
  });

  it('is judged by the newest of them where no day is given', () => {
    const notes = ['June 2026', 'January 2027'].flatMap((date) =>
      of(`AWS publishes none (${date}: none in "A page").`),
    );
    expect(lookedUpAgain(notes, undefined)).toEqual([expect.stringContaining('older than half a year')]);
    expect(() => lookedUpAgain(notes, 'soon')).toThrow('ON=soon: expected a day such as 2027-06-01');
  });
});
