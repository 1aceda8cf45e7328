// @ts-check
/** Takes in pictures: chosen, dropped or pasted, and result cards that are dropped. Knows nothing of searching. */

import { find } from "./element.js";

export const ITEM_TYPE = "application/x-lookalike-item";

/**
 * @param {(file: File) => void} onFile
 * @param {(id: string) => void} onItem
 */
export function listenForPictures(onFile, onItem) {
  const input = find("file", HTMLInputElement);
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) onFile(file);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = firstFile(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    onFile(file);
  });
  listenForDrops(onFile, onItem);
}

/**
 * @param {(file: File) => void} onFile
 * @param {(id: string) => void} onItem
 */
function listenForDrops(onFile, onItem) {
  const veil = find("drop", HTMLElement);
  document.addEventListener("dragover", (event) => {
    if (!isWelcome(event.dataTransfer)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener("dragend", () => (veil.hidden = true));
  document.addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!isWelcome(event.dataTransfer)) return;
    event.preventDefault();
    const id = event.dataTransfer?.getData(ITEM_TYPE);
    const file = firstFile(event.dataTransfer);
    if (id) onItem(id);
    else if (file) onFile(file);
  });
}

/** @param {DataTransfer | null} data */
const isWelcome = (data) => data !== null && (data.types.includes("Files") || data.types.includes(ITEM_TYPE));

/** @param {DataTransfer | null} data @returns {File | null} pictures first; the service judges the rest */
function firstFile(data) {
  const files = Array.from(data?.files ?? []);
  return files.find((file) => file.type.startsWith("image/")) ?? files[0] ?? null;
}
