// For everyone: small windows, keyboards, screen readers, both themes and both languages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { box, close, hears, inState, launch, log, openPage, say } from '../lib/browser.mjs';
import { webSocketClient } from '../lib/clients.mjs';
import { startHub } from '../lib/hub.mjs';

const ADDRESS = 'http://192.168.1.20:8000';
const LAN = { name: 'papo', room: 'lobby', http: [ADDRESS], tcp: ['192.168.1.20:4333'], lan: true };
const greetsLan = (page) => page.route('**/api/hello', (route) => route.fulfill({ json: LAN }));

let browser;
let hub;
before(async () => { [browser, hub] = await Promise.all([launch(), startHub()]); });
after(() => Promise.all([browser.close(), hub.stop()]));

async function violations(page) {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

for (const colorScheme of ['light', 'dark']) {
  for (const locale of ['pt-BR', 'en-US']) {
    test(`axe finds nothing: ${colorScheme}, ${locale}`, async () => {
      const own = await startHub();
      const page = await openPage(browser, own.url, { colorScheme, locale, welcome: true, before: greetsLan });
      await inState(page, /^(Connected|Conectado)$/);
      const other = await webSocketClient(own.http, 9);
      other.say('hello');
      await hears(page, 'hello', 'Client #9');
      await say(page, 'one');
      await say(page, 'two');
      await box(page).fill('x'.repeat(4000));
      assert.deepEqual(await violations(page), [], 'connected');

      other.close();
      await own.stop();
      await inState(page, /^(Reconnecting|Reconectando)/);
      await box(page).fill('x'.repeat(5000));
      await page.locator('#note:not(:empty)').waitFor();
      assert.deepEqual(await violations(page), [], 'reconnecting');
      await close(page);
    });
  }
}

for (const width of [320, 390]) {
  test(`nothing is wider than ${width} px`, async () => {
    const own = await startHub();
    const page = await openPage(browser, own.url, {
      locale: 'pt-BR', viewport: { width, height: 568 }, welcome: true, before: greetsLan,
    });
    await inState(page, 'Conectado');
    await page.getByText('QR code', { exact: true }).click();
    const other = await webSocketClient(own.http, 987_654_321);
    other.say('w'.repeat(300));
    await hears(page, 'w'.repeat(300));
    await box(page).fill('y'.repeat(5000));
    const overflow = () => page.evaluate(() => [...document.querySelectorAll('body *')]
      .filter((node) => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 0.5)
      .map((node) => node.outerHTML.slice(0, 80)));
    const scrolls = () => page.evaluate(() => [document.documentElement, document.getElementById('log')]
      .some((node) => node.scrollWidth > node.clientWidth));
    assert.deepEqual(await overflow(), []);
    assert.equal(await scrolls(), false);

    other.close();
    await own.stop();
    await inState(page, /Reconectando em/);
    assert.deepEqual(await overflow(), []);
    assert.equal(await scrolls(), false);
    await close(page);
  });
}

test('everything is reached with the keyboard, and the focus is seen', async () => {
  const page = await openPage(browser, hub.url, { welcome: true, before: greetsLan });
  await inState(page, 'Connected');
  await page.getByRole('img', { name: `QR code of ${ADDRESS}` }).waitFor();
  const focused = () => page.evaluate(() => {
    const node = document.activeElement;
    const style = getComputedStyle(node);
    return { name: node.id || node.dataset.language || node.className || node.localName, seen: style.outlineStyle !== 'none' };
  });
  assert.equal((await focused()).name, 'draft', 'one can write at once');
  await page.keyboard.type('without a mouse');
  await page.keyboard.press('Enter');
  await hears(page, 'without a mouse', 'You');

  await page.reload(); // the keyboard starts at the composer: from there backwards to the first button
  await inState(page, 'Connected');
  await page.getByRole('img', { name: `QR code of ${ADDRESS}` }).waitFor();
  const order = [];
  const expected = ['log', 'summary', 'dismiss', 'quiet', 'en', 'pt-BR', 'invite'];
  while (order.length < expected.length) {
    await page.keyboard.press('Shift+Tab');
    const { name, seen } = await focused();
    assert.ok(seen, `the focus is seen on ${name}`);
    order.push(name);
  }
  assert.deepEqual(order, expected);
  await box(page).focus();
  await page.keyboard.press('Tab');
  assert.equal((await focused()).name, 'send');

  await page.locator('#dismiss').focus();
  await page.keyboard.press('Enter');
  await page.locator('#welcome').waitFor({ state: 'hidden' });
  assert.equal((await focused()).name, 'draft');
  await page.reload();
  await inState(page, 'Connected');
  assert.ok(await page.locator('#welcome').isHidden(), 'it is remembered');
  await page.locator('#invite').focus();
  await page.keyboard.press('Space');
  await page.locator('#welcome').waitFor();
  await close(page);
});

test('the log and the state are announced', async () => {
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  assert.equal(await log(page).getAttribute('aria-live'), 'polite');
  await page.getByRole('log', { name: 'Conversation' }).waitFor();
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
  await close(page);
});

test('the QR code leads to the address', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage(browser, hub.url, { colorScheme, welcome: true, before: greetsLan });
    const picture = await page.getByRole('img', { name: /QR/ }).screenshot();
    const { data, width, height } = PNG.sync.read(picture);
    assert.equal(jsqr(new Uint8ClampedArray(data), width, height)?.data, ADDRESS);
    await close(page);
  }
});

test('QR codes of every size hold their text', async () => {
  const page = await openPage(browser, hub.url);
  for (const length of [1, 14, 15, 26, 27, 42, 43, 78, 79, 106]) {
    const text = 'http://[2001:db8::1]:8000/'.repeat(5).slice(0, length);
    const rows = await page.evaluate(async (input) => (await import('./qr.js')).encode(input), text);
    assert.equal(read(rows), text);
  }
  assert.equal(await page.evaluate(async () => (await import('./qr.js')).encode('x'.repeat(107))), null);
  await close(page);
});

function read(rows) {
  const [scale, quiet] = [4, 4];
  const size = (rows.length + 2 * quiet) * scale;
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const dark = rows[Math.floor(y / scale) - quiet]?.[Math.floor(x / scale) - quiet];
      if (dark) pixels.fill(0, (y * size + x) * 4, (y * size + x) * 4 + 3);
    }
  }
  return jsqr(pixels, size, size)?.data;
}
