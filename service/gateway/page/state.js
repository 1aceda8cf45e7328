// @ts-check
/** What is asked, as one value, and its form in the address bar. Pure: knows nothing of elements or the service. */

export const PAGE_SIZE = 24;

/** @typedef {[number, number, number, number]} Box  x, y, width, height in units of the picture */
/** @typedef {{min: number | null, max: number | null}} Bounds */
/**
 * @typedef {object} State
 * @property {string} collection
 * @property {string} words      the search field, with `-word` for what is not wanted
 * @property {string} without    the "not …" field
 * @property {string} picture    key of a picture on the shelf of this browser
 * @property {string} item       id of an item whose picture is searched by
 * @property {string} product    id of an item whose like from others is wanted
 * @property {Box | null} box
 * @property {string} change     the "but …" field
 * @property {number | null} alpha  how much change; null leaves it to the model
 * @property {number | null} beta   0 the picture, 1 the words; null leaves it to the model
 * @property {Record<string, string[]>} is     wanted values of an attribute
 * @property {Record<string, Bounds>} within   bounds of a number
 * @property {number} threshold
 * @property {number} diversity
 * @property {string} group
 * @property {string} field      "image" compares words with pictures alone; empty, with titles too
 * @property {number} shown      how many results
 */

/** @type {Readonly<State>} */
export const BLANK = Object.freeze({
  collection: "", words: "", without: "", picture: "", item: "", product: "", box: null, change: "",
  alpha: null, beta: null, is: {}, within: {}, threshold: 0, diversity: 0, group: "", field: "",
  shown: PAGE_SIZE,
});

/** What a new subject takes away from the old one. */
export const NO_SUBJECT = Object.freeze({
  picture: "", item: "", product: "", box: null, change: "", alpha: null, beta: null, shown: PAGE_SIZE,
});

/** What "clear all" sets. */
export const NO_FILTERS = Object.freeze({ is: {}, within: {}, shown: PAGE_SIZE });
export const NO_OPTIONS = Object.freeze({ without: "", threshold: 0, diversity: 0, group: "", field: "" });

const TEXTS = /** @type {const} */ ({
  collection: "c", words: "q", without: "not", picture: "picture", item: "item", product: "product",
  change: "but", group: "group", field: "in",
});
const NUMBERS = /** @type {const} */ ({
  alpha: "alpha", beta: "beta", threshold: "match", diversity: "variety", shown: "show",
});

/**
 * @param {string} query the part of an address after `?`
 * @returns {State}
 */
export function parse(query) {
  const params = new URLSearchParams(query);
  /** @type {any} */
  const state = { ...BLANK, is: {}, within: {}, box: parseBox(params.get("box")) };
  for (const [name, key] of Object.entries(TEXTS)) state[name] = params.get(key) ?? "";
  for (const [name, key] of Object.entries(NUMBERS)) state[name] = number(params.get(key)) ?? Reflect.get(BLANK, name);
  for (const [key, value] of params) parseFilter(state, key, value);
  return state;
}

/**
 * @param {State} state
 * @returns {string} empty for the blank state
 */
export function format(state) {
  const params = new URLSearchParams();
  const put = (/** @type {string} */ name, /** @type {string} */ key) => {
    const value = Reflect.get(state, name);
    if (value !== Reflect.get(BLANK, name)) params.set(key, String(value));
  };
  for (const [name, key] of Object.entries(TEXTS)) put(name, key);
  for (const [name, key] of Object.entries(NUMBERS)) put(name, key);
  if (state.box) params.set("box", state.box.map((value) => value.toFixed(3)).join(","));
  for (const [key, values] of Object.entries(state.is)) for (const value of values) params.append(`is.${key}`, value);
  for (const [key, { min, max }] of Object.entries(state.within)) {
    if (min !== null) params.set(`from.${key}`, String(min));
    if (max !== null) params.set(`to.${key}`, String(max));
  }
  return params.toString();
}

/** @param {State} state */
export const hasPicture = (state) => state.picture !== "" || state.item !== "";

/** @param {State} state whether anything at all is asked; else the page shows a look into the collection */
export const isAsking = (state) => hasPicture(state) || state.product !== "" || state.words.trim() !== "";

/** @param {State} state */
export const hasFilters = (state) => Object.keys(state.is).length > 0 || Object.keys(state.within).length > 0;

/**
 * @param {State} state
 * @param {string} key
 * @param {string[]} values none removes the filter
 * @returns {Partial<State>}
 */
export function withValues(state, key, values) {
  const { [key]: _, ...others } = state.is;
  return { is: values.length ? { ...others, [key]: values } : others, shown: PAGE_SIZE };
}

/**
 * @param {State} state
 * @param {string} key
 * @param {Bounds} bounds two nulls remove the filter
 * @returns {Partial<State>}
 */
export function withBounds(state, key, bounds) {
  const { [key]: _, ...others } = state.within;
  const open = bounds.min === null && bounds.max === null;
  return { within: open ? others : { ...others, [key]: bounds }, shown: PAGE_SIZE };
}

/** @param {State} state @param {string} key @param {string} value */
function parseFilter(state, key, value) {
  const dot = key.indexOf(".");
  const [kind, name] = [key.slice(0, dot), key.slice(dot + 1)];
  if (dot < 0 || !name) return;
  if (kind === "is") (state.is[name] ??= []).push(value);
  if (kind !== "from" && kind !== "to") return;
  const bounds = (state.within[name] ??= { min: null, max: null });
  bounds[kind === "from" ? "min" : "max"] = number(value);
}

/** @param {string | null} text @returns {Box | null} */
function parseBox(text) {
  const values = (text ?? "").split(",").map(Number);
  const fits = values.length === 4 && values.every((value) => value >= 0 && value <= 1);
  return fits ? /** @type {Box} */ (values) : null;
}

/** @param {string | null} text */
function number(text) {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
