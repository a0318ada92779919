// The policy of a resource itself: a topic's, a queue's, a key's, and who may assume a role.
import { checkConditions } from './modelled.ts';
import { checkResourceDocument, type PolicyDocument } from './policy.ts';

/** @throws Error that says what is wrong, or which condition the region could not evaluate */
export function parseResourcePolicy(text: string): PolicyDocument {
  const document = JSON.parse(text) as PolicyDocument;
  checkResourceDocument(document);
  checkConditions(document);
  return document;
}
