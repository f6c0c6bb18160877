// What a line from the hub means. The text door speaks plain strings, so the meaning is in their form.

const JOINED = ' joined the chat';
const LEFT = ' left the chat';

/** The label under which the hub shows a session of the text door. */
export const labelOf = (id) => `Client #${id}`;

/**
 * One of
 * `{kind: 'said', label, text}`, `{kind: 'joined' | 'left', label}`,
 * `{kind: 'notice', text}` (the hub itself speaks) and `{kind: 'bare', text}` (a line of no known form,
 * as services without labels relay them).
 */
export function parseLine(line) {
  if (line.startsWith('* ')) return { kind: 'notice', text: line.slice(2) };

  // Colon and space, not the colon alone: a label may be an IPv6 address. Only on the first line: further ones are
  // text. Before the two suffixes: whoever writes "x: bob left the chat" has said something, and nobody left.
  const firstLine = line.split('\n', 1)[0];
  const colon = firstLine.indexOf(': ');
  if (colon > 0) return { kind: 'said', label: line.slice(0, colon), text: line.slice(colon + 2) };

  if (line === firstLine) {
    for (const [suffix, kind] of [[JOINED, 'joined'], [LEFT, 'left']]) {
      if (line.endsWith(suffix) && line.length > suffix.length) {
        return { kind, label: line.slice(0, -suffix.length) };
      }
    }
  }
  return { kind: 'bare', text: line };
}
