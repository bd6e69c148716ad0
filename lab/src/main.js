// The page: a head, four tabs, a foot. A tab is a module with `defaults`, open(root, state) and
// close(); state carries its settings in the address line.
import licences from "../LICENSES.txt";
import { startBackend, tf } from "./backend.js";
import { CONTROLS } from "./controls.js";
import * as digits from "./digits.js";
import { element } from "./dom.js";
import * as follow from "./follow.js";
import { Game } from "./game.js";
import * as generators from "./generators.js";
import * as quiz from "./quiz.js";
import { openState } from "./state.js";
import { t } from "./texts.js";
import * as watch from "./watch.js";

const TABS = { watch, digits, quiz, follow };

const state = openState({
  frame: { tab: "watch" },
  ...Object.fromEntries(Object.entries(TABS).map(([name, tab]) => [name, tab.defaults])),
});

const buttons = {};
for (const name of Object.keys(TABS)) {
  buttons[name] = element(
    "button",
    { role: "tab", id: `tab-${name}`, "aria-controls": "panel", onclick: () => choose(name) },
    t.frame.tabs[name],
  );
}
const tablist = element(
  "div",
  { role: "tablist", "aria-label": t.frame.tabsLabel, onkeydown: moveFocus },
  ...Object.values(buttons),
);
let panel = element("section");
let shown;

document.title = t.frame.title;
document.body.append(
  element("header", {}, element("h1", {}, t.frame.title), tablist),
  element("main", {}, panel),
  element(
    "footer",
    {},
    element("p", {}, t.frame.foot),
    element("details", {}, element("summary", {}, t.frame.licences), element("pre", {}, licences)),
  ),
);
window.addEventListener("hashchange", () => {
  state.read();
  show();
});
show();

// For the browser's console and the tests.
window.lab = { Game, controls: CONTROLS, generators, startBackend, state, tf, watch };

function choose(name) {
  state.set("tab", name);
  show();
}

/** Show the tab that the state names, anew. */
async function show() {
  if (shown) TABS[shown].close();
  shown = state.get("tab") in TABS ? state.get("tab") : "watch";
  for (const [name, button] of Object.entries(buttons)) {
    button.setAttribute("aria-selected", name === shown);
    button.tabIndex = name === shown ? 0 : -1;
  }
  const root = element("section", {
    role: "tabpanel",
    id: "panel",
    class: shown,
    "aria-labelledby": `tab-${shown}`,
  });
  panel.replaceWith(root);
  panel = root;
  await TABS[shown].open(root, state);
}

/** The arrow keys go from tab to tab, as a tablist's do. */
function moveFocus(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const names = Object.keys(TABS);
  const next = names[(names.indexOf(shown) + step + names.length) % names.length];
  choose(next);
  buttons[next].focus();
  event.preventDefault();
}
