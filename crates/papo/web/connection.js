// One WebSocket that comes back by itself. Knows nothing of the page: it reports states and texts to its `listener`.

const DELAYS = [1, 2, 4, 8, 15]; // seconds before each attempt; the last one repeats
const JITTER = 0.25; // a room of sixty must not come back in the same instant
const DIAL_LIMIT = 10; // seconds; a browser alone would wait minutes for a host that does not answer
const STEADY = 10; // seconds; a connection that lived shorter does not start the delays over

export class Connection {
  #url;
  #listener;
  #socket = null;
  #opened = null; // when the socket opened, null before
  #failures = 0;
  #timer = null; // dial limit while connecting, countdown while waiting

  /** `listener`: `state({name, seconds?})`, `text(string)`, `lost({reason, unsent})`. */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  start() {
    this.#dial();
    addEventListener('online', () => this.now());
    // The socket may not notice for minutes that the network is gone, and would swallow what is sent meanwhile.
    // Dialing anew tells the truth, also for a hub on this very machine, which needs no network.
    addEventListener('offline', () => this.#redial());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.now();
    });
  }

  /** Ends the waiting, if there is any. */
  now() {
    if (!this.#socket) this.#dial();
  }

  /** False when it cannot be sent: the caller keeps the text. */
  send(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  #dial() {
    clearTimeout(this.#timer);
    this.#opened = null;
    this.#listener.state({ name: 'connecting' });

    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#drop(socket, ''), DIAL_LIMIT * 1000);
    // Each handler asks whether its socket is still the current one: an abandoned socket may speak late.
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#opened = Date.now();
      this.#listener.state({ name: 'connected' });
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#listener.text(data);
    };
    socket.onclose = ({ reason }) => this.#drop(socket, reason);
  }

  #redial() {
    const socket = this.#socket;
    if (!socket) return;
    this.#drop(socket, '');
    this.now();
  }

  #drop(socket, reason) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const unsent = socket.bufferedAmount > 0;
    socket.close();

    if (this.#opened !== null) {
      if (Date.now() - this.#opened >= STEADY * 1000) this.#failures = 0;
      this.#listener.lost({ reason, unsent });
    }
    const delay = DELAYS[Math.min(this.#failures, DELAYS.length - 1)];
    this.#failures += 1;
    const jittered = delay * (1 - JITTER + 2 * JITTER * Math.random());
    this.#wait(Date.now() + Math.min(jittered, DELAYS.at(-1)) * 1000);
  }

  #wait(until) {
    clearTimeout(this.#timer);
    const left = until - Date.now();
    if (left <= 0) {
      this.#dial();
      return;
    }
    const seconds = Math.ceil(left / 1000);
    this.#listener.state({ name: 'waiting', seconds });
    // Up to the next whole second, so that every number is shown once.
    this.#timer = setTimeout(() => this.#wait(until), left - (seconds - 1) * 1000);
  }
}
