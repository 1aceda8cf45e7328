// @ts-check
/** The request as a curl command for a shell; an uploaded picture stands in it as a file name. */

import { path } from "./api.js";
import { find } from "./element.js";
import { announce } from "./notice.js";
import { FILE } from "./query.js";

/** @typedef {import("./query.js").Request} Request */

/** @param {string} collection @param {Request} request @param {string | null} fileName */
export function showCurl(collection, request, fileName) {
  find("request", HTMLElement).hidden = false;
  find("curl", HTMLElement).textContent = toCurl(location.origin, collection, request, fileName);
}

/** The button works wherever the browser lets pages write to the clipboard; elsewhere the text is selected. */
export function listenToCopy() {
  const label = find("curl-copy-label", HTMLElement);
  find("curl-copy", HTMLElement).addEventListener("click", async () => {
    const code = find("curl", HTMLElement);
    const done = await navigator.clipboard?.writeText(code.textContent ?? "").then(() => true, () => false);
    if (!done) getSelection()?.selectAllChildren(code);
    label.textContent = done ? "Copied" : "Selected";
    announce(label.textContent);
  });
}

/**
 * @param {string} origin
 * @param {string} collection
 * @param {Request} request
 * @param {string | null} fileName of the uploaded picture, where there is one
 */
export function toCurl(origin, collection, request, fileName) {
  const url = `${origin}${path(collection, `/${request.route}`)}`;
  const body = JSON.stringify(tidy(request.body), null, 2);
  const lines = fileName
    ? [`curl -sS ${quote(url)}`, `-F ${quote(`request=${body}`)}`, `-F ${quote(`${FILE}=@${fileName}`)}`]
    : [`curl -sS ${quote(url)}`, `-H 'content-type: application/json'`, `-d ${quote(body)}`];
  return lines.join(" \\\n  ");
}

/** @param {Record<string, any>} body without an empty filter, which says nothing */
function tidy(body) {
  const { filter, ...rest } = body;
  return filter?.must.length ? { ...rest, filter } : rest;
}

/** @param {string} text as one word of a POSIX shell */
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
