// @ts-check
/** "More options": what is not wanted, the least match, variety, grouping, what words are compared with. */

import { find, make, settled, showValue } from "./element.js";
import { labelOf } from "./title.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./query.js").Attribute} Attribute */
/** @typedef {import("./subject.js").Change} Change */

const PAUSE_MS = 120;
const SELECTS = /** @type {const} */ (["group", "field"]);
const GROUPS_FIRST = /product|group|sku|model/i;

export class Options {
  /** @param {Change} change */
  constructor(change) {
    const without = find("without", HTMLInputElement);
    without.addEventListener("change", () => change({ without: without.value.trim() }));
    for (const name of SELECTS) {
      const select = find(name, HTMLSelectElement);
      select.addEventListener("change", () => change({ [name]: select.value }));
    }
    for (const name of /** @type {const} */ (["threshold", "diversity"])) {
      const slider = find(name, HTMLInputElement);
      const settle = settled(() => change({ [name]: Number(slider.value) }, "replace"), PAUSE_MS);
      slider.addEventListener("input", () => {
        showOutput(name, Number(slider.value));
        settle();
      });
    }
  }

  /** @param {Attribute[]} attributes */
  build(attributes) {
    const keys = attributes.filter(({ type }) => type === "keyword").map(({ key }) => key);
    keys.sort((a, b) => Number(GROUPS_FIRST.test(b)) - Number(GROUPS_FIRST.test(a)));
    const choices = keys.map((key) => make("option", { value: key }, `One per ${labelOf(key).toLowerCase()}`));
    find("group", HTMLSelectElement).replaceChildren(make("option", { value: "" }, "Nothing"), ...choices);
    find("group-field", HTMLElement).hidden = keys.length === 0;
  }

  /** @param {State} state */
  render(state) {
    for (const name of SELECTS) find(name, HTMLSelectElement).value = state[name];
    showValue(find("without", HTMLInputElement), state.without);
    for (const name of /** @type {const} */ (["threshold", "diversity"])) {
      find(name, HTMLInputElement).value = String(state[name]);
      showOutput(name, state[name]);
    }
    const isUsed = state.without || state.threshold || state.diversity || state.group || state.field;
    if (isUsed) find("more", HTMLDetailsElement).open = true;
  }
}

/** @param {"threshold" | "diversity"} name @param {number} value */
function showOutput(name, value) {
  const words = name === "threshold" ? `${value} %` : value.toFixed(1);
  find(`${name}-out`, HTMLOutputElement).value = value ? words : "off";
  find(name, HTMLInputElement).setAttribute("aria-valuetext", value ? words : "off");
}
