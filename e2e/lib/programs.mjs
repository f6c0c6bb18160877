// Programs as child processes: what they print is waited for, never slept for, and none outlives the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

export const PAPO = process.env.PAPO_BIN ?? fileURLToPath(new URL('../../target/release/papo', import.meta.url));

/** Nothing here takes that long on a machine that works, in milliseconds. */
export const PATIENCE = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
// The test runner ends a file that takes too long this way.
process.on('SIGTERM', () => process.exit(1));

/** Something that grows, and waits for what is to come. */
export class Heard {
  text = '';
  #waiting = new Set();

  push(more) {
    this.text += more;
    this.#waiting.forEach((look) => look());
  }

  /** Waits until `wanted`, a pattern or a text, occurs; gives what matched. */
  until(wanted, patience = PATIENCE) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = typeof wanted === 'string'
          ? this.text.includes(wanted) && [wanted]
          : wanted.exec(this.text);
        if (!found) return;
        clearTimeout(tired);
        this.#waiting.delete(look);
        resolve(found);
      };
      const tired = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${wanted} in ${JSON.stringify(this.text.slice(-4000))}`));
      }, patience);
      this.#waiting.add(look);
      look();
    });
  }

  count(text) {
    return this.text.split(text).length - 1;
  }
}

/** Runs a program in English. `out` and `err` are what it prints, `ended` is its exit code or signal. */
export function run(program, args, { env = {} } = {}) {
  const child = spawn(program, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TERM: 'xterm', ...env },
    stdio: 'pipe',
  });
  running.add(child);
  const out = new Heard();
  const err = new Heard();
  child.stdout.setEncoding('utf8').on('data', (data) => out.push(data));
  child.stderr.setEncoding('utf8').on('data', (data) => err.push(data));
  // Who ends early does not read what is still written to it; its exit code tells.
  child.stdin.on('error', () => {});
  // A program that is not there fails the test that wants it, through here.
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal).finally(() => running.delete(child));
  ended.catch(() => {});
  return {
    pid: child.pid,
    out,
    err,
    ended,
    say: (text) => child.stdin.write(text),
    endInput: () => child.stdin.end(),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** A hub on free ports. `wrapper` is what starts it, for example a program that changes limits. */
export async function startHub({ wrapper = [], extra = [] } = {}) {
  const [program, ...args] = [
    ...wrapper, PAPO, 'serve', '--http', '127.0.0.1:0', '--tcp', '127.0.0.1:0', '--json', '--lang', 'en',
    '--session-rate', 'off', ...extra,
  ];
  const hub = run(program, args);
  const early = hub.ended.then((code) => {
    throw new Error(`the hub ended with ${code} before it was ready: ${hub.err.text}`);
  });
  early.catch(() => {});
  const [line] = await Promise.race([hub.out.until(/^.*"event":"ready".*\n/m), early]);
  const ready = JSON.parse(line);
  return { ...hub, http: ready.http, tcp: ready.tcp, tcpPort: String(ready.tcp_port), httpPort: String(ready.http_port) };
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}
