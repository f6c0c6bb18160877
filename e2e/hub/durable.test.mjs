// What a hub has acknowledged is on the disk: seen in its system calls, and with a disk that is full.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Heard, run, startHub } from '../lib/programs.mjs';
import { session } from '../lib/session.mjs';

const MESSAGES = 25;

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'papo-durable-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A client of the TCP text door. */
async function textClient(address) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host).setEncoding('utf8');
  const heard = new Heard();
  socket.on('data', (data) => heard.push(data)).on('error', () => {});
  await once(socket, 'connect');
  return { heard, say: (text) => socket.write(`${text}\n`), close: () => socket.destroy() };
}

/**
 * The system calls of a trace in order: what was called, on which file or socket, with what, and the places in the
 * trace where the call began and where it was done.
 */
function calls(trace) {
  const found = [];
  const open = new Map();
  trace.split('\n').forEach((line, place) => {
    const [, pid, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!rest) return;
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest) && open.get(pid);
    if (resumed) {
      open.delete(pid);
      if (/ = \d+/.test(rest)) resumed.done = place;
      return;
    }
    const [, name, file] = /^(\w+)\(\d+<([^>]*)>/.exec(rest) ?? [];
    if (!name) return;
    const call = { name, file, text: rest, begun: place, done: / = \d+$/.test(rest) ? place : Infinity };
    if (rest.endsWith('<unfinished ...>')) open.set(pid, call);
    found.push(call);
  });
  return found;
}

test('nothing that was said leaves the hub before the disk has it', async (t) => {
  const data = folder(t);
  const trace = join(data, 'trace');
  const hub = await startHub({
    wrapper: [
      'strace', '-f', '-y', '-s', '4096', '-o', trace,
      '-e', 'trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg', '-e', 'signal=none', '--',
    ],
    extra: ['--data', join(data, 'hub')],
  });
  const ana = await session(hub.http, 'ana@lobby');
  const bia = await session(hub.http, 'bia@lobby');
  const nc = await textClient(hub.tcp);
  nc.say('');
  await nc.heard.until('You are ');
  // Some one after the other, the rest together.
  const ids = Array.from({ length: MESSAGES }, (_, number) => `synced-${number}.`);
  for (const id of ids.slice(0, 5)) await ana.say(id, `text ${id}`);
  ids.slice(5).forEach((id) => ana.publish(id, `text ${id}`));
  for (const id of ids) {
    await ana.until(`ACK of ${id}`, (frame) => frame.type === 'ACK' && frame.msg_id === id);
    await bia.until(`PUB ${id}`, (frame) => frame.type === 'PUB' && frame.msg_id === id);
    await nc.heard.until(`text ${id}`);
  }
  [ana, bia, nc].forEach((client) => client.close());
  // The hub is the child of what traces it, which ends with it.
  const [child] = readFileSync(`/proc/${hub.pid}/task/${hub.pid}/children`, 'utf8').trim().split(' ');
  process.kill(Number(child), 'SIGTERM');
  assert.equal(await hub.ended, 0, hub.err.text);

  const all = calls(readFileSync(trace, 'utf8'));
  const isLog = (call) => call.file.endsWith('rooms.db-wal');
  const syncs = all.filter((call) => isLog(call) && /^f(data)?sync$/.test(call.name));
  assert.ok(syncs.length >= 6, `only ${syncs.length} syncs`);
  for (const id of ids) {
    const told = all.filter((call) => call.text.includes(id));
    const written = told.find((call) => isLog(call) && call.name === 'pwrite64');
    assert.ok(written, `${id} was never written`);
    const synced = syncs.find((sync) => sync.begun > written.begun && sync.done < Infinity);
    assert.ok(synced, `${id} was never synced`);
    const sent = told.filter((call) => /socket|TCP/.test(call.file));
    const ack = sent.find((call) => call.text.includes(`\\"ACK\\",\\"msg_id\\":\\"${id}\\"`));
    assert.ok(ack, `the ACK of ${id} is not in the trace`);
    for (const call of sent) {
      assert.ok(call.begun > synced.done, `${id} left before it was synced: ${call.text.slice(0, 200)}`);
    }
  }
});

