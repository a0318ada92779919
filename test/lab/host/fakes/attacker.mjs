// A hostile process of the client's user: it swaps files, folders, links and pipes for one another as fast as it can, or as soon as a file appears.
// Its plan is JSON. It prints `ready`, `swapped` after its first swap, and at its end the number of its swaps.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  watch,
} from 'node:fs';

/**
 * flips: { path, by } a path is moved aside and something else takes its place for a moment, over and over
 * watched: folders; everything that appears there and is not the attacker's own is swapped immediately
 * by: { link } { hardLink } 'fifo' 'folder' { folderLike }, in turn
 */
const { flips = [], watched = [], by = [], inotify = false } = JSON.parse(process.argv[2]);
let swaps = 0;
let turn = 0;
const swapped = () => {
  if (swaps++ === 0) process.stdout.write('swapped\n');
};

const quietly = (act) => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};

/** Node.js cannot make pipes: some are prepared. */
const pool = `${process.argv[3]}/.pool-${process.pid}`;
mkdirSync(pool, { recursive: true });
const ready = Array.from({ length: 20 }, (_, index) => `${pool}/${index}`);
execFileSync('mkfifo', ready);

function put(path, what) {
  if (what === 'fifo') {
    const one = ready.pop();
    return (one !== undefined && quietly(() => renameSync(one, path))) || quietly(() => execFileSync('mkfifo', [path]));
  }
  if (what === 'folder') return quietly(() => mkdirSync(path));
  if (what.link !== undefined) return quietly(() => symlinkSync(what.link, path));
  return quietly(() => linkSync(what.hardLink, path));
}

function flip({ path, by: what }) {
  const aside = `${path}.aside`;
  if (!quietly(() => renameSync(path, aside))) return;
  if (put(path, what)) swapped();
  // The script may have written or moved something to this path meanwhile: whatever is there is removed.
  for (let spin = 0; spin < (swaps * 7919) % 60; spin++) quietly(() => lstatSync(path));
  if (!quietly(() => unlinkSync(path))) quietly(() => rmSync(path, { recursive: true }));
  if (!quietly(() => renameSync(aside, path)) && !existsSync(path)) quietly(() => renameSync(aside, path));
}

const mine = new Set();
function react(folder) {
  let names = [];
  quietly(() => {
    names = readdirSync(folder);
  });
  for (const name of names) {
    if (!/chainmend|\.new$/.test(name) || name.endsWith('.aside')) continue;
    const path = `${folder}/${name}`;
    const what = by[turn++ % by.length];
    quietly(() => unlinkSync(path)) || quietly(() => renameSync(path, `${pool}/taken-${turn}`));
    if (put(path, what)) {
      swapped();
      mine.add(path);
    }
  }
}

process.on('SIGTERM', () => {
  process.stdout.write(`${swaps}\n`, () => process.exit(0));
});
process.stdout.write('ready\n');
if (inotify) for (const folder of watched) quietly(() => watch(folder, () => react(folder)));
// Bursts and pauses of any length: in a quiet moment a script gets further, and then finds something else.
const busy = () => {
  const end = Date.now() + 5 + Math.random() * 150;
  while (Date.now() < end) {
    for (const one of flips) flip(one);
    if (!inotify) for (const folder of watched) react(folder);
  }
  setTimeout(busy, Math.random() * 300);
};
if (inotify) setInterval(() => {}, 1_000);
else busy();
