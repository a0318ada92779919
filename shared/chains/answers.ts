// Reads answers for every chain client. A wrong answer becomes a reading that says what came and what was expected, never an exception and never a
// height.
import * as v from 'valibot';
import { errorText, plainText } from '../text/plain-text.ts';
import type { Answer, ChainRequest, NodeStatus, Question, Reading, ReadingErrorCode } from './client.ts';

/** The error that a reader throws on purpose; `question` turns it into a reading. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code: ReadingErrorCode;

  constructor(code: ReadingErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Limit of a foreign text in a message, and of the message, which may quote two of them. */
const SHOWN_CHARACTERS = 120;
const REASON_CHARACTERS = 600;

/** No client has more facts than this. */
export const MAXIMUM_MISSING = 12;

type Outcome<Facts> = ReturnType<Question<Facts>['read']>;

/** A question whose reader may throw an `AnswerError`. */
export function question<Facts>(
  requests: readonly ChainRequest[],
  read: (answers: readonly Answer[]) => Outcome<Facts>,
): Question<Facts> {
  return {
    requests,
    read: (answers) => {
      try {
        if (answers.length !== requests.length) {
          throw new AnswerError('malformed', `${answers.length} answers to ${requests.length} requests`);
        }
        return read(answers);
      } catch (error) {
        if (error instanceof AnswerError)
          return { kind: 'error', code: error.code, reason: plainText(error.message, REASON_CHARACTERS) };
        // A bug of ours: it is reported, no node is blamed for it, and the others are still read.
        return {
          kind: 'error',
          code: 'misconfigured',
          reason: `its answer could not be read: ${errorText(error, SHOWN_CHARACTERS)}`,
        };
      }
    },
  };
}

export function ok<Facts>(facts: Facts): Reading<Facts> {
  return { kind: 'ok', facts };
}

export function starting(reason: string, counters: NodeStatus['counters'] = {}): Reading<never> {
  return { kind: 'starting', reason: shortened(reason), ...(Object.keys(counters).length > 0 && { counters }) };
}

export function get(path: string, limits: { readonly maximumBytes?: number } = {}): ChainRequest {
  return { method: 'GET', path, expects: 'json', ...limits };
}

/** The body of an answer with HTTP status 200. */
export function bodyOf(answer: Answer | undefined, what: string): unknown {
  const { status, body } = requireAnswer(answer, what);
  if (status !== 200) throw new AnswerError('refused', `${what} answered HTTP ${status}: ${excerpt(body)}`);
  return body;
}

/** The body, or undefined where the node does not offer it: older versions lack some paths. */
export function bodyIfAny(answer: Answer | undefined): unknown {
  return answer?.kind === 'answered' && answer.status === 200 ? answer.body : undefined;
}

/**
 * Reads the facts that a status can do without. Height and hash make a reading: a fact that cannot be read is missing, with the reason, and the rest
 * still counts.
 */
export class OptionalFacts {
  /** Grows while facts are read. */
  readonly missing: string[] = [];

  /** `reader` may throw an `AnswerError`: then the fact is undefined. */
  read<Fact>(name: string, reader: () => Fact): Fact | undefined {
    try {
      return reader();
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      if (this.missing.length < MAXIMUM_MISSING) this.missing.push(`${name}: ${shortened(error.message)}`);
      return undefined;
    }
  }
}

export function requireAnswer(answer: Answer | undefined, what: string): Answer & { kind: 'answered' } {
  if (answer === undefined) throw new AnswerError('malformed', `${what} was not answered`);
  if (answer.kind === 'failed') throw new AnswerError(answer.code, answer.reason);
  return answer;
}

/** For schemas that do not say what they expect. */
const expectationOf = ({ expected }: v.BaseIssue<unknown>): string => expected ?? 'something else';

/** The value as parsed by the schema. Throws an `AnswerError` that names the field, what was there and what was expected. */
export function checked<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown, what: string): Output {
  const parsed = v.safeParse(schema, value, { abortEarly: true, message: expectationOf });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const last = issue.path?.at(-1);
  const field = v.getDotPath(issue);
  throw new AnswerError(
    'malformed',
    `${what}: ${field === null ? '' : `field ${shortened(field)} is `}${excerpt(last === undefined ? issue.input : last.value)}, expected ${issue.message}`,
  );
}

/** A foreign value in a message: one line, short, without control characters. */
function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  return shortened(JSON.stringify(value) ?? `a ${typeof value}`);
}

/** A foreign text in a message. */
export function shortened(text: string): string {
  return plainText(text, SHOWN_CHARACTERS);
}