/** Writes until nothing more fits. */
function fill(path) {
  const file = openSync(path, 'w');
  for (let size = 65536; size >= 1;) {
    try {
      writeSync(file, Buffer.alloc(size));
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
      size = Math.floor(size / 2);
    }
  }
  closeSync(file);
}

test('a full disk is told to who speaks, and nothing is lost', async (t) => {
  const place = folder(t);
  // A disk of its own in a place of its own; it is there as long as this program reads.
  const disk = run('unshare', [
    process.getuid() === 0 ? '-m' : '-Urm',
    'sh', '-c', `mount -t tmpfs -o size=8m tmpfs ${place} && echo mounted && exec cat`,
  ]);
  t.after(() => disk.stop('SIGKILL'));
  await disk.out.until('mounted');
  const start = () => startHub({
    wrapper: ['nsenter', '-t', String(disk.pid), '-m', ...(process.getuid() === 0 ? [] : ['-U']), '--'],
    extra: ['--data', join(place, 'hub')],
  });
  const status = async (path) => (await fetch(`http://${hub.http}${path}`)).status;
  let hub = await start();
  const ballast = `/proc/${disk.pid}/root${place}/ballast`;
  let ana = await session(hub.http, 'ana@lobby');
  const nc = await textClient(hub.tcp);
  nc.say('/nick bia');
  await nc.heard.until('You are bia now');
  const acked = [];
  const say = async (id) => {
    const answer = await ana.say(id, `text ${id}`);
    if (answer.type === 'ACK') {
      acked.push(id);
      assert.equal(answer.seq, acked.length);
    }
    return answer;
  };
  for (let number = 0; number < 20; number += 1) await say(`a${number}`);
  assert.equal(await status('/readyz'), 200);

  for (let round = 0; round < 2; round += 1) {
    fill(ballast);
    let refused;
    for (let number = 0; !refused && number < 5000; number += 1) {
      const answer = await say(`b${round}-${number}`);
      if (answer.type === 'ERROR') refused = answer;
    }
    assert.equal(refused?.code, 'storage', JSON.stringify(refused));
    assert.equal(await status('/readyz'), 503);
    assert.equal(await status('/livez'), 200);
    const posted = await fetch(`http://${hub.http}/api/rooms/lobby/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ src: 'robot', payload: 'too much' }),
    });
    assert.equal(posted.status, 507, await posted.text());
    nc.say('does anybody hear me');
    await nc.heard.until(new RegExp(`(not said[^]*){${round + 1}}`));
    assert.equal(nc.heard.count('does anybody hear me'), 0);

    unlinkSync(ballast);
    // The same message again is said now, with the number that it did not get.
    assert.equal((await say(refused.ref)).type, 'ACK');
    assert.equal(await status('/readyz'), 200);
    for (let number = 0; number < 20; number += 1) assert.equal((await say(`c${round}-${number}`)).type, 'ACK');
  }
  // Nobody ever heard what was refused.
  const newcomer = await session(hub.http, 'rui@lobby', { after: {} });
  const last = (frame) => frame.type === 'PUB' && frame.msg_id === acked.at(-1);
  await newcomer.until('the last message', last);
  const said = (from) => from.frames.filter((frame) => frame.type === 'PUB').map((frame) => frame.msg_id);
  assert.deepEqual(said(newcomer), acked);

  await hub.stop('SIGKILL');
  hub = await start();
  ana = await session(hub.http, 'ana@lobby', { after: {} });
  await ana.until('the last message', last);
  assert.deepEqual(said(ana), acked);
  assert.equal((await say('after')).type, 'ACK');
  await hub.stop();
});
