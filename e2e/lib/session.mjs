// A client of the session protocol: `frames` is what the hub told it, `until` waits for what is to come.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { PATIENCE } from './programs.mjs';

/** Connects, says HELLO as `peer` (nick@room), and JOIN with `after` if it is given. */
export async function session(address, peer, { after } = {}) {
  const socket = new WebSocket(`ws://${address}/ws`, 'papo.v1');
  const frames = [];
  let look = () => {};
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)));
    look();
  });
  socket.on('error', () => {});
  await once(socket, 'open');

  /** The first frame from number `from` on that `isIt`. */
  const until = (what, isIt, from = 0) => new Promise((resolve, reject) => {
    let next = from;
    const tired = setTimeout(() => {
      look = () => {};
      reject(new Error(`no ${what} in ${JSON.stringify(frames.slice(-20))}`));
    }, PATIENCE);
    look = () => {
      while (next < frames.length) {
        const frame = frames[next];
        next += 1;
        if (!isIt(frame)) continue;
        clearTimeout(tired);
        look = () => {};
        resolve(frame);
        return;
      }
    };
    look();
  });
  const send = (frame) => socket.send(JSON.stringify(frame));
  const publish = (id, payload, room = 'lobby') => send({ type: 'PUB', msg_id: id, dst: `#${room}`, payload });

  send({ type: 'HELLO', peer_id: peer });
  await until('HELLO_OK', (frame) => frame.type === 'HELLO_OK');
  if (after) send({ type: 'JOIN', room: peer.split('@')[1], after });
  const joined = await until('JOINED', (frame) => frame.type === 'JOINED');
  return {
    frames,
    until,
    send,
    publish,
    joined,
    /** Says something; gives its ACK, or the ERROR about it. */
    say: (id, payload) => {
      const from = frames.length;
      publish(id, payload);
      return until(`answer to ${id}`, (frame) => frame.msg_id === id || frame.ref === id, from);
    },
    close: () => socket.terminate(),
  };
}
