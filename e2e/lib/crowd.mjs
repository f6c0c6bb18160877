// Many idle connections in a process of their own: a process may hold only so many files.
// Arguments: door (tcp or ws), host:port, count, marker. Tells its parent "connected", and "heard" when each
// connection has received the marker.
import { connect } from 'node:net';
import { handshake } from './websocket.mjs';

const [door, address, wanted, marker] = process.argv.slice(2);
const [host, port] = address.split(':');
const count = Number(wanted);
const AT_ONCE = 200;

let begun = 0;
let connected = 0;
let heard = 0;

const up = () => {
  connected += 1;
  if (connected === count) process.send('connected');
  begin();
};

function begin() {
  if (begun === count) return;
  begun += 1;
  const id = begun;
  const socket = connect({ host, port: Number(port), noDelay: true });
  let open = door === 'tcp';
  let tail = '';
  let done = false;
  socket.on('error', (error) => { throw error; });
  socket.on('close', () => { throw new Error(`connection ${id} was closed`); });
  socket.on('connect', () => {
    if (open) up();
    else socket.write(handshake(address, id));
  });
  socket.on('data', (data) => {
    const text = tail + data.toString('latin1');
    tail = text.slice(-Math.max(marker.length, 4));
    if (!open && text.includes('\r\n\r\n')) {
      if (!text.includes(' 101 ')) throw new Error(text);
      open = true;
      up();
    }
    if (!done && text.includes(marker)) {
      done = true;
      heard += 1;
      if (heard === count) process.send('heard');
    }
  });
}

// The parent ends this process by closing the channel to it, also when the parent itself dies.
process.on('disconnect', () => process.exit(0));
for (let first = 0; first < AT_ONCE; first += 1) begin();
