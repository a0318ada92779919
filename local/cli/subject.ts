// Whom a line of a story is about.
import type { Placed } from '../scenarios/world/world.ts';

/** A node as a person names it: "bitcoin/node2". */
export type NodeName = string;

/** A node, or by its name alone a fleet as a whole: "bitcoin". */
export type About = NodeName;

export const nameOf = ({ fleet, name }: Placed): NodeName => `${fleet.name}/${name}`;

/** No fleet has a slash in its name. */
export const isNode = (about: About): boolean => about.includes('/');
