// @ts-check
/** The grid of results: cards, skeletons, "show more", and the words when nothing matches. */

import { find, icon, make } from "./element.js";
import { ITEM_TYPE } from "./picture.js";
import { factsOf, titleOf } from "./title.js";

/** @typedef {import("./api.js").Hit} Hit */
/** @typedef {"similar" | "product" | "change"} Act */

const SKELETONS = 12;

export class Results {
  /**
   * @param {(act: Act, id: string) => void} onAct
   * @param {() => void} onMore
   */
  constructor(onAct, onMore) {
    this.grid = find("grid", HTMLOListElement);
    this.more = find("show-more", HTMLButtonElement);
    this.grid.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
      const cell = button?.closest("li");
      if (button instanceof HTMLElement && cell?.dataset.id) onAct(/** @type {Act} */ (button.dataset.act), cell.dataset.id);
    });
    this.grid.addEventListener("dragstart", (event) => {
      const cell = event.target instanceof Element ? event.target.closest("li") : null;
      if (cell?.dataset.id) event.dataTransfer?.setData(ITEM_TYPE, cell.dataset.id);
    });
    this.more.addEventListener("click", onMore);
  }

  /** Keep what is there while something new is on its way; show skeletons where there is nothing. */
  wait() {
    this.grid.setAttribute("aria-busy", "true");
    if (this.grid.childElementCount) return;
    this.grid.replaceChildren(...Array.from({ length: SKELETONS }, skeleton));
  }

  /** @param {Hit[]} hits @param {boolean} hasScores @param {boolean} hasMore */
  show(hits, hasScores, hasMore) {
    this.grid.removeAttribute("aria-busy");
    this.grid.classList.toggle("plain", !hasScores);
    this.grid.replaceChildren(...hits.map(card));
    this.more.hidden = !hasMore;
    find("nothing", HTMLElement).hidden = hits.length > 0;
  }

  clear() {
    this.grid.removeAttribute("aria-busy");
    this.grid.replaceChildren();
    this.more.hidden = true;
    find("nothing", HTMLElement).hidden = true;
  }

  /** @param {number} index */
  focusCard(index) {
    const tile = this.grid.children[index]?.querySelector("button");
    if (tile instanceof HTMLElement) tile.focus();
  }
}

function skeleton() {
  const lines = [make("span", { className: "bone long" }), make("span", { className: "bone" })];
  return make("li", { className: "cell skeleton", "aria-hidden": "true" }, make("div", { className: "tile" }), ...lines);
}

/** @param {Hit} hit */
function card(hit) {
  const template = find("card", HTMLTemplateElement);
  const cell = /** @type {HTMLLIElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (cell.querySelector(name));
  const title = titleOf(hit);
  cell.dataset.id = hit.id;
  part(".title").textContent = title;
  part(".facts").replaceChildren(...factsOf(hit).map((fact) => make("span", {}, fact)));
  part(".tile").append(hit.image_url ? picture(hit.image_url) : icon("none"));
  for (const button of cell.querySelectorAll("button")) nameButton(button, title, Boolean(hit.image_url));
  showScore(part(".score"), hit);
  return cell;
}

/** @param {string} source the title beside it says what it shows */
const picture = (source) => make("img", { src: source, alt: "", loading: "lazy", decoding: "async" });

/** @param {HTMLButtonElement} button @param {string} title @param {boolean} hasPicture */
function nameButton(button, title, hasPicture) {
  button.title ||= "More like this";
  button.setAttribute("aria-label", `${button.title}: ${title}`);
  if (!hasPicture && button.dataset.act !== "product") button.disabled = true;
}

/** @param {HTMLElement} node @param {Hit} hit */
function showScore(node, { score, cosine }) {
  const percent = Math.round(score * 100);
  const words = percent < 1 && score > 0 ? "< 1" : String(percent);
  const fill = /** @type {HTMLElement} */ (node.querySelector(".bar-fill"));
  fill.style.width = `${percent}%`;
  node.title = `${(score * 100).toFixed(1)} % match · cosine ${cosine.toFixed(3)}`;
  /** @type {HTMLElement} */ (node.querySelector(".percent")).textContent = `${words} % match`;
}
