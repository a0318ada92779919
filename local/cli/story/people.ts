// People's API requests, as lines of the story.
import { requestEvidence } from './evidence.ts';
import type { Requested, StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';

export function peopleLines({ people }: StoryFacts): StoryLine[] {
  return people.map((request) => ({
    atMs: request.atMs,
    label: 'a person',
    text: personText(request),
    ...(request.about !== undefined && { about: request.about }),
    evidence: [requestEvidence(request)],
  }));
}

function personText({ service, operation, input }: Requested): string {
  const { Name, Value, VolumeId, Size, Result } = input as Readonly<Record<string, string | undefined>>;
  const name = `${service}.${operation}`;
  if (name === 'ssm.PutParameter' && Name !== undefined) {
    const [, , kind, fleet] = Name.split('/');
    if (kind === 'fleets') return `changes the fleet file of ${fleet}`;
    const what = kind === 'pauses' ? `the fleet ${fleet}` : 'everything';
    if (kind === 'pause' || kind === 'pauses')
      return Value === 'off' ? `ends the pause of ${what}` : `pauses ${what}: ${Value}`;
  }
  if (name === 'lambda.SendDurableExecutionCallbackSuccess') return answerText(Result);
  if (name === 'lambda.Invoke') return invokeText(input);
  if (name === 'ec2.ModifyVolume') return `modifies ${VolumeId}${Size === undefined ? '' : ` to ${Size} GiB`}`;
  if (name === 'ec2.TerminateInstances')
    return `terminates ${(input as { InstanceIds?: readonly string[] }).InstanceIds?.join(', ')}`;
  if (name === 'ssm.SendCommand') return `sends ${(input as { DocumentName?: string }).DocumentName} to the node`;
  if (name === 'route53.ChangeResourceRecordSets') return `edits records by hand: ${editsText(input)}`;
  return operation;
}

/** The callback's result is bytes on the wire: JSON that says yes or no. */
function answerText(result: unknown): string {
  const { approve } = parsedEvent(Buffer.from((result ?? []) as Uint8Array).toString());
  return approve === true ? 'approves the plan' : 'says no to the plan';
}

function invokeText(input: { readonly FunctionName?: string; readonly Payload?: Uint8Array }): string {
  const payload = Buffer.from(input.Payload ?? []).toString();
  return wishIn(payload) ?? `invokes ${input.FunctionName} with ${payload}`;
}

/** What a person asks the dispatcher for; undefined: another payload. */
function wishIn(payload: string): string | undefined {
  const { kind, fleet, node, plan, snapshotId, toGiB } = parsedEvent(payload);
  const of = `${fleet}/${node}`;
  switch (kind) {
    case 'approve':
      return `approves plan ${plan} of ${fleet}`;
    case 'heal':
      return `asks for a look at ${of}`;
    case 'restore':
      return `asks for a restore of ${of}${snapshotId === undefined ? '' : ` from ${snapshotId}`}`;
    case 'replace-instance':
      return `asks for another instance in the place of ${of}`;
    case 'undo':
      return `asks for what was kept of ${of} to be put back`;
    case 'shrink':
      return `asks for a disk of ${toGiB} GiB for ${of}`;
    case 'snapshot':
      return `asks for a clean snapshot of ${node === undefined ? fleet : of}`;
    default:
      return undefined;
  }
}

/** People may send anything. */
function parsedEvent(payload: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(payload) as Readonly<Record<string, unknown>> | null) ?? {};
  } catch {
    return {};
  }
}

interface RecordEdit {
  readonly Action?: string;
  readonly ResourceRecordSet?: {
    readonly Name?: string;
    readonly Type?: string;
    readonly ResourceRecords?: readonly { readonly Value?: string }[];
  };
}

/** In the same words as the suite's own changes: "node2.bitcoin.internal A 10.0.0.1 → 10.0.0.2". */
function editsText({ ChangeBatch }: { readonly ChangeBatch?: { readonly Changes?: readonly RecordEdit[] } }): string {
  const values = new Map<string, { before?: string; after?: string }>();
  for (const {
    Action,
    ResourceRecordSet: { Name = '', Type = '', ResourceRecords = [] } = {},
  } of ChangeBatch?.Changes ?? []) {
    const key = `${Name.replace(/\.$/, '')} ${Type}`;
    const value = ResourceRecords.map(({ Value }) => Value).join(', ');
    values.set(key, { ...values.get(key), [Action === 'DELETE' ? 'before' : 'after']: value });
  }
  return [...values]
    .flatMap(([key, { before, after }]) => {
      // Deleted and made again as it was: the batch only asserts that it is there.
      if (before === after) return [];
      if (after === undefined) return `${key} ${before} goes`;
      return before === undefined ? `${key} ${after} is made` : `${key} ${before} → ${after}`;
    })
    .join('; ');
}
