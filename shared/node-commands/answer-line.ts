// Parses the last line of a command script's standard output: one line of JSON that fits a schema.
import * as v from 'valibot';
import { NodeAnswerError } from '../model/node-answer-error.ts';
import { JsonError, parseJson } from '../text/json.ts';
import { plainText } from '../text/plain-text.ts';

/** Far more than any script prints: "the first 24,000 characters" (GetCommandInvocationResult, @aws-sdk/client-ssm). */
const ANSWER_CHARACTERS_MAX = 100_000;
const SHOWN_CHARACTERS = 200;

/** @throws NodeAnswerError */
export function parseAnswerLine<S extends v.GenericSchema>(schema: S, stdout: string): v.InferOutput<S> {
  if (stdout.length > ANSWER_CHARACTERS_MAX)
    throw new NodeAnswerError(`the node printed ${stdout.length} characters, expected one line of JSON`);
  const printed = stdout.trimEnd();
  const line = printed.slice(printed.lastIndexOf('\n') + 1).trim();
  let json: unknown;
  try {
    json = parseJson(line);
  } catch (cause) {
    if (cause instanceof JsonError && cause.cause === undefined)
      throw new NodeAnswerError(`the node's answer: ${cause.message}`, { cause });
    const shown = JSON.stringify(plainText(line, SHOWN_CHARACTERS));
    throw new NodeAnswerError(`the node's answer is not JSON: ${shown}`, { cause });
  }
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const field = plainText(v.getDotPath(issue) ?? '(whole)', SHOWN_CHARACTERS);
  throw new NodeAnswerError(`the node's answer, field ${field}: ${plainText(issue.message, SHOWN_CHARACTERS)}`);
}

/** A text that a node sent for a person to read. */
export const scriptText = (maximumCharacters: number) =>
  v.pipe(
    v.string(),
    v.maxLength(maximumCharacters),
    v.transform((text): string => plainText(text, maximumCharacters)),
  );
