// A handler that needs one of its modules only for some events.
import { Kept, keep } from './common.ts';
import { rareAct } from './rare.ts';

export const awsClients = () => ({});

export const createHandler = () => async (event: { readonly rare: boolean }) => {
  const kept = keep(event.rare ? 'rare' : 'ordinary');
  return event.rare ? { ...rareAct(kept), isOurs: rareAct(kept).kept instanceof Kept } : { text: kept.text };
};

export const handler = createHandler();
