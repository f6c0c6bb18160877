// The conversation: messages and notices in the log, the place where the reader is in it, and the unread count.
// Whatever comes from outside reaches the document through textContent, and only through it.

const LIMIT = 2000; // messages kept in the document; a busy room must not slow the page down
const GROUP_MINUTES = 5; // later lines of the same speaker start a group of their own
const NEAR = 48; // pixels from the end that still count as being at the end
const TONES = 12; // colours of labels, see style.css

export class View {
  #log = document.getElementById('log');
  #newer = document.getElementById('newer');
  #entries = []; // what the log shows, oldest first, each with its node
  #trimmed = null; // the entry that counts what was removed
  #pinned = true; // the reader is at the end
  #unseen = 0; // messages below the reader
  #unread = 0; // messages since the page was hidden
  #texts;
  #clock;
  #place = 'papo';

  constructor() {
    this.#log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#newer.addEventListener('click', () => {
      this.#toEnd();
      this.#log.focus();
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#unread = 0;
      this.#title();
    });
    // A growing composer or a keyboard on a phone takes space from the log: the end stays in sight.
    new ResizeObserver(() => this.#pinned && this.#toEnd()).observe(this.#log);
  }

  speak(texts, language) {
    this.#texts = texts;
    this.#clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
    for (const entry of this.#entries) this.#paint(entry);
    if (this.#trimmed) this.#paint(this.#trimmed);
    this.#showNewer();
  }

  /** What the title of the page says besides the count. */
  name(place) {
    this.#place = place;
    this.#title();
  }

  /** Something that somebody said; without a label it has no speaker, `own` is ours. */
  said({ label = '', text, own = false }) {
    this.#append({ label, text, own, at: new Date() });
  }

  /** `words` is a function of the texts, so that a notice changes its language with the page. */
  notice(words) {
    this.#append({ words, at: new Date() });
  }

  /** Back to the end of the conversation, as after sending. */
  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#pinned = true;
    this.#unseen = 0;
    this.#showNewer();
  }

  #append(entry) {
    const before = this.#entries.at(-1);
    entry.continues = Boolean(
      before && !entry.words && !before.words && before.own === entry.own && before.label === entry.label
      && entry.at - before.at < GROUP_MINUTES * 60_000,
    );
    build(entry);
    this.#paint(entry);
    this.#entries.push(entry);
    this.#log.append(entry.node);
    if (this.#entries.length > LIMIT) this.#trim();

    if (this.#pinned || entry.own) this.#toEnd();
    else if (!entry.words) this.#unseen += 1;
    if (document.hidden && !entry.words) this.#unread += 1;
    this.#showNewer();
    this.#title();
  }

  #trim() {
    const heightBefore = this.#log.scrollHeight;
    this.#entries.shift().node.remove();
    if (!this.#trimmed) {
      this.#trimmed = { count: 0, at: new Date(), words: (texts) => texts.trimmed(this.#trimmed.count) };
      build(this.#trimmed);
      this.#log.prepend(this.#trimmed.node);
    }
    this.#trimmed.count += 1;
    this.#paint(this.#trimmed);
    // Whoever reads further up keeps the line under the eyes, also where the browser does not anchor by itself.
    if (!this.#pinned && !CSS.supports('overflow-anchor', 'auto')) {
      this.#log.scrollTop -= heightBefore - this.#log.scrollHeight;
    }
  }

  #paint(entry) {
    if (entry.words) {
      entry.textNode.textContent = entry.words(this.#texts);
    } else {
      entry.textNode.textContent = entry.text;
      entry.labelNode.textContent = entry.own ? this.#texts.you : entry.label;
    }
    entry.timeNode.textContent = this.#clock.format(entry.at);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    this.#pinned = scrollHeight - scrollTop - clientHeight <= NEAR;
    if (this.#pinned) this.#unseen = 0;
    this.#showNewer();
  }

  #showNewer() {
    this.#newer.hidden = this.#unseen === 0;
    this.#newer.textContent = `${this.#texts.newer(this.#unseen)} ↓`;
  }

  #title() {
    document.title = this.#unread > 0 ? `(${this.#unread}) ${this.#place}` : this.#place;
  }
}

function build(entry) {
  entry.timeNode = element('time', 'time');
  entry.timeNode.dateTime = entry.at.toISOString();
  entry.textNode = element(entry.words ? 'p' : 'span', 'text');
  entry.textNode.dir = 'auto';

  if (entry.words) {
    entry.node = element('div', 'notice', entry.textNode, entry.timeNode);
    return;
  }
  // Continued lines keep their label for those who listen; style.css hides it from those who look.
  entry.labelNode = element('bdi', 'label');
  const bubble = element('div', 'bubble', entry.textNode, entry.timeNode);
  entry.node = element('div', entry.own ? 'message own' : 'message', entry.labelNode, bubble);
  entry.node.classList.toggle('continues', entry.continues);
  entry.node.classList.toggle('bare', !entry.own && entry.label === '');
  entry.node.style.setProperty('--tone', tone(entry.label));
}

function element(name, className, ...children) {
  const node = document.createElement(name);
  node.className = className;
  node.append(...children);
  return node;
}

/** The same label has the same colour everywhere, without anybody keeping a list (FNV-1a). */
function tone(label) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(label)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 8) % TONES;
}
