// Makes a fleet file of each line of coins.csv: node examples/systems/exchange/make.mjs [FOLDER]. Ports come from the coin's chain.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ACCOUNT = '111122223333';
const ZONES = { 'eu-west-1b': 'subnet-0123456789abcdef1', 'eu-west-1c': 'subnet-0123456789abcdef2' }; // public: their nodes get a public address

/** @param {string} csv a head, then a line for each coin. @returns {Map<string, string>} the text of each fleet file, by its name */
function fleetFiles(csv) {
  const [head = '', ...lines] = csv.trim().split('\n');
  const keys = head.split(',');
  return new Map(
    lines.map((line) => {
      const row = Object.fromEntries(line.split(',').map((value, at) => [keys[at], value]));
      return [`${row.coin}.yaml`, fleetFile(row)];
    }),
  );
}

function fleetFile({ coin, chain, nodes, versions, instanceType, sizeGiB, chainId, secret, feed }) {
  const zones = Object.keys(ZONES);
  const places = Array.from({ length: Number(nodes) }, (_, at) => `node${at + 1}: ${zones[at % zones.length]}`);
  const [first] = versions.split(' ');
  const alone = nodes === '1' ? ', alone: true' : '';
  const health = [
    ...(chainId ? [`chainId: "${chainId}"`] : []),
    `references: ['https://${coin}-a.example/', 'https://${coin}-b.example/']`,
  ];
  return `# yaml-language-server: $schema=../../../../infra/fleet.schema.json
# Made by make.mjs of the line "${coin}" in coins.csv: change it there.
fleet: ${coin}
chain: ${chain}
mode: plan # then ask, then act
nodes: { tag: { Component: nodes/${coin} }, expected: ${nodes} }
role: follower
unit: node@* # whatever version runs
client: { versions: [${versions.split(' ').map((version) => `"${version}"`).join(', ')}] }
volumes: { data: /node-data }
${secret ? `rpc: { credentials: 'secret:nodes/${coin}' } # JSON with user and password: the first boot and each start of the client read it\n` : ''}probe: { vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0] } # RPC is open to the internal network alone
health: { ${health.join(', ')} }
alarms: { own: [{ name: ${coin}-*-height, means: stuck }] } # on the height that its script puts into CloudWatch
snapshots: { everyHours: 24, clean: { at: "03:00"${alone} } } # Data Lifecycle Manager's, and one of a stopped client
replace: { publicAddress: may-change }
${feed ? `releases: { feed: '${feed}' }\n` : ''}dns: { zone: ${coin}.internal }
deploy:
  kind: single
  nodes: { ${places.join(', ')} }
  vpc: vpc-0123456789abcdef0
  subnets: { ${Object.entries(ZONES).map((zone) => zone.join(': ')).join(', ')} }
  instanceType: ${instanceType}
  volume: { sizeGiB: ${sizeGiB} }
  rpcFrom: sg-0123456789abcdef0
  policies: ['arn:aws:iam::${ACCOUNT}:policy/nodes-${coin}'] # your own: it may pull the image, and read the secret nodes/${coin}
  version: "${first}"
  install:
    lines:
      - dnf -y install docker amazon-ecr-credential-helper && systemctl enable --now docker
      - mkdir -p /root/.docker && printf '{"credsStore":"ecr-login"}' >/root/.docker/config.json
      - printf 'IMAGE=${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/${coin}\\nCOIN=${coin}\\nDATA_VOLUME=/data\\n' >/etc/sysconfig/node
      - printf '%s\\n' '#!/bin/sh' 'umask 077' 'aws secretsmanager get-secret-value --secret-id nodes/${coin} --query SecretString --output text >/run/node.secret' >/usr/local/bin/node-secret
      - chmod 0755 /usr/local/bin/node-secret
      - printf '[Unit]\\nAfter=docker.service\\n[Service]\\nEnvironmentFile=/etc/sysconfig/node\\nExecStartPre=/usr/local/bin/node-secret\\nExecStartPre=/usr/bin/docker pull \${IMAGE}:%%i\\nExecStart=/usr/bin/docker run --rm --name=\${COIN}-node --network=host -v /run/node.secret:/run/node.secret:ro -v /node-data:\${DATA_VOLUME} \${IMAGE}:%%i\\nExecStop=/usr/bin/docker stop -t 600 \${COIN}-node\\nTimeoutStopSec=620\\nRestart=on-failure\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/node@.service
`;
}

const here = import.meta.dirname;
const folder = process.argv[2] ?? join(here, 'fleets');
mkdirSync(folder, { recursive: true });
for (const [name, text] of fleetFiles(readFileSync(join(here, 'coins.csv'), 'utf8'))) writeFileSync(join(folder, name), text);
