// Replaces test/lab/machines/group-runner.ts: takes its words and its task, and plays a good group, one that dies, or one that hangs.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { parseTask, type RunEvent, runEventLine } from '../../machines/run-events.ts';

const { values, positionals } = parseArgs({
  options: { group: { type: 'string', default: '' }, story: { type: 'string', default: '' } },
  allowPositionals: true,
});
const { runDirectory } = parseTask(positionals[0]);
const tell = (told: RunEvent): boolean => process.stdout.write(runEventLine(told));
const play = (name: string): void => {
  tell({ event: 'story', name, sentence: 'A fake.' });
  tell({
    event: 'told',
    story: name,
    atSeconds: 1,
    subject: 'node1',
    text: `in ${basename(runDirectory).length} letters`,
  });
  tell({ event: 'script', name: 'grow-filesystem' });
  tell({ event: 'held', story: name, sentence: `${name} holds` });
  tell({ event: 'ended', story: name, seconds: 1 });
};

if (values.story !== '') play(values.story);
else {
  play(`${values.group}-first`);
  if (values.group === 'litecoin') play('litecoin-second');
  if (values.group === 'cometbft') {
    tell({ event: 'story', name: 'cometbft-second', sentence: 'A fake.' });
    throw new Error('the chain has halted');
  }
  if (values.group === 'geth') process.stdin.resume();
}
