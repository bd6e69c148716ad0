// The folded controls: sliders, menus and boxes for the settings of controls.js.
import { ALL, CONTROLS } from "./controls.js";
import { element } from "./dom.js";
import { t } from "./texts.js";

const texts = t.watch;

/**
 * Make the controls.
 *
 * @param {function} value from a setting's name to its value now.
 * @param {function} change takes {name: value} when the user changes one.
 * @returns {{groups: HTMLElement[], show: function}} show() lets all of them show the values.
 */
export function createPanel(value, change) {
  const inputs = {};
  const outputs = {};

  function create(name, { slider, menu, box }) {
    const id = `set-${name}`;
    if (box) {
      const onchange = () => change({ [name]: inputs[name].checked });
      return element("input", { type: "checkbox", id, onchange });
    }
    if (menu) {
      const text = (option) => texts.values[option] ?? texts.values.units(option);
      const options = menu.map((option) => element("option", { value: option }, text(option)));
      return element(
        "select",
        { id, onchange: () => change({ [name]: inputs[name].value }) },
        ...options,
      );
    }
    const oninput = () => change({ [name]: slider[inputs[name].valueAsNumber] });
    return element("input", {
      type: "range",
      id,
      min: 0,
      max: slider.length - 1,
      step: 1,
      oninput,
    });
  }

  const groups = Object.entries(CONTROLS).map(([group, controls]) => {
    const rows = Object.entries(controls).map(([name, kind]) => {
      inputs[name] = create(name, kind);
      outputs[name] = element("output", { for: `set-${name}` });
      return element(
        "div",
        { class: `control${kind.box ? " box" : ""}` },
        element("label", { for: `set-${name}` }, texts.settings[name]),
        inputs[name],
        ...(kind.slider ? [outputs[name]] : []),
      );
    });
    return element("details", {}, element("summary", {}, texts.groups[group]), ...rows);
  });

  function show() {
    for (const [name, { slider, box }] of Object.entries(ALL)) {
      const now = value(name);
      if (box) inputs[name].checked = now;
      else if (slider) {
        const nearest = slider.reduce((a, b) => (Math.abs(b - now) < Math.abs(a - now) ? b : a));
        const text = now === 0 && name in CONTROLS.cures ? texts.values.off : String(now);
        inputs[name].value = slider.indexOf(nearest);
        inputs[name].setAttribute("aria-valuetext", text);
        outputs[name].textContent = text;
      } else inputs[name].value = now;
    }
    // What changes nothing as the others stand.
    const wasserstein = value("wasserstein");
    for (const name of ["generatorCost", "labelSmoothing", "fakeSmoothing"]) {
      inputs[name].disabled = wasserstein;
    }
    inputs.clip.disabled = !wasserstein;
    inputs.replayShare.disabled = !value("replay");
  }
  return { groups, show };
}
