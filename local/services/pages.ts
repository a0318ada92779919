// The pages of lists, the same for all services: a token stands for the position of the next item. How a token looks, and how it is refused, is
// each service's own.
import type { AwsError } from '../simulator/service.ts';

export interface Tokens extends TokenForm {
  /** What the service answers to a token that it never gave. */
  refused(token: string): AwsError;
}

interface TokenForm {
  write(position: number): string;
  /** Undefined for what is no token. */
  read(token: string): number | undefined;
}

/** The position in decimal digits. */
export const digits = (most = 9): TokenForm => ({
  write: String,
  read: (token) => (/^\d+$/.test(token) && token.length <= most ? Number(token) : undefined),
});

/** The position as any text that is a whole number; an empty one is the beginning. */
export const wholeNumber: TokenForm = {
  write: String,
  read: (token) => {
    const position = Number(token);
    return Number.isInteger(position) && position >= 0 ? position : undefined;
  },
};

/** Base64 of "prefix/position". */
export const opaque = (prefix: string, encoding: 'base64' | 'base64url'): TokenForm => ({
  write: (position) => Buffer.from(`${prefix}/${position}`).toString(encoding),
  read: (token) => {
    const [name, position = '', ...more] = Buffer.from(token, encoding).toString().split('/');
    return name === prefix && more.length === 0 ? digits().read(position) : undefined;
  },
});

/** Where the page of a token begins; 0 without one. Throws the service's refusal. */
export function positionOf(token: string | undefined, tokens: Tokens): number {
  if (token === undefined) return 0;
  const position = tokens.read(token);
  if (position === undefined) throw tokens.refused(token);
  return position;
}

/**
 * One page of a list that keeps its order.
 * @param size how many items it has at most
 * @returns `next` is the token of the next page; undefined on the last one
 */
export function pageOf<T>(
  all: readonly T[],
  token: string | undefined,
  size: number,
  tokens: Tokens,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const from = positionOf(token, tokens);
  const to = from + size;
  return { items: all.slice(from, to), next: to < all.length ? tokens.write(to) : undefined };
}
