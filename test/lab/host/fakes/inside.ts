// Replaces test/lab/machines/group-runner.ts: leaves behind everything that a run of machines could, reports it, and waits for its end.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunEvent, runEventLine } from '../../machines/run-events.ts';

const [, , way = 'polite', runDirectory = ''] = process.argv;
const run = (command: string, ...words: string[]): string => execFileSync(command, words, { encoding: 'utf8' }).trim();
const tell = (told: RunEvent): boolean => process.stdout.write(runEventLine(told));

tell({ event: 'story', name: 'litter', sentence: 'A run leaves things behind.' });
const image = join(runDirectory, 'litter');
writeFileSync(image, '');
truncateSync(image, 320 * 2 ** 20);
const loop = run('losetup', '--find', '--show', image);
run('mkfs.xfs', '-q', loop);
const place = join(runDirectory, 'mounted');
mkdirSync(place);
run('mount', loop, place);
// A volume on that filesystem, which has its own filesystem: only the namespace gives access to both.
const inner = join(place, 'inner-litter');
writeFileSync(inner, '');
truncateSync(inner, 64 * 2 ** 20);
const innerLoop = run('losetup', '--find', '--show', inner);
run('mkfs.ext4', '-q', innerLoop);
mkdirSync(join(runDirectory, 'inner'));
run('mount', innerLoop, join(runDirectory, 'inner'));
// In use at the end of the run, and without a name any more.
run('rm', inner, image);
run('ip', 'netns', 'add', 'litter');
run('ip', 'link', 'add', 'litter', 'type', 'bridge');
const background = spawn('setsid', ['--fork', 'sh', '-c', 'trap "" TERM HUP; sleep 3600 & wait'], { stdio: 'ignore' });
await new Promise((resolve) => background.once('exit', resolve));
for (const hierarchy of ['', 'cpu', 'systemd', 'unified'].map((kind) => join('/sys/fs/cgroup', kind)))
  if (existsSync(join(hierarchy, 'cgroup.procs')))
    mkdirSync(join(hierarchy, 'libpod_parent', 'libpod-0'), { recursive: true });
tell({ event: 'told', atSeconds: 0, subject: 'loops', text: `${loop} ${innerLoop}` });
tell({ event: 'told', atSeconds: 0, subject: 'processes', text: run('sh', '-c', 'ls -d /proc/[0-9]* | wc -l') });
if (way === 'garbage') process.stdout.write('no event\n');
tell({ event: 'held', story: 'litter', sentence: 'It has left them.' });
tell({ event: 'ended', story: 'litter', seconds: 0 });
if (way === 'stubborn') setInterval(() => {}, 1_000);
else if (way === 'polite') process.stdin.resume().once('end', () => process.exit(0));
else process.exit(way === 'garbage' ? 3 : 0);
