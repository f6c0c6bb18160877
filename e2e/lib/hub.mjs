// Starts hubs for the tests. PAPO_BIN is the binary (../target/release/papo by default).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

// A test that fails leaves its hubs behind; they must not outlive the tests.
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A running hub: `http` and `tcp` addresses, `stop()`, `kill()`, and `again()` on the same ports after either. */
export async function startHub({ http = '127.0.0.1:0', tcp = '127.0.0.1:0', links = [], extra = [] } = {}) {
  const program = process.env.PAPO_BIN ?? `${REPOSITORY}target/release/papo`;
  const linked = links.flatMap((url) => ['--link', url]);
  const options = [
    'serve', '--ephemeral', '--http', http, '--tcp', tcp, '--json', '--lang', 'en', '--session-rate', 'off',
    ...linked, ...extra,
  ];
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => { errors += data; });
  running.add(child);
  const ended = once(child, 'exit').finally(() => running.delete(child));

  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => text),
    ended.then(([code]) => { throw new Error(`the hub ended with ${code} before it was ready: ${errors}`); }),
  ]);
  lines.on('line', () => {}); // keeps its stdout flowing
  const ready = JSON.parse(line);

  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    http: ready.http,
    tcp: ready.tcp,
    url: `http://${ready.http}/`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    again: () => startHub({ http: ready.http, tcp: ready.tcp, links, extra }),
  };
}

/** Two hubs that relay to each other. Each must know the other's port before it starts. */
export async function startLinkedHubs() {
  const [a, b] = await freePorts(2);
  return Promise.all([
    startHub({ http: `127.0.0.1:${a}`, links: [`http://127.0.0.1:${b}/relay`], extra: ['--name', 'A'] }),
    startHub({ http: `127.0.0.1:${b}`, links: [`http://127.0.0.1:${a}/relay`], extra: ['--name', 'B'] }),
  ]);
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
