// Another version of a service of Compose: what is asked before anything is stopped, and in which order it is done. Docker is played.
import { chmodSync } from 'node:fs';
import { afterEach, expect, describe as group, it } from '@jest/globals';
import { base64, type ScriptedNode, scriptedNode } from '../../fixtures/scripted-node.ts';

/** The script is for Linux: flock(1), mapfile, /proc. */
const onLinux: typeof group =
  process.platform === 'linux'
    ? group
    : (((name: string, body: () => void) => group.skip(`${name} (left out: needs Linux)`, body)) as typeof group);

/** Root alone can change it on any Linux: what stands in it, the Docker that is played does not read. */
const FILE = '/etc/passwd';

/** Its files: the service's image and state, what Compose was told, and the images that are there, by their names. */
const dockerOf = (folder: string): string => `#!/bin/bash
cd ${folder}
case "$*" in
  *'{{.State.Status}} {{.State.ExitCode}}'*) echo "$(<state) 0 false false =$(<image) 2026-11-20T17:11:33Z" ;;
  *'compose.project"}}'*) echo node ;;
  *config_files*) cat made ;;
  *.Mounts*) cat mounts ;;
  *.RestartCount*) echo 0 ;;
  'image inspect'*) cat "images/\${*: -1}" ;;
  *'{{.Image}}'*) cat id ;;
  'compose version') ;;
  compose*' ps -a -q '*) echo 0a ;;
  compose*' start '*) echo start >>told; echo running >state ;;
  compose*' stop '*) echo stop >>told; echo exited >state ;;
  compose*' up '*)
    image=$(sed -n 's/^    image: "\\(.*\\)"$/\\1/p' "\${5}")
    if [[ "$*" == *--dry-run* ]]; then
      echo "asked of $image" >>told
      [ ! -e edited ] && [ "$image" = "$(<image)" ] || echo 'DRY-RUN MODE -  Container node-client-1  Recreate' >&2
    else
      echo "made of $image" >>told
      echo "$image" >image
      echo created >state
    fi
    ;;
esac
`;

const nodes: ScriptedNode[] = [];
afterEach(() => {
  for (const made of nodes.splice(0)) made.remove();
});

function composed(files: Readonly<Record<string, string>> = {}): ScriptedNode {
  const node = scriptedNode();
  nodes.push(node);
  const here = {
    ...{ image: 'client:1.0', state: 'running', made: FILE, mounts: '/data', id: 'sha256:10' },
    ...{ 'images/client:1.0': 'sha256:10', 'images/client:1.1': 'sha256:11', told: '' },
    ...files,
  };
  for (const [name, text] of Object.entries(here)) node.put(`run/docker/${name}`, text === '' ? '' : `${text}\n`);
  node.put('bin/docker', dockerOf(node.at('run/docker')));
  chmodSync(node.at('bin/docker'), 0o755);
  return node;
}

const Clients = base64(`compose ${FILE}#client 60 -`);
const id = { OperationId: '4.1', StartBy: String(Math.floor(Date.now() / 1_000) + 600), RunLimitSeconds: '60' };
const switchTo = (node: ScriptedNode, Version: string) =>
  node.run('restart-client', { ...id, Clients, Paths: base64('/data'), Only: 'switch', Version, Own: '_' });
const told = (node: ScriptedNode) => node.text('run/docker/told')?.trim().split('\n');

onLinux('another version of a service of Compose', () => {
  it('is asked for both ways, and made once the client has stopped', async () => {
    const node = composed();
    expect(await switchTo(node, '1.1')).toMatchObject({
      ...{ result: 'done', stop: { clean: true } },
      before: { clients: [{ state: 'running', instance: '1.0' }] },
      after: { clients: [{ state: 'running', instance: '1.1' }] },
    });
    expect(told(node)).toEqual(['asked of client:1.0', 'asked of client:1.1', 'stop', 'made of client:1.1', 'start']);
    expect(node.text('etc/chainmend/compose-node.client.yaml')).toBe(
      'services:\n  "client":\n    image: "client:1.1"\n',
    );
  });

  it('that runs already is left alone', async () => {
    const node = composed();
    expect(await switchTo(node, '1.0')).toMatchObject({ result: 'done', stop: null });
    expect(told(node)).toEqual(['']);
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['whose image has gone', { 'images/client:1.0': '' }, /no image client:1\.0 of which client was made/],
    ['whose tag is another image by now', { 'images/client:1.0': 'sha256:99' }, /there is no way back/],
    ['whose file was changed since', { edited: 'yes' }, /does not make client as it runs: there is no way back/],
    ['that other files have a part in', { made: `${FILE},/etc/more.yaml` }, /was made of \/etc\/passwd,\/etc\/more/],
    ['whose data are on no volume', { mounts: '/var/lib/docker/volumes/a' }, /on a volume of the node/],
    ['without the next image', { 'images/client:1.1': '' }, /no image client:1\.1, and nothing is pulled/],
  ])('of one %s is refused before anything is stopped', async (_, files, why) => {
    const node = composed(files);
    expect(await switchTo(node, '1.1')).toMatchObject({
      result: 'failed',
      fault: 'node',
      reason: expect.stringMatching(why),
    });
    expect(told(node)).not.toContain('stop');
    expect(node.text('run/docker/state')).toBe('running\n');
  });
});
