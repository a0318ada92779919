// An act in the words of a story.
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';

export const wordsOf = (act: Decision): string => {
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
    case 'clean-up':
      return `clean up ${act.piece.kind}`;
    case 'end-rung':
      return `fail (${act.reason})`;
    case 'skip-rung':
      return `skip ${act.rung} (${act.reason})`;
    case 'give-up-volumes':
      return `give up the volumes (${act.blame.fault}: ${act.blame.reason})`;
    case 'give-up-replacement':
      return `give up the replacement (${act.reason})`;
    case 'switch-version':
      return `switch to ${act.goes === 'to' ? act.to : act.from}`;
    case 'give-up-version':
    case 'keep-version':
    case 'lose-version':
      return `give up the version (${act.reason})`;
    case 'end':
      return `end ${act.end.as} (${act.end.as === 'refused' ? `${act.end.refusal.refuse}: ${act.end.refusal.reason}` : act.end.reason})`;
    case 'stop-instance':
      return `stop ${act.which}`;
    default:
      return act.do;
  }
};
