// The chat without the page: a TCP line client and a WebSocket client, each with what it has received.
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';

/** Collects texts and lets a test wait for one that matches. */
class Heard {
  texts = [];
  #waiting = [];

  push(text) {
    this.texts.push(text);
    this.#waiting = this.#waiting.filter((wait) => !wait(text));
  }

  until(pattern) {
    if (this.texts.some((text) => pattern.test(text))) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const tired = setTimeout(() => reject(new Error(`no ${pattern} in ${JSON.stringify(this.texts)}`)), 10_000);
      this.#waiting.push((text) => {
        if (!pattern.test(text)) return false;
        clearTimeout(tired);
        resolve();
        return true;
      });
    });
  }
}

export async function tcpClient(address) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  const heard = new Heard();
  let rest = '';
  socket.setEncoding('utf8').on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    lines.forEach((line) => heard.push(line));
  });
  return { heard, say: (text) => socket.write(`${text}\n`), close: () => socket.destroy() };
}

export async function webSocketClient(address, id) {
  const socket = new WebSocket(`ws://${address}/ws/${id}`);
  const heard = new Heard();
  socket.on('message', (data) => heard.push(String(data)));
  await once(socket, 'open');
  await heard.until(new RegExp(`^Client #${id} joined the chat$`));
  return { heard, say: (text) => socket.send(text), close: () => socket.close() };
}
