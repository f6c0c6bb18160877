// Where one writes: grows with the text, keeps it until it is really sent, counts it as the hub does.

import { here } from './store.js';

const LIMIT = 4096; // bytes of UTF-8, the hub's own limit for a message
const WARN = 400; // bytes left from which on the composer says so
const DRAFT = 'papo.draft';

const encoder = new TextEncoder();

export class Composer {
  #form = document.getElementById('composer');
  #draft = document.getElementById('draft');
  #note = document.getElementById('note');
  #send;
  #texts;
  #refused = false; // the last attempt found no connection

  /** `send(text)` answers whether the text went out. */
  constructor(send) {
    this.#send = send;
    this.#draft.value = here.read(DRAFT) ?? '';
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#draft.addEventListener('input', () => this.#changed());
    this.#draft.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word. 229 is what Safari says just after composing.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    addEventListener('resize', () => this.#grow());
    // On a phone the focus would bring up the keyboard over the page that one came to read.
    if (matchMedia('(hover: hover)').matches) this.#draft.focus();
  }

  speak(texts) {
    this.#texts = texts;
    this.#draft.placeholder = texts.placeholder;
    this.#grow();
    this.#show();
  }

  connected() {
    this.#refused = false;
    this.#show();
  }

  #submit() {
    const text = this.#draft.value.trimEnd(); // spaces in front may be code; an empty end is only a slip
    if (text.trim() !== '' && encoder.encode(text).length <= LIMIT) {
      if (this.#send(text)) {
        this.#draft.value = '';
        this.#refused = false;
      } else {
        this.#refused = true;
      }
    }
    this.#changed();
    this.#draft.focus();
  }

  #changed() {
    if (this.#draft.value === '') here.forget(DRAFT);
    else here.write(DRAFT, this.#draft.value);
    this.#grow();
    this.#show();
  }

  #grow() {
    this.#draft.style.height = 'auto'; // so that it also shrinks; style.css sets the largest height
    this.#draft.style.height = `${this.#draft.scrollHeight + 2}px`; // and its two borders
  }

  #show() {
    const left = LIMIT - encoder.encode(this.#draft.value.trimEnd()).length;
    let note = '';
    if (left < 0) note = this.#texts.tooLong(-left, LIMIT);
    else if (this.#refused) note = this.#texts.notConnected;
    else if (left <= WARN) note = this.#texts.bytesLeft(left);

    this.#draft.setAttribute('aria-invalid', String(left < 0));
    this.#form.classList.toggle('stopped', left < 0 || this.#refused);
    // The same words again would be read aloud at every key.
    if (this.#note.textContent !== note) this.#note.textContent = note;
  }
}
