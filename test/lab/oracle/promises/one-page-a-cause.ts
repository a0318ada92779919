// A cause is paged once, and again only a few times a day while it lasts.

import { pageOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';

const DAY_MS = 86_400_000;
/** "after a quarter of an hour, then half an hour, up to a day" (docs/architecture.md): 0, ¼, ½, 1, 2, 4, 8, 16 hours. */
const CODE_A_DAY = 8;
/** The same words about the same thing: said, and said again when it was well in between. */
const SAME_A_DAY = 4;

export const onePageACause: MakeRule = (scene, say) => {
  let seen = 0;
  const sent = new Map<string, number[]>();
  const count = (key: string, atMs: number): number => {
    const times = [...(sent.get(key) ?? []).filter((before) => before > atMs - DAY_MS), atMs];
    sent.set(key, times);
    return times.length;
  };
  return {
    look() {
      const published = scene.region.sns.published();
      for (const one of published.slice(seen)) {
        const { atMs, fleet, node, code, severity, text } = pageOf(one);
        // Repetitions are marked, and have a promise of their own; what is over, or was healed, pages nobody.
        if (severity !== 'page') continue;
        say.matters();
        // A question with a plan is another one for each plan; the suite's own alarms have their own life.
        if (code === 'approval-wanted' || fleet === '') continue;
        const same = count(`${fleet}/${node}/${code}/${withoutNumbers(text)}`, atMs);
        const ofCode = count(`${fleet}/${node}/${code}`, atMs);
        // What a person asks for again fails again, and is told again.
        const asked = askedFor(scene, { fleet, node }, atMs);
        if (same > SAME_A_DAY + asked || ofCode > CODE_A_DAY + asked)
          say.broken(`${fleet}/${node} ${code}`, `It was paged ${Math.max(same, ofCode)} times within a day.`, atMs);
      }
      seen = published.length;
    },
  };
};

/** How often people have asked for something to be done to it, or to each node of its fleet, in the last day. */
const askedFor = (
  scene: Scene,
  { fleet, node }: { readonly fleet: string; readonly node: string },
  atMs: number,
): number =>
  scene
    .said()
    .filter((one) => one.kind === 'request' && one.fleet === fleet && one.atMs > atMs - DAY_MS)
    .filter((one) => one.ofAll === true || one.node === node).length;

const withoutNumbers = (text: string): string => text.replace(/[0-9]+/g, '#').slice(0, 2_000);
