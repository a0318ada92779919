// Policies of a resource itself: a topic's, a queue's, a key's, and a role's trust policy.
import type { ConditionKeys } from '../../simulator/kernel.ts';
import { checkConditions } from './condition-keys.ts';
import { checkResourceDocument, type PolicyDocument } from './policy.ts';

/** @throws Error that names the fault, or the condition that the region cannot evaluate */
export function parseResourcePolicy(text: string, known: ConditionKeys): PolicyDocument {
  const document = JSON.parse(text) as PolicyDocument;
  checkResourceDocument(document);
  checkConditions(document, known);
  return document;
}
