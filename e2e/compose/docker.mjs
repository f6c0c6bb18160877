// A Docker engine of the test's own: its data, its socket, its processes; nothing of the machine's is touched.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** Starts an engine that can publish ports without touching the machine's firewall, and tells when it is ready. */
export async function startEngine() {
  const home = mkdtempSync(join(tmpdir(), 'papo-docker-'));
  const log = openSync(join(home, 'log'), 'w');
  const host = `unix://${home}/sock`;
  const engine = spawn('dockerd', [
    '--iptables=false', '--ip6tables=false', '--data-root', join(home, 'data'), '--exec-root', join(home, 'exec'),
    '--pidfile', join(home, 'pid'), '--host', host,
  ], { stdio: ['ignore', log, 'pipe'] });
  const lines = createInterface({ input: engine.stderr });
  const said = [];
  const ready = new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('API listen on')) resolve();
    });
    engine.on('exit', (code) => reject(new Error(`dockerd ended with ${code}:\n${said.slice(-20).join('\n')}`)));
    engine.on('error', (error) => reject(new Error(`dockerd cannot be started (apt-get install docker.io): ${error}`)));
  });
  await ready;

  const environment = { ...process.env, DOCKER_HOST: host, COMPOSE_PROJECT_NAME: 'papoe2e', PAPO_IMAGE: 'papo-e2e' };
  const call = async (program, args, more = {}) => {
    const options = { cwd: REPOSITORY, env: { ...environment, ...more }, maxBuffer: 64 << 20 };
    const { stdout } = await run(program, args, options);
    return stdout.trim();
  };
  return {
    environment,
    docker: (...args) => call('docker', args),
    compose: (ports, ...args) => call('docker-compose', ['-f', 'compose.yaml', ...args], ports),
    script: (file, ...args) => call(join(REPOSITORY, file), args),
    async stop() {
      engine.removeAllListeners('exit');
      const ended = once(engine, 'exit');
      engine.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
    log: () => said.slice(-40).join('\n') || readFileSync(join(home, 'log'), 'utf8'),
  };
}
