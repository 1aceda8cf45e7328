// @ts-check
/** Searches to start with: a few for the demo collection, else titles of what the collection holds. */

import { find, make } from "./element.js";
import { titleOf } from "./title.js";

const DEMO = ["red apple", "boat on the water", "musical instrument", "ein müder Hund", "cosa da bere", "самолёт"];
const COUNT = 5;

/**
 * @param {string} collection
 * @param {import("./api.js").Hit[]} hits
 * @param {(words: string) => void} onChoose
 */
export function renderExamples(collection, hits, onChoose) {
  const titles = [...new Set(hits.map(titleOf))].filter((title) => title.length < 40);
  const words = collection === "demo" ? DEMO : titles.slice(0, COUNT);
  const buttons = words.map((word) => {
    const button = make("button", { type: "button", className: "example" }, word);
    button.addEventListener("click", () => onChoose(word));
    return button;
  });
  const list = find("examples", HTMLElement);
  list.replaceChildren(make("span", { className: "quiet" }, "Try"), ...buttons);
  list.hidden = buttons.length === 0;
}
