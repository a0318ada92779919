// Another version of a service of Compose, by an override file of ours: with a real engine, and a Compose that is played as version 2.29 does.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { type NodeCommand, nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { lackingForSystems, System } from './system.ts';

const onSystem = lackingForSystems === undefined ? describe : describe.skip;

const CLIENT = `trap "echo shutdown complete; exit 0" TERM; echo ready; while :; do sleep 0.2; done`;
/** Images of one program: of 1.0, 1.1, and of one that ends at once. */
const IMAGES = `cd /
  make() { tar -c -h -P -f - /bin/sh /bin/sleep $(ldd /bin/sh /bin/sleep | grep -o '/[^ ]*' | grep -v ':$' | sort -u) | docker import "$@" >/dev/null 2>&1; }
  make --change 'ENTRYPOINT ["/bin/sh","-c"]' --change 'LABEL release=1.0' - client:1.0
  make --change 'ENTRYPOINT ["/bin/sh","-c"]' --change 'LABEL release=1.1' - client:1.1
  make --change 'ENTRYPOINT ["/bin/sh","-c","exit 3"]' - client:9.9
  mkdir -p /data /opt/node`;
/** The service that the file describes, and what Compose would not take from another one of its files. */
const FILE = (image: string, more = '') => `services:
  client:
    image: ${image}
    volumes: ["/data:/data:ro"]
    environment: { WORDS: one }
${more}`;
/**
 * Its container has the label of the files that it was made of, and one of the sum of what they say. \`up\` makes it again where that differs, or where its
 * image is of another name: with the other name first, then the one before is removed.
 */
const DOCKER = `#!/bin/bash
if [ "$1" != compose ]; then exec docker.own "$@"; fi
shift
printf '%s\\n' "$*" >>/run/composed
[ "$1" != version ] || exit 0
files=() dry=
while :; do
  case $1 in
    -f) [ -r "$2" ] || { echo "open $2: no such file or directory" >&2; exit 14; }; files+=("$2"); shift 2 ;;
    --dry-run) dry='DRY-RUN MODE -  '; shift ;;
    *) break ;;
  esac
done
verb=$1 service=\${*: -1}
made=$(docker.own ps -a -q --no-trunc --filter label=com.docker.compose.project=node --filter label=com.docker.compose.service=$service)
case $verb in
  ps) [ -z "$made" ] || printf '%s\\n' "$made" ;;
  start) docker.own start "$made" ;;
  stop) docker.own stop -t "$3" "$made" ;;
  up)
    image=$(grep -h '^ *image:' "\${files[@]}" | tail -n 1 | tr -d '" ' | sed 's/^image://')
    sum=$({ echo "$image"; grep -v '^ *image:' "\${files[0]}"; } | sha256sum | head -c 64)
    was=
    [ -z "$made" ] || was=$(docker.own inspect --format '{{index .Config.Labels "com.docker.compose.config-hash"}}' "$made")
    if [ "$was" = "$sum" ]; then echo "$dry Container node-$service-1  Running" >&2; exit 0; fi
    echo "$dry Container node-$service-1  \${made:+Re}creat\${made:+e}\${made:-ing}" >&2
    [ -z "$dry" ] || exit 0
    [ ! -e /run/broken ] || { echo 'Error response from daemon: no space left on device' >&2; exit 1; }
    docker.own create --name "new_node-$service-1" --network host -v /data:/data:ro --label com.docker.compose.project=node \\
      --label com.docker.compose.service=$service --label "com.docker.compose.config-hash=$sum" \\
      --label "com.docker.compose.project.config_files=$(IFS=,; echo "\${files[*]}")" "$image" '${CLIENT}' >/dev/null || exit 1
    [ -z "$made" ] || docker.own rm "$made" >/dev/null
    docker.own rename "new_node-$service-1" "node-$service-1"
    echo " Container node-$service-1  Recreated" >&2
    ;;
esac
`;
const UP =
  'docker compose -f /opt/node/compose.yaml up --no-start client >/dev/null 2>&1; docker start node-client-1; sleep 1';

