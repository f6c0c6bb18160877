// The containers as they are delivered: two hubs side by side, linked both ways, reached through published ports.
//
// No image can be pulled here, so the image is the one from scratch, and the capture's is made of this machine's tcpdump.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { startEngine } from './docker.mjs';

let engine;
let ports;
let compose;

before(async () => {
  engine = await startEngine();
  const binary = process.env.PAPO_STATIC_BIN;
  await engine.script('docker/image', ...(binary ? [binary] : []));
  const size = Number(await engine.docker('image', 'inspect', '--format', '{{.Size}}', 'papo-e2e'));
  console.log(`image size: ${(size / 1e6).toFixed(1)} MB`);
  const [a, tcp, b] = await freePorts(3);
  ports = { a, b, tcp };
  const published = { PAPO_A_HTTP: `${a}`, PAPO_A_TCP: `${tcp}`, PAPO_B_HTTP: `${b}`, PAPO_CAPTURE_IMAGE: 'papo-e2e-capture' };
  compose = (...args) => engine.compose(published, ...args);
  const began = performance.now();
  await compose('up', '-d', '--no-build');
  await Promise.all([healthy('serviceA'), healthy('serviceB')]);
  console.log(`compose up to both healthy: ${((performance.now() - began) / 1000).toFixed(1)} s (a check every 5 s)`);
});

after(async () => {
  try {
    await compose?.('--profile', 'capture', 'down', '-t', '5', '--volumes');
  } finally {
    await engine?.stop();
  }
});

test('what is said on A is heard on B, by browsers and at the TCP door', async () => {
  const [a, b] = await Promise.all([client(ports.a, 1), client(ports.b, 2)]);
  const nc = spawn('nc', ['127.0.0.1', `${ports.tcp}`]);
  const lines = createInterface({ input: nc.stdout })[Symbol.asyncIterator]();
  a.send('olá from A');
  assert.equal(await b.heard((text) => text.includes('olá')), 'Client #1: olá from A');
  b.send('and back');
  assert.equal(await a.heard((text) => text.includes('back')), 'Client #2: and back');
  nc.stdin.write('from nc\n');
  assert.match(await b.heard((text) => text.includes('from nc')), /: from nc$/);
  let line;
  do ({ value: line } = await lines.next()); while (!line.includes('from nc'));
  assert.match(line, /^\S+ \| \d{4}-\d\d-\d\d \d\d:\d\d \| from nc$/);
  nc.kill();
  a.close();
  b.close();
});

test('B is killed, A goes on speaking, and B hears it after its return', async () => {
  const [a, witness] = await Promise.all([client(ports.a, 3), client(ports.a, 4)]);
  await compose('kill', '-s', 'SIGKILL', 'serviceB');
  for (const number of [1, 2, 3]) a.send(`while away ${number}`);
  await witness.heard((text) => text.includes('while away 3'));
  // A hub keeps no history, so somebody must be there before A tries again: A is held still until somebody is.
  await compose('pause', 'serviceA');
  await compose('start', 'serviceB');
  const b = await client(ports.b, 5, { patient: true });
  await compose('unpause', 'serviceA');
  for (const number of [1, 2, 3]) {
    assert.equal(await b.heard((text) => text.includes('while away')), `Client #3: while away ${number}`);
  }
  [a, witness, b].forEach((each) => each.close());
});

test('the capture shows the traffic of the first hub', async () => {
  await captureImage();
  await compose('--profile', 'capture', 'up', '-d', '--no-build', 'capture');
  const id = await compose('--profile', 'capture', 'ps', '-q', 'capture');
  const logs = spawn('docker', ['logs', '-f', id], { env: engine.environment });
  const lines = merged(logs);
  await until(lines, (line) => line.includes('listening on'));
  const nc = spawn('nc', ['127.0.0.1', `${ports.tcp}`]);
  nc.stdin.write('seen by the capture\n');
  await until(lines, (line) => line.includes('seen by the capture'));
  nc.kill();
  logs.kill();
});

test('SIGTERM: browsers get 1001 and the container ends with 0 within 5 seconds', async () => {
  const a = await client(ports.a, 7);
  const closed = once(a.socket, 'close');
  const began = performance.now();
  await compose('stop', '-t', '5', 'serviceA');
  const [code] = await closed;
  assert.equal(code, 1001);
  const id = await compose('ps', '-q', 'serviceA');
  assert.equal(await engine.docker('inspect', '--format', '{{.State.ExitCode}}', id), '0');
  console.log(`compose stop: ${((performance.now() - began) / 1000).toFixed(1)} s`);
});

