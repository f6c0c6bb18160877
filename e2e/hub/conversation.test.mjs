// One conversation through every door at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAPO, run, startHub } from '../lib/programs.mjs';
import { webSocket } from '../lib/websocket.mjs';

test('nc, papo connect and a WebSocket talk with each other', async () => {
  const hub = await startHub();
  const web = await webSocket(hub.http, 7);
  await web.heard.until('Client #7 joined the chat\n');

  const nc = run('nc', ['127.0.0.1', hub.tcpPort]);
  nc.say('/nick ana\n');
  await web.heard.until('ana joined the chat\n');

  const papo = run(PAPO, ['connect', hub.tcp]);
  papo.say('/nick bia\n');
  await web.heard.until('bia joined the chat\n');
  await nc.out.until(/bia joined the chat\n/);

  nc.say('oi do nc\n');
  await web.heard.until('ana: oi do nc\n');
  await papo.out.until(/^ana \| [-\d]+ [:\d]+ \| oi do nc\n/m);

  papo.say('oi do papo\n');
  await web.heard.until('bia: oi do papo\n');
  await nc.out.until(/^bia \| [-\d]+ [:\d]+ \| oi do papo\n/m);

  web.say('oi da página, ação ✓');
  await nc.out.until(/^Client #7 \| [-\d]+ [:\d]+ \| oi da página, ação ✓\n/m);
  await papo.out.until(/^Client #7 \| [-\d]+ [:\d]+ \| oi da página, ação ✓\n/m);

  // A barrier: what ana says next arrives behind everything that was said before.
  nc.say('fim\n');
  await Promise.all([web.heard.until('ana: fim\n'), papo.out.until(/\| fim\n/), nc.out.until(/\| fim\n/)]);
  assert.equal(web.heard.count('oi da página'), 0, 'a WebSocket does not hear itself');
  for (const [door, heard] of Object.entries({ web: web.heard, nc: nc.out, papo: papo.out })) {
    for (const text of ['oi do nc', 'oi do papo']) assert.equal(heard.count(text), 1, `${text} at ${door}`);
  }

  papo.endInput();
  assert.equal(await papo.ended, 0, 'connect ends with its input');
  await web.heard.until('bia left the chat\n');
  assert.equal(await hub.stop(), 0);
  assert.equal(await web.closed, 1001, 'a hub that goes says so');
  nc.endInput();
  assert.equal(await nc.ended, 0);
});

test('papo connect in a pipe says everything and shows what was answered', async () => {
  const hub = await startHub();
  const client = run(PAPO, ['connect', '--json', hub.tcp]);
  client.say(Array.from({ length: 100 }, (_, number) => `linha ${number}\n`).join(''));
  client.endInput();
  assert.equal(await client.ended, 0);
  const events = client.out.text.trim().split('\n').map((line) => JSON.parse(line));
  const texts = events.filter(({ event }) => event === 'message').map(({ text }) => text);
  assert.deepEqual(texts, Array.from({ length: 100 }, (_, number) => `linha ${number}`));
  assert.equal(events.at(-1).event, 'closed');
  await hub.stop();
});
