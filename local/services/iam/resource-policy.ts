// The policy of a resource itself: a topic's, a queue's, a key's, and who may assume a role.
import type { ConditionKeys } from '../../simulator/kernel.ts';
import { checkConditions } from './condition-keys.ts';
import { checkResourceDocument, type PolicyDocument } from './policy.ts';

/** @throws Error that says what is wrong, or which condition the region could not evaluate */
export function parseResourcePolicy(text: string, known: ConditionKeys): PolicyDocument {
  const document = JSON.parse(text) as PolicyDocument;
  checkResourceDocument(document);
  checkConditions(document, known);
  return document;
}
