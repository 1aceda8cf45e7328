// @ts-check
/** The panel of the picture or product that is searched by: the picture with its box, "but …" and the sliders. */

import { readItem } from "./api.js";
import { BoxStage } from "./box.js";
import { find, make, settled, showValue } from "./element.js";
import { splitWords } from "./query.js";
import * as shelf from "./shelf.js";
import { NO_SUBJECT } from "./state.js";
import { factsOf, titleOf } from "./title.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {(patch: Partial<State>, history?: "push" | "replace") => void} Change */

const EVEN = 0.5;
const KEY_PAUSE_MS = 200;

export class Subject {
  /** @type {string | null} */
  #url = null;
  #shown = "";
  /** The model's own weights of a change; `main.js` sets them. */
  defaults = { alpha: 1, beta: EVEN };

  /** @param {Change} change */
  constructor(change) {
    this.change = change;
    this.panel = find("subject", HTMLElement);
    /** @type {import("./state.js").Box | null} */
    let box = null;
    const settle = settled(() => change({ box, shown: NO_SUBJECT.shown }, "replace"), KEY_PAUSE_MS);
    this.stage = new BoxStage(find("stage", HTMLElement), (next) => {
      box = next;
      settle();
    });
    this.#listen();
  }

  #listen() {
    find("region-add", HTMLButtonElement).addEventListener("click", () => this.stage.begin());
    find("region-clear", HTMLButtonElement).addEventListener("click", () => {
      this.change({ box: null });
      find("region-add", HTMLButtonElement).focus();
    });
    find("subject-remove", HTMLButtonElement).addEventListener("click", () => {
      this.change(NO_SUBJECT);
      find("words", HTMLInputElement).focus();
    });
    find("but-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.change({ change: find("change", HTMLInputElement).value.trim(), shown: NO_SUBJECT.shown });
    });
    for (const name of /** @type {const} */ (["alpha", "beta"])) {
      const slider = find(name, HTMLInputElement);
      slider.addEventListener("input", () => this.change({ [name]: Number(slider.value) }, "replace"));
    }
  }

  /** Put the cursor where the change is typed. */
  focusChange() {
    find("change", HTMLInputElement).focus();
  }

  /** @param {State} state */
  async render(state) {
    const key = state.picture || state.item || state.product;
    this.panel.hidden = key === "";
    this.#renderFields(state);
    if (key === this.#shown) return;
    this.#shown = key;
    const { title, source, kind, facts } = await this.#load(state);
    if (this.#shown !== key) return;
    find("subject-facts", HTMLElement).replaceChildren(...facts.map((fact) => make("span", {}, fact)));
    find("subject-title", HTMLElement).textContent = title;
    find("subject-kind", HTMLElement).textContent = kind;
    this.stage.show(source, title);
  }

  /** @param {State} state */
  #renderFields(state) {
    const asksChange = state.change !== "";
    const blends = !asksChange && splitWords(state).wanted !== "";
    const isProduct = state.product !== "";
    showValue(find("change", HTMLInputElement), state.change);
    this.stage.set(isProduct ? null : state.box);
    this.panel.classList.toggle("is-product", isProduct);
    find("but-form", HTMLElement).hidden = isProduct;
    find("region-add", HTMLElement).hidden = isProduct || state.box !== null;
    find("region-clear", HTMLElement).hidden = isProduct || state.box === null;
    find("region-hint", HTMLElement).hidden = isProduct || state.box !== null;
    find("product-hint", HTMLElement).hidden = !isProduct;
    find("sliders", HTMLElement).hidden = isProduct || !(asksChange || blends);
    find("alpha-field", HTMLElement).hidden = !asksChange;
    showSlider("alpha", state.alpha ?? this.defaults.alpha, (value) => `× ${value.toFixed(2)}`);
    showSlider("beta", state.beta ?? (asksChange ? this.defaults.beta : EVEN), (value) => `${Math.round(value * 100)} % words`);
  }

  /** @param {State} state */
  async #load(state) {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
    if (!state.picture) return this.#loadItem(state);
    const entry = await shelf.get(state.picture);
    if (!entry) return { title: "A picture that is not in this browser", source: "", kind: "Drop it here again", facts: [] };
    this.#url = URL.createObjectURL(entry.blob);
    return { title: entry.name, source: this.#url, kind: "Searching by your picture", facts: [] };
  }

  /** @param {State} state */
  async #loadItem(state) {
    const kind = state.product ? "Same product" : "More like this";
    if (!state.item && !state.product) return { title: "", source: "", kind, facts: [] };
    const id = state.item || state.product;
    const item = await readItem(state.collection, id).catch(() => null);
    return { title: item ? titleOf(item) : id, source: item?.image_url ?? "", kind, facts: item ? factsOf(item) : [] };
  }
}

/** @param {"alpha" | "beta"} name @param {number} value @param {(value: number) => string} words */
function showSlider(name, value, words) {
  const slider = find(name, HTMLInputElement);
  slider.value = String(value);
  slider.setAttribute("aria-valuetext", words(value));
  find(`${name}-out`, HTMLOutputElement).value = words(value);
}
