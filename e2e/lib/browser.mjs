// A browser for the tests, and pages in it that are watched: whatever goes wrong in one fails its test.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const OUT = fileURLToPath(new URL('../out/', import.meta.url));

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});

/** A page in a context of its own: its own storage, language, colours and size. `before(page)` runs before it loads. */
export async function openPage(browser, url, { before, welcome = false, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 900, height: 700 }, ...options });
  context.setDefaultTimeout(10_000);
  if (!welcome) await context.addInitScript(() => localStorage.setItem('papo.welcome.dismissed', 'yes'));
  const page = await context.newPage();
  page.requests = [];
  page.faults = [];
  page.on('request', (request) => page.requests.push(request.url()));
  page.on('websocket', (socket) => page.requests.push(socket.url()));
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('dialog', (dialog) => {
    page.faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    // A refused connection is what some tests are about; the browser reports it without the page's doing.
    if (message.type() === 'error' && !/ERR_(CONNECTION|INTERNET|NETWORK|EMPTY)/.test(message.text())) {
      page.faults.push(message.text());
    }
  });
  await before?.(page);
  await page.goto(url);
  return page;
}

export const status = (page) => page.getByRole('status');
export const log = (page) => page.getByRole('log');
export const box = (page) => page.locator('#draft');
export const messages = (page) => page.locator('.message .text');

/** Waits until the state in words matches. */
export const inState = (page, pattern) => status(page).filter({ hasText: pattern }).waitFor();

export async function say(page, text) {
  await box(page).fill(text);
  await box(page).press('Enter');
}

/** Waits for exactly this message; `label` is its speaker. */
export async function hears(page, text, label) {
  let message = page.locator('.message').filter({ has: page.getByText(text, { exact: true }) });
  if (label) message = message.filter({ has: page.locator('.label', { hasText: label }) });
  await message.first().waitFor({ timeout: 10_000 });
}

/** The id of the page's tab, from what the hub said about it. */
export async function ownId(page) {
  const notice = page.locator('.notice .text').filter({ hasText: /You joined as|Você entrou como/ }).first();
  return Number(/#(\d+)/.exec(await notice.textContent())[1]);
}

export async function close(page) {
  await page.context().close();
  assert.deepEqual(page.faults, [], 'the page had errors');
}

export async function screenshot(page, name) {
  mkdirSync(OUT, { recursive: true });
  await page.screenshot({ path: `${OUT}${name}.png` });
}
