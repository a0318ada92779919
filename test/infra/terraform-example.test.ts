// The example of a Terraform owner names what fleet files and the templates have. Where Terraform is installed, it reads the files itself; no parser of HCL
// for Node.js is kept any more (CDK for Terraform, whose @cdktf/hcl2json was one, is archived). Nothing is applied, and no provider is fetched.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';
import { NodesStack } from '../../infra/stack.ts';
import { firstBootScripts } from '../../shared/node-commands/index.ts';

const FOLDER = join(repositoryRoot, 'examples/terraform');
/** Of a release's archive. */
const APPLY = join(repositoryRoot, 'infra/release/APPLY.md');
const read = (path: string): string => readFileSync(join(FOLDER, path), 'utf8');
const deployed = read('modules/deployed-nodes/main.tf');
const root = read('main.tf');

function hasTerraform(): boolean {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the Terraform example', () => {
  (hasTerraform() ? it : it.skip)(
    'and that of the archive are read by Terraform, and written as it would write them',
    () => {
      expect(() =>
        execFileSync('terraform', ['fmt', '-check', '-recursive', FOLDER], { encoding: 'utf8', stdio: 'pipe' }),
      ).not.toThrow();
      const [, archive = ''] = /```hcl\n(.*?)```/s.exec(readFileSync(APPLY, 'utf8')) ?? [];
      expect(execFileSync('terraform', ['fmt', '-'], { encoding: 'utf8', input: archive })).toBe(archive);
    },
  );

  it('reads fleet files that are there, by keys that they have', () => {
    const files = [...root.matchAll(/fleet_file\s+= "\$\{path\.module\}\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(files).toHaveLength(2);
    for (const file of files) expect([file, existsSync(join(FOLDER, file))]).toEqual([file, true]);
    const keys = new Set(
      [root, deployed, read('modules/own-nodes/main.tf')].flatMap((text) =>
        [...text.matchAll(/local\.fleet\.([a-zA-Z.]+)/g)].map(([, key]) => key),
      ),
    );
    expect([...keys].sort()).toEqual(['fleet', 'nodes.tag']);
  });

  it('names the stack, the role and the capability that the template of the fleet needs', () => {
    const path = /fleet_file\s+= "\$\{path\.module\}\/(\.\.\/deploy\/[^"]+)"/.exec(root)?.[1] ?? '';
    const file = readFleets(join(repositoryRoot, 'examples/deploy')).find(({ document: { fleet } }) =>
      path.endsWith(`/${fleet}.yaml`),
    );
    if (!file) throw new Error(`${path}: there is no such fleet`);
    const { document } = file;
    const name = (/stack\s+= "([^"]+)"/.exec(deployed)?.[1] ?? '').replace(/\$\{local\.fleet\.fleet\}/, document.fleet);
    const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
    const stack = new NodesStack(app, name, { document, scripts: firstBootScripts() });
    const template = Template.fromStack(stack);
    // The file that `cdk synth` writes, which the example uploads.
    expect(stack.templateFile).toBe(`${name}.template.json`);
    expect(deployed).toMatch(/"\$\{var\.assembly\}\/\$\{local\.stack\}\.template\.json"/);
    // It makes a role with a name of its own.
    const [role] = Object.values(template.findResources('AWS::IAM::Role'));
    expect(role?.['Properties'].RoleName['Fn::Join'][1][0]).toBe(`chainmend-node-${document.fleet}-`);
    expect(deployed).toMatch(/"chainmend-node-\$\{local\.fleet\.fleet\}-\$\{data\.aws_region\.current\.id\}"/);
    expect(deployed).toContain('capabilities = ["CAPABILITY_NAMED_IAM"]');
  });
});
