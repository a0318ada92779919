// A decision about a record.

/** To write `next` in place of the record that was read; the store refuses if that one has changed. */
export interface Write<R> {
  readonly next: R;
}
