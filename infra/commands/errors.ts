// What a verb ends with where it cannot do its work. The message is for a person; the frame of the verbs gives the exit status (program.ts).

/** Wrong use: a missing file or fleet, or a reason that cannot be stored. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What needs a yes, where nobody can be asked for one: the frame of the verbs adds the line with --yes. Exit status 1. */
export class NeedsYesError extends Error {
  override readonly name = 'NeedsYesError';
  /** The flag with which the verb only says what it would do. */
  readonly looks: string | undefined;

  /** @param what of what it is, in some words */
  constructor(what: string, looks: string | undefined) {
    super(what);
    this.looks = looks;
  }
}

/** The dispatcher understood the request, and says that there is no such fleet, node or snapshot. Exit status 2. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** What an SDK says of its failure. Where it has found no account it does not say where it looked. */
export const withPlace = (words: string): string =>
  /Region is missing|CredentialsProvider|Could not load credentials|ECONNREFUSED/.test(words)
    ? `${words}; your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials; AWS_ENDPOINT_URL for a local region`
    : words;

/** AWS refused, or could not be asked. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';
}

/** AWS refused, or could not be asked. The message has AWS's own words, which a person at a terminal can act on. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** AWS or CDK refused, a wait ran out, or the account is not ready. The message is one sentence; exit status 1. */
export class SmokeError extends Error {
  override readonly name = 'SmokeError';
}
