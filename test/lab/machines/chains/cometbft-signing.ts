// Watches validators from the first block to the last for what must never happen: a signing state that goes back, one key in two running clients, and
// evidence of two signatures in the chain.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { RealNode, RealWorld } from '../world.ts';
import { blockAt, HOME, heightOf } from './cometbft.ts';

const LOOK_MS = 400;
const KEY = 'config/priv_validator_key.json';
const SIGNING_STATE = 'data/priv_validator_state.json';
/** A client's home in a container. */
const IN_CONTAINER = '/root/.cometbft';
/** Up to this many faults are listed in full. */
const FAULTS_MAX = 20;

interface SigningState {
  readonly height: number;
  readonly round: number;
  readonly step: number;
}

const before = (a: SigningState, b: SigningState): boolean =>
  a.height !== b.height ? a.height < b.height : a.round !== b.round ? a.round < b.round : a.step < b.step;

export class SigningWatch {
  readonly #world: RealWorld;
  readonly #names: readonly string[];
  readonly #home: string;
  readonly #latest = new Map<string, SigningState>();
  readonly #keys = new Map<string, string>();
  /** Sentences; empty without a fault. */
  readonly wentBack: string[] = [];
  /** As `wentBack`, while no client used the state: during a swap the new disk is mounted before its signing state is written. */
  readonly laidBackUnused: string[] = [];
  readonly ranTwice: string[] = [];
  /** Looks that found a signing state, of all validators together: zero looks prove nothing. */
  looks = 0;
  #evidenceUpTo = 0;
  evidence = 0;

  /** @param home of the client, on its machine */
  constructor(world: RealWorld, names: readonly string[], home = HOME) {
    this.#world = world;
    this.#names = names;
    this.#home = home;
    for (const name of names) this.#keys.set(name, keyOn(world.find(name), home));
    setInterval(() => this.#look(), LOOK_MS).unref();
  }

  latest(name: string): SigningState | undefined {
    return this.#latest.get(name);
  }

  #look(): void {
    for (const name of this.#names) {
      const signed = signedOn(this.#world.find(name), this.#home);
      if (!signed) continue;
      this.looks++;
      const known = this.#latest.get(name);
      if (known && before(signed, known)) {
        const isUsed = clients(this.#home).some(({ key }) => key === this.#keys.get(name));
        note(isUsed ? this.wentBack : this.laidBackUnused, `${name}: from ${stateText(known)} to ${stateText(signed)}`);
        continue;
      }
      this.#latest.set(name, signed);
    }
    const runs = new Map<string, number>();
    for (const { pid, key } of clients(this.#home)) {
      const other = runs.get(key);
      if (other !== undefined) note(this.ranTwice, `${key} runs as ${other} and as ${pid}`);
      runs.set(key, pid);
    }
  }

  /** Searches the blocks since the last call. */
  async countEvidence(node: RealNode): Promise<number> {
    const tip = await heightOf(node);
    while (this.#evidenceUpTo < tip) {
      const { block } = await blockAt(node, this.#evidenceUpTo + 1);
      this.evidence += block.evidence.evidence?.length ?? 0;
      this.#evidenceUpTo++;
    }
    return this.evidence;
  }
}

function note(faults: string[], fault: string): void {
  if (faults.length < FAULTS_MAX) faults.push(fault);
}

/** Undefined while the path has no mount, or while the machine has no power. */
export function signedOn({ machine }: RealNode, home = HOME): SigningState | undefined {
  if (machine.pid === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(`/proc/${machine.pid}/root${home}/${SIGNING_STATE}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { height, round, step } = JSON.parse(text) as { readonly height: string; round: number; step: number };
  return { height: Number(height), round, step };
}

const stateText = ({ height, round, step }: SigningState): string => `${height}/${round}/${step}`;

/** The address of a validator's key. */
export const keyOn = ({ machine }: RealNode, home = HOME): string =>
  (
    JSON.parse(readFileSync(`/proc/${machine.pid}/root${home}/${KEY}`, 'utf8')) as {
      readonly address: string;
    }
  ).address;

/** All running clients of all machines, each with its validator key. */
function clients(home: string): readonly { readonly pid: number; readonly key: string }[] {
  return readdirSync('/proc').flatMap((each) => {
    if (!/^\d+$/.test(each)) return [];
    try {
      if (readFileSync(`/proc/${each}/comm`, 'utf8') !== 'cometbft\n') return [];
      const key = [IN_CONTAINER, home].map((own) => `/proc/${each}/root${own}/${KEY}`).find((path) => existsSync(path));
      if (key === undefined) return [];
      const { address } = JSON.parse(readFileSync(key, 'utf8')) as { readonly address: string };
      return [{ pid: Number(each), key: address }];
    } catch (error) {
      // The process has ended since.
      if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}
