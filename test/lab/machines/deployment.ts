// What deployed nodes need besides their region: the stacks that are synthesized from their files, their image, and what their machines reach of AWS.
import type { Region } from '../../../local/region.ts';
import { deployedImage, type Published } from './deployed.ts';
import { Metadata } from './machine/metadata.ts';
import { Outside } from './machine/outside.ts';
import type { ImageFiles } from './machine/system.ts';
import type { Task } from './run-events.ts';

export class Deployment {
  readonly assembly: string;
  readonly outside: Outside;
  /** Files of the image that the nodes are launched from. */
  readonly image: ImageFiles;
  readonly #metadata: Metadata;

  private constructor(assembly: string, outside: Outside, metadata: Metadata, baseDirectory: string) {
    this.assembly = assembly;
    this.outside = outside;
    this.image = deployedImage(baseDirectory, outside.authority);
    this.#metadata = metadata;
  }

  static async begin(
    { ec2, gateway, kernel }: Region,
    { runDirectory, baseDirectory }: Task,
    made: {
      readonly assembly: string;
      readonly published: Published;
      readonly onError: (error: unknown) => void;
    },
  ): Promise<Deployment> {
    const metadata = await Metadata.serve((address) => {
      const instance = ec2
        .instances()
        .find(({ state, networkInterface }) => state === 'running' && networkInterface?.privateIp === address);
      // The stack of deployed nodes gives a profile and its role one name.
      const roleArn = instance?.settings.instanceProfileArn?.replace(':instance-profile/', ':role/');
      return instance && { instanceId: instance.instanceId, roleArn };
    });
    const outside = await Outside.serve(runDirectory, {
      ...{ gateway, regionName: kernel.regionName, files: made.published.files, onError: made.onError },
      keysOf: (accessKeyId) => metadata.keysOf(accessKeyId),
    });
    return new Deployment(made.assembly, outside, metadata, baseDirectory);
  }

  end(): void {
    this.outside.close();
    this.#metadata.close();
  }
}
