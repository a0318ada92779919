// The network of a run's machines: one bridge in the run's own namespace, and a namespace and an address for each machine. The resolver has the VPC's
// second address, as in every VPC ("DNS attributes for your VPC": "the base of the VPC IPv4 range plus two").
import { mkdirSync } from 'node:fs';
import { toolNow } from './tool.ts';

export const RESOLVER = '10.0.0.2';
/** Where the instance metadata service answers, on every instance ("Access instance metadata for an EC2 instance", EC2 user guide). */
export const METADATA = '169.254.169.254';
const PREFIX = 16;
const BRIDGE = 'vpc0';
const NAMESPACES = '/run/netns';

export class Lan {
  #made = 0;

  /** Needs a mount and a network namespace of its own; both disappear with their last process. */
  static make(): Lan {
    mkdirSync(NAMESPACES, { recursive: true });
    toolNow('mount', ['-t', 'tmpfs', 'netns', NAMESPACES]);
    toolNow('ip', ['link', 'set', 'lo', 'up']);
    toolNow('ip', ['link', 'add', BRIDGE, 'type', 'bridge']);
    toolNow('ip', ['addr', 'add', `${RESOLVER}/${PREFIX}`, 'dev', BRIDGE]);
    toolNow('ip', ['addr', 'add', `${METADATA}/32`, 'dev', BRIDGE]);
    toolNow('ip', ['link', 'set', BRIDGE, 'up']);
    return new Lan();
  }

  /** Makes a namespace with this address. @returns its path */
  join(name: string, address: string): string {
    this.#made++;
    const [inside, outside] = ['eth0', `veth${this.#made}`];
    toolNow('ip', ['netns', 'add', name]);
    toolNow('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name]);
    toolNow('ip', ['link', 'set', outside, 'master', BRIDGE, 'up']);
    toolNow('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    toolNow('ip', ['-n', name, 'addr', 'add', `${address}/${PREFIX}`, 'dev', inside]);
    toolNow('ip', ['-n', name, 'link', 'set', inside, 'up']);
    toolNow('ip', ['-n', name, 'route', 'add', `${METADATA}/32`, 'dev', inside]);
    return `${NAMESPACES}/${name}`;
  }

  leave(name: string): void {
    toolNow('ip', ['netns', 'delete', name]);
  }
}
