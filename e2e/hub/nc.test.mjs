// The TCP door with the netcat that Debian ships: what people type when they have nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { run, startHub } from '../lib/programs.mjs';

const STAMP = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
const said = (text) => new RegExp(String.raw`^127\.0\.0\.1 \| ${STAMP} \| ${text}\n`, 'm');

let hub;
let listener;
const nc = (...options) => run('nc', [...options, '127.0.0.1', hub.tcpPort]);

before(async () => {
  hub = await startHub();
  listener = nc();
  listener.say('/nick ouvinte\n');
  await listener.out.until('ouvinte');
});
after(async () => {
  await listener?.stop();
  assert.equal(await hub?.stop(), 0);
});

test('a message without a newline is said: printf oi | nc -N', async () => {
  const speaker = nc('-N');
  speaker.say('oi sem fim');
  speaker.endInput();
  await listener.out.until(said('oi sem fim'));
  assert.equal(await speaker.ended, 0, 'the hub closes after a half-close, so nc ends');
  assert.match(speaker.out.text, said('oi sem fim'), 'what was said before the half-close is echoed');
});

test('messages without a newline on a connection that stays open are told apart by the pause', async () => {
  const speaker = nc();
  speaker.say('um');
  await listener.out.until(said('um'));
  speaker.say('dois');
  await listener.out.until(said('dois'));
  await speaker.stop();
});

test('lines in one write are one message each', async () => {
  const speaker = nc();
  speaker.say('primeira\nsegunda\nterceira\n');
  await listener.out.until(said('terceira'));
  await speaker.out.until(said('terceira'));
  for (const heard of [listener.out, speaker.out]) {
    const order = [...heard.text.matchAll(/\| (primeira|segunda|terceira)\n/g)].map(([, word]) => word);
    assert.deepEqual(order, ['primeira', 'segunda', 'terceira']);
  }
  await speaker.stop();
});

test('lines that end with a half-close are all said, the last one without its newline too', async () => {
  const speaker = nc('-N');
  const lines = Array.from({ length: 200 }, (_, number) => `linha ${number}`);
  speaker.say(lines.join('\n'));
  speaker.endInput();
  await listener.out.until(said('linha 199'));
  assert.equal(await speaker.ended, 0);
  const heard = [...listener.out.text.matchAll(/\| (linha \d+)\n/g)].map(([, line]) => line);
  assert.deepEqual(heard, lines);
});

test('a telnet-like client ends its lines with CR LF', async () => {
  const speaker = nc('-C');
  speaker.say('com retorno\n');
  await listener.out.until(said('com retorno'));
  await speaker.stop();
});

test('the door tells what can be written, and says goodbye', async () => {
  const speaker = nc();
  speaker.say('/help\n');
  await speaker.out.until('/nick');
  speaker.say('/who\n');
  await speaker.out.until(/2 people in lobby on this hub: .*ouvinte/);
  speaker.say('/quit\n');
  await speaker.out.until(/Goodbye!\n$/);
  // Without -N it ends only when both sides have: its input here, and the hub's.
  speaker.endInput();
  assert.equal(await speaker.ended, 0);
});

test('an escape sequence reaches nobody\'s terminal', async () => {
  const speaker = nc();
  speaker.say('\x1b[31mred\x07\n');
  await listener.out.until('red');
  assert.ok(!listener.out.text.includes('\x1b') && !listener.out.text.includes('\x07'), 'control characters are shown, not sent');
  await speaker.stop();
});
