// Files on a simulated node that commands may read and write. What a node was set up with is made when somebody first looks: five
// thousand nodes have files that nobody reads.

/** Bytes of one file that commands write: configurations have some kilobytes. */
const FILE_BYTES_MAX = 1_048_576;
const FILES_MAX = 100;

export class NodeFiles {
  private readonly texts = new Map<string, string>();
  private readonly unmade = new Map<string, () => string>();

  /** A file that is there from the beginning; `make` is called when it is first read. */
  provide(path: string, make: () => string): void {
    this.unmade.set(path, make);
  }

  has(path: string): boolean {
    return this.texts.has(path) || this.unmade.has(path);
  }

  /** Undefined: no such file. */
  get(path: string): string | undefined {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    const text = this.unmade.get(path)?.();
    if (text !== undefined) this.texts.set(path, text);
    return text;
  }

  set(path: string, text: string): void {
    if (!path.startsWith('/')) throw new RangeError(`file "${path}": expected an absolute path`);
    if (Buffer.byteLength(text) > FILE_BYTES_MAX)
      throw new RangeError(`file ${path}: ${Buffer.byteLength(text)} bytes, expected at most ${FILE_BYTES_MAX}`);
    if (!this.has(path) && this.texts.size >= FILES_MAX) throw new RangeError(`more than ${FILES_MAX} files`);
    this.unmade.delete(path);
    this.texts.set(path, text);
  }

  delete(path: string): void {
    this.unmade.delete(path);
    this.texts.delete(path);
  }

  /** Whether somebody has written it, or taken it away, since the beginning. */
  changed(path: string): boolean {
    return !this.unmade.has(path);
  }
}
