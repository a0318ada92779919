// `npm start`: runs a scenario in a local region, or stories on real machines, and prints what happened. Exit status 0: the expectations held; 1:
// they did not; 2: wrong usage.

import { ReportFileError } from '../infra/report/file-error.ts';
import { plainJson } from '../shared/text/plain-text.ts';
import { terminalText } from '../shared/text/terminal-text.ts';
import { parseArguments, type Request, UsageError } from './cli/arguments.ts';
import type { Audience } from './cli/print-story.ts';
import { remarkColors } from './cli/terminal.ts';
import { MomentError } from './scenarios/world-file/moment-error.ts';

/** The whole program: its words are those of the process. What a request needs is read when it is made. */
export async function main(): Promise<void> {
  // The output must not depend on the host's time zone.
  process.env['TZ'] = 'UTC';
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe: `npm start | head`.
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    process.exitCode = await carryOut(await parseArguments(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ReportFileError || error instanceof MomentError)) throw error;
    console.error(terminalText(remarkColors.red(error.message)));
    process.exitCode = 2;
  }
}

async function carryOut(request: Request): Promise<number> {
  const say = (line: string): void => console.log(terminalText(line));
  const remark = (line: string): void => console.error(terminalText(line));
  switch (request.do) {
    case 'help':
      say(request.text);
      return 0;
    case 'list':
      for (const line of await (await import('./cli/lists.ts')).listLines(request.what)) say(line);
      return 0;
    case 'json': {
      const { ensurePrepared, reportUnmet } = await import('./cli/print-story.ts');
      const { run } = await import('./scenarios/run.ts');
      await ensurePrepared(request.run.scenario);
      const { report, unmet } = await run(request.run.scenario, request.run);
      // The report quotes nodes. A terminal would act on control characters, and JSON does not escape all of them.
      console.log(plainJson(report));
      return reportUnmet({ unmet }, remark);
    }
    case 'story': {
      const { printStory, reportUnmet } = await import('./cli/print-story.ts');
      return reportUnmet(await printStory(request.run, request.explain, audience(say)), remark);
    }
    case 'report': {
      const { reportUnmet } = await import('./cli/print-story.ts');
      const { writeReport } = await import('./cli/write-report.ts');
      return reportUnmet(await writeReport(request.run, request.file, remark), remark);
    }
    case 'real': {
      const { showReal } = await import('./cli/real.ts');
      return await showReal(request.words);
    }
    case 'serve': {
      const { serve } = await import('./cli/serve.ts');
      await serve(request.run, request, { say, remark, interrupted: interrupted() });
      return 0;
    }
  }
}

function audience(say: (line: string) => void): Audience {
  const { isTTY = false, columns } = process.stdout;
  return { say, isTerminal: isTTY, width: isTTY ? columns : undefined };
}

/** Ctrl-C, or a supervisor's SIGTERM. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

if (import.meta.main) await main();
