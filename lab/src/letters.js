// Bytes as text that stands in a page, seven bits a letter: a seventh more in UTF-8, where base64
// takes a third more. build.mjs writes it, packed.js reads it.

// The letters of the 128 that a page cannot hold as they are; they have 256 added, which takes two
// bytes, and of which the reader, who looks at seven bits, sees nothing.
const UNSAFE = Array.from("\0\n\r<", (letter) => letter.charCodeAt(0));

/** The text begins with the number of bytes and a colon. */
export function toLetters(bytes) {
  const letters = [];
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 7) {
      count -= 7;
      letters.push((bits >> count) & 127);
      bits &= (1 << count) - 1;
    }
  }
  if (count) letters.push((bits << (7 - count)) & 127);
  const text = letters.map((code) => String.fromCharCode(UNSAFE.includes(code) ? code + 256 : code));
  return `${bytes.length}:${text.join("")}`;
}

/** The bytes of such a text. */
export function fromLetters(text) {
  const start = text.indexOf(":") + 1;
  const bytes = new Uint8Array(Number(text.slice(0, start - 1)));
  let bits = 0;
  let count = 0;
  let place = 0;
  for (let i = start; i < text.length; i++) {
    bits = ((bits << 7) | (text.charCodeAt(i) & 127)) & 0xffff;
    count += 7;
    if (count >= 8) {
      count -= 8;
      bytes[place++] = bits >> count; // the lowest eight bits of it
    }
  }
  return bytes;
}
