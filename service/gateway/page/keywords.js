// @ts-check
/** A filter by keywords: checkboxes, with a field that finds values where there are many. */

import { make } from "./element.js";
import { labelOf } from "./title.js";

/** @typedef {import("./query.js").Attribute} Attribute */
/** @typedef {import("./filters.js").Field} Field */

const FEW = 8;

/**
 * @param {Attribute} attribute
 * @param {(values: string[]) => void} set
 * @returns {Field}
 */
export function keywordField({ key, values }, set) {
  /** @type {Map<string, Option>} */
  const options = new Map();
  const list = make("div", { className: "options" });
  const chosen = () => Array.from(options.values()).filter(({ box }) => box.checked).map(({ value }) => value);
  const add = (/** @type {string} */ value, /** @type {number | null} */ count) => {
    const made = option(value, count, () => set(chosen()));
    options.set(value, made);
    list.append(made.label);
  };
  for (const { value, count } of values) add(String(value), count);
  const legend = make("legend", {}, labelOf(key));
  const finder = values.length > FEW ? [findField(key, options)] : [];
  list.classList.toggle("many", values.length > FEW);
  const sync = (/** @type {import("./state.js").State} */ state) => {
    const wanted = state.is[key] ?? [];
    for (const value of wanted) if (!options.has(value)) add(value, null);
    for (const { box, value } of options.values()) box.checked = wanted.includes(value);
  };
  return { element: make("fieldset", { className: "filter" }, legend, ...finder, list), sync };
}

/** @typedef {{value: string, box: HTMLInputElement, label: HTMLLabelElement}} Option */

/** @param {string} value @param {number | null} count @param {() => void} onChange @returns {Option} */
function option(value, count, onChange) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", onChange);
  const number = make("span", { className: "count" }, count === null ? "" : count.toLocaleString());
  const label = make("label", { className: "option" }, box, make("span", { className: "value" }, value), number);
  return { value, box, label };
}

/** @param {string} key @param {Map<string, Option>} options */
function findField(key, options) {
  const field = make("input", { type: "search", className: "find", placeholder: `Find in ${options.size} values`, autocomplete: "off" });
  field.setAttribute("aria-label", `Find a value of ${labelOf(key)}`);
  field.addEventListener("input", () => {
    const typed = field.value.trim().toLowerCase();
    for (const { value, box, label } of options.values()) {
      label.hidden = !box.checked && !value.toLowerCase().includes(typed);
    }
  });
  return field;
}
