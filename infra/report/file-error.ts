// A report that cannot be written into its file.

/** The message is a sentence for a person. */
export class ReportFileError extends Error {
  override readonly name = 'ReportFileError';
}
