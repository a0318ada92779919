// Encloses the other fake and is killed: prints on standard output the events that it gets, and the name of its directory.
import { enclose } from '../../machines/host/enclosure.ts';

const [, , way = 'polite'] = process.argv;
const enclosure = await enclose({
  entry: new URL('inside.ts', import.meta.url).pathname,
  words: (runDirectory) => [way, runDirectory],
  onEvent: (told) => console.log(JSON.stringify(told)),
  limitSeconds: 60,
});
console.log(JSON.stringify({ runDirectory: enclosure.runDirectory }));
await enclosure.ended;
