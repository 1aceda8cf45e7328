// @ts-check
/** A filter by the bounds of a number: two sliders on one track and two number fields. */

import { make } from "./element.js";
import { labelOf } from "./title.js";

/** @typedef {import("./query.js").Attribute} Attribute */
/** @typedef {import("./state.js").Bounds} Bounds */

const STEPS = 100;

/**
 * @param {Attribute} attribute
 * @param {(bounds: Bounds) => void} set
 * @returns {import("./filters.js").Field}
 */
export function rangeField({ key, minimum, maximum }, set) {
  const [low, high] = [minimum ?? 0, maximum ?? 1];
  const step = niceStep((high - low) / STEPS);
  const floor = Math.floor(low / step) * step;
  const ceiling = Math.ceil(high / step) * step;
  const label = labelOf(key);
  const sliders = ["least", "most"].map((end) => input("range", `${label}, ${end}`, floor, ceiling, step));
  const fields = ["from", "to"].map((end) => input("number", `${label} ${end}`, floor, ceiling, step));
  const fill = make("span", { className: "dual-fill" });
  const dual = make("div", { className: "dual" }, fill, ...sliders);
  const read = (/** @type {HTMLInputElement[]} */ pair) => toBounds(pair, floor, ceiling);
  for (const slider of sliders) slider.addEventListener("input", () => set(read(sliders)));
  for (const field of fields) field.addEventListener("change", () => set(read(fields)));
  const sync = (/** @type {import("./state.js").State} */ state) => {
    const { min, max } = state.within[key] ?? { min: null, max: null };
    const ends = [min ?? floor, max ?? ceiling];
    [sliders, fields].forEach((pair) => pair.forEach((node, end) => show(node, tidy(ends[end]))));
    fill.style.left = `${((ends[0] - floor) / (ceiling - floor)) * 100}%`;
    fill.style.right = `${((ceiling - ends[1]) / (ceiling - floor)) * 100}%`;
  };
  const pair = make("div", { className: "pair" }, fields[0], make("span", { className: "quiet" }, "to"), fields[1]);
  return { element: make("fieldset", { className: "filter" }, make("legend", {}, label), dual, pair), sync };
}

/** @param {HTMLInputElement} node @param {number} value leaving a field alone while someone types in it */
function show(node, value) {
  if (node !== document.activeElement || node.type === "range") node.value = String(value);
}

/** @param {string} type @param {string} label @param {number} min @param {number} max @param {number} step */
function input(type, label, min, max, step) {
  const node = make("input", { type, min: tidy(min), max: tidy(max), step: type === "number" ? "any" : tidy(step) });
  node.setAttribute("aria-label", label);
  return node;
}

/** @param {HTMLInputElement[]} pair @param {number} floor @param {number} ceiling @returns {Bounds} */
function toBounds(pair, floor, ceiling) {
  const numbers = pair.map((node, end) => (node.value === "" ? [floor, ceiling][end] : Number(node.value)));
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  return { min: min <= floor ? null : min, max: max >= ceiling ? null : max };
}

/** @param {number} raw @returns {number} 1, 2 or 5 times a power of ten */
function niceStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw) ?? 10;
  return factor * power;
}

/** @param {number} value without the dust of binary fractions */
const tidy = (value) => Number(value.toPrecision(10));
