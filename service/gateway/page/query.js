// @ts-check
/** What is asked as the body of a request. Pure: state and attribute types in, JSON-ready values out. */

import { hasPicture } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{key: string, type: string, values: {value: string | number | boolean, count: number}[], minimum: number | null, maximum: number | null}} Attribute */
/** @typedef {{must: object[]}} Filter */
/**
 * @typedef {object} Request
 * @property {"search" | "same-style"} route
 * @property {Record<string, any>} body   an uploaded picture stands in it as `{"file": "picture"}`
 * @property {number[] | null} weights    of the terms, where sliders may change them
 */

export const FILE = "picture";
const WITH_TITLES = "product"; // the vectors that hold picture and text; the service's default for words is the picture alone
const REPEL = -0.6;
const BROWSE_WORDS = "a picture of something colourful";
const NEGATIVE = /(^|\s)-("[^"]+"|[\p{L}\p{N}][^\s]*)/gu;

/**
 * @param {State} state
 * @param {Attribute[]} attributes
 * @returns {Request}
 */
export function toRequest(state, attributes) {
  const filter = toFilter(state, attributes);
  if (state.product) return sameProduct(state, filter);
  const { query, weights } = toQuery(state);
  /** @type {Record<string, any>} */
  const body = { query, limit: state.shown, filter };
  if (!("image" in query) && !state.picture && !state.field) body.field = WITH_TITLES;
  if (state.threshold) body.score_threshold = state.threshold / 100;
  if (state.diversity) body.diversity = state.diversity;
  if (state.group) body.group_by = state.group;
  return { route: "search", body, weights };
}

/**
 * A varied handful of the collection, for a page on which nothing is asked yet.
 * @param {State} state
 * @param {Attribute[]} attributes
 * @returns {Request}
 */
export function browse(state, attributes) {
  const body = { query: { text: BROWSE_WORDS }, limit: state.shown, filter: toFilter(state, attributes), diversity: 0.7 };
  return { route: "search", body, weights: null };
}

/** @param {State} state @param {Filter} filter @returns {Request} */
function sameProduct(state, filter) {
  /** @type {Record<string, any>} */
  const body = { product: { item: state.product }, limit: state.shown, filter };
  if (state.threshold) body.score_threshold = state.threshold / 100;
  return { route: "same-style", body, weights: null };
}

/** @param {State} state @returns {{query: object, weights: number[] | null}} */
function toQuery(state) {
  const { wanted, unwanted } = splitWords(state);
  const image = hasPicture(state) ? toPicture(state) : null;
  if (image && state.change.trim()) return { query: { compose: toCompose(state, image, wanted) }, weights: null };
  if (image && !wanted && !unwanted.length) return { query: { image }, weights: null };
  if (!image && !unwanted.length) return { query: { text: wanted }, weights: null };
  return toTerms(state, image, wanted, unwanted);
}

/** @param {State} state @param {object | null} image @param {string} wanted @param {string[]} unwanted */
function toTerms(state, image, wanted, unwanted) {
  /** @type {{text?: string, image?: object, weight: number}[]} */
  const terms = [];
  const share = image && wanted ? state.beta ?? 0.5 : 1;
  if (image) terms.push({ image, weight: wanted ? round(1 - share) : 1 });
  if (wanted) terms.push({ text: wanted, weight: round(share) });
  for (const text of unwanted) terms.push({ text, weight: REPEL });
  return { query: { terms }, weights: terms.map((term) => term.weight) };
}

/** @param {State} state @param {object} image @param {string} words what the picture shows */
function toCompose(state, image, words) {
  /** @type {Record<string, any>} */
  const compose = { image, modification: state.change.trim() };
  if (words) compose.base_text = words;
  if (state.alpha !== null) compose.alpha = state.alpha;
  if (state.beta !== null) compose.beta = state.beta;
  return compose;
}

/** @param {State} state */
function toPicture(state) {
  const source = state.item ? { item: state.item } : { file: FILE };
  return state.box ? { ...source, box: state.box.map(round) } : source;
}

/**
 * `red shoe -leather -"high heel"` and the "not …" field, apart.
 * @param {{words: string, without: string}} state
 */
export function splitWords(state) {
  /** @type {string[]} */
  const unwanted = [];
  const rest = state.words.replace(NEGATIVE, (_, before, word) => {
    unwanted.push(word.replaceAll('"', ""));
    return before;
  });
  if (state.without.trim()) unwanted.push(state.without.trim());
  return { wanted: rest.replace(/\s+/g, " ").trim(), unwanted };
}

/** @param {State} state @param {Attribute[]} attributes @returns {Filter} */
export function toFilter(state, attributes) {
  const types = new Map(attributes.map(({ key, type }) => [key, type]));
  const matches = Object.entries(state.is).map(([key, values]) => {
    const typed = values.map((value) => (types.get(key) === "boolean" ? value === "true" : value));
    return { key, match: typed.length === 1 ? typed[0] : typed };
  });
  const ranges = Object.entries(state.within).map(([key, { min, max }]) => {
    const range = { ...(min === null ? {} : { gte: min }), ...(max === null ? {} : { lte: max }) };
    return { key, range };
  });
  return { must: [...matches, ...ranges] };
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000;
}
