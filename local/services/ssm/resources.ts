// CloudFormation resources of Systems Manager: parameters and documents.
import { asText, type Properties, pick, type ResourceTypes, text } from '../../simulator/cloudformation/resource.ts';

const PARAMETER = ['AllowedPattern', 'Description', 'Tier', 'Type', 'Value'];
const DOCUMENT = ['DocumentFormat', 'DocumentType', 'TargetType', 'VersionName'];
/** Tags are a list, or (SSM parameters) a map. */
const tagList = (tags: unknown): object => {
  if (tags === undefined) return {};
  if (Array.isArray(tags)) return { Tags: tags };
  return { Tags: Object.entries(tags as object).map(([Key, Value]) => ({ Key, Value })) };
};

export const resources: ResourceTypes = {
  'AWS::SSM::Parameter': {
    uses: [...PARAMETER, 'Name', 'Tags'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(200));
      await maker.call('ssm', 'PutParameter', { ...pick(properties, PARAMETER), Name, ...tagList(properties['Tags']) });
      return { ref: Name, attributes: { Type: text(properties['Type']), Value: text(properties['Value']) } };
    },
    update: async (properties, maker, { ref }) => {
      await maker.call('ssm', 'PutParameter', { ...pick(properties, PARAMETER), Name: ref, Overwrite: true });
      return { ref, attributes: { Type: text(properties['Type']), Value: text(properties['Value']) } };
    },
    imports: {
      name: 'Name',
      taken: 'ParameterAlreadyExists',
      // The existing value stays ("CloudFormation … doesn't check … the actual configuration", resource import).
      adopt: async (properties, maker) => {
        const { Parameter } = await maker.call('ssm', 'GetParameter', { Name: properties['Name'] });
        const { Type, Value } = Parameter as Properties;
        return { ref: text(properties['Name']), attributes: { Type: text(Type), Value: text(Value) } };
      },
    },
  },
  'AWS::SSM::Document': {
    uses: [...DOCUMENT, 'Content', 'Name', 'Tags'],
    leaves: ['UpdateMethod'],
    create: async (properties, maker) => {
      const Name = text(properties['Name'] ?? maker.generatedName(128));
      await maker.call('ssm', 'CreateDocument', {
        ...pick(properties, DOCUMENT),
        Name,
        Content: asText(properties['Content']),
        ...tagList(properties['Tags']),
      });
      return { ref: Name, attributes: {} };
    },
    imports: {
      name: 'Name',
      taken: 'DocumentAlreadyExists',
      adopt: (properties) => ({ ref: text(properties['Name']), attributes: {} }),
    },
  },
};
