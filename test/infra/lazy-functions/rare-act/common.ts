// What both files of the bundle use: there is one of it.
export class Kept {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const keep = (text: string): Kept => new Kept(text);
