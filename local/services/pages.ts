// Pages of lists, the same for all services: a token contains the position of the next item. Each service has its own form of a token, and its own
// refusal.
import type { AwsError } from '../simulator/service.ts';

export interface Tokens extends TokenForm {
  /** The service's error for an unknown token. */
  refused(token: string): AwsError;
}

interface TokenForm {
  write(position: number): string;
  /** Undefined for text that is not a token. */
  read(token: string): number | undefined;
}

/** The position in decimal digits. */
export const digits = (most = 9): TokenForm => ({
  write: String,
  read: (token) => (/^\d+$/.test(token) && token.length <= most ? Number(token) : undefined),
});

/** The position as any text that is a whole number; an empty text is the beginning. */
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

/** The first position of a token's page; 0 without a token. Throws the service's refusal. */
export function positionOf(token: string | undefined, tokens: Tokens): number {
  if (token === undefined) return 0;
  const position = tokens.read(token);
  if (position === undefined) throw tokens.refused(token);
  return position;
}

/**
 * One page of a list that keeps its order.
 * @param size the most items of a page
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
