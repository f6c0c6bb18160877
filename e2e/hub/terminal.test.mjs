// papo connect where a person sits: the line that is being typed survives what arrives meanwhile.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { PAPO, startHub } from '../lib/programs.mjs';
import { openTerminal } from '../lib/terminal.mjs';
import { webSocket } from '../lib/websocket.mjs';

let hub;
let terminal;
let other;

beforeEach(async () => {
  hub = await startHub();
  other = await webSocket(hub.http, 1);
  terminal = await openTerminal([PAPO, 'connect', hub.tcp]);
  await terminal.until(/^> *$/m);
});
afterEach(async () => {
  await terminal?.close();
  other?.destroy();
  await hub?.stop();
});

/** The last line on the screen. */
const lastLine = (screen) => screen.split('\n').at(-1);

test('messages arrive above the line that is being typed', async () => {
  await terminal.type('metade da fra');
  await terminal.until(/^> metade da fra$/m);
  for (let number = 0; number < 50; number += 1) other.say(`interrupção ${number}`);
  const screen = await terminal.until(/interrupção 49\n(.*\n)*> metade da fra$/);
  assert.equal(lastLine(screen), '> metade da fra');
  assert.equal(screen.match(/metade da fra/g).length, 1, `the typed line is on the screen once:\n${screen}`);
  const shown = [...screen.matchAll(/^Client #1 \| [-\d]+ [:\d]+ \| interrupção (\d+)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(shown, Array.from({ length: shown.length }, (_, at) => 50 - shown.length + at), screen);
  assert.ok(shown.length >= 20, `each message has a whole line of its own:\n${screen}`);

  await terminal.type('se');
  await terminal.press('Enter');
  await other.heard.until(/: metade da frase\n/);
  await terminal.until(/^127\.0\.0\.1 \| [-\d]+ [:\d]+ \| metade da frase$/m);
});

test('Tab completes a command', async () => {
  await terminal.type('/ni');
  await terminal.press('Tab');
  await terminal.until(/^> \/nick/m);
  await terminal.type(' ana');
  await terminal.press('Enter');
  await other.heard.until('ana joined the chat\n');
});

test('lines that come faster than they are sent are all said', async () => {
  await terminal.press('u', 'm', 'Enter', 'd', 'o', 'i', 's', 'Enter', 't', 'r', 'ê', 's', 'Enter', 'q', 'u', 'a');
  for (const word of ['um', 'dois', 'três']) await other.heard.until(new RegExp(`: ${word}\n`));
  await terminal.until(/^> qua$/m);
});

test('an unknown command is not said', async () => {
  await terminal.type('/nikc ana');
  await terminal.press('Enter');
  await terminal.until(/did you mean \/nick\?/);
  await terminal.type('depois');
  await terminal.press('Enter');
  await other.heard.until(/: depois\n/);
  assert.ok(!other.heard.text.includes('nikc'));
});

for (const [name, leave, code] of [
  ['/quit', async () => { await terminal.type('/quit'); await terminal.press('Enter'); }, 0],
  ['Ctrl-D', () => terminal.press('C-d'), 0],
  ['Ctrl-C', () => terminal.press('C-c'), 130],
]) {
  test(`${name} leaves with ${code} and a terminal that echoes`, async () => {
    await leave();
    const screen = await terminal.until(/^ended with \d+$[^]*isig/m);
    assert.match(screen, new RegExp(`^ended with ${code}$`, 'm'));
    assert.match(screen, / echo /);
    assert.match(screen, / icanon/);
  });
}

test('a hub that goes ends it with 3 and a sentence', async () => {
  await hub.stop();
  const screen = await terminal.until(/^ended with \d+$/m);
  assert.match(screen, /^ended with 3$/m);
  assert.match(screen, /the server closed the connection/);
});
