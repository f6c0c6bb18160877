// What people see, kept as pictures in e2e/out/ to be looked at. Each waits for what it shows, so a broken view fails.
import { after, before, test } from 'node:test';
import { box, close, hears, inState, launch, openPage, say, screenshot, status } from '../lib/browser.mjs';
import { tcpClient, webSocketClient } from '../lib/clients.mjs';
import { startHub } from '../lib/hub.mjs';

const LAN = {
  name: 'papo', room: 'lobby', http: ['http://192.168.1.20:8000'], tcp: ['192.168.1.20:4333'], lan: true,
};
const greets = (hello) => (page) => page.route('**/api/hello', (route) => route.fulfill({ json: hello }));

let browser;
let hub;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function busyRoom(page, { portuguese = false } = {}) {
  const t = (en, pt) => (portuguese ? pt : en);
  const ana = await webSocketClient(hub.http, 4821);
  const rui = await webSocketClient(hub.http, 90210);
  const line = await tcpClient(hub.tcp);
  const turns = [
    [ana, t('Good morning! Is the capture running already?', 'Bom dia! A captura já está rodando?')],
    [ana, t('I see the three-way handshake on port 4333.', 'Estou vendo o handshake de três vias na porta 4333.')],
    [null, t('It is. Who is on the terminal?', 'Está sim. Quem está no terminal?')],
    [line, t('me, with nothing but nc :-)', 'eu, só com o nc :-)')],
    [rui, t('Then this should reach all four of us:\n\n  browser → hub → terminal\n  terminal → hub → browser',
      'Então isto deve chegar a nós quatro:\n\n  navegador → hub → terminal\n  terminal → hub → navegador')],
    [rui, t('How long was the frame?', 'De que tamanho era o quadro?')],
    [null, t('66 bytes with the headers, 12 of them ours.', '66 bytes com os cabeçalhos, 12 deles nossos.')],
    [null, t('Try a longer one.', 'Tente uma mais longa.')],
    [ana, t('On it 👍', 'Já vai 👍')],
  ];
  for (const [client, text] of turns) {
    if (client) client.say(text);
    else await say(page, text);
    await hears(page, text);
  }
  return [ana, rui, line];
}

async function pictured(name, options, work) {
  const page = await openPage(browser, hub.url, options);
  await inState(page, /^Conne|^Conec/);
  await inState(page, /^Connected|^Conectado/);
  await page.locator('.notice').first().waitFor();
  const clients = (await work?.(page)) ?? [];
  await screenshot(page, name);
  await close(page);
  clients.forEach((client) => client.close());
}

const phone = (width, height, deviceScaleFactor = 2) => (
  { viewport: { width, height }, deviceScaleFactor, isMobile: true, hasTouch: true }
);

test('pictures', async (t) => {
  const fresh = async (name, options, work) => t.test(name, async () => {
    hub = await startHub(); // a hub of its own, so that nobody else's notices are in the picture
    try {
      await pictured(name, options, work);
    } finally {
      await hub.stop();
    }
  });
  await fresh('empty-light', { welcome: true });
  await fresh('empty-dark', { welcome: true, colorScheme: 'dark' });
  await fresh('busy-light', {}, busyRoom);
  await fresh('busy-dark', { colorScheme: 'dark' }, busyRoom);
  await fresh('phone-320', phone(320, 568), busyRoom);
  await fresh('phone-390', { ...phone(390, 844, 1.5), colorScheme: 'dark' }, busyRoom);
  await fresh('phone-320-welcome', { ...phone(320, 568), welcome: true, locale: 'pt-BR', before: greets(LAN) });
  const portuguese = (page) => busyRoom(page, { portuguese: true });
  await fresh('portuguese', { locale: 'pt-BR' }, portuguese);
  await fresh('portuguese-welcome', { locale: 'pt-BR', welcome: true }, portuguese);
  await fresh('portuguese-dark', { locale: 'pt-BR', colorScheme: 'dark' }, portuguese);
  await fresh('portuguese-phone-390', { ...phone(390, 844, 1.5), locale: 'pt-BR', colorScheme: 'dark' }, portuguese);
  await fresh('portuguese-lan', { locale: 'pt-BR', welcome: true, before: greets(LAN) }, async (page) => {
    await page.getByRole('img', { name: /QR/ }).waitFor();
  });
  await fresh('lan', { welcome: true, before: greets(LAN) }, async (page) => {
    await page.getByRole('img', { name: /QR/ }).waitFor();
  });
  await fresh('lan-dark', { welcome: true, before: greets(LAN), colorScheme: 'dark' }, async (page) => {
    await page.getByRole('img', { name: /QR/ }).waitFor();
  });
  for (const [name, options] of [['reconnecting', {}], ['reconnecting-320', { ...phone(320, 568), locale: 'pt-BR' }]]) {
    await fresh(name, options, async (page) => {
      const clients = await busyRoom(page, { portuguese: options.locale === 'pt-BR' });
      await hub.stop();
      await inState(page, /^Reconnecting in|^Reconectando em/);
      await box(page).fill('This waits for the hub');
      await box(page).press('Enter');
      await status(page).waitFor();
      await page.locator('#note:not(:empty)').waitFor();
      return clients;
    });
  }
});
