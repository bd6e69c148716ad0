// Results of the quiz as text for an address line, and back. A result is
//
//     example.sheet.marks.name.check
//
// with the example's number, the sheet's, a bit for each image that was marked, all to base 36, the
// name, percent-encoded with * for %, and three letters that tell whether the rest is whole. Results
// are joined by an underscore.

export const SHEET = 36;
const MOST = 500; // results in one link
const LETTERS = 20; // of a name

/**
 * @param {{example: number, sheet: number, marks: boolean[], name: string}} result
 * @returns {string}
 */
export function write({ example, sheet, marks, name }) {
  const bits = marks.reduce((sum, marked, place) => sum + (marked ? 2 ** place : 0), 0);
  const short = name.trim().slice(0, LETTERS).replace(/[._~!'()*]/g, "");
  const rest = [example, sheet, bits].map((number) => number.toString(36));
  rest.push(encodeURIComponent(short).replaceAll("%", "*"));
  return `${rest.join(".")}.${check(rest.join("."))}`;
}

/** A result that write() wrote, or undefined. */
export function read(text, examples) {
  const parts = text.split(".");
  const end = parts.pop();
  if (parts.length !== 4 || check(parts.join(".")) !== end) return undefined;
  const [example, sheet, bits] = parts.slice(0, 3).map((part) => parseInt(part, 36));
  if (!(example < examples) || !(sheet >= 0) || !(bits < 2 ** SHEET)) return undefined;
  try {
    const name = decodeURIComponent(parts[3].replaceAll("*", "%"));
    const marks = Array.from({ length: SHEET }, (_, place) => Math.floor(bits / 2 ** place) % 2 === 1);
    return { example, sheet, marks, name };
  } catch {
    return undefined;
  }
}

/**
 * Read the results in a text: an address line's, or whole links with whatever stands around them.
 *
 * @returns {{found: string[], damaged: string[]}} each result once, as text.
 */
export function gather(text, examples) {
  const links = Array.from(text.matchAll(/results=([^&\s"'<>]*)/g), (match) => match[1]);
  const bare = text.split(/\s+/).filter((word) => word.split(".").length > 3); // without their link
  const words = (links.length ? links : bare).flatMap((each) => decode(each).split("_"));
  const found = new Set();
  const damaged = [];
  for (const word of words.filter(Boolean)) {
    if (read(word, examples) && found.size < MOST) found.add(word);
    else damaged.push(word);
  }
  return { found: [...found], damaged };
}

/** Mail programs and chats may encode a link once more. */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Three letters of a text: another text has others, but for one in 46,656. */
function check(text) {
  let value = 0x811c9dc5; // FNV-1a
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return (value % 36 ** 3).toString(36).padStart(3, "0");
}
