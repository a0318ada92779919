// A page is true when it is sent, and when it is repeated: who is said to be down, to stand still or to be paused was so a moment ago, and so was what is
// said of a fleet’s consensus.

import { isWanting, pagesOf } from '../pages.ts';
import type { MakeRule } from '../rule.ts';
import type { Scene } from '../scene.ts';
import { IS_SO } from '../told-conditions.ts';

/** An observation, an alarm and a sweep lie between what is so and its page, and SNS may throttle. */
const AGO_MS = 10 * 60_000;

/** Codes that say that a node does not serve its chain now. */
const SICK: ReadonlySet<string> = new Set([
  ...(['node-unreachable', 'node-stuck', 'node-forked', 'client-stopped', 'instance-stopped'] as const),
  ...(['consensus-client-down', 'crash-loop'] as const),
]);

/** Codes that say something of a fleet as a whole, and whether it can be so. Who are the others of a fleet that stands only the observer knows. */
const OF_FLEETS: Readonly<Record<string, (scene: Scene, fleet: string) => boolean>> = {
  'voting-power-low': isSoOf('voting-power-low'),
  'byzantine-validators': isSoOf('byzantine-validators'),
  'fleet-standing': ({ nodes }, fleet) => nodes.some((node) => node.fleet === fleet && node.trouble !== undefined),
};

function isSoOf(code: string) {
  return (scene: Scene, fleet: string): boolean => IS_SO[code]?.(scene, { fleet, node: undefined }) === true;
}

export const pagesAreTrue: MakeRule = (scene, say) => {
  const newPages = pagesOf(scene);
  /** When each node was last seen with any trouble, or on a chain that stands, and each fleet paused or with a file that nobody can read. */
  const unwell = new Map<string, number>();
  const stood = new Map<string, number>();
  const held = new Map<string, number>();
  const so = new Map<string, number>();
  const beganMs = scene.nowMs;
  const isOld = (atMs: number | undefined, nowMs: number): boolean => nowMs - (atMs ?? beganMs) > AGO_MS;
  return {
    look(nowMs) {
      for (const node of scene.nodes) {
        if (node.trouble !== undefined) unwell.set(node.subject, nowMs);
        // Its chain stands, and so does it: a page that says that it stands is true.
        if (scene.machine(scene.present(node)?.instanceId)?.chain.halted) stood.set(node.subject, nowMs);
      }
      for (const name of scene.fleets.keys()) {
        if (scene.pausedSince(name) !== undefined) held.set(`${name} paused`, nowMs);
        if (!scene.isReadable(name)) held.set(`${name} fleet-file-invalid`, nowMs);
        for (const [code, isSo] of Object.entries(OF_FLEETS)) if (isSo(scene, name)) so.set(`${name} ${code}`, nowMs);
      }
      for (const page of newPages()) {
        if (!isWanting(page)) continue;
        const { fleet, code, atMs, severity } = page;
        const said = `${severity === 'again' ? 'Repeated' : 'Sent'} (${code})`;
        const node = scene.nodeNamed(fleet, page.node);
        if (node && SICK.has(code)) {
          say.matters();
          const isStill = code === 'node-stuck' && !isOld(stood.get(node.subject), atMs);
          if (!isStill && isOld(unwell.get(node.subject), atMs))
            say.broken(node.subject, `${said} at ${iso(atMs)}: it had served its chain for ten minutes.`, atMs);
        }
        if (Object.hasOwn(OF_FLEETS, code) && scene.fleets.has(fleet)) {
          say.matters();
          if (isOld(so.get(`${fleet} ${code}`), atMs))
            say.broken(fleet, `${said} at ${iso(atMs)}: it had not been so for ten minutes.`, atMs);
        }
        if (code !== 'fleet-file-invalid' || !scene.fleets.has(fleet)) continue;
        say.matters();
        if (isOld(held.get(`${fleet} ${code}`), atMs))
          say.broken(fleet, `${said} at ${iso(atMs)}: the file was right for ten minutes.`, atMs);
      }
    },
  };
};

const iso = (atMs: number): string => new Date(atMs).toISOString();
