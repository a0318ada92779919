// A decision about a record.

/** Replaces the record that was read by `next`; the store refuses if that record has changed. */
export interface Write<R> {
  readonly next: R;
}
