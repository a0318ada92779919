// The tokens of DynamoDB expressions, each with its position so that an error can name it as AWS does.
import { validation } from './values.ts';

export type TokenKind = 'name' | '#name' | ':value' | 'index' | 'sign' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

// "Expression … quotas" (developer guide): an expression is at most 4 KB.
const EXPRESSION_BYTES_MAX = 4096;
const TOKEN =
  /\s*(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<hash>#[A-Za-z0-9_]+)|(?<colon>:[A-Za-z0-9_]+)|(?<index>\d+)|(?<sign><>|<=|>=|[=<>()[\].,+-]))/y;

/** Programs use the same few expressions repeatedly, with other values. */
const tokenized = new Map<string, readonly Token[]>();
const TOKENIZED_MAX = 1_000;

/** Splits an expression; error messages begin with `parameter` ("UpdateExpression"). The last token is always of kind `end`. */
export function tokenize(expression: string, parameter: string): readonly Token[] {
  const known = tokenized.get(expression);
  if (known !== undefined) return known;
  if (expression.trim() === '') throw validation(`Invalid ${parameter}: The expression can not be empty;`);
  if (Buffer.byteLength(expression) > EXPRESSION_BYTES_MAX) {
    throw validation(
      `Invalid ${parameter}: Expression size has exceeded the maximum allowed size; expression size: ${Buffer.byteLength(expression)}`,
    );
  }
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = expression.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(expression);
    const groups = match?.groups;
    if (!match || !groups) {
      const stray = expression.slice(from).trimStart().charAt(0);
      throw validation(
        `Invalid ${parameter}: Syntax error; token: "${stray}", near: "${expression.slice(from, from + 20).trim()}"`,
      );
    }
    const text = match[0].trimStart();
    const kind: TokenKind =
      groups['name'] !== undefined
        ? 'name'
        : groups['hash'] !== undefined
          ? '#name'
          : groups['colon'] !== undefined
            ? ':value'
            : groups['index'] !== undefined
              ? 'index'
              : 'sign';
    tokens.push({ kind, text, from: TOKEN.lastIndex - text.length, to: TOKEN.lastIndex });
  }
  tokens.push({ kind: 'end', text: '<EOF>', from: end, to: end });
  if (tokenized.size >= TOKENIZED_MAX) tokenized.clear();
  tokenized.set(expression, tokens);
  return tokens;
}
