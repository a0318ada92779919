// A page that wants somebody is repeated under its own key, not too soon, not too often, and not after it was said to be over.
import { Forgotten } from '../forgotten.ts';
import { pageOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** "after half an hour, then hourly, at most eight times a day" (docs/pages.md), with a minute for a sweep that comes early. */
const AFTER_MS = 29 * MINUTE_MS;
const REPEATED_A_DAY = 8;
/** One message whose answer was lost is sent twice; a sweep that died has its messages sent by the one after the next. */
const ONE_MESSAGE_MS = 5 * MINUTE_MS;

export const repetitionsAreBounded: MakeRule = (scene, say) => {
  let seen = 0;
  const lastOf = new Map<string, number>();
  /** By key: the messages that want somebody, of which none has ended since. */
  const wanting = new Map<string, number[]>();
  const repeated = new Map<string, number[]>();
  const forgotten = new Forgotten();
  const isKnown = (sentMs: number, nowMs: number): boolean => !forgotten.has(sentMs, nowMs);
  return {
    person: (act) => forgotten.hear(act),
    look() {
      const published = scene.region.sns.published();
      for (const one of published.slice(seen)) {
        const { atMs, key, severity } = pageOf(one);
        if (key === '') continue;
        const last = lastOf.get(`${severity} ${key}`);
        lastOf.set(`${severity} ${key}`, atMs);
        if (last !== undefined && atMs - last < ONE_MESSAGE_MS) continue;
        // What follows on an end is another message, and so is an end of what has come back.
        for (const other of severity === 'resolved' ? ['page', 'again'] : ['resolved'])
          lastOf.delete(`${other} ${key}`);
        const before = wanting.get(key) ?? [];
        if (severity === 'page') wanting.set(key, [...before, atMs]);
        if (severity === 'resolved') {
          // What was over is over once more for such a table.
          if (before.length === 0 && !forgotten.any(atMs))
            say.broken(key, 'Its end was told, and nobody was paged for it, or it was told twice.', atMs);
          wanting.delete(key);
        }
        if (severity !== 'again') continue;
        say.matters();
        const wanted = before.findLast((sentMs) => isKnown(sentMs, atMs));
        const ofToday = (repeated.get(key) ?? []).filter((time) => time > atMs - DAY_MS && isKnown(time, atMs));
        const times = [...ofToday, atMs];
        if (before.length === 0 && !forgotten.any(atMs))
          say.broken(key, 'It was repeated, and was no page, or was over.', atMs);
        else if (wanted !== undefined && atMs - wanted < AFTER_MS)
          say.broken(key, `It was repeated after ${Math.round((atMs - wanted) / MINUTE_MS)} minutes.`, atMs);
        if (times.length > REPEATED_A_DAY) say.broken(key, `It was repeated ${times.length} times within a day.`, atMs);
        repeated.set(key, [...(repeated.get(key) ?? []).filter((time) => time > atMs - DAY_MS), atMs]);
        wanting.set(key, [...before, atMs]);
      }
      seen = published.length;
    },
  };
};
