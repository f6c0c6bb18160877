// What strangers write stays text, and the page speaks only with the hub that it came from.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { box, close, hears, inState, launch, log, messages, openPage, say } from '../lib/browser.mjs';
import { webSocketClient } from '../lib/clients.mjs';
import { startHub } from '../lib/hub.mjs';

const WEB = new URL('../../crates/papo/web/', import.meta.url);

const PAYLOADS = [
  '<script>window.owned = 1</script>',
  '<script src="https://evil.invalid/x.js"></script>',
  '<img src=x onerror="window.owned = 1">',
  '<img src="https://evil.invalid/pixel.png">',
  '<svg onload=window.owned=1>',
  '<svg><script>window.owned=1</script></svg>',
  '<svg><animate onbegin=window.owned=1 attributeName=x dur=1s>',
  '<iframe src="javascript:parent.owned=1"></iframe>',
  '<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
  '<body onload=window.owned=1>',
  '<a href="javascript:window.owned=1">click</a>',
  '<details open ontoggle=window.owned=1>',
  '<video><source onerror=window.owned=1></video>',
  '<input autofocus onfocus=window.owned=1>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.owned=1>',
  '<style>* { display: none !important }</style>',
  '<link rel=stylesheet href="https://evil.invalid/x.css">',
  '<base href="https://evil.invalid/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.invalid/">',
  '<form action="https://evil.invalid/"><button>Send</button></form>',
  '<object data="data:text/html,<script>parent.owned=1</script>"></object>',
  '<template><img src=x onerror=window.owned=1></template>',
  '"><img src=x onerror=window.owned=1>',
  "'-window.owned=1-'",
  '</div></main><h1>gone</h1>',
  '<!--><img src=x onerror=window.owned=1>-->',
  '<noscript><p title="</noscript><img src=x onerror=window.owned=1>">',
  '&lt;img src=x onerror=window.owned=1&gt;',
  '&#60;script&#62;window.owned=1&#60;/script&#62;',
  '{{constructor.constructor("window.owned=1")()}}',
  '${window.owned=1}',
  'javascript:window.owned=1',
  'data:text/html,<script>window.owned=1</script>',
  '\u202eetirw em\u202c <b>bold</b>',
  '<scr\u200bipt>window.owned=1</scr\u200bipt>',
  '<IMG SRC=`x` ONERROR=window.owned=1>',
  '__proto__',
];

let browser;
let hub;
before(async () => { [browser, hub] = await Promise.all([launch(), startHub()]); });
after(() => Promise.all([browser.close(), hub.stop()]));

async function assertUnharmed(page) {
  assert.equal(await page.evaluate(() => window.owned), undefined, 'nothing ran');
  const strange = await log(page).evaluate((node) => [...node.querySelectorAll('*')]
    .filter(({ localName }) => !['div', 'p', 'span', 'bdi', 'time'].includes(localName))
    .map(({ outerHTML }) => outerHTML));
  assert.deepEqual(strange, [], 'the log holds only its own elements');
}

test('payloads in messages stay text', async () => {
  const page = await openPage(browser, hub.url);
  const other = await webSocketClient(hub.http, 13);
  await inState(page, 'Connected');
  for (const payload of PAYLOADS) {
    other.say(payload);
    await hears(page, payload, 'Client #13');
  }
  assert.deepEqual(await messages(page).allTextContents(), PAYLOADS);
  await assertUnharmed(page);
  other.close();
  await close(page);
});

test('payloads in labels, notices, reasons and one’s own lines stay text', async () => {
  const page = await openPage(browser, hub.url, {
    before: (fresh) => fresh.routeWebSocket(/\/ws\/\d+$/, (socket) => {
      for (const payload of PAYLOADS) {
        socket.send(`${payload} joined the chat`);
        socket.send(`${payload}: said`);
        socket.send(`* ${payload}`);
        socket.send(payload);
      }
      socket.onMessage((text) => { if (text === 'enough') socket.close({ code: 1008, reason: '<b onclick=x>reason</b>' }); });
    }),
  });
  await inState(page, 'Connected');
  for (const payload of PAYLOADS) await say(page, payload);
  await hears(page, PAYLOADS.at(-1), 'You');
  await say(page, 'enough');
  await log(page).getByText('The connection ended: <b onclick=x>reason</b>', { exact: true }).waitFor();
  await assertUnharmed(page);
  await close(page);
});

test('payloads in the greeting and in what is typed stay text', async () => {
  const evil = '<img src=x onerror=window.owned=1>';
  const page = await openPage(browser, hub.url, {
    welcome: true,
    before: (fresh) => fresh.route('**/api/hello', (route) => route.fulfill({
      json: { name: evil, room: evil, http: [evil], tcp: [evil], lan: true },
    })),
  });
  await page.getByRole('heading').filter({ hasText: evil }).waitFor();
  await box(page).fill(evil);
  await page.reload();
  await inState(page, 'Connected');
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator('img').count(), 1, 'only the logo');
  await close(page);
});

test('no request leaves the origin', async () => {
  const page = await openPage(browser, hub.url, { welcome: true });
  await inState(page, 'Connected');
  await say(page, 'https://evil.invalid/ is only text');
  await hears(page, 'https://evil.invalid/ is only text', 'You');
  assert.ok(page.requests.length >= 10, 'requests were seen at all');
  for (const url of page.requests) assert.equal(new URL(url).host, hub.http, url);
  await close(page);
});

test('the hub sends the headers that keep the page safe', async () => {
  const response = await fetch(hub.url);
  const policy = response.headers.get('content-security-policy') ?? '';
  for (const rule of [
    "default-src 'self'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
  ]) {
    assert.ok(policy.split(';').map((part) => part.trim()).includes(rule), `${rule} in ${policy}`);
  }
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.match((await fetch(`${hub.url}app.js`)).headers.get('content-type'), /^text\/javascript/);
  assert.match((await fetch(`${hub.url}icon.svg`)).headers.get('content-type'), /^image\/svg\+xml/);
});

test('the policy is enforced, and the page does not need to break it', async () => {
  const page = await openPage(browser, hub.url);
  await inState(page, 'Connected');
  const blocked = await page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.owned = 1';
    document.head.append(script);
  }));
  assert.match(blocked, /^script-src/);
  assert.equal(await page.evaluate(() => window.owned), undefined);
  page.faults.length = 0; // the violation that this test made
  await close(page);
});

test('the sources have no way to turn text into markup', async () => {
  for (const name of await readdir(WEB)) {
    const source = await readFile(new URL(name, WEB), 'utf8');
    if (name.endsWith('.js')) {
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser/, name);
    }
    if (name.endsWith('.html')) assert.doesNotMatch(source, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/, name);
    for (const [url] of source.matchAll(/(?:https?:)?\/\/[a-z0-9-]+(\.[a-z0-9-]+)+/gi)) {
      assert.equal(url, 'http://www.w3.org', `${name} names ${url}`); // the namespace of SVG, which is never fetched
    }
  }
});
