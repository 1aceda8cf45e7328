// @ts-check
/**
 * A box drawn on a picture, with pointer or keys. Owns the picture's stage; knows nothing of searching.
 * Arrow keys move the box, Shift and arrow keys resize it, Escape or Delete take it away.
 */

import { make } from "./element.js";

/** @typedef {import("./state.js").Box} Box */

const STEP = 0.02;
const LEAST = 0.04;
/** @type {Box} */
const FIRST = [0.25, 0.25, 0.5, 0.5];
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const CORNERS = ["nw", "ne", "sw", "se"];

export class BoxStage {
  /** @type {Box | null} */
  #box = null;
  /** @type {{from: [number, number], start: Box, kind: string} | null} */
  #drag = null;

  /**
   * @param {HTMLElement} stage
   * @param {(box: Box | null) => void} onChange called when the user has finished a change
   */
  constructor(stage, onChange) {
    this.onChange = onChange;
    this.stage = stage;
    this.image = make("img", { className: "stage-picture", draggable: false, alt: "" });
    const handles = CORNERS.map((corner) => make("span", { className: `handle ${corner}`, "data-corner": corner }));
    this.region = make("div", { className: "region", tabIndex: 0, hidden: true, role: "group" }, ...handles);
    stage.replaceChildren(this.image, this.region);
    stage.addEventListener("pointerdown", (event) => this.#press(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", () => this.#release());
    stage.addEventListener("pointercancel", () => this.#release());
    this.region.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {string} source @param {string} alt */
  show(source, alt) {
    if (this.image.getAttribute("src") !== source) this.image.src = source;
    this.image.alt = alt;
  }

  /** @param {Box | null} box */
  set(box) {
    this.#box = box;
    this.region.hidden = box === null;
    this.stage.classList.toggle("has-region", box !== null);
    if (!box) return;
    const names = /** @type {const} */ (["left", "top", "width", "height"]);
    names.forEach((name, index) => (this.region.style[name] = `${box[index] * 100}%`));
    this.region.setAttribute("aria-label", describe(box));
  }

  /** Start with a box in the middle, for those who do not draw. */
  begin() {
    this.set(FIRST);
    this.region.focus();
    this.onChange(FIRST);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0 || !(event.target instanceof HTMLElement)) return;
    event.preventDefault();
    const from = this.#at(event);
    const kind = event.target.dataset.corner ?? (event.target === this.region ? "move" : "draw");
    const start = kind === "draw" || !this.#box ? /** @type {Box} */ ([...from, 0, 0]) : this.#box;
    this.#drag = { from, start, kind };
    this.stage.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const { from, start, kind } = this.#drag;
    const [x, y] = this.#at(event);
    this.set(kind === "move" ? moved(start, x - from[0], y - from[1]) : stretched(start, kind, [x, y]));
  }

  #release() {
    if (!this.#drag) return;
    const { start, kind } = this.#drag;
    this.#drag = null;
    const box = this.#box;
    if (kind === "draw" && box === null) return;
    if (box && (box[2] < LEAST || box[3] < LEAST)) this.set(kind === "draw" ? null : start);
    if (this.#box) this.region.focus({ preventScroll: true });
    if (this.#box !== start) this.onChange(this.#box);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#box) return;
    const arrow = ARROWS[event.key];
    const gone = event.key === "Escape" || event.key === "Delete" || event.key === "Backspace";
    if (!arrow && !gone) return;
    event.preventDefault();
    if (gone) this.set(null);
    else this.set(event.shiftKey ? resized(this.#box, ...arrow) : moved(this.#box, ...arrow));
    this.onChange(this.#box);
  }

  /** @param {PointerEvent} event @returns {[number, number]} in units of the picture */
  #at(event) {
    const area = this.stage.getBoundingClientRect();
    return [clamp((event.clientX - area.left) / area.width), clamp((event.clientY - area.top) / area.height)];
  }
}

/** @param {number} value @param {number} [top] */
const clamp = (value, top = 1) => Math.min(Math.max(value, 0), top);

/** @param {Box} box @param {number} dx @param {number} dy @returns {Box} */
export function moved([x, y, width, height], dx, dy) {
  return [clamp(x + dx, 1 - width), clamp(y + dy, 1 - height), width, height];
}

/** @param {Box} box @param {number} dx @param {number} dy @returns {Box} with the lower right corner elsewhere */
export function resized([x, y, width, height], dx, dy) {
  return [x, y, Math.max(clamp(width + dx, 1 - x), LEAST), Math.max(clamp(height + dy, 1 - y), LEAST)];
}

/** @param {Box} box @param {string} kind a corner, or `draw` @param {[number, number]} point @returns {Box} */
function stretched([x, y, width, height], kind, [px, py]) {
  const fixedX = kind.endsWith("w") && kind !== "draw" ? x + width : x;
  const fixedY = kind.startsWith("n") ? y + height : y;
  return [Math.min(fixedX, px), Math.min(fixedY, py), Math.abs(px - fixedX), Math.abs(py - fixedY)];
}

/** @param {Box} box */
function describe(box) {
  const [left, top, width, height] = box.map((value) => `${Math.round(value * 100)} %`);
  return `Region: from left ${left}, from top ${top}, width ${width}, height ${height}. ` +
    "Arrow keys move it, Shift with arrow keys resizes it, Escape removes it.";
}
