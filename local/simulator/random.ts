// Seeded chance: one small generator (sfc32), split by name, so that each actor and purpose has a stream of its own.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  fill<T extends NodeJS.ArrayBufferView>(view: T): T;
  uuid(): string;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The stream `name` of a run with this seed. Same seed and name: same numbers. */
export function randomStream(seed: number | string, name: string): Random {
  let hash = 2166136261;
  for (const character of `${seed}/${name}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  // sfc32 by Chris Doty-Humphrey (PractRand), public domain; 12 rounds mix the seed in.
  let a = hash;
  let b = hash ^ 0x9e3779b9;
  let c = hash ^ 0x243f6a88;
  let counter = 1;
  const uint32 = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + result) | 0;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round++) uint32();

  const next = (): number => (uint32() >>> 5) * 2 ** -27 + (uint32() >>> 6) * 2 ** -53;
  const fill = <T extends NodeJS.ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = uint32() & 0xff;
    return view;
  };
  const hex = (length: number): string => {
    let digits = '';
    for (let byte = Math.ceil(length / 2); byte > 0; byte--) digits += HEX[uint32() & 0xff];
    return digits.slice(0, length);
  };
  const uuid = (): string => {
    let text = '';
    for (let at = 0; at < 16; at++) {
      const byte = uint32() & 0xff;
      if (at === 4 || at === 6 || at === 8 || at === 10) text += '-';
      // Version 4, variant 1 (RFC 9562).
      text += HEX[at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte];
    }
    return text;
  };
  return { next, integer: (low, high) => low + Math.floor(next() * (high - low + 1)), fill, uuid, hex };
}
