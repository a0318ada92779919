// The form of a promise that can be judged: what it wants to be told, and how it says that it was broken or that its situation arose.
import type { Instance, Volume } from '../../../local/services/ec2/model.ts';
import type { Act, ClientChange, PersonAct } from './acts.ts';
import type { Scene } from './scene.ts';

export interface Rule {
  act?(act: Act): void;
  /** The same of everybody else: people, Terraform, other services. */
  others?(call: Act): void;
  person?(act: PersonAct): void;
  /** A volume has come (no before), changed or gone (no after). */
  volume?(before: Volume | undefined, after: Volume | undefined): void;
  instance?(before: Instance | undefined, after: Instance | undefined): void;
  started?(change: ClientChange): void;
  stopped?(change: ClientChange): void;
  /** The world is looked at: at most every ten seconds. */
  look?(nowMs: number): void;
  end?(atMs: number): void;
}

export interface Say {
  /** The situation that the promise is about has arisen. */
  matters(): void;
  /** @param atMs now unless given */
  broken(subject: string, sentence: string, atMs?: number): void;
}

export type MakeRule = (scene: Scene, say: Say) => Rule;
