// Launch templates and their versions. Sources: doc comments of the launch template commands in @aws-sdk/client-ec2; "Error codes for the
// Amazon EC2 API".
import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult,
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult,
  LaunchTemplate as DescribedTemplate,
  LaunchTemplateVersion as DescribedVersion,
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplateSpecification,
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { AwsError, type Call, notEmulated, type Operation } from '../../simulator/service.ts';
import { checkData } from './launch-template-data.ts';
import type { LaunchTemplate, TemplateVersion } from './model.ts';
import { type FilterFields, filtered, paged, refuseDryRun } from './query.ts';
import type { Ec2State } from './state.ts';
import { checked } from './tags.ts';

/** "Launch templates per Region" and "Launch template versions per launch template" ("Amazon EC2 endpoints and quotas"). */
const TEMPLATES_MAX = 5_000;
const VERSIONS_MAX = 10_000;
/** SDK: CreateLaunchTemplateRequest.LaunchTemplateName has 3 to 128 of these characters. */
const NAME = /^[a-zA-Z0-9().\-/_]{3,128}$/;

/** DescribeLaunchTemplates by a name that is not there, and DescribeLaunchTemplateVersions without a template (AWS's words in moto's verified tests). */
const NOT_ALL = 'At least one of the launch templates specified in the request does not exist.';
const OF_ALL_TEMPLATES =
  'To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ' +
  '‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, ' +
  'specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ' +
  '‘$Default’, or one or more version numbers.';

const FIELDS: FilterFields<LaunchTemplate> = {
  'create-time': (template) => [new Date(template.createdAtMs)],
  'launch-template-name': (template) => [template.name],
};

