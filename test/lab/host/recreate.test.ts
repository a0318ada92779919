// Another version of a container, made as the one before was: with a real engine, which takes Docker's requests.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { type NodeCommand, nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { lackingForSystems, System } from './system.ts';

const onSystem = lackingForSystems === undefined ? describe : describe.skip;

const CLIENT = `trap "echo shutdown complete; exit 0" TERM; echo ready; while :; do sleep 0.2; done`;
/** Images of one program: of 1.0, 1.1, and of one that ends at once. */
const IMAGES = `cd /
  make() { tar -c -h -P -f - /bin/sh /bin/sleep $(ldd /bin/sh /bin/sleep | grep -o '/[^ ]*' | grep -v ':$' | sort -u) | docker import "$@" >/dev/null 2>&1; }
  make --change 'ENV RELEASE=1.0' --change 'ENTRYPOINT ["/bin/sh","-c"]' --change 'LABEL release=1.0' - client:1.0
  make --change 'ENV RELEASE=1.1' --change 'ENTRYPOINT ["/bin/sh","-c"]' --change 'LABEL release=1.1' --change 'WORKDIR /bin' - client:1.1
  make --change 'ENTRYPOINT ["/bin/sh","-c","exit 3"]' - client:9.9
  mkdir -p /data /etc/chainmend
  setsid podman system service --time 0 unix:///var/run/docker.sock </dev/null >/run/service 2>&1 &
  for n in $(seq 50); do [ -S /var/run/docker.sock ] && break; sleep 0.2; done`;
/**
 * A nested container starts with a namespace of cgroups only, which podman's service gives none. So the request is taken by the real service, and what it
 * has made gives way to the same, made with that namespace from the same words.
 */
const CURL = `#!/bin/bash
case "$*" in *containers/create*) ;; *) exec /usr/bin/curl.own "$@" ;; esac
body=$(cat) name=\${*: -1}
name=\${name##*name=}
answer=$(/usr/bin/curl.own "$@" <<<"$body")
if [ "\${answer##*$'\\n'}" = 201 ]; then
  docker rm "$name" >/dev/null
  mapfile -d '' -t words < <(jq -j '[(.Env[] | "-e", .), (.Labels | to_entries[] | "--label", "\\(.key)=\\(.value)"), (.HostConfig.Binds[] | "-v", split(",")[0]),
    (.HostConfig.CapDrop[] | "--cap-drop", .), (.Entrypoint // empty | "--entrypoint", tojson), "--network", .HostConfig.NetworkMode, .Image, (.Cmd // [])[]] | .[] + "\\u0000"' <<<"$body")
  docker create --name "$name" "\${words[@]}" >/dev/null
fi
printf '%s' "$answer"
`;
/** Restart policies that change, which podman 4 has not. */
const DOCKER = `#!/bin/bash
mkdir -p /run/policies && cd /run/policies
case "$*" in
  'update --restart '*) echo "$3" >"$4" ;;
  rename*) mv -f "$2" "$3" 2>/dev/null; exec docker.own "$@" ;;
  *RestartPolicy.Name*) printf '=%s:0\\n' "$(cat "\${*: -1}" 2>/dev/null || echo no)" ;;
  *) exec docker.own "$@" ;;
esac
`;
const RUN = `docker run -d --name node --network host -v /data:/data:ro -e 'WORDS=a "b" {c}, d' --label 'owner={"of":[1,2]}' --cap-drop NET_RAW client:1.0 '${CLIENT}' >/run/ran 2>&1; sleep 1`;

