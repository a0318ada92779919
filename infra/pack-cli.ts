// `npm run pack:library`: makes the tarball of the construct library.
import { shortPath } from './fleets.ts';
import { packLibrary } from './library/pack.ts';

console.log(`${shortPath(await packLibrary())} is packed.`);