export function launchTemplateOperations(state: Ec2State): Record<string, Operation> {
  const { clock } = state.kernel;
  const save = (template: LaunchTemplate): LaunchTemplate => {
    state.launchTemplates.set(template.launchTemplateId, template);
    return template;
  };
  state.taggables.set('lt', {
    type: 'launch-template',
    tagsOf: (id) => templateById(state, id).tags,
    setTags: (id, tags) => void save({ ...templateById(state, id), tags }),
    all: () =>
      [...state.launchTemplates.values()].map(({ launchTemplateId, tags }) => ({ id: launchTemplateId, tags })),
  });

  return {
    CreateLaunchTemplate: (input: CreateLaunchTemplateRequest, call: Call): CreateLaunchTemplateResult => {
      const { LaunchTemplateName: name = '', LaunchTemplateData: data = {}, VersionDescription, ClientToken } = input;
      if (!NAME.test(name))
        throw new AwsError(
          'InvalidLaunchTemplateName.MalformedException',
          `The launch template name '${name}' is not valid.`,
        );
      checkData(data, 'LaunchTemplateData');
      const same = [...state.launchTemplates.values()].find((template) => template.name === name);
      if (same) {
        if (ClientToken !== undefined && same.clientToken === ClientToken) return { LaunchTemplate: described(same) };
        throw new AwsError('InvalidLaunchTemplateName.AlreadyExistsException', `Launch template name already in use.`);
      }
      if (state.launchTemplates.size >= TEMPLATES_MAX) {
        throw new AwsError(
          'TemplateLimitExceeded',
          `The maximum number of launch templates (${TEMPLATES_MAX}) has been reached.`,
        );
      }
      const tags = (input.TagSpecifications ?? [])
        .filter(({ ResourceType }) => ResourceType === 'launch-template')
        .flatMap(({ Tags = [] }) => Tags)
        .map(checked);
      refuseDryRun(input);
      const template = save({
        launchTemplateId: state.newId('lt'),
        name,
        createdAtMs: clock.now(),
        createdBy: call.roleArn ?? `arn:aws:iam::${state.kernel.accountId}:user/${call.actor}`,
        defaultVersion: 1,
        versions: [{ version: 1, description: VersionDescription, createdAtMs: clock.now(), data }],
        clientToken: ClientToken,
        tags,
      });
      return { LaunchTemplate: described(template) };
    },

    CreateLaunchTemplateVersion: (input: CreateLaunchTemplateVersionRequest): CreateLaunchTemplateVersionResult => {
      if (input.ResolveAlias) throw notEmulated('ResolveAlias of CreateLaunchTemplateVersion');
      const template = templateOf(state, input);
      const { LaunchTemplateData: changes = {}, SourceVersion } = input;
      checkData(changes, 'LaunchTemplateData');
      const { ClientToken: clientToken } = input;
      const made = template.versions.find(
        (version) => clientToken !== undefined && version.clientToken === clientToken,
      );
      if (made) return { LaunchTemplateVersion: describedVersion(template, made) };
      if (template.versions.length >= VERSIONS_MAX) {
        throw new AwsError(
          'VersionLimitExceeded',
          `The maximum number of versions (${VERSIONS_MAX}) has been reached.`,
        );
      }
      refuseDryRun(input);
      // "If you omit this parameter, the new version contains only the launch parameters that you specify" (SourceVersion)
      const source = SourceVersion === undefined ? {} : versionOf(template, SourceVersion).data;
      const version: TemplateVersion = {
        version: template.versions.length + 1,
        description: input.VersionDescription,
        createdAtMs: clock.now(),
        data: { ...source, ...changes },
        ...(clientToken !== undefined && { clientToken }),
      };
      const saved = save({ ...template, versions: [...template.versions, version] });
      return { LaunchTemplateVersion: describedVersion(saved, version) };
    },

    ModifyLaunchTemplate: (input: ModifyLaunchTemplateRequest): ModifyLaunchTemplateResult => {
      if (input.LaunchTemplateId !== undefined && input.LaunchTemplateName !== undefined)
        throw new AwsError(
          'InvalidParameterCombination',
          'Either provide launch template ID or launch template name to modify the template.',
        );
      const template = templateOf(state, input);
      const { version } = versionOf(
        template,
        input.DefaultVersion ?? '$Default',
        `The launch template version ${input.DefaultVersion} is not found for the specified launch template.`,
      );
      refuseDryRun(input);
      return { LaunchTemplate: described(save({ ...template, defaultVersion: version })) };
    },

    // "Deleting a launch template deletes all of its versions."
    DeleteLaunchTemplate: (input: DeleteLaunchTemplateRequest): DeleteLaunchTemplateResult => {
      const template = templateOf(state, input);
      refuseDryRun(input);
      state.launchTemplates.delete(template.launchTemplateId);
      return { LaunchTemplate: described(template) };
    },

    DescribeLaunchTemplates: (input: DescribeLaunchTemplatesRequest): DescribeLaunchTemplatesResult => {
      refuseDryRun(input);
      const { LaunchTemplateIds: ids = [], LaunchTemplateNames: names = [] } = input;
      const named = [
        ...ids.map((id) => templateById(state, id)),
        ...names.map((name) => templateByName(state, name, NOT_ALL)),
      ];
      const chosen = ids.length + names.length > 0 ? named : [...state.launchTemplates.values()];
      const { items, ...rest } = paged(
        filtered(chosen, input.Filters, FIELDS, ({ tags }) => tags),
        input,
        { min: 1, max: 200 },
      );
      return { LaunchTemplates: items.map(described), ...rest };
    },

    DescribeLaunchTemplateVersions: (
      input: DescribeLaunchTemplateVersionsRequest,
    ): DescribeLaunchTemplateVersionsResult => {
      refuseDryRun(input);
      if (input.Filters?.length) throw notEmulated('Filters of DescribeLaunchTemplateVersions');
      if (input.ResolveAlias) throw notEmulated('ResolveAlias of DescribeLaunchTemplateVersions');
      const { Versions: asked, MinVersion = '1', MaxVersion } = input;
      if (input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined) {
        // "To describe all the latest or default launch template versions in your account …"
        if (asked === undefined || asked.some((version) => version !== '$Latest' && version !== '$Default'))
          throw new AwsError(asked === undefined ? 'MissingParameter' : 'InvalidParameterValue', OF_ALL_TEMPLATES);
      }
      const templates =
        input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined
          ? [...state.launchTemplates.values()]
          : [templateOf(state, input)];
      const all = templates.flatMap((template) => {
        const versions = asked?.map((one) => versionOf(template, one)) ?? [...template.versions].reverse();
        return versions
          .filter(({ version }) => version >= Number(MinVersion) && version <= Number(MaxVersion ?? version))
          .map((version) => describedVersion(template, version));
      });
      const { items, ...rest } = paged(all, input, { min: 1, max: 200 });
      return { LaunchTemplateVersions: [...items], ...rest };
    },
  };
}

