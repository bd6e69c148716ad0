// "Follow a run": what `python -m lab RUN` tells of a run, anew every two seconds. lab/follow.py says
// what that is. A page that nobody serves so asks for nothing.
import { chart, legend } from "./chart.js";
import { element } from "./dom.js";
import { t } from "./texts.js";

const PAUSE = 2000; // milliseconds

export const defaults = {};

let close_ = () => {};

export function close() {
  close_();
}

export async function open(root, _state) {
  const run = document.querySelector("meta[name=run]")?.content;
  if (!run) {
    root.append(
      element("h2", {}, t.follow.how),
      element("p", {}, t.follow.start),
      element("pre", {}, t.follow.command),
      element("p", {}, t.follow.then),
    );
    return;
  }
  let open_ = true;
  let timer;
  close_ = () => {
    open_ = false;
    clearTimeout(timer);
  };
  const title = element("h2");
  const bar = element("progress", { max: 1, "aria-label": t.follow.progress });
  const where = element("p");
  const trouble = element("p", { class: "complaint", role: "alert" });
  const failures = element("ul", { class: "failures", "aria-label": t.follow.failures });
  const caption = element("figcaption");
  const grid = element("img", { alt: "" });
  const samples = element("figure", { class: "samples", hidden: true }, caption, grid);
  const curves = element("div", { class: "curves" });
  root.append(title, bar, where, trouble, failures, element("div", { class: "columns" }, samples, curves));
  await look();

  async function look() {
    try {
      const answer = await fetch("run.json");
      if (!answer.ok) throw new Error(answer.status);
      const seen = await answer.json();
      if (!open_) return;
      trouble.textContent = seen.flaws.join("; ");
      show(seen);
    } catch {
      if (!open_) return;
      trouble.textContent = t.follow.gone(run);
    }
    timer = setTimeout(look, PAUSE);
  }

  function show(seen) {
    title.textContent = seen.title;
    if (seen.share === null) bar.removeAttribute("value");
    else bar.value = seen.ended ? 1 : seen.share;
    where.textContent = t.follow.where(seen);
    failures.replaceChildren(...seen.failures.map((line) => element("li", {}, line)));
    showSamples(seen.newest);
    const { iteration: iterations = [], ...losses } = seen.losses;
    const { iteration: evaluated = [], ...scores } = seen.scores;
    const panels = seen.panels.map(({ title: name, unit, columns }) => [`${name} (${unit})`, iterations, columns, losses]);
    for (const [name, values] of Object.entries(scores)) {
      if (values.some(Number.isFinite)) panels.push([t.follow.score(name), evaluated, [name], scores]);
    }
    if (!iterations.length && !evaluated.length) return curves.replaceChildren(t.follow.nothing);
    curves.replaceChildren(...panels.filter(([, at]) => at.length).map(([name, at, columns, values]) => {
      const told = columns.map((column) => [column, values[column].at(-1)]);
      const label = t.follow.curve(name, told);
      return element("figure", {},
        element("figcaption", {}, name),
        chart(label, at, Object.fromEntries(columns.map((column) => [column, values[column]]))),
        element("p", { class: "legend" }, ...legend(columns).map(([column, line]) =>
          element("span", {}, line, ` ${column} ${(values[column].at(-1) ?? NaN).toPrecision(4)}`))));
    }));
  }

  /** The newest grid; the one before stays until it is there. */
  function showSamples(newest) {
    if (!newest || newest.name === grid.dataset.name) return;
    const next = new Image();
    next.onload = () => {
      grid.src = next.src;
      grid.dataset.name = newest.name;
      grid.alt = caption.textContent = t.follow.samples(newest.iteration);
      samples.hidden = false;
    };
    next.src = `run/${newest.name}`;
  }
}
