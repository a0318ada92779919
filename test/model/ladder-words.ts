// An act in the words of a story.
import type { Act } from '../../functions/replace-node/model.ts';

export const wordsOf = (act: Act): string => {
  switch (act.do) {
    case 'take-rung':
      return `take ${act.rung}`;
    case 'swap':
      return `swap to ${act.to}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.volumeId.slice(-3)} ${act.which}`;
    case 'inspect':
      return `inspect ${act.which}`;
    case 'clear':
      return `clear ${act.what}`;
    case 'fail-rung':
      return `fail (${act.reason})`;
    case 'skip-rung':
      return `skip ${act.rung} (${act.reason})`;
    case 'give-up-copy':
      return `give up the copy (${act.blame.fault}: ${act.blame.reason})`;
    case 'give-up-machine':
      return `give up the new instance (${act.reason})`;
    case 'end':
      return `end ${act.end.as} (${act.end.as === 'refused' ? `${act.end.refusal.refuse}: ${act.end.refusal.reason}` : act.end.reason})`;
    case 'stop-instance':
      return `stop ${act.which}`;
    default:
      return act.do;
  }
};
