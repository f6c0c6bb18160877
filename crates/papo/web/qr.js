// A QR code (ISO/IEC 18004) for one short text: byte mode, versions 1 to 5, whose data is a single block.
// That holds any address of a hub (up to 106 bytes) without the tables that the larger versions need.

// Data and correction codewords; level M while it fits in one block, then L. `level` is as the format bits write it.
const VERSIONS = [
  { version: 1, level: 0b00, data: 16, correction: 10 },
  { version: 2, level: 0b00, data: 28, correction: 16 },
  { version: 3, level: 0b00, data: 44, correction: 26 },
  { version: 4, level: 0b01, data: 80, correction: 20 },
  { version: 5, level: 0b01, data: 108, correction: 26 },
];

const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Rows of modules, true is dark; null when the text is too long. */
export function encode(text) {
  const bytes = new TextEncoder().encode(text);
  const form = VERSIONS.find(({ data }) => bytes.length <= data - 2); // mode and length take a byte and a half
  if (!form) return null;

  const data = dataCodewords(bytes, form.data);
  const bits = [...data, ...remainder(data, form.correction)].flatMap((byte) => bitsOf(byte, 8));
  const blank = fixedPatterns(form.version);
  const candidates = MASKS.map((mask, number) => {
    const rows = blank.map((row) => [...row]);
    drawFormat(rows, form.level, number);
    drawData(rows, bits, mask);
    return rows;
  });
  return candidates.reduce((best, rows) => (penalty(rows) < penalty(best) ? rows : best));
}

const bitsOf = (value, count) => Array.from({ length: count }, (_, i) => ((value >> (count - 1 - i)) & 1) === 1);

function dataCodewords(bytes, length) {
  const bits = [...bitsOf(0b0100, 4), ...bitsOf(bytes.length, 8), ...[...bytes].flatMap((byte) => bitsOf(byte, 8))];
  bits.push(...bitsOf(0, 4)); // the terminator, which also completes the last byte
  const codewords = [];
  for (let i = 0; i < bits.length; i += 8) {
    codewords.push(bits.slice(i, i + 8).reduce((byte, bit) => byte * 2 + Number(bit), 0));
  }
  for (let pad = 0xec; codewords.length < length; pad ^= 0xec ^ 0x11) codewords.push(pad);
  return codewords;
}

// Reed-Solomon over GF(256) with the polynomial 0x11d: the remainder of data · x^count by the generator.

function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function remainder(data, count) {
  let generator = [1]; // the product of (x - 2^i), highest power first
  for (let i = 0, root = 1; i < count; i += 1, root = multiply(root, 2)) {
    const shifted = [...generator, 0];
    generator = shifted.map((term, at) => term ^ (at > 0 ? multiply(generator[at - 1], root) : 0));
  }
  const rest = [...data, ...Array(count).fill(0)];
  for (let i = 0; i < data.length; i += 1) {
    const factor = rest[i];
    generator.forEach((term, at) => { rest[i + at] ^= multiply(term, factor); });
  }
  return rest.slice(data.length);
}

// Modules are addressed as rows[y][x]; null means that it is free for data.

function fixedPatterns(version) {
  const size = 17 + 4 * version;
  const rows = Array.from({ length: size }, () => Array(size).fill(null));

  for (let i = 0; i < size; i += 1) rows[6][i] = rows[i][6] = i % 2 === 0; // timing
  // Rings around a centre: dark where the distance to it is in `dark`. A finder's outermost light ring may fall outside.
  const rings = (centreX, centreY, reach, dark) => {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const distance = Math.max(Math.abs(dx), Math.abs(dy));
        const [x, y] = [centreX + dx, centreY + dy];
        if (x >= 0 && y >= 0 && x < size && y < size) rows[y][x] = dark.includes(distance);
      }
    }
  };
  rings(3, 3, 4, [0, 1, 3]);
  rings(size - 4, 3, 4, [0, 1, 3]);
  rings(3, size - 4, 4, [0, 1, 3]);
  if (version > 1) rings(size - 7, size - 7, 2, [0, 2]);
  return rows;
}

function drawFormat(rows, level, mask) {
  const size = rows.length;
  const value = (level << 3) | mask;
  let check = value << 10; // the remainder by the BCH polynomial 0x537
  for (let bit = 14; bit >= 10; bit -= 1) if ((check >> bit) & 1) check ^= 0x537 << (bit - 10);
  const bits = bitsOf(((value << 10) | check) ^ 0x5412, 15).reverse();

  bits.forEach((bit, i) => {
    // Around the first finder, stepping over the timing patterns, …
    if (i < 8) rows[i < 6 ? i : i + 1][8] = bit;
    else rows[8][i === 8 ? 7 : 14 - i] = bit;
    // … and again beside the other two.
    if (i < 8) rows[8][size - 1 - i] = bit;
    else rows[size - 15 + i][8] = bit;
  });
  rows[size - 8][8] = true;
}

function drawData(rows, bits, mask) {
  const size = rows.length;
  let next = 0;
  let upward = true;
  // Pairs of columns from the right, up and down in turn, without the column of the timing pattern.
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2, upward = !upward) {
    for (let step = 0; step < size; step += 1) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (rows[y][x] !== null) continue;
        rows[y][x] = (bits[next] ?? false) !== mask(x, y);
        next += 1;
      }
    }
  }
}

// How hard a code is to read: long runs, squares, shapes like a finder, an uneven share of dark.
function penalty(rows) {
  const size = rows.length;
  const columns = rows.map((_, x) => rows.map((row) => row[x]));
  let points = 0;
  for (const line of [...rows, ...columns]) {
    const text = line.map(Number).join('');
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    for (const shape of ['10111010000', '00001011101']) {
      for (let at = text.indexOf(shape); at >= 0; at = text.indexOf(shape, at + 1)) points += 40;
    }
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      const square = rows[y][x] + rows[y - 1][x] + rows[y][x - 1] + rows[y - 1][x - 1];
      if (square % 4 === 0) points += 3;
    }
  }
  const dark = rows.flat().filter(Boolean).length / size ** 2;
  return points + 10 * Math.floor(Math.abs(dark * 100 - 50) / 5);
}
