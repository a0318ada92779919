// What a person gave is wrong: told in a sentence, without a stack trace.

export class InputError extends Error {
  override readonly name = 'InputError';
}