test('the image has no shell, runs as nobody, and its health check is the binary', async () => {
  const config = JSON.parse(await engine.docker('image', 'inspect', '--format', '{{json .Config}}', 'papo-e2e'));
  assert.equal(config.User, '65532:65532');
  assert.deepEqual(config.Healthcheck.Test.slice(0, 3), ['CMD', '/papo', 'health']);
  await assert.rejects(engine.docker('run', '--rm', '--entrypoint', '/bin/sh', 'papo-e2e'));
});

async function healthy(service) {
  const id = await compose('ps', '-q', service);
  // `docker events` tells of the change; the state is read first in case it came before.
  const events = spawn('docker', ['events', '--filter', `container=${id}`, '--filter', 'event=health_status'], {
    env: engine.environment,
  });
  try {
    const lines = createInterface({ input: events.stdout })[Symbol.asyncIterator]();
    while ((await engine.docker('inspect', '--format', '{{.State.Health.Status}}', id)) !== 'healthy') await lines.next();
  } finally {
    events.kill();
  }
}

async function client(port, id, { patient = false } = {}) {
  const { socket, texts } = patient ? await knock(port, id) : dial(port, id);
  const waiting = [];
  const match = () => {
    for (const [index, { wanted, resolve }] of waiting.entries()) {
      const found = texts.findIndex(wanted);
      if (found < 0) continue;
      waiting.splice(index, 1);
      return resolve(texts.splice(0, found + 1).at(-1));
    }
  };
  socket.on('message', match);
  if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open');
  const heard = (wanted) => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`client ${id} did not hear it; it heard ${JSON.stringify(texts)}`)), 30_000);
    waiting.push({ wanted, resolve: (text) => { clearTimeout(late); resolve(text); } });
    match();
  });
  await heard((text) => text === `Client #${id} joined the chat`);
  return { socket, heard, send: (text) => socket.send(text), close: () => socket.close() };
}

// The texts are collected from the first one on, which may come with the answer to the handshake.
function dial(port, id) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/${id}`);
  const texts = [];
  socket.on('message', (data) => texts.push(data.toString()));
  return { socket, texts };
}

// A container that was started listens a moment later, and tells nobody when.
async function knock(port, id) {
  const until = performance.now() + 20_000;
  for (;;) {
    const dialed = dial(port, id);
    const { socket } = dialed;
    const [opened] = await Promise.race([
      once(socket, 'open').then(() => [true], () => [false]),
      once(socket, 'error').then(() => [false]),
    ]);
    if (opened) return dialed;
    assert(performance.now() < until, `nobody listens at port ${port}`);
  }
}

// tcpdump with the libraries that it needs, and the user that it wants to become, in an image of its own.
async function captureImage() {
  const context = mkdtempSync(join(tmpdir(), 'papo-capture-'));
  const program = execFileSync('which', ['tcpdump'], { encoding: 'utf8' }).trim();
  const needed = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g);
  for (const file of [program, ...needed]) {
    mkdirSync(join(context, 'root', dirname(file)), { recursive: true });
    copyFileSync(file, join(context, 'root', dirname(file), basename(file)));
  }
  mkdirSync(join(context, 'root', 'etc'));
  const users = ['root:x:0:0::/:/bin/false', 'tcpdump:x:100:100::/:/bin/false', ''];
  writeFileSync(join(context, 'root', 'etc', 'passwd'), users.join('\n'));
  writeFileSync(join(context, 'root', 'etc', 'group'), 'root:x:0:\ntcpdump:x:100:\n');
  writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY root /\nENV PATH=${dirname(program)}\n`);
  await engine.docker('build', '-q', '-t', 'papo-e2e-capture', context);
  rmSync(context, { recursive: true });
}

async function* merged(child) {
  const queue = [];
  let wake = () => {};
  let open = true;
  child.on('close', () => { open = false; wake(); });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => { queue.push(line); wake(); });
  }
  for (;;) {
    while (queue.length) yield queue.shift();
    if (!open) return;
    await new Promise((resolve) => { wake = resolve; });
  }
}

async function until(lines, wanted) {
  const seen = [];
  for (;;) {
    const { value, done } = await lines.next();
    assert(!done, `the capture ended; it said ${JSON.stringify(seen)}`);
    seen.push(value);
    if (wanted(value)) return value;
  }
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const found = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return found;
}
