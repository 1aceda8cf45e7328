// @ts-check
/** What stands above the results: the way home, the collection picker, the search field and the key to it. */

import { find, make, showValue } from "./element.js";
import { BLANK, isAsking, NO_SUBJECT, PAGE_SIZE } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./subject.js").Change} Change */

/**
 * @param {() => State} state
 * @param {Change} change
 */
export function listenToHeader(state, change) {
  const words = find("words", HTMLInputElement);
  find("search-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    const subject = state().product ? NO_SUBJECT : {};
    change({ ...subject, words: words.value.trim(), shown: PAGE_SIZE });
  });
  find("home", HTMLElement).addEventListener("click", (event) => {
    event.preventDefault();
    words.value = "";
    change({ ...BLANK, collection: state().collection });
  });
  const picker = find("collection", HTMLSelectElement);
  picker.addEventListener("change", () => change({ ...BLANK, collection: picker.value, words: state().words }));
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    words.select();
  });
}

/** @param {KeyboardEvent} event */
const isTyping = ({ target }) => target instanceof Element && target.closest("input, textarea, select") !== null;

/** @param {State} state */
export function renderHeader(state) {
  const words = find("words", HTMLInputElement);
  showValue(words, state.words);
  words.placeholder = state.picture || state.item ? "Add words (optional)" : "Describe what you are looking for";
  document.title = state.words ? `${state.words} · Lookalike` : "Lookalike";
  document.body.classList.toggle("is-asking", isAsking(state));
  find("collection", HTMLSelectElement).value = state.collection;
  if (isAsking(state)) find("examples", HTMLElement).hidden = true;
}

/** @param {string[]} names the picker shows only where there is a choice */
export function buildPicker(names) {
  find("collection", HTMLSelectElement).replaceChildren(...names.map((name) => make("option", { value: name }, name)));
  find("collection-field", HTMLElement).hidden = names.length < 2;
}
