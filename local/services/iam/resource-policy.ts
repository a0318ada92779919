// Policies of a resource itself: a topic's, a queue's, a key's, and a role's trust policy.
import type { ConditionKeys } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import { checkConditions } from './condition-keys.ts';
import { checkResourceDocument, type PolicyDocument } from './policy.ts';

/** @param refused makes the service's error of what is wrong. Throws NotImplemented for a condition that the region cannot evaluate. */
export function parseResourcePolicy(
  text: string,
  known: ConditionKeys,
  refused: (reason: string) => AwsError,
): PolicyDocument {
  try {
    const document = JSON.parse(text) as PolicyDocument;
    checkResourceDocument(document);
    checkConditions(document, known);
    return document;
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}