onSystem('another version of a service of Compose', () => {
  let system: System;
  let ordinal = 0;
  beforeAll(async () => {
    system = await System.start(['restart-client', 'inspect-node'], { '/root/docker': DOCKER });
    await system.shell(IMAGES);
    await system.shell('mv /usr/bin/docker /usr/bin/docker.own; install -m 0755 /root/docker /usr/bin/docker');
  }, 300_000);
  afterAll(() => system?.stop());

  const clients = [
    {
      ...{ stopGraceSeconds: 10, cleanLine: 'shutdown complete' },
      runtime: { kind: 'compose', file: '/opt/node/compose.yaml', service: 'client' },
    },
  ] as const;
  const send = async (command: NodeCommand) => {
    const parameters = nodeCommandParameters({ fence: 4, ordinal: ++ordinal }, command, Date.now());
    const words = Object.entries(parameters).map(([name, [value = '']]) => `SSM_${name}='${value}'`);
    return parseNodeAnswer(await system.shell(`env ${words.join(' ')} /root/${command.operation} 2>/run/errors`));
  };
  const switchTo = (version: string) =>
    send({ operation: 'restart-client', clients, paths: ['/data'], only: 'switch', version });
  const seenWayBack = async () =>
    (await send({ operation: 'inspect-node', clients, paths: [] })).after?.runs?.[0]?.noWayBack;
  const write = (text: string) =>
    system.shell(`echo '${Buffer.from(text).toString('base64')}' | base64 -d >/opt/node/compose.yaml`);
  const again = async (text = FILE('localhost/client:1.0')) => {
    await system.shell('docker rm -f -t 0 -a >/dev/null 2>&1; rm -rf /etc/chainmend /run/composed /run/broken');
    await write(text);
    await system.shell(UP);
  };
  const started = () => system.shell("docker inspect --format '{{.Id}} {{.State.StartedAt}}' node-client-1");

  it('is made by Compose of its file and of ours, and the one before comes back by the same way', async () => {
    await again();
    expect(await switchTo('1.1')).toMatchObject({
      ...{ result: 'done', stop: { clean: true }, fault: 'none' },
      before: { clients: [{ state: 'running', instance: '1.0' }] },
      after: { clients: [{ state: 'running', instance: '1.1' }] },
    });
    expect(
      await system.shell(
        'cat /etc/chainmend/compose-node.client.yaml; ls /etc/chainmend; stat -c "%a %U" /etc/chainmend/*',
      ),
    ).toBe('services:\n  "client":\n    image: "localhost/client:1.1"\ncompose-node.client.yaml\n600 root\n');
    expect(await system.shell('cat /run/composed')).toContain('up --no-start --no-deps --no-build --pull never client');
    expect(await switchTo('1.0')).toMatchObject({
      ...{ result: 'done', before: { clients: [{ instance: '1.1' }] }, after: { clients: [{ instance: '1.0' }] } },
    });
  }, 120_000);

  it('that ends at once is told, and the one before comes back', async () => {
    await again();
    expect(await switchTo('9.9')).toMatchObject({ result: 'failed', after: { clients: [{ instance: '9.9' }] } });
    expect(await switchTo('1.0')).toMatchObject({
      ...{ result: 'done', after: { clients: [{ state: 'running', instance: '1.0' }] } },
    });
  }, 120_000);

  it('follows another one whose owner has written its image into his file since', async () => {
    await again();
    expect(await switchTo('1.1')).toMatchObject({ result: 'done' });
    await write(FILE('localhost/client:1.1'));
    await system.shell('rm /etc/chainmend/*');
    expect(await switchTo('1.0')).toMatchObject({ result: 'done', after: { clients: [{ instance: '1.0' }] } });
  }, 120_000);

  it('that Compose cannot make leaves the one before, which starts again', async () => {
    await again();
    await system.shell('touch /run/broken');
    expect(await switchTo('1.1')).toMatchObject({
      ...{
        result: 'failed',
        fault: 'node',
        reason: expect.stringMatching(/Compose could not make client .*no space left/),
      },
      after: { clients: [{ state: 'stopped', instance: '1.0' }] },
    });
    expect(await switchTo('1.0')).toMatchObject({ result: 'done', after: { clients: [{ state: 'running' }] } });
    await system.shell('rm /run/broken');
    expect(await switchTo('1.1')).toMatchObject({ result: 'done', after: { clients: [{ instance: '1.1' }] } });
  }, 120_000);

  it('goes on where the power was cut while Compose had made the next one and not yet removed the one before', async () => {
    await again();
    await system.shell(
      `docker stop -t 5 node-client-1; docker create --name cut_node-client-1 --label com.docker.compose.project=node --label com.docker.compose.service=client --label com.docker.compose.replace=0a localhost/client:1.1`,
    );
    expect(await switchTo('1.1')).toMatchObject({
      ...{ result: 'done', after: { clients: [{ state: 'running', instance: '1.1' }] } },
    });
    expect(await system.shell('docker ps -a --format "{{.Names}}"')).toBe('node-client-1\n');
  }, 120_000);

  it.each<[string, string, string, RegExp]>([
    ['whose image is not there', '', '2.0', /docker has no image localhost\/client:2\.0, and nothing is pulled/],
    [
      'of one whose image has gone',
      'docker tag client:1.0 client:0.9; docker rm -f -t 0 -a; sed -i s/1.0/0.9/ /opt/node/compose.yaml; UP; docker untag localhost/client:0.9 localhost/client:0.9',
      '1.1',
      /no image localhost\/client:0\.9 of which client was made: there is no way back/,
    ],
    [
      'of one whose tag is another image by now',
      'docker tag client:1.0 client:0.9; docker rm -f -t 0 -a; sed -i s/1.0/0.9/ /opt/node/compose.yaml; UP; docker tag client:9.9 client:0.9',
      '1.1',
      /there is no way back/,
    ],
  ])(
    '%s is refused before anything is stopped',
    async (name, change, version, why) => {
      await again();
      await system.shell(`{ ${change.replace('UP', UP)}; } >/dev/null 2>&1`.replace('{ ;', '{ :;'));
      const before = await started();
      expect(await switchTo(version)).toMatchObject({ result: 'failed', reason: expect.stringMatching(why) });
      expect(await seenWayBack()).toEqual(
        /image has gone|another image/.test(name) ? expect.stringMatching(why) : undefined,
      );
      expect(await started()).toBe(before);
      expect(before).toContain('20');
      await system.shell('docker tag client:1.0 client:0.9');
    },
    120_000,
  );
});
