// People talk: through two linked hubs, and from a browser, a terminal and a program in one room.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { box, close, hears, inState, launch, log, messages, openPage, ownId, say, status } from '../lib/browser.mjs';
import { tcpClient, webSocketClient } from '../lib/clients.mjs';
import { startHub, startLinkedHubs } from '../lib/hub.mjs';

let browser;
let hub;
before(async () => { [browser, hub] = await Promise.all([launch(), startHub()]); });
after(() => Promise.all([browser.close(), hub.stop()]));

test('two pages talk over two linked hubs', async () => {
  const [a, b] = await startLinkedHubs();
  const anna = await openPage(browser, a.url);
  const bento = await openPage(browser, b.url, { locale: 'pt-BR' });
  await inState(anna, 'Connected');
  await inState(bento, 'Conectado');
  const [annaLabel, bentoLabel] = [`Client #${await ownId(anna)}`, `Client #${await ownId(bento)}`];
  await log(anna).getByText(`${bentoLabel} joined`, { exact: true }).waitFor();

  await say(anna, 'Is anybody on the other hub?');
  await hears(bento, 'Is anybody on the other hub?', annaLabel);
  await hears(anna, 'Is anybody on the other hub?', 'You');
  await say(bento, 'Sim, aqui!');
  await hears(anna, 'Sim, aqui!', bentoLabel);
  await hears(bento, 'Sim, aqui!', 'Você');
  assert.equal(await messages(anna).count(), 2, 'each message is shown once');
  assert.equal(await messages(bento).count(), 2, 'each message is shown once');

  await close(bento);
  await log(anna).getByText(`${bentoLabel} left`, { exact: true }).waitFor();
  await close(anna);
  await Promise.all([a.stop(), b.stop()]);
});

test('a page, a TCP client and a WebSocket client are in one conversation', async () => {
  const page = await openPage(browser, hub.url);
  const label = `Client #${await ownId(page)}`;
  const line = await tcpClient(hub.tcp);
  const socket = await webSocketClient(hub.http, 77);

  line.say('from the terminal');
  await hears(page, 'from the terminal', '127.0.0.1');
  await socket.heard.until(/^127\.0\.0\.1: from the terminal$/);
  socket.say('from a program');
  await hears(page, 'from a program', 'Client #77');
  await line.heard.until(/^Client #77 \| .* \| from a program$/);
  await say(page, 'from the browser');
  await socket.heard.until(new RegExp(`^${label}: from the browser$`));
  await line.heard.until(new RegExp(`^${label} \\| .* \\| from the browser$`));

  line.close();
  socket.close();
  await log(page).getByText('Client #77 left', { exact: true }).waitFor();
  await close(page);
});

test('several lines stay several lines', async () => {
  const page = await openPage(browser, hub.url);
  const other = await openPage(browser, hub.url);
  await Promise.all([inState(page, 'Connected'), inState(other, 'Connected')]);
  await box(page).pressSequentially('first');
  await box(page).press('Shift+Enter');
  await box(page).pressSequentially('  second');
  const heightOfTwo = (await box(page).boundingBox()).height;
  await box(page).press('Enter');

  await messages(other).first().waitFor();
  assert.equal(await messages(other).first().textContent(), 'first\n  second');
  assert.match(await messages(other).first().evaluate((node) => node.innerText), /first\n {2}second/);
  assert.ok((await box(page).boundingBox()).height < heightOfTwo, 'the composer shrinks again');
  await close(other);
  await close(page);
});

test('a message over 4096 bytes is counted and not sent', async () => {
  const page = await openPage(browser, hub.url);
  const other = await webSocketClient(hub.http, 78);
  await inState(page, 'Connected');
  const tooLong = 'é'.repeat(2048) + 'x'; // 4097 bytes, 2049 characters
  await say(page, tooLong);
  await page.getByText('Too long by 1 byte').waitFor();
  assert.equal(await box(page).inputValue(), tooLong);
  assert.equal(await box(page).getAttribute('aria-invalid'), 'true');

  await box(page).press('Backspace');
  await page.getByText('0 bytes left').waitFor();
  await box(page).press('Enter');
  await other.heard.until(/: é{2048}$/);
  assert.equal(other.heard.texts.filter((text) => text.includes('é')).length, 1);
  assert.equal(await box(page).inputValue(), '');
  other.close();
  await close(page);
});

test('an empty message is not sent', async () => {
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  await box(page).press('Enter');
  await say(page, '   \n ');
  await say(page, 'something');
  await hears(page, 'something', 'You');
  assert.equal(await messages(page).count(), 1);
  await close(page);
});

test('Enter chooses a word while an input method composes', async () => {
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  await box(page).fill('にほん');
  await box(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  assert.equal(await box(page).inputValue(), 'にほん');
  await box(page).press('Enter');
  await hears(page, 'にほん', 'You');
  await close(page);
});

test('the lines of the hub are read as they are meant', async () => {
  const page = await openPage(browser, hub.url);
  const parse = (line) => page.evaluate(async (text) => (await import('./lines.js')).parseLine(text), line);
  const cases = [
    ['Client #5: hi', { kind: 'said', label: 'Client #5', text: 'hi' }],
    ['Client #5: ', { kind: 'said', label: 'Client #5', text: '' }],
    ['Client #5 joined the chat', { kind: 'joined', label: 'Client #5' }],
    ['Client #5 left the chat', { kind: 'left', label: 'Client #5' }],
    ['::1: a: b', { kind: 'said', label: '::1', text: 'a: b' }],
    ['fe80::1%eth0 left the chat', { kind: 'left', label: 'fe80::1%eth0' }],
    ['ana: bob left the chat', { kind: 'said', label: 'ana', text: 'bob left the chat' }],
    ['ana: one\ntwo: three', { kind: 'said', label: 'ana', text: 'one\ntwo: three' }],
    ['one\ntwo: three', { kind: 'bare', text: 'one\ntwo: three' }],
    ['* the hub is full: try later', { kind: 'notice', text: 'the hub is full: try later' }],
    [' joined the chat', { kind: 'bare', text: ' joined the chat' }],
    ['', { kind: 'bare', text: '' }],
  ];
  for (const [line, meaning] of cases) assert.deepEqual(await parse(line), meaning, line);
  await close(page);
});

test('the language is the browser’s, can be switched and is remembered', async () => {
  const page = await openPage(browser, hub.url, { locale: 'pt-PT' });
  await inState(page, 'Conectado');
  await say(page, 'olá');
  await hears(page, 'olá', 'Você');
  assert.equal(await page.locator('html').getAttribute('lang'), 'pt-BR');

  await page.getByRole('button', { name: 'EN, English' }).click();
  await inState(page, 'Connected');
  await hears(page, 'olá', 'You');
  await log(page).getByText(/^You joined as/).waitFor();
  await page.reload();
  await inState(page, 'Connected');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.equal(await status(page).textContent(), 'Connected');
  await close(page);
});

test('both languages say everything', async () => {
  const page = await openPage(browser, hub.url);
  const keys = await page.evaluate(async () => {
    const { texts } = await import('./texts.js');
    return Object.values(texts).map((words) => Object.entries(words).map(([key, word]) => `${key} ${typeof word}`).sort());
  });
  assert.deepEqual(keys[0], keys[1]);
  await close(page);
});
