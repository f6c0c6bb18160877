// A program in a real terminal: tmux draws its screen, and tells when something on it changed.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tmpdir } from 'node:os';
import { PATIENCE, run } from './programs.mjs';

const execute = promisify(execFile);
let count = 0;

/** A terminal of 80 by 24 that runs `command` and then stays open. */
export async function openTerminal(command) {
  const socket = `papo-e2e-${process.pid}-${count += 1}`;
  const tmux = async (...args) => (await execute('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
  })).stdout;
  const quoted = command.map((word) => `'${word}'`).join(' ');
  // The last word comes as its own line, so that a test sees how the program ended and that the terminal still echoes.
  await tmux('new-session', '-d', '-s', 'main', '-x', '80', '-y', '24', `${quoted}; echo "ended with $?"; stty -a; exec cat`);
  // A control client is told of every output, so the screen is looked at when it changed and only then.
  const watcher = run('tmux', ['-L', socket, '-C', 'attach', '-t', 'main']);
  await watcher.out.until('%session-changed');

  const screen = async () => (await tmux('capture-pane', '-p', '-t', 'main')).trimEnd();
  const until = async (wanted) => {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const seen = watcher.out.text.length;
      const now = await screen();
      if (wanted.test(now)) return now;
      const change = { exec: (text) => text.length > seen, toString: () => 'change' };
      await watcher.out.until(change, deadline - Date.now()).catch(() => {
        throw new Error(`no ${wanted} on the screen:\n${now}`);
      });
    }
  };
  return {
    screen,
    until,
    type: (text) => tmux('send-keys', '-t', 'main', '-l', '--', text),
    press: (...keys) => tmux('send-keys', '-t', 'main', ...keys),
    close: async () => {
      await tmux('kill-server');
      await watcher.ended;
    },
  };
}
