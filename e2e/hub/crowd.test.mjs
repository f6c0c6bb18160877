// Ten thousand idle connections, and what the operating system is asked for.
import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { residentBytes, run, startHub } from '../lib/programs.mjs';
import { webSocket } from '../lib/websocket.mjs';

const CROWD = fileURLToPath(new URL('../lib/crowd.mjs', import.meta.url));
const MARKER = 'everyone-hears-this';
const PER_DOOR = 5000;
const PATIENCE = 120_000;

function crowd(door, address) {
  const child = fork(CROWD, [door, address, String(PER_DOOR), MARKER]);
  const failed = once(child, 'exit').then(([code]) => { throw new Error(`the ${door} crowd ended with ${code}`); });
  failed.catch(() => {});
  const told = (word) => Promise.race([
    failed,
    new Promise((resolve) => { child.on('message', (message) => message === word && resolve()); }),
  ]);
  return { connected: told('connected'), heard: told('heard'), leave: () => child.disconnect() };
}

const openFilesLimit = (pid) => Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))[1]);

test('10,000 idle connections hear a line, on a hub that began with a limit of 1024 files', { timeout: PATIENCE }, async (t) => {
  const hub = await startHub({ wrapper: ['prlimit', '--nofile=1024:'] });
  assert.ok(openFilesLimit(hub.pid) > 2 * PER_DOOR, `its limit is ${openFilesLimit(hub.pid)} files now`);
  assert.equal(hub.err.text, '', 'nothing to complain about');
  const before = residentBytes(hub.pid);

  const begun = performance.now();
  const web = crowd('ws', hub.http);
  await web.connected;
  const lines = crowd('tcp', hub.tcp);
  await lines.connected;

  // A connection counts once the hub has made a session of it, which it can be asked.
  const speaker = run('nc', ['127.0.0.1', hub.tcpPort]);
  let answers = 0;
  for (let people = 0; people !== 2 * PER_DOOR + 1;) {
    speaker.say('/who\n');
    answers += 1;
    const last = (text) => {
      const counts = [...text.matchAll(/(\d+) people in lobby/g)];
      return counts.length === answers && counts.at(-1);
    };
    const [, told] = await speaker.out.until({ exec: last, toString: () => `answer ${answers}` });
    people = Number(told);
  }
  const connected = performance.now();
  const idle = residentBytes(hub.pid);

  speaker.say(`${MARKER}\n`);
  await Promise.all([web.heard, lines.heard]);
  const heard = performance.now();
  const kilobytes = (bytes) => `${(bytes / 2 / PER_DOOR / 1024).toFixed(1)} KiB`;
  t.diagnostic(`${2 * PER_DOOR} connections in ${((connected - begun) / 1000).toFixed(1)} s`);
  t.diagnostic(`resident memory per idle connection: ${kilobytes(idle - before)}, ${kilobytes(residentBytes(hub.pid) - before)} after a line`);
  t.diagnostic(`a line reached all of them within ${(heard - connected).toFixed(0)} ms`);

  await speaker.stop();
  lines.leave();
  web.leave();
  assert.equal(await hub.stop(), 0, 'and it still ends cleanly');
});

test('a hub that cannot have the files it needs says so', async () => {
  const hub = await startHub({ wrapper: ['prlimit', '--nofile=512:512'] });
  await hub.err.until(/this machine allows 512 open files.*ulimit -Hn/);
  const web = await webSocket(hub.http, 1);
  web.say('it works all the same');
  web.destroy();
  assert.equal(await hub.stop(), 0);
});

test('the kernel watches over every connection that was accepted', async () => {
  const hub = await startHub();
  const web = await webSocket(hub.http, 1);
  const nc = run('nc', ['127.0.0.1', hub.tcpPort]);
  nc.say('/who\n');
  await nc.out.until('people in lobby');
  for (const port of [hub.httpPort, hub.tcpPort]) {
    const { stdout } = await promisify(execFile)('ss', ['-tnoH', 'state', 'established', `( sport = :${port} )`]);
    assert.match(stdout, /timer:\(keepalive,/, `the connection at port ${port}: ${stdout}`);
  }
  web.destroy();
  await nc.stop();
  await hub.stop();
});
