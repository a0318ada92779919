// What a deployment is given besides fleet files, checked. `given` is how its author knows it: `context "email"` in the app, `email` in the library.
import { InputError } from './input-error.ts';

/** An alarm's description holds 1,024 characters, and the prefix needs room for a sentence next to it. */
export function runbooksPrefix(text: string, given: string): string {
  if (/^https:\/\/[^\s"]{1,300}\/$/.test(text)) return text;
  throw new InputError(`${given} is ${JSON.stringify(text)}, expected https://…/ with a last slash`);
}

/** @param orElse what may stand there where no node has a role */
export function nodeRoleArn(text: string, given: string, orElse: string): string {
  if (/^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,500}$/.test(text)) return text;
  throw new InputError(
    `${given} has ${JSON.stringify(text)}, expected ARNs such as arn:aws:iam::111122223333:role/bitcoin-node, or ${orElse}`,
  );
}

/** AWS would look for an alias or a bare key id in the suite's own account. */
export function kmsKeyArn(text: string, given: string): string {
  if (/^arn:aws(-[a-z]+)*:kms:[a-z0-9-]{1,30}:\d{12}:key\/(mrk-)?[0-9a-f-]{32,36}$/.test(text)) return text;
  throw new InputError(
    `${given} has ${JSON.stringify(text)}, expected ARNs such as arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-4333-8444-555555555555`,
  );
}
