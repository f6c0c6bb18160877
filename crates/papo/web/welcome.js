// What a first-time visitor reads: what this is, and how others come in.

import { always } from './store.js';
import { encode } from './qr.js';

const DISMISSED = 'papo.welcome.dismissed';
const SVG = 'http://www.w3.org/2000/svg';
const QUIET = 4; // light modules around a QR code, as its standard asks

const byId = (id) => document.getElementById(id);

export class Welcome {
  #hello = null; // the hub's answer; the page works without
  #texts;

  constructor() {
    byId('invite').addEventListener('click', () => this.#open(byId('welcome').hidden));
    byId('dismiss').addEventListener('click', () => {
      this.#open(false);
      byId('draft').focus();
    });
    // Folded where it would take the place of the conversation.
    byId('code').open = matchMedia('(min-width: 40rem)').matches;
  }

  start() {
    this.#open(always.read(DISMISSED) === null, { remember: false });
  }

  speak(texts) {
    this.#texts = texts;
    this.#show();
  }

  greeted(hello) {
    this.#hello = hello;
    this.#show();
  }

  #open(open, { remember = true } = {}) {
    byId('welcome').hidden = !open;
    byId('invite').setAttribute('aria-expanded', String(open));
    if (!remember) return;
    if (open) always.forget(DISMISSED);
    else always.write(DISMISSED, 'yes');
  }

  #show() {
    const texts = this.#texts;
    const web = this.#webAddress();
    const terminal = this.#terminalCommand();
    const local = this.#hello ? [texts.onlyHere, ' ', code('papo serve --lan')] : [];
    byId('browser').replaceChildren(...(web ? [texts.joinAt, ' ', code(web), ...this.#copyButton(web)] : local));
    byId('terminal').replaceChildren(...(terminal ? [texts.joinByTerminal, ' ', code(terminal)] : []));
    this.#showCode(this.#hello?.lan ? web : null);
  }

  #webAddress() {
    const offered = this.#hello?.lan ? this.#hello.http?.[0] : null;
    if (typeof offered === 'string') return offered;
    // Reached from elsewhere (a container's published port, a name): the address that works here works for others.
    return isLoopback(location.hostname) ? null : location.origin;
  }

  #terminalCommand() {
    const offered = this.#hello?.lan ? this.#hello.tcp?.[0] : null;
    if (typeof offered !== 'string') return null;
    const colon = offered.lastIndexOf(':'); // the last one: the address may be IPv6
    const host = offered.slice(0, colon).replace(/^\[|\]$/g, '');
    return `nc ${host} ${offered.slice(colon + 1)}`;
  }

  #copyButton(address) {
    if (!navigator.clipboard) return []; // absent on plain http beyond this machine
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = this.#texts.copy;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(address);
        button.textContent = this.#texts.copied;
      } catch {
        button.remove(); // forbidden here: the address itself can still be selected
      }
    });
    return [button];
  }

  #showCode(address) {
    const rows = address && encode(address);
    byId('code').hidden = !rows;
    byId('code-image').replaceChildren(...(rows ? [drawing(rows, this.#texts.codeLabel(address))] : []));
  }
}

function isLoopback(host) {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function code(text) {
  const node = document.createElement('code');
  node.textContent = text;
  return node;
}

function drawing(rows, label) {
  const size = rows.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('shape-rendering', 'crispEdges');

  // Dark on light in both themes: many readers do not see the inverse.
  const ground = document.createElementNS(SVG, 'rect');
  ground.setAttribute('width', size);
  ground.setAttribute('height', size);
  ground.setAttribute('fill', '#fff');
  const modules = document.createElementNS(SVG, 'path');
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')));
  modules.setAttribute('d', squares.join(''));
  modules.setAttribute('fill', '#1a1613');
  svg.append(ground, modules);
  return svg;
}
