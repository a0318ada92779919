// How chains are told apart by their ids. The fleet's own view has them in small letters (watch-fleet); clients, ledgers and fleet files in any:
// Oraichain's nodes say "Oraichain", and an owner writes 0x1A where geth says 0x1a.

export const isSameChain = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
