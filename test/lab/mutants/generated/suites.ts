// Runs Jest suites in this process, one test at a time: stands in for `@jest/globals`. It has what pure suites use, and no more; a suite that wants
// more fails without a mutant, and is named.
import { expect } from 'expect';

type Work = (...args: never[]) => unknown;

export interface LoadedTest {
  /** With the names of its groups. */
  readonly name: string;
  readonly run: () => Promise<void>;
}

interface Group {
  readonly name: string;
  readonly before: Work[];
  readonly after: Work[];
}

const TEST_LIMIT_MS = 15_000;

let groups: Group[] = [];
let found: LoadedTest[] = [];

/** Loads one suite by its import, and returns its tests in their order. Not to be called twice at the same time. */
export async function load(importSuite: () => Promise<unknown>): Promise<readonly LoadedTest[]> {
  groups = [{ name: '', before: [], after: [] }];
  found = [];
  await importSuite();
  return found;
}

function describeGroup(name: string, body: Work): void {
  groups.push({ name, before: [], after: [] });
  (body as () => void)();
  groups.pop();
}

function declare(name: string, body: Work, row: readonly unknown[]): void {
  const around = [...groups];
  const run = async (): Promise<void> => {
    try {
      for (const { before } of around) for (const work of before) await (work as () => unknown)();
      const ended = (body as (...args: readonly unknown[]) => unknown)(...row);
      if (ended instanceof Promise) await inTime(ended);
    } finally {
      for (const { after } of [...around].reverse()) for (const work of after) await (work as () => unknown)();
    }
  };
  found.push({ name: [...around.map((group) => group.name), name].join(' ').trim(), run });
}

async function inTime(ended: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the test took more than ${TEST_LIMIT_MS} ms`)), TEST_LIMIT_MS);
  });
  try {
    await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

const each =
  (tell: (name: string, body: Work, row: readonly unknown[]) => void) =>
  (table: readonly unknown[]) =>
  (name: string, body: Work): void => {
    for (const [at, row] of table.entries()) {
      const values = Array.isArray(row) ? row : [row];
      const title = typeof values[0] === 'string' ? name.replace('%s', values[0]) : `${name} (row ${at})`;
      tell(title, body, values);
    }
  };

export const describe = Object.assign(describeGroup, {
  each: each((name, body, row) => describeGroup(name, (() => (body as (...args: unknown[]) => void)(...row)) as Work)),
  skip: () => {},
});
export const it = Object.assign((name: string, body: Work) => declare(name, body, []), {
  each: each(declare),
  skip: Object.assign(() => {}, { each: () => () => {} }),
});
export const test = it;
export const beforeEach = (work: Work): number | undefined => groups.at(-1)?.before.push(work);
export const afterEach = (work: Work): number | undefined => groups.at(-1)?.after.push(work);

/** Once around all tests of a suite: their results would not be those of the mutant that is on. */
const once = (): never => {
  throw new Error('beforeAll and afterAll are not for pure suites');
};
export const beforeAll = once;
export const afterAll = once;
/** Spies and timers of Jest: they change the process that all suites share. */
export const jest = new Proxy({}, { get: (_, name) => failing(`jest.${String(name)} is not for pure suites`) });

const failing = (why: string) => (): never => {
  throw new Error(why);
};

export { expect };
