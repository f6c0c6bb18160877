// A WebSocket client on a bare socket, so that what goes over the wire is known byte for byte.
import { once } from 'node:events';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Heard } from './programs.mjs';

const TEXT = 0x81;
const CLOSE = 0x88;

/** The request that asks for the WebSocket of client `id`. */
export function handshake(host, id) {
  return [
    `GET /ws/${id} HTTP/1.1`, `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket',
    'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, '', '',
  ].join('\r\n');
}

/** One masked client frame. */
export function frame(first, payload) {
  const body = Buffer.from(payload);
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from([first, ...length]), mask, body.map((byte, at) => byte ^ mask[at % 4])]);
}

/** Connects; `heard` holds each text with a newline behind it, `closed` is the code of the close frame. */
export async function webSocket(host, id) {
  const socket = connect({ host: host.split(':')[0], port: Number(host.split(':')[1]), noDelay: true });
  const heard = new Heard();
  let rest = Buffer.alloc(0);
  let open;
  const opened = new Promise((resolve, reject) => { open = { resolve, reject }; });
  let close;
  const closed = new Promise((resolve) => { close = resolve; });
  let upgraded = false;
  socket.on('error', (error) => open.reject(error));
  socket.on('close', () => close(1006));
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    if (!upgraded) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const status = rest.subarray(0, rest.indexOf('\r\n')).toString();
      if (!status.includes(' 101 ')) return void open.reject(new Error(status));
      upgraded = true;
      rest = rest.subarray(end + 4);
      open.resolve();
    }
    // A server's frames are never masked, and the hub's are never cut into fragments.
    while (rest.length >= 2) {
      const long = rest[1] === 126;
      if (long && rest.length < 4) return;
      const begin = long ? 4 : 2;
      const end = begin + (long ? rest.readUInt16BE(2) : rest[1]);
      if (rest.length < end) return;
      const payload = rest.subarray(begin, end);
      if (rest[0] === TEXT) heard.push(`${payload}\n`);
      if (rest[0] === CLOSE) close(payload.length < 2 ? 1005 : payload.readUInt16BE(0));
      rest = rest.subarray(end);
    }
  });
  await once(socket, 'connect');
  socket.write(handshake(host, id));
  await opened;
  return {
    heard,
    closed,
    say: (text) => socket.write(frame(TEXT, text)),
    close: () => socket.end(frame(CLOSE, Buffer.from([0x03, 0xe8]))),
    destroy: () => socket.destroy(),
  };
}
