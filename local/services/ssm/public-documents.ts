// Documents that AWS publishes: the one that runs people's commands. Its form: `aws ssm get-document --name AWS-RunShellScript`, in the schema that
// this region reads.

import type { StoredDocument } from './document-content.ts';
import { parsedDocument } from './document-content.ts';

const RUN_SHELL_SCRIPT = JSON.stringify({
  schemaVersion: '2.2',
  description: 'Run a shell script or specify the commands to run.',
  parameters: {
    commands: { type: 'StringList' },
    workingDirectory: { type: 'String', default: '', maxChars: 4096 },
    executionTimeout: { type: 'String', default: '3600' },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'runShellScript',
      inputs: { runCommand: ['{{ commands }}'], timeoutSeconds: 3600 },
    },
  ],
});

/** Such a name cannot be used for a new document: the prefix is AWS's. */
export const PUBLIC_DOCUMENTS: ReadonlyMap<string, StoredDocument> = new Map(
  Object.entries({ 'AWS-RunShellScript': RUN_SHELL_SCRIPT }).map(([name, text]) => [
    name,
    {
      ...{ name, defaultVersion: 1, tags: {} },
      versions: [
        {
          ...{ version: 1, text, format: 'JSON', content: parsedDocument(text) },
          ...{ hash: 'published by AWS', createdAtMs: Date.UTC(2026, 0, 1) },
        },
      ],
    } satisfies StoredDocument,
  ]),
);
