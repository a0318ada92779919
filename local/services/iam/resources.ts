// CloudFormation resources of IAM: roles and policies.
import { isDeepStrictEqual } from 'node:util';
import {
  asText,
  type Before,
  items,
  type Maker,
  member,
  type Properties,
  pick,
  type ResourceTypes,
  text,
} from '../../simulator/cloudformation/resource.ts';

async function createRole(properties: Properties, maker: Maker) {
  const name = text(properties['RoleName'] ?? maker.generatedName(64));
  const { Role } = await maker.call('iam', 'CreateRole', {
    ...pick(properties, ['Description', 'Path']),
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify(properties['AssumeRolePolicyDocument']),
  });
  await putPolicies(name, properties, maker);
  for (const PolicyArn of items(properties['ManagedPolicyArns'])) {
    await maker.call('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn });
  }
  const role = Role as Properties;
  return { ref: name, attributes: { Arn: member(role, 'Arn'), RoleId: member(role, 'RoleId') } };
}

async function putPolicies(RoleName: string, properties: Properties, maker: Maker): Promise<void> {
  for (const policy of items(properties['Policies']) as Properties[]) {
    await maker.call('iam', 'PutRolePolicy', {
      ...{ RoleName, PolicyName: policy['PolicyName'] },
      PolicyDocument: JSON.stringify(policy['PolicyDocument']),
    });
  }
}

/** Its inline policies alone: every other change is refused. */
async function updateRole(properties: Properties, maker: Maker, { ref, attributes, used }: Before) {
  const { Policies: before, ...others } = used;
  const { Policies: now, ...wanted } = properties;
  const namesOf = (policies: unknown) => (items(policies) as Properties[]).map(({ PolicyName }) => text(PolicyName));
  const gone = namesOf(before).filter((name) => !namesOf(now).includes(name));
  if (!isDeepStrictEqual(others, wanted) || gone.length > 0)
    throw new Error(`the local region changes the inline policies of a role, and nothing else; gone: ${gone}`);
  await putPolicies(ref, properties, maker);
  return { ref, attributes };
}

export const resources: ResourceTypes = {
  // The region stores none: any name exists, with a role of the same name (roles.ts).
  'AWS::IAM::InstanceProfile': {
    uses: ['InstanceProfileName', 'Roles'],
    create: (properties, maker) => {
      const name = text(properties['InstanceProfileName'] ?? maker.generatedName(128));
      const [role] = items(properties['Roles']);
      if (role !== name)
        throw new Error(`expected a role of the profile's own name, ${name}, and found ${String(role)}`);
      return { ref: name, attributes: { Arn: `arn:aws:iam::${maker.accountId}:instance-profile/${name}` } };
    },
  },
  'AWS::IAM::Role': {
    uses: ['AssumeRolePolicyDocument', 'Description', 'ManagedPolicyArns', 'Path', 'Policies', 'RoleName'],
    leaves: ['MaxSessionDuration', 'Tags'],
    create: createRole,
    update: updateRole,
  },
  'AWS::IAM::Policy': {
    uses: ['PolicyDocument', 'PolicyName', 'Roles'],
    create: async (properties, maker) => {
      for (const RoleName of items(properties['Roles'])) {
        await maker.call('iam', 'PutRolePolicy', {
          RoleName,
          PolicyName: properties['PolicyName'],
          PolicyDocument: asText(properties['PolicyDocument']),
        });
      }
      return { ref: text(properties['PolicyName']), attributes: {} };
    },
  },
  'AWS::IAM::ManagedPolicy': {
    uses: ['Description', 'ManagedPolicyName', 'Path', 'PolicyDocument', 'Roles'],
    create: async (properties, maker) => {
      const { Policy } = await maker.call('iam', 'CreatePolicy', {
        ...pick(properties, ['Description', 'Path']),
        PolicyName: properties['ManagedPolicyName'] ?? maker.generatedName(128),
        PolicyDocument: asText(properties['PolicyDocument']),
      });
      const PolicyArn = member(Policy as Properties, 'Arn');
      for (const RoleName of items(properties['Roles'])) {
        await maker.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn });
      }
      return { ref: PolicyArn, attributes: { PolicyArn } };
    },
  },
};
