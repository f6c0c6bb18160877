// Puts the parts together: who this tab is, what the hub says, which language the page speaks.

import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { labelOf, parseLine } from './lines.js';
import { always, here } from './store.js';
import { localeOf, pickLanguage, texts } from './texts.js';
import { View } from './view.js';
import { Welcome } from './welcome.js';

const LANGUAGE = 'papo.language';
const ID = 'papo.id';

const byId = (id) => document.getElementById(id);

const preferred = navigator.languages ?? [navigator.language];
const id = takeId();
const view = new View();
const welcome = new Welcome();
const composer = new Composer(send);
const connection = new Connection(socketUrl(), { state: changed, text: receive, lost });

let words; // the texts of the current language
let state = { name: 'connecting' };
let returning = false; // there was a connection and it was lost

speak(pickLanguage(always.read(LANGUAGE), preferred));
view.name('papo');
welcome.start();
for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', () => {
    always.write(LANGUAGE, button.dataset.language);
    speak(button.dataset.language);
  });
}
byId('now').addEventListener('click', () => connection.now());
connection.start();
greet();

// A tab keeps its id over a reload. It is put away only while the page is not there, because a duplicated tab gets a
// copy of the storage, and two pages under one id could not tell their lines apart.
function takeId() {
  const kept = Number(here.read(ID));
  const mine = Number.isSafeInteger(kept) && kept > 0 ? kept : 1000 + Math.floor(Math.random() * 999_000);
  here.forget(ID);
  addEventListener('pagehide', () => here.write(ID, String(mine)));
  addEventListener('pageshow', () => here.forget(ID));
  return mine;
}

function socketUrl() {
  const url = new URL(`ws/${id}`, document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

async function greet() {
  try {
    const response = await fetch('api/hello');
    if (!response.ok) return;
    const hello = await response.json();
    if (hello.name) byId('name').textContent = hello.name;
    if (hello.room) byId('room').textContent = `#${hello.room}`;
    view.name(`${byId('name').textContent} ${byId('room').textContent}`.trim());
    welcome.greeted(hello);
  } catch {
    // The greeting only explains; the conversation does not need it.
  }
}

function send(text) {
  if (!connection.send(text)) return false;
  view.said({ text, own: true }); // the hub sends our lines to the others only
  return true;
}

function receive(line) {
  const parsed = parseLine(line);
  const own = parsed.label === labelOf(id);
  switch (parsed.kind) {
    case 'said':
    case 'bare':
      view.said(parsed);
      break;
    case 'joined':
      view.notice((t) => (own ? t.youJoined : t.joined)(parsed.label));
      break;
    case 'left':
      // Our own is about an earlier connection, whose end the hub noticed late: we are here.
      if (!own) view.notice((t) => t.left(parsed.label));
      break;
    default:
      view.notice(() => parsed.text);
  }
}

function lost({ reason, unsent }) {
  returning = true;
  view.notice((t) => t.lost(reason));
  if (unsent) view.notice((t) => t.unsent);
}

function changed(next) {
  state = next;
  showState();
  if (state.name !== 'connected') return;
  if (returning) view.notice((t) => t.back);
  returning = false;
  composer.connected();
}

function showState() {
  // The word is announced when it changes; the seconds are only for the eyes, or they would be read one by one.
  const waiting = state.name === 'waiting';
  byId('state').dataset.state = state.name;
  const word = waiting ? words.reconnecting : words[state.name];
  if (byId('state-word').textContent !== word) byId('state-word').textContent = word;
  byId('state-rest').textContent = waiting ? words.inSeconds(state.seconds) : '';
  // A button that goes would take the focus with it.
  if (!waiting && document.activeElement === byId('now')) byId('draft').focus();
  byId('now').hidden = !waiting;
}

function speak(language) {
  words = texts[language];
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = words[node.dataset.text];
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', words[node.dataset.label]);
  for (const button of document.querySelectorAll('[data-language]')) {
    button.setAttribute('aria-pressed', String(button.dataset.language === language));
  }
  view.speak(words, localeOf(language, preferred));
  composer.speak(words);
  welcome.speak(words);
  showState();
}
