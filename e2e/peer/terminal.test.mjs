// papo peer where a person sits: the questions, the line that is being typed, and the terminal that is left behind.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PAPO, run } from '../lib/programs.mjs';
import { openTerminal } from '../lib/terminal.mjs';

let state;
let bob;
let terminal;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'papo-peer-'));
  const words = ['bob@CIC', '--port', '0', '--bind', '127.0.0.1', '--no-rendezvous', '--json', '--lang', 'en'];
  bob = run(PAPO, ['peer', ...words], { env: { XDG_STATE_HOME: state } });
  const [, port] = await bob.out.until(/"event":"ready".*"port":(\d+)/);
  bob.address = `127.0.0.1:${port}`;
});
afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
  await bob?.stop();
  rmSync(state, { recursive: true, force: true });
});

/** A node at a terminal of its own, which dials bob. */
const atTerminal = (...words) => openTerminal([
  'env', `XDG_STATE_HOME=${state}`, PAPO, 'peer', ...words, '--no-rendezvous', '--connect', bob.address, '--lang', 'en',
]);

/** Alice, who knows bob and may type. */
async function alice() {
  terminal = await atTerminal('alice@CIC', '--port', '0', '--bind', '127.0.0.1');
  await bob.out.until(/"neighbor_up","peer_id":"alice@CIC"/);
  await terminal.until(/connected to bob@CIC[^]*^alice@CIC> *$/m);
}

async function enter(text) {
  await terminal.type(text);
  await terminal.press('Enter');
}

test('messages arrive above the line that is being typed', async () => {
  await alice();
  await terminal.type('/msg bob metade da fra');
  await terminal.until(/^alice@CIC> \/msg bob metade da fra$/m);
  for (let number = 0; number < 5; number += 1) bob.say(`/pub #CIC interrupção ${number}\n`);
  const screen = await terminal.until(/interrupção 4\n(.*\n)*alice@CIC> \/msg bob metade da fra$/);
  assert.equal(screen.match(/metade da fra/g).length, 1, `the typed line is on the screen once:\n${screen}`);
  const shown = [...screen.matchAll(/^\[bob@CIC → #CIC\] interrupção (\d)$/gm)].map(([, number]) => Number(number));
  assert.deepEqual(shown, [0, 1, 2, 3, 4], `each message has a whole line of its own:\n${screen}`);

  await enter('se');
  await bob.out.until('"payload":"metade da frase"');
  await terminal.until(/bob@CIC has it, after/);
});

test('Tab completes commands, peers and namespaces', async () => {
  await alice();
  await terminal.type('/ms');
  await terminal.press('Tab');
  await terminal.until(/^alice@CIC> \/msg/m);
  await terminal.type('bo');
  await terminal.press('Tab');
  await terminal.until(/^alice@CIC> \/msg bob/m);
  await enter('completado');
  await bob.out.until('"payload":"completado"');
  await terminal.type('/pub #C');
  await terminal.press('Tab');
  await terminal.until(/^alice@CIC> \/pub #CIC/m);
  await enter('a todos');
  await bob.out.until('"payload":"a todos"');
});

test('what is no command is explained and not said', async () => {
  await alice();
  await enter('/msgg bob segredo');
  await terminal.until(/nothing was sent\. Did you mean \/?msg/);
  await enter('/msg bob depois');
  await bob.out.until('"payload":"depois"');
  assert.ok(!bob.out.text.includes('segredo'));
});

test('who gives no name is asked, until each answer makes sense', async () => {
  terminal = await atTerminal('--bind', '127.0.0.1');
  await terminal.until(/^Namespace.*: *$/m);
  await enter('CIC');
  await terminal.until(/^Name, .*: *$/m);
  await enter('ca@rla');
  await terminal.until(/Again, please\.\n(.*\n)*Name, .*: *$/);
  await enter('carla');
  await terminal.until(/^Port .*\[7070\]: *$/m);
  await enter('0');
  await terminal.until(/^\S* ?.*1 to 86400 \[7200\]: *$/m);
  await enter('');
  await terminal.until(/^carla@CIC> *$/m);
  await bob.out.until(/"neighbor_up","peer_id":"carla@CIC"/);
});

for (const [name, leave, code] of [
  ['/quit', () => enter('/quit'), 0],
  ['Ctrl-C', () => terminal.press('C-c'), 130],
]) {
  test(`${name} says goodbye and leaves with ${code} and a terminal that echoes`, async () => {
    await alice();
    await leave();
    const screen = await terminal.until(/^ended with \d+$[^]*isig/m);
    assert.match(screen, new RegExp(`^ended with ${code}$`, 'm'));
    assert.match(screen, / echo /);
    assert.match(screen, / icanon/);
    await bob.out.until(/"neighbor_down","peer_id":"alice@CIC".*"their_bye"/);
  });
}
