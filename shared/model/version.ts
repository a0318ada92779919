// A client's version as a fleet file names it: the name of an instance of its template unit ("28.1" of node@28.1), or the tag or digest of its
// container's image.

/** It becomes part of a unit's name or of an image's, on the node and in a command to it. */
export const VERSION = /^([A-Za-z0-9][A-Za-z0-9_.+-]{0,63}|sha256:[0-9a-f]{64})$/;

/** The name of an instance of a template unit. */
export const INSTANCE = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/;

/** Of an image [OCI Distribution Specification, "Pulling manifests": a tag has no +]. */
export const TAG_OR_DIGEST = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63}|sha256:[0-9a-f]{64})$/;

/** How long a canary may be watched, minutes: an execution has time and turns for a day, and for a proof before it. */
export const WATCH_MINUTES_MAX = 24 * 60;

/** Heights of all chains are far below. */
export const HEIGHT_MAX = 1_000_000_000;
