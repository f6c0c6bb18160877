// A stand-in for `papo serve`, just enough for the page: `PAPO_BIN=mock` runs the tests of the page without Rust.
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { WebSocketServer } from 'ws';

const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
  + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const WEB = new URL('../../crates/papo/web/', import.meta.url);

const options = { '--link': [] };
const given = process.argv.slice(2);
for (let i = 0; i < given.length; i += 1) {
  if (given[i] === '--link') options['--link'].push(given[++i]);
  else if (['--http', '--tcp', '--lang', '--name', '--room'].includes(given[i])) options[given[i]] = given[++i];
}

const lines = new Set(); // TCP sockets
const web = new WebSocketServer({ noServer: true, maxPayload: 32768 });

function deliver(label, text, line, except) {
  for (const socket of web.clients) if (socket !== except) socket.send(line);
  const stamp = new Date().toISOString().slice(0, 16).replace('T', ' ');
  for (const socket of lines) if (socket !== except || text) socket.write(`${label} | ${stamp} | ${text ?? line}\n`);
}

function speak(label, text, line, except) {
  deliver(label, text, line, except);
  for (const url of options['--link']) {
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: line }) })
      .catch(() => {});
  }
}

const http = createServer(async (request, response) => {
  response.setHeader('content-security-policy', CSP);
  response.setHeader('x-content-type-options', 'nosniff');
  const path = new URL(request.url, 'http://hub').pathname;
  if (path === '/relay') {
    let body = '';
    for await (const part of request) body += part;
    deliver('relay', null, JSON.parse(body).message);
    response.setHeader('content-type', 'application/json');
    response.end('{"status":"ok"}');
  } else if (path === '/api/hello') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: options['--name'] ?? 'papo', room: 'lobby', http: [], tcp: [], lan: false }));
  } else {
    try {
      const name = path === '/' ? 'index.html' : path.slice(1);
      const content = await readFile(new URL(name, WEB));
      response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(content);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  }
});

http.on('upgrade', (request, socket, head) => {
  const id = /^\/ws\/(\d+)$/.exec(request.url)?.[1];
  if (!id) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  web.handleUpgrade(request, socket, head, (session) => {
    const label = `Client #${id}`;
    speak(label, null, `${label} joined the chat`);
    session.on('message', (data) => speak(label, String(data), `${label}: ${data}`, session));
    session.on('error', () => {});
    session.on('close', () => speak(label, null, `${label} left the chat`));
  });
});

const tcp = createTcpServer((socket) => {
  const label = socket.remoteAddress;
  let rest = '';
  lines.add(socket);
  socket.on('data', (data) => {
    const parts = (rest + data).split('\n');
    rest = parts.pop();
    for (const text of parts) speak(label, text, `${label}: ${text}`, socket);
  });
  socket.on('error', () => {});
  socket.on('close', () => lines.delete(socket));
});

const listen = (server, address) => new Promise((ready) => {
  const [host, port] = address.split(':');
  server.listen(Number(port), host, () => ready(`${host}:${server.address().port}`));
});
const ready = { event: 'ready', http: await listen(http, options['--http']), tcp: await listen(tcp, options['--tcp']) };
console.log(JSON.stringify(ready));

process.on('SIGTERM', () => {
  for (const session of web.clients) session.close(1001);
  setTimeout(() => process.exit(0), 50);
});
