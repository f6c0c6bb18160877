// The conversation: messages and notices in the log, the place where the reader is in it, and the unread count.
// Whatever comes from outside reaches the document through textContent, and only through it.

const LIMIT = 2000; // messages kept in the document; a busy room must not slow the page down
const GROUP_MINUTES = 5; // later lines of the same speaker start a group of their own
const NEAR = 48; // pixels from the end that still count as being at the end
const ANCHORS = CSS.supports('overflow-anchor', 'auto');
const TONES = 12; // colours of labels, as style.css spreads them

export class View {
  #log = document.getElementById('log');
  #newer = document.getElementById('newer');
  #entries = []; // what the log shows, oldest first, each with its node
  #trimmed = null; // the entry that counts what was removed
  #pinned = true; // the reader is at the end
  #unseen = 0; // messages below the reader
  #settling = false; // a frame is already asked for
  #shrunk = false; // lines were removed since the last frame
  #top = 0; // where the log was scrolled to
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

  /** `locale` decides how the clock is written. */
  speak(texts, locale) {
    this.#texts = texts;
    this.#clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
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

    if (entry.own) this.#pinned = true;
    if (!this.#pinned && !entry.words) this.#unseen += 1;
    if (document.hidden && !entry.words) this.#unread += 1;
    this.#settle();
    this.#title(); // not in the frame: a hidden page has none
  }

  /** Once per frame however much arrived: asking for a height lays out the whole log. */
  #settle() {
    if (this.#settling) return;
    this.#settling = true;
    requestAnimationFrame(() => {
      this.#settling = false;
      this.#shrunk = false;
      if (this.#pinned) this.#toEnd();
      else this.#showNewer();
    });
  }

  #trim() {
    // Whoever reads further up keeps the line under the eyes, also where the browser does not anchor by itself.
    const heightBefore = !this.#pinned && !ANCHORS ? this.#log.scrollHeight : null;
    this.#entries.shift().node.remove();
    this.#shrunk = true;
    if (!this.#trimmed) {
      this.#trimmed = { count: 0, at: new Date(), words: (texts) => texts.trimmed(this.#trimmed.count) };
      build(this.#trimmed);
      this.#trimmed.node.setAttribute('aria-live', 'off'); // counts at every message
      this.#log.prepend(this.#trimmed.node);
    }
    this.#trimmed.count += 1;
    this.#paint(this.#trimmed);
    if (heightBefore !== null) this.#log.scrollTop -= heightBefore - this.#log.scrollHeight;
  }

  #paint(entry) {
    if (entry.words) {
      write(entry.textNode, entry.words(this.#texts));
    } else {
      write(entry.textNode, entry.text);
      write(entry.labelNode, entry.own ? this.#texts.you : entry.label);
    }
    write(entry.timeNode, this.#clock.format(entry.at));
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#log;
    const upward = scrollTop < this.#top && !this.#shrunk;
    this.#top = scrollTop;
    if (scrollHeight - scrollTop - clientHeight <= NEAR) {
      this.#pinned = true;
      this.#unseen = 0;
    } else if (upward) {
      // Only a reader goes up. Being far from the end may also mean that more arrived since the last frame.
      this.#pinned = false;
    }
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

/** Leaves alone what already says so: in a live log every change is read aloud. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The same label has the same colour everywhere, without anybody keeping a list (FNV-1a). */
function tone(label) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(label)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 8) % TONES;
}
