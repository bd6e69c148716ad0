// One's own numbers: a field to paste them into.
import { parseOwn } from "./data.js";
import { element } from "./dom.js";
import { t } from "./texts.js";

const texts = t.watch.own;
const LONGEST = 300_000; // letters that are taken
const LINKED = 2000; // letters that a link carries

/**
 * Make the field.
 *
 * @param {function} learn takes what parseOwn() returns of good numbers, their text for the link,
 *   "" if that is too long, and a line that says what was read.
 * @returns {HTMLElement} a details element, with ask() to open it.
 */
export function createOwn(learn) {
  const wrong = element("p", { id: "own-error", class: "wrong", role: "alert" });
  const field = element("textarea", {
    rows: 5,
    placeholder: texts.example,
    "aria-describedby": "own-error",
    onpaste(event) {
      // What a browser would take seconds to put in, thousands of lines, is in at once.
      const text = event.clipboardData.getData("text");
      event.preventDefault();
      if (text.length > LONGEST) wrong.textContent = texts.letters(text.length, LONGEST);
      else field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    },
  });

  function read() {
    wrong.textContent = "";
    try {
      const own = parseOwn(field.value);
      const text = textOf(own);
      const fits = text.length <= LINKED;
      const count = own.values.length / own.dimensions;
      const line = texts.read(count, texts.kinds[own.dimensions]);
      learn(own, fits ? text : "", fits ? line : `${line} ${texts.long}`);
    } catch (error) {
      wrong.textContent = error.message;
    }
  }

  const root = element(
    "details",
    {},
    element("summary", {}, texts.summary),
    element("label", {}, texts.label, field),
    element("button", { type: "button", onclick: read }, texts.learn),
    wrong,
  );
  root.ask = () => {
    root.open = true;
    field.focus();
  };
  return root;
}

/** Numbers as the address line has them: a row's apart by a space, rows by a bar. */
function textOf({ values, dimensions }) {
  const short = values.map((value) => Number(value.toPrecision(6)));
  const rows = [];
  for (let i = 0; i < short.length; i += dimensions) {
    rows.push(short.slice(i, i + dimensions).join(" "));
  }
  return rows.join("|");
}
