// @ts-check
/** What came of a request: results, nothing, or a problem. Each clears what the one before it showed. */

import { find } from "./element.js";
import { clearProblem, showHeading, showProblem, showStages, showWarnings } from "./notice.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {import("./results.js").Results} Results */

const MOST_SHOWN = 240;

/** @param {Results} results @param {Answer} answer @param {number} limit */
export function showAnswer(results, answer, limit) {
  const { length } = answer.hits;
  clearProblem();
  results.show(answer.hits, true, length >= limit && limit < MOST_SHOWN);
  showHeading(length === 1 ? "1 result" : `${length} results`);
  showStages(answer);
  showWarnings(answer.warnings ?? []);
  if (!length) explainNothing();
}

/** What stands there before anything is asked. @param {Results} results @param {Answer} answer @param {number} items */
export function showLook(results, answer, items) {
  clearProblem();
  results.show(answer.hits, false, false);
  showHeading("A look around");
  showStages(null);
  find("stages", HTMLElement).textContent = `${items.toLocaleString()} items in this collection`;
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
  showStages(null);
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
  showStages(null);
  showWarnings([]);
  showProblem(error, retry);
}
