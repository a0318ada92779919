// Reads what a command script says last on its standard output: one line of JSON, of the shape that its schema tells.
import * as v from 'valibot';

/** @throws TypeError that names the field and what was expected */
export function parseAnswerLine<S extends v.GenericSchema>(schema: S, stdout: string): v.InferOutput<S> {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new TypeError(`the node's answer is not JSON: ${JSON.stringify(line.slice(0, 200))}`, { cause });
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new TypeError(`the node's answer, field ${v.getDotPath(issue) ?? '(whole)'}: ${issue.message}`);
}
