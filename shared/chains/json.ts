// Parses JSON from strangers: its size is bounded where it is read, its depth here, before anything is built from it.
import { errorText } from '../text/plain-text.ts';

/** Answers of all known clients are less than ten levels deep. */
export const MAXIMUM_JSON_DEPTH = 32;

/** The text is not JSON, or too deep. The message quotes a few of its characters, as one line. */
export class JsonError extends SyntaxError {
  override readonly name = 'JsonError';
}

/** Throws a `JsonError`. */
export function parseJson(text: string): unknown {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === BRACE || code === BRACKET) {
      depth += 1;
      if (depth > MAXIMUM_JSON_DEPTH) throw new JsonError(`JSON is nested more than ${MAXIMUM_JSON_DEPTH} deep`);
    } else if (code === BRACE + 2 || code === BRACKET + 2) depth -= 1;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JsonError(errorText(cause, MESSAGE_CHARACTERS), { cause });
  }
}

const MESSAGE_CHARACTERS = 120;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `{`; the code of its partner `}` is two higher, and so is `]` from `[`. */
const BRACE = 0x7b;
const BRACKET = 0x5b;
