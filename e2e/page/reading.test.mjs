// The log under a reader: where it scrolls, what it keeps, what it counts. The hub is played by the test, which can
// then say two thousand things at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, inState, launch, log, messages, openPage, say } from '../lib/browser.mjs';
import { startHub } from '../lib/hub.mjs';

let browser;
let hub;
before(async () => { [browser, hub] = await Promise.all([launch(), startHub()]); });
after(() => Promise.all([browser.close(), hub.stop()]));

async function openWithVoice(options) {
  let voice;
  const page = await openPage(browser, hub.url, {
    ...options,
    before: (fresh) => fresh.routeWebSocket(/\/ws\/\d+$/, (socket) => { voice = socket; }),
  });
  await inState(page, 'Connected');
  return { page, hubSays: (...lines) => lines.forEach((line) => voice.send(line)) };
}

const numbered = (count, from = 1) => Array.from({ length: count }, (_, i) => `Client #7: message ${from + i}`);
const fromEnd = (page) => log(page).evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
const atEnd = (page) => page.waitForFunction(() => {
  const node = document.getElementById('log');
  return node.scrollHeight - node.scrollTop - node.clientHeight <= 1;
});
const hide = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, 'hidden', { value, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

test('follows the conversation until the reader scrolls up', async () => {
  const { page, hubSays } = await openWithVoice();
  hubSays(...numbered(60));
  await log(page).getByText('message 60', { exact: true }).waitFor();
  await atEnd(page);

  await log(page).hover();
  await page.mouse.wheel(0, -900);
  await page.waitForFunction(() => {
    const node = document.getElementById('log');
    return node.scrollHeight - node.scrollTop - node.clientHeight > 500;
  });
  hubSays(...numbered(1, 61));
  await page.getByRole('button', { name: '1 new message ↓' }).waitFor();
  hubSays(...numbered(2, 62), '* a notice does not count');
  await page.getByRole('button', { name: '3 new messages ↓' }).waitFor();
  assert.ok(await fromEnd(page) > 500, 'the reader stays');

  await page.getByRole('button', { name: '3 new messages ↓' }).click();
  await page.locator('#newer').waitFor({ state: 'hidden' });
  await atEnd(page);

  await page.mouse.wheel(0, -900);
  await page.waitForFunction(() => document.getElementById('log').scrollTop < 2000);
  await say(page, 'my own words bring me back');
  await log(page).getByText('my own words bring me back').waitFor();
  await atEnd(page);
  await close(page);
});

test('keeps two thousand lines and says how many went', async () => {
  const { page, hubSays } = await openWithVoice();
  hubSays(...numbered(2001));
  await log(page).getByText('message 2001', { exact: true }).waitFor();
  await log(page).getByText('1 older message was removed from this page').waitFor();
  assert.equal(await messages(page).count(), 2000);
  assert.equal(await messages(page).first().textContent(), 'message 2');
  hubSays(...numbered(9, 2002));
  await log(page).getByText('10 older messages were removed from this page').waitFor();
  assert.equal(await messages(page).count(), 2000);
  await close(page);
});

test('groups what one speaker says in a row', async () => {
  const { page, hubSays } = await openWithVoice();
  hubSays('Client #7: one', 'Client #7: two', '::1: three', 'Client #7: four', '* pause', 'Client #7: five');
  await log(page).getByText('five', { exact: true }).waitFor();
  const starts = await page.locator('.message:not(.continues) .text').allTextContents();
  assert.deepEqual(starts, ['one', 'three', 'four', 'five']);
  // Who only listens hears the name each time.
  assert.deepEqual(await page.locator('.message .label').allTextContents(),
    ['Client #7', 'Client #7', '::1', 'Client #7', 'Client #7']);
  await close(page);
});

test('changing the language reads nothing aloud that did not change', async () => {
  const { page, hubSays } = await openWithVoice();
  hubSays('Client #7: one', '* pause', 'Client #7: two');
  await log(page).getByText('two', { exact: true }).waitFor();
  await page.evaluate(() => {
    window.changes = [];
    const watcher = new MutationObserver((records) => window.changes.push(...records.map(({ target }) => target.className)));
    watcher.observe(document.getElementById('log'), { subtree: true, childList: true, characterData: true });
  });
  await page.getByRole('button', { name: 'PT, português' }).click();
  await inState(page, 'Conectado');
  assert.deepEqual(await page.evaluate(() => window.changes), []);
  await close(page);
});

test('a label has the same colour on every page', async () => {
  const tones = [];
  for (let i = 0; i < 2; i += 1) {
    const { page, hubSays } = await openWithVoice();
    hubSays(...(i === 0 ? ['ana: a', 'rui: b'] : ['rui: b', 'ana: a']));
    const colour = (name) => page.locator('.label', { hasText: name }).evaluate((node) => getComputedStyle(node).color);
    tones.push([await colour('ana'), await colour('rui')]);
    await close(page);
  }
  assert.deepEqual(tones[0], tones[1]);
  assert.notEqual(tones[0][0], tones[0][1]);
});

test('every colour of a label is legible in both themes', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, hubSays } = await openWithVoice({ colorScheme });
    hubSays('ana: a');
    await messages(page).waitFor();
    const contrasts = await page.evaluate(() => {
      // Painted, so that the browser itself turns every colour notation into bytes.
      const ink = document.createElement('canvas').getContext('2d');
      const luminance = (colour) => {
        ink.fillStyle = colour;
        ink.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...ink.getImageData(0, 0, 1, 1).data].map((byte) => {
          const part = byte / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const paper = luminance(getComputedStyle(document.documentElement).backgroundColor);
      return Array.from({ length: 12 }, (_, tone) => {
        document.querySelector('.message').style.setProperty('--tone', tone);
        const label = luminance(getComputedStyle(document.querySelector('.label')).color);
        return (Math.max(label, paper) + 0.05) / (Math.min(label, paper) + 0.05);
      });
    });
    assert.ok(Math.min(...contrasts) >= 4.5, `${colorScheme}: ${contrasts.map((c) => c.toFixed(2))}`);
    assert.ok(new Set(contrasts.map((c) => c.toFixed(3))).size > 6, 'the colours differ');
    await close(page);
  }
});

test('the title counts what was not seen', async () => {
  const { page, hubSays } = await openWithVoice();
  await page.waitForFunction(() => document.title.includes('#lobby'));
  const plain = await page.title();
  await hide(page, true);
  hubSays('ana: one', '* not a message', 'ana: two');
  await page.waitForFunction(() => document.title.startsWith('(2) '));
  assert.equal(await page.title(), `(2) ${plain}`);
  await hide(page, false);
  assert.equal(await page.title(), plain);
  await close(page);
});
