// The launch template of a deployed node, or of a group of them: everything that an instance of theirs is, with its first boot as user data.
import { Fn } from 'aws-cdk-lib';
import { CfnLaunchTemplate, type CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { CfnInstanceProfile } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { beginsWith } from '../../shared/fleet/schema-deploy.ts';
import type { CompleteDocument } from '../../shared/fleet/whole.ts';
import {
  type FirstBoot,
  type FirstBootScripts,
  firstBootUserData,
  USER_DATA_BYTES_MAX,
} from '../../shared/node-commands/first-boot.ts';
import { agentConfig, journalConfig } from '../agent-config.ts';
import { InputError } from '../input-error.ts';

export type Deploy = NonNullable<CompleteDocument['deploy']>;
type Tags = Readonly<Record<string, string>>;

const ROOT_DEVICE = '/dev/xvda';
/** Among the names that EC2 recommends for data volumes; on the node nothing goes by it. */
export const DATA_DEVICE = '/dev/sdf';
/** A volume is attached right after its instance runs; CloudFormation asks again for minutes. */
const WAIT_SECONDS = 900;
/** What happens before a client has logs. */
const BOOT_LOGS = ['/var/log/cloud-init-output.log', '/var/log/chainmend-first-boot.log'];
/** As long as `snap-` with 17 digits and a size: what is known at the deployment alone. */
const REF_BYTES = 28;

/** What all nodes of a fleet have in common. */
export interface NodesMade {
  readonly suite: string;
  readonly complete: CompleteDocument;
  readonly deploy: Deploy;
  readonly scripts: FirstBootScripts;
  readonly profile: CfnInstanceProfile;
  readonly securityGroup: CfnSecurityGroup;
  readonly image: string;
}

/** The check of the file has found exactly one. */
export function dataVolumeOf({ volumes }: CompleteDocument) {
  const [[role, { path, tag }] = ['', { path: '', tag: {} }]] = Object.entries(volumes);
  return { role, path, tag };
}

/** What is particular about an instance that a template launches. */
interface LaunchedAs {
  readonly tags: Tags;
  readonly boot: Pick<FirstBoot, 'volumeId' | 'copy' | 'group' | 'network'>;
  /** Where the launch makes the data volume: without it the root volume does not carry its tags, since it would be taken for one. */
  readonly volume?: { readonly tags: Tags; readonly mapping: CfnLaunchTemplate.BlockDeviceMappingProperty };
}

export function launchTemplateOf(
  scope: Construct,
  { suite, complete, deploy, scripts, profile, securityGroup, image }: NodesMade,
  { tags, boot, volume }: LaunchedAs,
): CfnLaunchTemplate {
  const { path } = dataVolumeOf(complete);
  const { stateSync } = deploy;
  const unit = unitOf(complete, deploy);
  const { bundle } = beginsWith(deploy);
  const configPath = complete.peers?.config;
  const userData = firstBootUserData(
    {
      ...boot,
      mountPath: path,
      filesystem: deploy.volume.filesystem,
      waitSeconds: WAIT_SECONDS,
      unit,
      install: {
        ...(deploy.install?.url !== undefined && {
          file: {
            url: deploy.install.url,
            sha256: deploy.install.sha256 ?? '',
            ...(deploy.install.unpack !== undefined && { unpack: deploy.install.unpack }),
          },
        }),
        lines: deploy.install?.lines ?? [],
      },
      ...(bundle && {
        bundle: {
          ...{ url: bundle.url, sha256: bundle.sha256 },
          ...{ into: bundle.into ?? path, identity: complete.identity },
        },
      }),
      ...(stateSync &&
        configPath !== undefined && {
          stateSync: { servers: stateSync.servers, trustHours: stateSync.trustHours, configPath },
        }),
      agentConfig: JSON.stringify(agentConfig(suite, complete, [...BOOT_LOGS, ...(deploy.logs ?? [])])),
      journalConfig: JSON.stringify(journalConfig(suite, complete.fleet, [unit])),
    },
    scripts,
  );
  keepWithinUserData(complete.fleet, userData, [boot.volumeId, boot.copy?.from]);
  return new CfnLaunchTemplate(scope, 'Template', {
    tagSpecifications: [{ resourceType: 'launch-template', tags: listed(tags) }],
    launchTemplateData: {
      imageId: image,
      instanceType: deploy.instanceType,
      iamInstanceProfile: { arn: profile.attrArn },
      securityGroupIds: [securityGroup.attrGroupId],
      // IMDSv2 alone, and not from a container that is a hop away.
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      blockDeviceMappings: [
        {
          deviceName: ROOT_DEVICE,
          ebs: { volumeSize: deploy.rootGiB, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
        },
        ...(volume ? [volume.mapping] : []),
      ],
      tagSpecifications: [
        { resourceType: 'instance', tags: listed(tags) },
        ...(volume ? [{ resourceType: 'volume', tags: listed(volume.tags) }] : []),
      ],
      userData: Fn.base64(userData),
    },
  });
}

/** Of the unit of a template its instance. */
function unitOf({ units }: CompleteDocument, { version }: Deploy): string {
  const [{ unit = '' } = {}] = Object.values(units);
  return unit.replace('*', version ?? '').replace(/\.service$/, '');
}

function keepWithinUserData(fleet: string, userData: string, refs: readonly (string | undefined)[]): void {
  const told = refs.reduce<string>((text, ref) => (ref ? text.replaceAll(ref, 'r'.repeat(REF_BYTES)) : text), userData);
  const bytes = Buffer.byteLength(told);
  if (bytes > USER_DATA_BYTES_MAX)
    throw new InputError(
      `fleet ${fleet}: the first boot has ${bytes} bytes, and EC2 takes ${USER_DATA_BYTES_MAX} of user data: let deploy.install fetch the greater part (url), which leaves out up to ${bytes - USER_DATA_BYTES_MAX} bytes of lines`,
    );
}

export const listed = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }));
