// A fleet's copies in a region where it has no nodes: what stands in the place of a node, and of its instance, where a drill imitates none.

/** In the place of a node's name. */
export const COPIES = 'copies';

/** In the place of an instance's id. It names the fleet: the incidents of two fleets must not have the same id. */
export const copiesId = (fleet: string): string => `copies-of-${fleet}`;

/** An instance, or what stands in its place. */
export const INSTANCE_OR_COPIES = /^(i-[0-9a-f]{8,17}|copies-of-[a-z0-9][a-z0-9-]{0,62})$/;
