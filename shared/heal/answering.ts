// How a person answers a question of mode ask: the lines that a page offers, which are pasted into a shell as they are.
//
// `--result` and `--payload` are blobs: version 2 of the AWS CLI takes text in them for base64, and sends what it decodes to; version 1 takes
// it as it is, and knows no `--cli-binary-format`. Read from a file as bytes (`fileb://`) both take the same, so the answer is piped in.
// Single quotes around JSON of letters, digits and double quotes mean the same in bash, zsh and fish.

/** What a callback's id is made of ("Pattern: [A-Za-z0-9+/]+={0,2}", SendDurableExecutionCallbackSuccess, Lambda API), and of base64url. */
const CALLBACK_ID = /^[\w+/=-]{1,1024}$/;

/** A question of a heal: the answer goes to the execution that waits for it. */
export interface HealQuestion {
  readonly incidentId: string;
  readonly plan: string;
  readonly callbackId: string;
}

/** A question of a function that looks after a whole fleet: it is invoked with the plan that a person says yes to. */
export interface FleetQuestion {
  readonly functionName: string;
  readonly fleet: string;
  readonly plan: string;
  /** It takes longer than a shell waits. */
  readonly takesLong?: true;
}

export interface Answers {
  /** One line for a shell with the AWS CLI, of version 1 or 2. */
  readonly approve: string;
  /** undefined: nothing has to be said, as nothing is done without a yes. */
  readonly refuse?: string;
  /** For a mail, with the shorter commands first. */
  readonly text: string;
}

/** @param region where the CLI is to look; undefined leaves it to the person's own settings */
export function answersToHeal({ incidentId, plan, callbackId }: HealQuestion, region: string | undefined): Answers {
  if (!CALLBACK_ID.test(callbackId))
    throw new Error(`a callback id that no shell should see: ${JSON.stringify(callbackId)}`);
  const send = `aws lambda send-durable-execution-callback-success${at(region)} --callback-id '${callbackId}' --result fileb:///dev/stdin`;
  const approve = piped({ approve: true, plan }, send);
  const refuse = piped({ approve: false }, send);
  return {
    approve,
    refuse,
    text: lines(
      [
        'To approve, in a clone of chainmend (it shows the plan and asks first):',
        `npm run heal -- approve ${incidentId} --plan ${plan}`,
      ],
      ['or with the AWS CLI alone:', approve],
      ['To refuse:', `npm run heal -- reject ${incidentId}`],
      ['or with the AWS CLI alone:', refuse],
    ),
  };
}

export function answersToFleet(
  { functionName, fleet, plan, takesLong }: FleetQuestion,
  region: string | undefined,
): Answers {
  const how = takesLong ? ' --invocation-type Event' : '';
  const invoke = `aws lambda invoke${at(region)} --function-name ${functionName}${how} --payload fileb:///dev/stdin /dev/stdout`;
  const approve = piped({ kind: 'approve', fleet, plan }, invoke);
  return {
    approve,
    text: lines(
      ['To approve, in a clone of chainmend (it shows the plan and asks first):', `npm run heal -- approve ${plan}`],
      ['or with the AWS CLI alone:', approve],
      ['To refuse, do nothing: without a yes nothing is done.'],
    ),
  };
}

const at = (region: string | undefined): string => (region === undefined ? '' : ` --region ${region}`);

const piped = (answer: object, command: string): string => `echo '${JSON.stringify(answer)}' | ${command}`;

/** Each with a line of its own for what is pasted, and blank lines around it: a mail wraps what it likes, and never joins lines. */
const lines = (...parts: readonly (readonly [string, string?])[]): string =>
  parts.map(([words, line]) => (line === undefined ? words : `${words}\n\n${line}`)).join('\n\n');
