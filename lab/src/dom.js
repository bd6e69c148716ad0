// Elements in one call.

/**
 * Make an element.
 *
 * @param {string} name such as "button".
 * @param {Object} attributes set as attributes; a function is a listener ("onclick"), `true` an
 *   attribute without a value, `false` and undefined none.
 * @param {...(Node|string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined)
      made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
