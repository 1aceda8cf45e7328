// @ts-check
/** What came of a request: results, nothing, or a problem. Each clears what the one before it showed. */

import { find } from "./element.js";
import { clearProblem, showHeading, showProblem, showSize, showWarnings } from "./notice.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./results.js").Results} Results */

const MOST_SHOWN = 240;

/** @param {Results} results @param {Answer} answer @param {number} limit @param {number} items */
export function showAnswer(results, answer, limit, items) {
  const { length } = answer.hits;
  const isCut = length >= limit;
  clearProblem();
  results.show(answer.hits, true, isCut && limit < MOST_SHOWN);
  // A search stops at its limit: how many more would match, nobody counted.
  showHeading(isCut ? `Best ${length} matches` : length === 1 ? "1 result" : `${length} results`);
  showSize(items);
  showWarnings(answer.warnings ?? []);
  if (!length) explainNothing();
}

/** What stands there before anything is asked. @param {Results} results @param {Answer} answer @param {number} items */
export function showLook(results, answer, items) {
  clearProblem();
  results.show(answer.hits, false, false);
  showHeading("A look around");
  showSize(items);
  showWarnings([]);
  if (!answer.hits.length) explainNothing();
}

function explainNothing() {
  const isNarrowed = !find("chips", HTMLElement).hidden;
  const words = isNarrowed
    ? "Nothing passes these filters and options. Take one away, or clear them all."
    : "Try other words, or a picture.";
  explain(words, isNarrowed);
}

/** @param {Results} results @param {string} heading @param {string} words what to do */
export function showInstead(results, heading, words) {
  clearProblem();
  results.clear();
  showHeading(heading);
  showSize(null);
  showWarnings([]);
  explain(words, false);
}

/** @param {string} words @param {boolean} canClear */
function explain(words, canClear) {
  find("nothing", HTMLElement).hidden = false;
  find("nothing-text", HTMLElement).textContent = words;
  find("nothing-clear", HTMLElement).hidden = !canClear;
}

/** @param {Results} results @param {unknown} error @param {() => void} retry */
export function showFailure(results, error, retry) {
  results.clear();
  showHeading("No results");
  showSize(null);
  showWarnings([]);
  showProblem(error, retry);
}
