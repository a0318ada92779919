// "Actions, resources, and condition keys for AWS Systems Manager" (Service Authorization Reference).

import { type Mapping, type Mappings, onAnything, type Region, requestTagKeys, resourceTagKeys } from './check.ts';
import { ec2Arn } from './requests-ec2.ts';

const parameterArn = ({ accountId, regionName }: Region, name: string): string =>
  name.startsWith('arn:')
    ? name
    : `arn:aws:ssm:${regionName}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

/** Documents of AWS belong to no account. */
function documentArn({ accountId, regionName }: Region, name: string): string {
  if (name.startsWith('arn:')) return name;
  const owner = /^(AWS|Amazon)-/.test(name) ? '' : accountId;
  return `arn:aws:ssm:${regionName}:${owner}:document/${name}`;
}

const onParameters =
  (action: string, namesOf: (input: never) => readonly string[]): Mapping =>
  (input, region) => [
    {
      action,
      resources: namesOf(input as never).map((name) => {
        const arn = parameterArn(region, name);
        return { arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag') };
      }),
    },
  ];

const onName = (input: { Name?: string }): string[] => [input.Name ?? ''];

const onDocument =
  (action: string): Mapping =>
  (input: { Name?: string }, region) => [{ action, resources: [{ arn: documentArn(region, input.Name ?? '') }] }];

const sendCommand: Mapping = (
  input: { DocumentName?: string; InstanceIds?: string[]; Targets?: { Key?: string; Values?: string[] }[] },
  region,
) => {
  const targets = input.Targets ?? [];
  if (targets.some(({ Key }) => Key?.toLowerCase() !== 'instanceids')) {
    throw new Error('iam: SendCommand to targets by tag is not emulated; name the instances');
  }
  const ids = [...(input.InstanceIds ?? []), ...targets.flatMap(({ Values }) => Values ?? [])];
  const instances = ids.map((id) => {
    const arn = ec2Arn(region, id);
    return { arn, keys: resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag') };
  });
  const document = { arn: documentArn(region, input.DocumentName ?? '') };
  return [{ action: 'ssm:SendCommand', resources: [document, ...instances] }];
};

// They take `*` only: a caller who may read one command's output may read all.
const WITHOUT_RESOURCE = [
  'GetCommandInvocation',
  'CancelCommand',
  'ListCommands',
  'ListCommandInvocations',
  'DescribeInstanceInformation',
  'DescribeParameters',
  'ListDocuments',
];

export const ssmRequests: Mappings = {
  ...Object.fromEntries(WITHOUT_RESOURCE.map((operation) => [operation, onAnything(`ssm:${operation}`)])),
  SendCommand: sendCommand,
  GetDocument: onDocument('ssm:GetDocument'),
  DescribeDocument: onDocument('ssm:DescribeDocument'),
  GetParameter: onParameters('ssm:GetParameter', onName),
  GetParameters: onParameters('ssm:GetParameters', (input: { Names?: string[] }) => input.Names ?? []),
  GetParameterHistory: onParameters('ssm:GetParameterHistory', onName),
  GetParametersByPath: (input: { Path?: string; Recursive?: boolean }, region) => [
    {
      action: 'ssm:GetParametersByPath',
      resources: [{ arn: parameterArn(region, (input.Path ?? '').replace(/(?<=.)\/$/, '')) }],
      keys: { 'ssm:Recursive': String(input.Recursive ?? false) },
    },
  ],
  PutParameter: (input: { Name?: string; Overwrite?: boolean; Tags?: { Key: string; Value: string }[] }, region) => {
    const arn = parameterArn(region, input.Name ?? '');
    const keys = resourceTagKeys(region, arn, 'aws:ResourceTag', 'ssm:resourceTag');
    return [
      {
        action: 'ssm:PutParameter',
        resources: [{ arn, keys }],
        keys: { ...requestTagKeys(input.Tags), 'ssm:Overwrite': String(input.Overwrite ?? false) },
      },
    ];
  },
  DeleteParameter: onParameters('ssm:DeleteParameter', onName),
};
