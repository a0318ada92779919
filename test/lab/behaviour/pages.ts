// `npm run pages`: writes docs/pages.md: all codes, by how soon a person has to act, and a mail as a scenario sends it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findScenario } from '../../../local/scenarios/catalog/index.ts';
import { pageIn } from '../../../local/scenarios/report/pages.ts';
import { run } from '../../../local/scenarios/run.ts';
import { isPage, messageFor } from '../../../local/services/sns/sns.ts';
import { PAGE_WANTS, type PageWant, type Urgency } from '../../../shared/model/page-wants.ts';

process.env['TZ'] = 'UTC';
const ROOT = join(import.meta.dirname, '../../..');

/** The code whose mail is shown, and a scenario that sends it. */
const SHOWN = { code: 'approval-wanted', scenario: 'disk-full-ask' } as const;

async function mailOf({ code, scenario: name }: typeof SHOWN): Promise<readonly string[]> {
  const scenario = findScenario(name);
  if (scenario === undefined) throw new Error(`${code}: ${name} is no scenario; expected one of npm start -- --list`);
  const { world } = await run(scenario, { seed: 1, lane: 'sweep' });
  const page = world.region.sns.published().find((published) => isPage(published) && pageIn(published).code === code);
  if (page === undefined) throw new Error(`${name} sends no page ${code}; expected one`);
  const lines = [`Subject: ${page.subject ?? ''}`, '', messageFor(page, 'email')];
  return [`\`${code}\`, in the scenario \`${name}\`:`, '', '```', ...lines, '```', ''];
}

const HEAD = `# Pages

A page's subject says which node and what to do, and its text which runbook helps. \`npm start -- --list-codes\` says what a code means.

| to | format |
|---|---|
| mail | text, as [below](#a-mail) |
| HTTPS subscription | Amazon Q Developer in chat applications (Slack, Teams), one thread for each \`key\` |
| chat | by an [incoming webhook](webhook.md) |
| machines | JSON: \`wants\`, \`urgency\`, \`key\` (the same for all pages of a cause), \`runbook\`, account, region, time, what the page is about, and \`next\` with commands |

| \`severity\` in the JSON and as SNS message attribute | meaning |
|---|---|
| \`page\` | act |
| \`again\` | nobody has acknowledged it (\`npm run chainmend -- ack\`): after half an hour, then hourly, at most eight times a day |
| \`resolved\` | once, when the cause is over |
| \`told\` | a heal is done |

A pager without healed nodes: filter policy \`{"severity":[{"exists":false},{"anything-but":["told"]}]}\`. Numbers: \`pages\` of the [fleet file](fleet-files.md#limits-and-pages).

\`npm run pages\` writes this page. Below are all codes, by how soon a person has to act. Each part has the codes of each runbook, then codes that need none.
`;

/** The part of the page for each urgency. */
const PARTS: Readonly<Record<Urgency, string>> = {
  now: '## Now\n\nIt gets worse, or stays down, until a person acts.',
  soon: '## Soon\n\nWithin the day.',
  know: '## To know\n\nNothing has to be done.',
};

/** The codes of one urgency: a line for each runbook, then one for each code that has none, with what it wants. */
function linesOf(urgency: Urgency): readonly string[] {
  const codes = Object.entries<PageWant>(PAGE_WANTS)
    .filter(([, page]) => page.urgency === urgency)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const runbooks = [...new Set(codes.flatMap(([, { runbook }]) => runbook ?? []))].sort();
  const codesOf = (name: string): readonly string[] =>
    codes.flatMap(([code, { runbook }]) => (runbook === name ? [`\`${code}\``] : []));
  return [
    ...runbooks.map((name) => `- [${name}](runbooks/${name}.md): ${codesOf(name).join(', ')}`),
    '',
    ...codes.flatMap(([code, { wants, runbook }]) => (runbook === undefined ? [`- \`${code}\`: ${wants}`] : [])),
  ];
}

async function reference(): Promise<string> {
  const parts = Object.entries(PARTS).flatMap(([urgency, title]) => [title, '', ...linesOf(urgency as Urgency), '']);
  return [HEAD, ...parts, '## A mail', '', ...(await mailOf(SHOWN))].join('\n');
}

writeFileSync(join(ROOT, 'docs/pages.md'), await reference());
