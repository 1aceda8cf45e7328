// @ts-check
/** The filters, made from the collection's attributes; beside the results on wide screens, in a dialog on narrow ones. */

import { find, make } from "./element.js";
import { keywordField } from "./keywords.js";
import { rangeField } from "./range.js";
import { withBounds, withValues } from "./state.js";
import { labelOf } from "./title.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./query.js").Attribute} Attribute */
/** @typedef {import("./subject.js").Change} Change */
/** @typedef {{element: HTMLElement, sync: (state: State) => void}} Field */

const IDENTIFIER_VALUES = 30;
const IDENTIFIER_COUNT = 3;

export class Filters {
  /** @type {Field[]} */
  #fields = [];

  /**
   * @param {() => State} state
   * @param {Change} change
   */
  constructor(state, change) {
    this.state = state;
    this.change = change;
    this.form = make("form", { className: "filters" });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.#place();
  }

  /** The panel or the dialog holds the form, by the width of the window. */
  #place() {
    const dialog = find("filters-dialog", HTMLDialogElement);
    const wide = matchMedia("(min-width: 60rem)");
    const move = () => {
      if (wide.matches) dialog.close();
      find(wide.matches ? "side" : "filters-slot", HTMLElement).append(this.form);
    };
    wide.addEventListener("change", move);
    move();
    find("filters-open", HTMLElement).addEventListener("click", () => dialog.showModal());
    for (const id of ["filters-close", "filters-done"]) find(id, HTMLElement).addEventListener("click", () => dialog.close());
  }

  /** @param {Attribute[]} attributes */
  build(attributes) {
    this.#fields = attributes.filter(isUseful).sort(byUse).map((attribute) => this.#field(attribute));
    this.form.replaceChildren(...this.#fields.map(({ element }) => element));
    find("filters-open", HTMLElement).hidden = this.#fields.length === 0;
    find("side", HTMLElement).hidden = this.#fields.length === 0;
  }

  /** @param {State} state */
  render(state) {
    for (const field of this.#fields) field.sync(state);
    const count = Object.keys(state.is).length + Object.keys(state.within).length;
    find("filters-open-label", HTMLElement).textContent = count ? `Filters (${count})` : "Filters";
  }

  /** @param {Attribute} attribute @returns {Field} */
  #field(attribute) {
    const { key, type } = attribute;
    const setValues = (/** @type {string[]} */ values) => this.change(withValues(this.state(), key, values));
    if (type === "boolean") return booleanField(attribute, setValues);
    if (type !== "number") return keywordField(attribute, setValues);
    return rangeField(attribute, (bounds) => this.change(withBounds(this.state(), key, bounds), "replace"));
  }
}

const SELDOM = /licen[cs]e|source/;
const KINDS = ["keyword", "number", "boolean", "keywords"];

/** Short lists of values first, long ones last. @param {Attribute} a @param {Attribute} b */
const byUse = (a, b) =>
  KINDS.indexOf(a.type) - KINDS.indexOf(b.type) ||
  Number(SELDOM.test(a.key)) - Number(SELDOM.test(b.key)) ||
  a.values.length - b.values.length;

/** An attribute that names each item, or is the same for all, helps nobody to choose. @param {Attribute} attribute */
function isUseful({ type, values, minimum, maximum }) {
  if (type === "number") return minimum !== null && maximum !== null && minimum < maximum;
  if (type === "boolean") return values.length > 1;
  const most = Math.max(0, ...values.map(({ count }) => count));
  return values.length > 1 && !(values.length >= IDENTIFIER_VALUES && most <= IDENTIFIER_COUNT);
}

/** @param {Attribute} attribute @param {(values: string[]) => void} set @returns {Field} */
function booleanField({ key, values }, set) {
  const box = make("input", { type: "checkbox", className: "switch" });
  box.setAttribute("role", "switch");
  const count = values.find(({ value }) => value === true || value === "true")?.count ?? 0;
  const label = make("label", { className: "toggle" }, make("span", {}, labelOf(key)), make("span", { className: "count" }, String(count)), box);
  box.addEventListener("change", () => set(box.checked ? ["true"] : []));
  const sync = (/** @type {State} */ state) => (box.checked = state.is[key]?.includes("true") ?? false);
  return { element: make("div", { className: "filter" }, label), sync };
}
