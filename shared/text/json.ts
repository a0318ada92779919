// Parses JSON that others have written: its size is bounded where it is read, its structure here, before anything is built from it. Every function reads
// foreign JSON through this.
import { errorText } from './plain-text.ts';

const MESSAGE_CHARACTERS = 120;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** `{`; the code of its partner `}` is two higher, and so is `]` from `[`. */
const BRACE = 0x7b;
const BRACKET = 0x5b;

/** Answers of all known clients, and files of fleets, are less than ten levels deep. */
export const MAXIMUM_JSON_DEPTH = 32;
/** Elements and members together. The addresses of 16,000 peers, as Solana tells them in 8 MiB, are 200,000. */
export const MAXIMUM_JSON_VALUES = 400_000;

export interface JsonLimits {
  readonly depth?: number;
  readonly values?: number;
}

/** The text is not JSON: its cause says where, and the message quotes a few characters, as one line. Or it is more than a limit, and has no cause. */
export class JsonError extends SyntaxError {
  override readonly name = 'JsonError';
}

/** Throws a `JsonError`. */
export function parseJson(text: string, { depth, values }: JsonLimits = {}): unknown {
  checkStructure(text, depth ?? MAXIMUM_JSON_DEPTH, values ?? MAXIMUM_JSON_VALUES);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JsonError(errorText(cause, MESSAGE_CHARACTERS), { cause });
  }
}

/** For callers whose schema refuses undefined, which no JSON is: undefined where the text is no JSON, or more than its limits allow. */
export function jsonOrUndefined(text: string, limits?: JsonLimits): unknown {
  try {
    return parseJson(text, limits);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** Reads each character once. What is no JSON at all the parser says. */
function checkStructure(text: string, depthMax: number, valuesMax: number): void {
  let depth = 0;
  let values = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inText = !inText;
    else if (inText) at += Number(code === BACKSLASH);
    else if (code === BRACE + 2 || code === BRACKET + 2) depth -= 1;
    else if (code === COMMA || code === BRACE || code === BRACKET) {
      depth += Number(code !== COMMA);
      values += 1;
    }
    if (depth > depthMax) throw new JsonError(`JSON is nested more than ${depthMax} deep`);
    if (values > valuesMax) throw new JsonError(`JSON has more than ${valuesMax} elements and members`);
  }
}