/** "You must specify either the launch template ID or the launch template name, but not both." */
export function templateOf(
  state: Ec2State,
  { LaunchTemplateId: id, LaunchTemplateName: name }: LaunchTemplateSpecification,
): LaunchTemplate {
  if ((id === undefined) === (name === undefined)) {
    throw new AwsError(
      'InvalidParameterCombination',
      'Exactly one of launch template ID and launch template name must be specified',
    );
  }
  return id === undefined ? templateByName(state, name ?? '') : templateById(state, id);
}

/** `$Latest`, `$Default` (also the default) or a number. @param refusal the words of the operation */
export function versionOf(
  template: LaunchTemplate,
  asked = '$Default',
  refusal = `Could not find the specified version ${asked} for the launch template with ID ${template.launchTemplateId}.`,
): TemplateVersion {
  const number =
    asked === '$Latest' ? template.versions.length : asked === '$Default' ? template.defaultVersion : Number(asked);
  const found = template.versions.find(({ version }) => version === number);
  if (found) return found;
  throw new AwsError('InvalidLaunchTemplateId.VersionNotFound', refusal);
}

function templateById(state: Ec2State, id: string): LaunchTemplate {
  if (!/^lt-[0-9a-f]{8}(?:[0-9a-f]{9})?$/.test(id)) {
    throw new AwsError('InvalidLaunchTemplateId.Malformed', `The launch template ID '${id}' is malformed.`);
  }
  const found = state.launchTemplates.get(id);
  if (found) return found;
  throw new AwsError(
    'InvalidLaunchTemplateId.NotFound',
    `The specified launch template, with template ID ${id}, does not exist.`,
  );
}

function templateByName(
  state: Ec2State,
  name: string,
  refusal = `The specified launch template, with template name ${name}, does not exist.`,
): LaunchTemplate {
  const found = [...state.launchTemplates.values()].find((template) => template.name === name);
  if (found) return found;
  throw new AwsError('InvalidLaunchTemplateName.NotFoundException', refusal);
}

const described = (template: LaunchTemplate): DescribedTemplate => ({
  LaunchTemplateId: template.launchTemplateId,
  LaunchTemplateName: template.name,
  CreateTime: new Date(template.createdAtMs),
  CreatedBy: template.createdBy,
  DefaultVersionNumber: template.defaultVersion,
  LatestVersionNumber: template.versions.length,
  Tags: [...template.tags],
});

const describedVersion = (
  template: LaunchTemplate,
  { version, description, createdAtMs, data }: TemplateVersion,
): DescribedVersion => ({
  LaunchTemplateId: template.launchTemplateId,
  LaunchTemplateName: template.name,
  VersionNumber: version,
  ...(description !== undefined && { VersionDescription: description }),
  CreateTime: new Date(createdAtMs),
  CreatedBy: template.createdBy,
  DefaultVersion: version === template.defaultVersion,
  // All accepted members are the same in requests and responses.
  LaunchTemplateData: data as ResponseLaunchTemplateData,
});
