// CloudFormation resources of IAM: roles and policies.
import {
  asText,
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
  for (const policy of items(properties['Policies']) as Properties[]) {
    await maker.call('iam', 'PutRolePolicy', {
      RoleName: name,
      PolicyName: policy['PolicyName'],
      PolicyDocument: JSON.stringify(policy['PolicyDocument']),
    });
  }
  for (const PolicyArn of items(properties['ManagedPolicyArns'])) {
    await maker.call('iam', 'AttachRolePolicy', { RoleName: name, PolicyArn });
  }
  const role = Role as Properties;
  return { ref: name, attributes: { Arn: member(role, 'Arn'), RoleId: member(role, 'RoleId') } };
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
