// A person gave wrong input: the message is one sentence, without a stack trace.

export class InputError extends Error {
  override readonly name = 'InputError';
}
