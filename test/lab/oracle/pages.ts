// What people were told: the pages of the region's topics, as a program that subscribes would read them.
import { messageFor, type Published } from '../../../local/services/sns/sns.ts';
import type { Scene } from './scene.ts';
import { type SeenNode, tagsIn } from './seen-nodes.ts';

export interface Page {
  readonly atMs: number;
  readonly fleet: string;
  readonly node: string;
  readonly code: string;
  /** page: for the first time. again: the same, marked as such. resolved and told: nobody is wanted. */
  readonly severity: string;
  /** One for all messages of one cause; empty where it says none. */
  readonly key: string;
  readonly sentence: string;
  /** What a yes to it would cover, without the number of the attempt; empty where it asks for none. */
  readonly terms: string;
  /** All that is in it, for a search. */
  readonly text: string;
}

export function pageOf(published: Published): Page {
  const text = messageFor(published, 'lambda');
  const said = fieldsOf(text);
  const word = (key: string): string => (typeof said[key] === 'string' ? said[key] : '');
  return {
    atMs: published.atMs,
    fleet: word('fleet'),
    node: word('node'),
    code: word('code') || word('AlarmName'),
    severity: word('severity') || 'page',
    key: word('key'),
    sentence: word('sentence'),
    terms: said['terms'] === undefined ? '' : JSON.stringify(said['terms']).replace(/, attempt \d+/, ''),
    text: `${published.subject ?? ''}\n${published.message}\n${text}`,
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Pages that were sent since it was last asked, oldest first. */
export function pagesOf({ region }: Scene): () => readonly Page[] {
  let seen = 0;
  return () => {
    const published = region.sns.published();
    const fresh = published.slice(seen).map(pageOf);
    seen = published.length;
    return fresh;
  };
}

/** Whether somebody is wanted: not an end, and no news. */
export const isWanting = ({ severity }: Pick<Page, 'severity'>): boolean => severity === 'page' || severity === 'again';

/** Whether a page is of the node alone, or begins with the names of several ("node1, node2: …") and this is one of them. */
export const namesNode = (page: Page, { fleet, name }: Pick<SeenNode, 'fleet' | 'name'>): boolean =>
  page.fleet === fleet &&
  (page.node === name || (page.sentence.split(/(?: and \d+ more)?: /)[0] ?? '').split(', ').includes(name));

/** Whether a page names the node, or its fleet as a whole. */
function isAbout(page: Page, scene: Scene, node: SeenNode): boolean {
  const { fleet, name, instanceIds } = node;
  // The account’s budget, the suite itself: nobody in particular.
  if (page.fleet !== fleet && !page.text.includes(fleet)) return page.fleet === '' && page.node === '';
  // A person may have given it another name since.
  const names = [name, tagsIn(scene.present(node)?.tags ?? [])['Name'] ?? name];
  return ['', 'fleet', ...names].includes(page.node) || [name, ...instanceIds].some((word) => page.text.includes(word));
}

/** Whether people were told of a node since a moment. */
export const isTold = (scene: Scene, node: SeenNode, sinceMs: number): boolean =>
  scene.region.sns.published().some((published) => {
    const page = pageOf(published);
    return page.atMs >= sinceMs && isWanting(page) && isAbout(page, scene, node);
  });
