// The page's settings, which the address line carries: #name=value&name=value.

const PAUSE = 350; // milliseconds between two changes of the address line

/**
 * Open the state. What has its default's value is left out of the address line, and so is what
 * belongs to another tab than the one that is shown.
 *
 * @param {Object<string, Object>} defaults for each tab its names with their default values:
 *   strings, numbers or booleans. All tabs share the names of `frame`.
 * @returns {{get, set, read, link}}
 */
export function openState(defaults) {
  const all = Object.assign({}, ...Object.values(defaults));
  const values = {};
  let waiting;
  let written = -Infinity;

  function get(name) {
    return name in values ? values[name] : all[name];
  }

  /** Set one name's value, or those of an object of names, and write the address line. */
  function set(name, value) {
    const changes = typeof name === "object" ? name : { [name]: value };
    for (const [key, changed] of Object.entries(changes)) {
      if (!(key in all)) throw new Error(`no setting is called ${key}`);
      values[key] = changed;
    }
    // Browsers refuse more than about three changes of the address a second.
    if (performance.now() - written > PAUSE) write();
    else waiting ??= setTimeout(write, PAUSE);
  }

  function write() {
    waiting = undefined;
    written = performance.now();
    history.replaceState(null, "", link());
  }

  /** The address that shows this page as it is. */
  function link() {
    const shown = { ...defaults.frame, ...defaults[get("tab")] };
    const params = new URLSearchParams();
    for (const key of Object.keys(shown)) {
      if (get(key) !== all[key]) params.set(key, String(get(key)));
    }
    const text = params.toString();
    return text ? `#${text}` : location.pathname + location.search;
  }

  /** Read the address line. What it does not name, or gives no possible value, has its default. */
  function read() {
    for (const key of Object.keys(values)) delete values[key];
    for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
      if (!(key in all)) continue;
      const value = typed(text, all[key]);
      if (value !== undefined) values[key] = value;
    }
  }

  read();
  return { get, set, read, link };
}

/** A text as a value of the default's type; undefined if it is none. */
function typed(text, byDefault) {
  if (typeof byDefault === "boolean") {
    return { true: true, false: false }[text];
  }
  if (typeof byDefault === "number") {
    const value = Number(text);
    return text.trim() !== "" && Number.isFinite(value) ? value : undefined;
  }
  return text;
}
