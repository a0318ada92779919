// What `chainmend adopt` works with: an account that it reads, the person at the terminal, and a local region that it starts.
import type { StoredFleet } from '../fleets/stored-fleet.ts';
import type { ReadOptions } from './account.ts';
import type { ReadOut } from './read-out.ts';
import type { TwinAnswer, TwinInput, TwinLine } from './twin-form.ts';

export interface AdoptContext {
  readonly say: (text: string) => void;
  /** One line of progress. */
  readonly status: (text: string) => void;
  /** Opens clients of AWS, and reads. @throws StoreError */
  readonly read: (options: ReadOptions) => Promise<ReadOut>;
  /** The fleet files that are stored where the suite is deployed; none where it is not. @throws StoreError */
  readonly stored: () => Promise<readonly StoredFleet[]>;
  /** Plays a read-out in the local region, a process of its own. @throws StoreError where it fails */
  readonly playTwin: (input: TwinInput, heard: (line: TwinLine) => void) => Promise<TwinAnswer>;
}
