// Connections break. The page says so, comes back by itself and loses nothing that was typed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { box, close, hears, inState, launch, log, messages, openPage, ownId, say, status } from '../lib/browser.mjs';
import { webSocketClient } from '../lib/clients.mjs';
import { startHub } from '../lib/hub.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('comes back when the hub was away', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  const id = await ownId(page);
  await hub.kill();
  await inState(page, /Reconnecting in \d+ s/);
  await log(page).getByText('The connection was lost', { exact: true }).waitFor();

  await say(page, 'typed while it was away');
  await page.getByText('Not connected. Your text stays here').waitFor();
  assert.equal(await box(page).inputValue(), 'typed while it was away');
  assert.equal(await messages(page).count(), 0, 'what was not sent is not shown as sent');

  const back = await hub.again();
  await inState(page, 'Connected');
  await log(page).getByText(/^Connected again/).waitFor();
  assert.equal(await ownId(page), id);
  const other = await webSocketClient(back.http, 5);
  await box(page).press('Enter');
  await other.heard.until(new RegExp(`^Client #${id}: typed while it was away$`));
  other.close();
  await close(page);
  await back.stop();
});

test('the button ends the waiting', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  await page.evaluate(() => { Math.random = () => 1; }); // the longest waits
  await hub.kill();
  await inState(page, /Reconnecting in [4-9] s/); // after the first attempts failed
  const back = await hub.again();
  await page.getByRole('button', { name: 'Now' }).click();
  await inState(page, 'Connected');
  assert.ok(await box(page).evaluate((node) => node === document.activeElement), 'the focus is not lost with the button');
  await close(page);
  await back.stop();
});

test('a hub that ends in good order is left in good order', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  await hub.stop();
  await log(page).getByText(/^The connection (was lost|ended: .+)$/).waitFor();
  await inState(page, /Reconnecting/);
  await close(page);
});

test('offline and back', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url);
  const other = await webSocketClient(hub.http, 6);
  await inState(page, 'Connected');
  await box(page).fill('typed before');
  await page.context().setOffline(true);
  await log(page).getByText('The connection was lost', { exact: true }).waitFor();
  await page.context().setOffline(false);
  await inState(page, 'Connected');
  await log(page).getByText(/^Connected again/).waitFor();
  await box(page).press('Enter');
  await other.heard.until(/: typed before$/);
  other.say('welcome back');
  await hears(page, 'welcome back', 'Client #6');
  other.close();
  await close(page);
  await hub.stop();
});

test('typed text and the id survive a reload', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  const id = await ownId(page);
  await box(page).fill('not finished\nyet');
  await page.reload();
  await inState(page, 'Connected');
  assert.equal(await box(page).inputValue(), 'not finished\nyet');
  assert.equal(await ownId(page), id);

  // A tab that starts with a copy of this one's storage is somebody else.
  const [second] = await Promise.all([
    page.context().waitForEvent('page'),
    page.evaluate(() => { window.open(location.href); }),
  ]);
  await inState(second, 'Connected');
  assert.notEqual(await ownId(second), id);
  await close(page);
  await hub.stop();
});

test('works without storage, clipboard and randomUUID', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url, {
    welcome: true,
    before: (fresh) => fresh.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('forbidden', 'SecurityError'); } });
      }
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      Object.defineProperty(crypto, 'randomUUID', { value: undefined });
    }),
  });
  await inState(page, 'Connected');
  await page.getByRole('button', { name: 'Got it' }).click();
  await page.getByRole('button', { name: 'PT, português' }).click();
  await inState(page, 'Conectado');
  await say(page, 'oi');
  await hears(page, 'oi', 'Você');
  await close(page);
  await hub.stop();
});

test('a reason that the hub gives is shown', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url, {
    before: (fresh) => fresh.routeWebSocket(/\/ws\/\d+$/, (socket) => {
      const id = socket.url().split('/').at(-1);
      socket.send(`Client #${id} left the chat`); // the hub noticed an earlier connection's end late
      socket.send('* the room is almost full');
      socket.onMessage(() => socket.close({ code: 1013, reason: 'too many sessions: try again later' }));
    }),
  });
  await inState(page, 'Connected');
  await log(page).locator('.notice').getByText('the room is almost full', { exact: true }).waitFor();
  assert.equal(await page.locator('.notice').count(), 1, 'one’s own leaving is no news while one is here');
  await say(page, 'hello');
  await log(page).getByText('The connection ended: too many sessions: try again later', { exact: true }).waitFor();
  await inState(page, /Reconnecting in/);
  assert.match(await status(page).textContent(), /^Reconnecting in \d+ s$/);
  await close(page);
  await hub.stop();
});

test('goes on without the greeting of the hub', async () => {
  const hub = await startHub();
  const page = await openPage(browser, hub.url, {
    welcome: true,
    before: (fresh) => fresh.route('**/api/hello', (route) => route.fulfill({ status: 200, body: 'not JSON' })),
  });
  await inState(page, 'Connected');
  await page.getByText('A chat without accounts').waitFor();
  assert.equal(await page.title(), 'papo');
  await close(page);
  await hub.stop();
});
