import { measureStorms } from './storms.ts';

console.log(await measureStorms());
