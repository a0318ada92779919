// Writes a report's page into a file.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readCodeBook } from './codes.ts';
import type { ReportFacts } from './facts.ts';
import { ReportFileError } from './file-error.ts';
import { pageAssets, reportPage } from './page.ts';

/** @returns a line that says what was written @throws ReportFileError */
export function writeReportFile(file: string, facts: ReportFacts): string {
  const page = reportPage(facts, readCodeBook(), pageAssets());
  const path = resolve(file);
  try {
    writeFileSync(path, page);
  } catch (cause) {
    throw new ReportFileError(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  return `wrote ${file}: ${(Buffer.byteLength(page) / 1_024).toFixed(0)} KiB, nothing in it is loaded from elsewhere`;
}
