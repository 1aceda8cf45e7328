// @ts-check
/** The active filters as chips that can be taken away, one by one or all at once. */

import { find, icon, make } from "./element.js";
import { hasFilters, NO_FILTERS, NO_OPTIONS, withBounds, withValues } from "./state.js";
import { labelOf } from "./title.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./subject.js").Change} Change */
/** @typedef {{text: string, patch: Partial<State>}} Chip */

/** @param {State} state @param {Change} change */
export function renderChips(state, change) {
  const list = find("chips", HTMLUListElement);
  const chips = [...filterChips(state), ...optionChips(state)];
  const nodes = chips.map(({ text, patch }) => chipNode(text, `Remove ${text}`, () => change(patch)));
  const all = make("button", { type: "button", className: "link" }, "Clear all");
  all.addEventListener("click", () => change({ ...NO_FILTERS, ...NO_OPTIONS }));
  list.hidden = chips.length === 0;
  list.replaceChildren(...nodes, ...(chips.length > 1 || hasFilters(state) ? [make("li", {}, all)] : []));
}

/** @param {State} state @returns {Chip[]} */
function filterChips(state) {
  const values = Object.entries(state.is).flatMap(([key, all]) =>
    all.map((value) => ({
      text: value === "true" ? labelOf(key) : value,
      patch: withValues(state, key, all.filter((other) => other !== value)),
    })));
  const ranges = Object.entries(state.within).map(([key, { min, max }]) => ({
    text: `${labelOf(key)} ${min === null ? "up to" : max === null ? "from" : `${min} to`} ${max ?? min}`,
    patch: withBounds(state, key, { min: null, max: null }),
  }));
  return [...values, ...ranges];
}

/** @param {State} state @returns {Chip[]} */
function optionChips(state) {
  /** @type {Chip[]} */
  const chips = [];
  if (state.without) chips.push({ text: `not ${state.without}`, patch: { without: "" } });
  if (state.threshold) chips.push({ text: `match ≥ ${state.threshold} %`, patch: { threshold: 0 } });
  if (state.diversity) chips.push({ text: `variety ${state.diversity}`, patch: { diversity: 0 } });
  if (state.group) chips.push({ text: `one per ${labelOf(state.group).toLowerCase()}`, patch: { group: "" } });
  return chips;
}

/** @param {string} text @param {string} label @param {() => void} act */
function chipNode(text, label, act) {
  const button = make("button", { type: "button", className: "chip", "aria-label": label }, text, icon("close"));
  button.addEventListener("click", act);
  return make("li", {}, button);
}
