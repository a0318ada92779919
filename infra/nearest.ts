// "did you mean": the known word that is nearest to what a person wrote.
import didYouMean from 'didyoumean2';

/** undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return didYouMean(word, [...known]) ?? undefined;
}
