// Parameters that AWS publishes: the newest image of Amazon Linux 2023, which a launch needs. Sources: "Discovering public parameters" and "Calling
// AMI public parameters" (Systems Manager user guide), "Launch AL2023 using the SSM parameter" (AL2023 user guide).
import type { StoredParameter } from './parameter-rules.ts';

/** Our own ids: any well-formed id is an image here. */
const IMAGES: Readonly<Record<string, string>> = {
  '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64': 'ami-0a12023a12023a120',
  '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64': 'ami-0b12023b12023b120',
  '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64': 'ami-0a12023a12023a120',
  '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64': 'ami-0b12023b12023b120',
};

/** Such a name cannot be written: the prefix is AWS's. */
export const PUBLIC_PARAMETERS: ReadonlyMap<string, StoredParameter> = new Map(
  Object.entries(IMAGES).map(([name, value]) => [
    name,
    {
      ...{ name, type: 'String', keyId: undefined, tier: 'Standard', description: undefined },
      ...{ allowedPattern: undefined, dataType: 'aws:ec2:image', lastModifiedBy: 'AWS' },
      versions: [{ version: 1, value, sealed: value, atMs: Date.UTC(2026, 0, 1) }],
    } satisfies StoredParameter,
  ]),
);
