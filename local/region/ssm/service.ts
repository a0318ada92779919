// AWS Systems Manager as far as chainmend sees it: Parameter Store, command documents, Run Command, managed nodes.
import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../kernel.ts';
import type { Service } from '../service.ts';
import { commandOperations } from './commands.ts';
import { type DocumentStore, documentOperations } from './documents.ts';
import { inventoryOperations } from './inventory.ts';
import { type ParameterStore, parameterOperations } from './parameters.ts';

export interface Ssm extends Service {
  /** The newest value of a parameter, in clear, for scenarios and reports; undefined when there is none. */
  parameter(name: string): string | undefined;
  /** Names of all documents, in the order of their creation. */
  documents(): readonly string[];
}

export function createSsm(kernel: Kernel, machines: Machines): Ssm {
  const parameters: ParameterStore = new Map();
  const documents: DocumentStore = new Map();
  return {
    name: 'ssm',
    operations: {
      ...parameterOperations(kernel, parameters),
      ...documentOperations(kernel, documents),
      ...commandOperations(kernel, machines, documents),
      ...inventoryOperations(kernel, machines),
    },
    parameter: (name) => parameters.get(name)?.versions.at(-1)?.value,
    documents: () => [...documents.keys()],
  };
}
