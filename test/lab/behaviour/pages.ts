// `npm run pages`: writes docs/pages.md: a line for each code, by how soon a person has to act, and some mails as scenarios send them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findScenario } from '../../../local/scenarios/catalog/index.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { run } from '../../../local/scenarios/run.ts';
import { isPage, messageFor } from '../../../local/services/sns/sns.ts';
import { PAGE_WANTS, type PageWant, type Urgency } from '../../../shared/model/page-wants.ts';

process.env['TZ'] = 'UTC';
const ROOT = join(import.meta.dirname, '../../..');

/** Codes whose mail is shown, each with a scenario that sends it. */
const SHOWN: Readonly<Record<string, string>> = {
  'approval-wanted': 'disk-full-ask',
  'ladder-spent': 'fleet-alarms-instance-lost',
};

async function mailOf(code: string, name: string): Promise<readonly string[]> {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`${code}: ${name} is no scenario; expected one of npm start -- --list`);
  const { world } = await run(scenario, { seed: 1, lane: 'sweep' });
  const page = world.region.sns.published().find((published) => isPage(published) && pageIn(published).code === code);
  if (page === undefined) throw new Error(`${name} sends no page ${code}; expected one`);
  const lines = [`Subject: ${page.subject ?? ''}`, '', messageFor(page, 'email')];
  return [`### ${code}`, '', `In \`${name}\`:`, '', '```', ...lines, '```', ''];
}

const HEAD = `# Pages

A page's subject says which node and what to do. Each code below links its [runbook](runbooks/README.md), where it has one; \`npm start -- --list-codes\` says what it means.

| to | format |
|---|---|
| mail | text, as [below](#mails) |
| HTTPS subscription | Amazon Q Developer in chat applications (Slack, Teams), one thread for each \`key\` |
| chat | by an [incoming webhook](webhook.md) |
| machines | JSON: \`wants\`, \`urgency\`, \`key\` (the same for all pages of a cause), \`runbook\`, account, region, time, what the page is about, and \`next\` with commands |

The JSON and the SNS message attribute \`severity\` have one of these:

| severity | meaning |
|---|---|
| \`page\` | act |
| \`again\` | nobody has acknowledged it (\`npm run chainmend -- ack\`): after half an hour, then hourly, at most eight times a day |
| \`resolved\` | once, when the cause is over |
| \`told\` | a heal is done |

A pager without healed nodes: filter policy \`{"severity":[{"exists":false},{"anything-but":["told"]}]}\`. Numbers: \`pages\` of the [fleet file](fleet-files.md#limits-and-pages).

\`npm run pages\` writes this page.
`;

/** The part of the page for each urgency. */
const PARTS: Readonly<Record<Urgency, string>> = {
  now: '## Now\n\nIt gets worse, or stays down, until a person acts.',
  soon: '## Soon\n\nWithin the day.',
  know: '## To know\n\nNothing has to be done.',
};

async function reference(): Promise<string> {
  const codes = Object.entries<PageWant>(PAGE_WANTS).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = Object.entries(PARTS).flatMap(([urgency, title]) => [
    title,
    '',
    ...codes
      .filter(([, page]) => page.urgency === urgency)
      .map(([code, { wants, runbook }]) => {
        const name = runbook === undefined ? `\`${code}\`` : `[\`${code}\`](runbooks/${runbook}.md)`;
        return `- ${name}: ${wants}`;
      }),
    '',
  ]);
  const mails: string[] = [];
  for (const [code, scenario] of Object.entries(SHOWN)) mails.push(...(await mailOf(code, scenario)));
  return [HEAD, ...parts, '## Mails', '', ...mails].join('\n');
}

writeFileSync(join(ROOT, 'docs/pages.md'), await reference());
