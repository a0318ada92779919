// Parses the content of a command document, and checks values for its parameters. Sources: "Data elements and parameters" and "Command document
// plugin reference: aws:runShellScript" (Systems Manager user guide); InvalidParameters in @aws-sdk/client-ssm.
import * as v from 'valibot';
import { parse } from 'yaml';
import { ownValue, setOwnValue } from '../../simulator/own-properties.ts';
import { matchesPattern } from '../../simulator/regular-expressions.ts';
import { AwsError } from '../../simulator/service.ts';

const parameterSchema = v.looseObject({
  type: v.picklist(['String', 'StringList']),
  description: v.optional(v.string()),
  default: v.optional(v.union([v.string(), v.array(v.string())])),
  allowedValues: v.optional(v.array(v.string())),
  allowedPattern: v.optional(v.string()),
  minChars: v.optional(v.number()),
  maxChars: v.optional(v.number()),
  /** ENV_VAR: "the system creates an environment variable named SSM_parameter-name containing the parameter value". */
  interpolationType: v.optional(v.picklist(['ENV_VAR'])),
});

const contentSchema = v.looseObject({
  schemaVersion: v.literal('2.2'),
  description: v.optional(v.string()),
  parameters: v.optional(v.record(v.string(), parameterSchema), {}),
  mainSteps: v.pipe(
    v.array(
      v.looseObject({
        action: v.literal('aws:runShellScript'),
        name: v.string(),
        inputs: v.looseObject({
          runCommand: v.array(v.string()),
          timeoutSeconds: v.optional(v.union([v.string(), v.number()])),
        }),
      }),
    ),
    v.length(1, 'expected one step: no other documents are sent to these nodes'),
  ),
});

export type DocumentContent = v.InferOutput<typeof contentSchema>;

/** "The content of the document must not exceed 64KB." */
const CONTENT_BYTES_MAX = 64 * 1_024;
/** aws:runShellScript: "timeoutSeconds … default 3600". */
const EXECUTION_TIMEOUT_SECONDS = 3_600;

/** Every region of a process deploys the same dozen texts, of tens of KB each. */
const parsed = new Map<string, DocumentContent>();
const PARSED_MAX = 100;

/** Throws InvalidDocumentContent (or a similar error) with the place and what was expected. */
export function parsedDocument(text: string): DocumentContent {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const content = parseContent(text);
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, content);
  return content;
}

function parseContent(text: string): DocumentContent {
  if (Buffer.byteLength(text) > CONTENT_BYTES_MAX) {
    throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
  }
  let json: unknown;
  try {
    json = parse(text); // YAML includes JSON
  } catch (cause) {
    throw new AwsError(
      'InvalidDocumentContent',
      `The document is neither JSON nor YAML: ${String(cause).slice(0, 300)}`,
    );
  }
  const result = v.safeParse(contentSchema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new AwsError('InvalidDocumentContent', `The document's ${v.getDotPath(issue) ?? 'content'}: ${issue.message}`);
}

/** A command's parameter values with defaults; throws InvalidParameters as SendCommand does. */
export function acceptedParameters(
  content: DocumentContent,
  given: Readonly<Record<string, string[]>>,
): Record<string, readonly string[]> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(content.parameters, name));
  if (unknown !== undefined) throw invalid(`Parameter ${unknown} is not defined in the document.`);
  return Object.fromEntries(
    Object.entries(content.parameters).map(([name, rule]) => {
      const fallback = rule.default === undefined ? undefined : [rule.default].flat();
      const values = ownValue(given, name) ?? fallback;
      if (!values) throw invalid(`Parameter ${name} is required: the document gives it no default.`);
      if (rule.type === 'String' && values.length !== 1) {
        throw invalid(`Parameter ${name} has type String and must have one value, not ${values.length}.`);
      }
      for (const value of values) checkAccepted(name, value, rule);
      return [name, values];
    }),
  );
}

/** What the agent gives the script: ENV_VAR parameters in its environment, and all others written into the script. */
export function prepared(
  content: DocumentContent,
  values: Readonly<Record<string, readonly string[]>>,
): { script: string; environment: Record<string, string>; timeoutSeconds: number; stepName: string } {
  const [step] = content.mainSteps;
  if (!step) throw new AwsError('InvalidDocumentContent', 'The document has no step.');
  const environment: Record<string, string> = {};
  // "commands" of AWS-RunShellScript: one line for each value.
  const lines = step.inputs.runCommand.flatMap((line) => {
    const name = /^\{\{ *(\w+) *\}\}$/.exec(line)?.[1] ?? '';
    return ownValue(content.parameters, name)?.type === 'StringList' ? (ownValue(values, name) ?? []) : [line];
  });
  let script = lines.join('\n');
  for (const [name, value] of Object.entries(values)) {
    const text = value.join(',');
    if (ownValue(content.parameters, name)?.interpolationType === 'ENV_VAR') setOwnValue(environment, name, text);
    else script = script.replaceAll(new RegExp(`\\{\\{ *${name} *\\}\\}`, 'g'), () => text);
  }
  const timeoutSeconds = Number(step.inputs.timeoutSeconds ?? EXECUTION_TIMEOUT_SECONDS);
  return { script, environment, timeoutSeconds, stepName: step.name };
}

function checkAccepted(name: string, value: string, rule: v.InferOutput<typeof parameterSchema>): void {
  if (rule.allowedValues && !rule.allowedValues.includes(value)) {
    throw invalid(
      `Parameter ${name}: value ${JSON.stringify(value)} is not one of the allowed values [${rule.allowedValues.join(', ')}].`,
    );
  }
  if (rule.allowedPattern !== undefined && !matchesPattern(rule.allowedPattern, value, 'InvalidParameters')) {
    throw invalid(
      `Parameter ${name}: value ${JSON.stringify(value)} does not match the allowed pattern ${rule.allowedPattern}.`,
    );
  }
  if (value.length < (rule.minChars ?? 0) || value.length > (rule.maxChars ?? Number.POSITIVE_INFINITY)) {
    throw invalid(
      `Parameter ${name}: ${value.length} characters, expected ${rule.minChars ?? 0} to ${rule.maxChars ?? 'any number'}.`,
    );
  }
}

const invalid = (message: string) => new AwsError('InvalidParameters', message);

/** A stored document. */
export interface StoredDocument {
  readonly name: string;
  readonly defaultVersion: number;
  /** Oldest first. */
  readonly versions: readonly DocumentVersion[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface DocumentVersion {
  readonly version: number;
  readonly text: string;
  readonly format: 'JSON' | 'YAML';
  readonly content: DocumentContent;
  readonly hash: string;
  readonly createdAtMs: number;
}