onSystem('another version of a container', () => {
  let system: System;
  let ordinal = 0;
  beforeAll(async () => {
    system = await System.start(['restart-client'], { '/root/curl': CURL, '/root/docker': DOCKER });
    await system.shell('mv /usr/bin/curl /usr/bin/curl.own; install -m 0755 /root/curl /usr/bin/curl');
    await system.shell(IMAGES);
  }, 300_000);
  afterAll(() => system?.stop());

  const switchTo = async (version: string) => {
    const command: NodeCommand = {
      ...{ operation: 'restart-client', paths: ['/data'], only: 'switch', version },
      clients: [
        { runtime: { kind: 'docker', container: 'node' }, stopGraceSeconds: 10, cleanLine: 'shutdown complete' },
      ],
    };
    const parameters = nodeCommandParameters({ fence: 4, ordinal: ++ordinal }, command, Date.now());
    const words = Object.entries(parameters).map(([name, [value = '']]) => `SSM_${name}='${value}'`);
    return parseNodeAnswer(await system.shell(`env ${words.join(' ')} /root/restart-client 2>/run/errors`));
  };
  const made = async (name = 'node') =>
    JSON.parse(
      await system.shell(
        `docker inspect ${name} | jq -c '.[0] | { state: .State.Status, image: .Config.Image, env: .Config.Env, labels: .Config.Labels, directory: .Config.WorkingDir, words: .Config.Cmd, network: .HostConfig.NetworkMode, limits: .HostConfig.CapDrop, mounts: [.Mounts[] | { from: .Source, to: .Destination, writes: .RW }] }'`,
      ),
    );
  const again = () => system.shell(`docker rm -f -t 0 -a >/dev/null 2>&1; rm -f /etc/chainmend/*; ${RUN}`);

  it('is as the one before was, but for what comes from its image, and that one is kept, stopped', async () => {
    await again();
    const before = await made();
    const answer = await switchTo('1.1');
    expect(answer).toMatchObject({
      ...{ result: 'done', stop: { clean: true }, fault: 'none' },
      before: { clients: [{ state: 'running', instance: '1.0' }] },
      after: { clients: [{ state: 'running', instance: '1.1' }] },
    });
    const after = await made();
    expect(after).toMatchObject({ state: 'running', directory: '/bin', words: [CLIENT], network: 'host' });
    expect(after.image).toMatch(/client:1\.1$/);
    expect(after.env).toEqual(expect.arrayContaining(['RELEASE=1.1', 'WORDS=a "b" {c}, d']));
    expect(after.env).not.toContain('RELEASE=1.0');
    expect(after.labels).toEqual({ release: '1.1', owner: '{"of":[1,2]}' });
    expect([after.limits, after.mounts]).toEqual([before.limits, before.mounts]);
    expect(await made('node-chainmend-1.0')).toMatchObject({ state: 'exited' });
  }, 120_000);

  it('gives way to the very container before', async () => {
    await again();
    const id = await system.shell("docker inspect --format '{{.Id}}' node");
    expect(await switchTo('1.1')).toMatchObject({ result: 'done' });
    expect(await switchTo('1.0')).toMatchObject({ result: 'done', after: { clients: [{ instance: '1.0' }] } });
    expect(await system.shell("docker inspect --format '{{.Id}}' node")).toBe(id);
  }, 120_000);

  it('that ends at once is told, and the one before comes back', async () => {
    await again();
    expect(await switchTo('9.9')).toMatchObject({ result: 'failed', after: { clients: [{ instance: '9.9' }] } });
    expect(await switchTo('1.0')).toMatchObject({
      ...{ result: 'done', after: { clients: [{ state: 'running', instance: '1.0' }] } },
    });
  }, 120_000);

  it('is not the one that an earlier try has made and never started', async () => {
    await again();
    await system.shell('docker create --name node-chainmend-1.1 --network host client:1.1 "exit 7" >/dev/null');
    expect(await switchTo('1.1')).toMatchObject({ result: 'done', after: { clients: [{ instance: '1.1' }] } });
    expect(await made()).toMatchObject({ state: 'running', words: [CLIENT] });
  }, 120_000);

  it('is found again where the power was cut between two names', async () => {
    await again();
    expect(await switchTo('1.1')).toMatchObject({ result: 'done' });
    await system.shell('docker stop -t 5 node >/dev/null; docker rename node node-chainmend-1.1');
    expect(await switchTo('1.1')).toMatchObject({
      ...{ result: 'done', after: { clients: [{ state: 'running', instance: '1.1' }] } },
    });
  }, 120_000);

  it('starts with Docker as the one before did, which does so no more', async () => {
    await again();
    await system.shell(
      `mv /usr/bin/docker /usr/bin/docker.own; install -m 0755 /root/docker /usr/bin/docker; docker update --restart unless-stopped node`,
    );
    expect(await switchTo('1.1')).toMatchObject({ result: 'done' });
    expect(await system.shell('cd /run/policies; tail -n 9 *; ls /etc/chainmend')).toBe(
      '==> node <==\nunless-stopped\n\n==> node-chainmend-1.0 <==\nno\n',
    );
    await system.shell('mv /usr/bin/docker.own /usr/bin/docker');
  }, 120_000);

  it.each([
    [
      'of one whose restart policy cannot be changed',
      RUN.replace('run -d', 'run -d --restart always'),
      '1.1',
      /cannot set the restart policy/,
    ],
    ['whose image is not there', RUN, '2.0', /docker has no image .*client:2\.0, and nothing is pulled/],
    [
      'of a container whose data are in it',
      RUN.replace('-v /data:/data:ro', ''),
      '1.1',
      /no mount of node is on a volume/,
    ],
    ['of one that goes with its stop', RUN.replace('run -d', 'run -d --rm'), '1.1', /was made with --rm/],
    [
      'of one that Compose has made',
      RUN.replace('--label', '--label com.docker.compose.project=node --label'),
      ...(['1.1', /made by Compose/] as const),
    ],
  ])(
    '%s is refused before anything is stopped',
    async (_, run, version, why) => {
      await system.shell(`docker rm -f -t 0 -a >/dev/null 2>&1; ${run}`);
      const id = await system.shell("docker inspect --format '{{.State.StartedAt}}' node");
      expect(await switchTo(version)).toMatchObject({ result: 'failed', reason: expect.stringMatching(why) });
      expect(await system.shell("docker inspect --format '{{.State.StartedAt}}' node")).toBe(id);
    },
    120_000,
  );
});
