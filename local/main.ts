// `npm start`: runs a scenario in a local region and tells what happened. Exit status 0: its expectations held; 1: they did not; 2: wrong use.
import colors from 'picocolors';
import { parseArguments, type Request, UsageError } from './cli/arguments.ts';
import { listLines } from './cli/lists.ts';
import { serve } from './cli/serve.ts';
import { tellStory } from './cli/tell-story.ts';
import { run } from './run/run.ts';

// What is printed must not depend on where it is printed.
process.env['TZ'] = 'UTC';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough: `npm start | head`.
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  process.exitCode = await carryOut(parseArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(colors.red(error.message));
  process.exitCode = 2;
}

async function carryOut(request: Request): Promise<0 | 1> {
  switch (request.do) {
    case 'help':
      console.log(request.text);
      return 0;
    case 'list':
      for (const line of listLines(request.what)) console.log(line);
      return 0;
    case 'json': {
      const { report, unmet } = await run(request.run.scenario, request.run);
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return judge(unmet);
    }
    case 'story': {
      const { isTTY = false, columns } = process.stdout;
      const audience = {
        say: (line: string) => console.log(line),
        isTerminal: isTTY,
        width: isTTY ? columns : undefined,
      };
      return judge(await tellStory(request.run, request.explain, audience));
    }
    case 'serve': {
      const interrupted = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const desk = {
        say: (line: string) => console.log(line),
        remark: (line: string) => console.error(line),
        isTerminal: process.stderr.isTTY === true,
        interrupted,
      };
      await serve(request.run, request.speed, desk);
      return 0;
    }
  }
}

function judge(unmet: readonly string[]): 0 | 1 {
  for (const sentence of unmet) console.error(colors.red(`expected, and it did not hold: ${sentence}`));
  return unmet.length > 0 ? 1 : 0;
}
