// @ts-check
/** What the page tells: the heading of an answer and the line below it, warnings, problems, and the live region. */

import { ServiceProblem } from "./api.js";
import { find, make } from "./element.js";

/** @param {string} words to those who listen */
export function announce(words) {
  find("status", HTMLElement).textContent = words;
}

/** @param {string} heading */
export function showHeading(heading) {
  find("results-title", HTMLElement).textContent = heading;
  announce(heading);
}

/** @param {number | null} items of the collection; null says nothing */
export function showSize(items) {
  find("results-size", HTMLElement).textContent = items === null ? "" : `${items.toLocaleString()} items in this collection`;
}

/** @param {{message: string}[]} warnings */
export function showWarnings(warnings) {
  const notes = warnings.map(({ message }) => make("p", { className: "note", role: "note" }, message));
  find("warnings", HTMLElement).replaceChildren(...notes);
}

export function clearProblem() {
  find("problem", HTMLElement).replaceChildren();
}

/** @param {unknown} error @param {() => void} retry */
export function showProblem(error, retry) {
  const known = error instanceof ServiceProblem;
  const title = known ? error.title : "Something went wrong on this page";
  const detail = known ? error.detail : String(error);
  const again = make("button", { type: "button", className: "secondary" }, "Try again");
  again.addEventListener("click", () => {
    clearProblem();
    retry();
  });
  const code = known && error.code ? [make("p", { className: "quiet" }, `${error.status} ${error.code}`)] : [];
  const panel = make("div", { className: "problem", role: "alert" }, make("h3", {}, title), make("p", {}, detail), ...code, again);
  find("problem", HTMLElement).replaceChildren(panel);
}
