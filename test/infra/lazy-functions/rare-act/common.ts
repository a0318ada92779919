// Code that both files of the bundle use: it exists once.
export class Kept {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const keep = (text: string): Kept => new Kept(text);
