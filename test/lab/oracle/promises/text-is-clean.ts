// No control character of a node or a tag reaches a page, the journal, a tag or a log.
import type { MakeRule } from '../rule.ts';

/** C0 and C1 controls but the line break and the tab, zero width, direction overrides and isolates, line separators, the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HOSTILE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const LOG_LINES_A_LOOK = 1_000;
const DEPTH_MAX = 12;

export const textIsClean: MakeRule = (scene, say) => {
  let pages = 0;
  let lastLine: string | undefined;
  /** The instances whose tags were looked at. */
  let sources: unknown;
  const look = (where: string, value: unknown): void => {
    const found = hostileIn(value);
    if (found !== undefined) say.broken(where, `It holds ${found}.`);
  };
  return {
    act({ service, operation, input }) {
      if (service === 'dynamodb') {
        const { Item } = input as { readonly Item?: { readonly pk?: { readonly S?: string } } };
        if (Item?.pk?.S?.startsWith('JOURNAL#')) look(`the journal, ${Item.pk.S}`, Item);
      } else if (service === 'ec2' || service === 'route53' || operation === 'SendCommand' || service === 'monitoring')
        look(`${service} ${operation}`, input);
    },
    look() {
      const published = scene.region.sns.published();
      for (const { subject, message, messages } of published.slice(pages)) look('a page', [subject, message, messages]);
      pages = published.length;
      const { log } = scene.region;
      const from = lastLine === undefined ? 0 : log.lastIndexOf(lastLine) + 1;
      for (const line of log.slice(from).slice(-LOG_LINES_A_LOOK)) look('a log', line);
      lastLine = log.at(-1);
      if (scene.instances === sources) return;
      sources = scene.instances;
      if (hasHostileSource()) say.matters();
    },
  };

  function hasHostileSource(): boolean {
    return scene.nodes.some(({ instanceIds }) =>
      instanceIds.some((id) => {
        const version = scene.machine(id)?.spec.rpc?.clientVersion;
        return HOSTILE.test(version ?? '') || hostileIn(scene.instances.get(id)?.tags) !== undefined;
      }),
    );
  }
};

/** The first such character in any text of a value, as its code point: "U+001B"; undefined: none. */
function hostileIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    const found = HOSTILE.exec(value)?.[0];
    return found && `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX || ArrayBuffer.isView(value)) return undefined;
  for (const part of Object.values(value)) {
    const found = hostileIn(part, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
