// The error for a node's output that is no answer.

/** The message names the field, and what was expected. */
export class NodeAnswerError extends TypeError {
  override readonly name = 'NodeAnswerError';
}
