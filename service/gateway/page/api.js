// @ts-check
/** Talks to the service. Every call has a deadline; every failure comes out as a `ServiceProblem`. */

import { FILE } from "./query.js";

/** @typedef {{id: string, score: number, cosine: number, text?: string | null, attributes?: Record<string, any>, image_url?: string | null}} Hit */
/** @typedef {{hits: Hit[], query_id: string, took_ms: Record<string, number>, warnings: {code: string, message: string}[]}} Answer */

const DEADLINE_MS = 20_000;

/** A failure in the words of the service (RFC 9457), or of the connection. */
export class ServiceProblem extends Error {
  /** @param {string} title @param {string} detail @param {number} status @param {string} code */
  constructor(title, detail, status = 0, code = "") {
    super(detail);
    this.title = title;
    this.detail = detail;
    this.status = status;
    this.code = code;
  }
}

/** @returns {Promise<string[]>} */
export async function listCollections() {
  const answer = await call("/v1/collections");
  return answer.collections.map((/** @type {any} */ entry) => (typeof entry === "string" ? entry : entry.name));
}

/**
 * @param {string} name
 * @returns {Promise<{items: number, model: string, attributes: import("./query.js").Attribute[]}>}
 */
export async function describeCollection(name) {
  const answer = await call(path(name, ""));
  return { items: answer.items ?? 0, model: answer.model, attributes: answer.attributes ?? [] };
}

/**
 * How much change, and picture or words, where nobody says.
 * @param {string} model
 * @returns {Promise<{alpha: number, beta: number}>}
 */
export async function compositionOf(model) {
  const { data } = await call("/v1/models");
  return (data.find((/** @type {{id: string}} */ { id }) => id === model) ?? data[0]).composition;
}

/**
 * @param {string} collection
 * @param {string} id
 * @returns {Promise<{id: string, text: string | null, attributes: Record<string, any>, image_url: string | null}>}
 */
export function readItem(collection, id) {
  return call(path(collection, `/items/${encodeURIComponent(id)}`));
}

/**
 * @param {string} collection
 * @param {string} route `search`, `search/refine` or `same-style`
 * @param {object} body
 * @param {Blob | null} picture goes along as a file where the body names one
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function ask(collection, route, body, picture, signal) {
  return call(path(collection, `/${route}`), { method: "POST", signal, ...encode(body, picture) });
}

/** @param {string} name @param {string} rest */
export const path = (name, rest) => `/v1/collections/${encodeURIComponent(name)}${rest}`;

/** @param {object} body @param {Blob | null} picture */
function encode(body, picture) {
  if (!picture) return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const form = new FormData();
  form.append("request", JSON.stringify(body));
  form.append(FILE, picture, "picture");
  return { body: form };
}

/** @param {string} url @param {RequestInit} [options] @returns {Promise<any>} */
async function call(url, options = {}) {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const response = await fetch(url, { ...options, signal });
    if (!response.ok) throw await toProblem(response);
    return await response.json();
  } catch (error) {
    throw translate(error);
  }
}

/** @param {unknown} error @returns {unknown} */
function translate(error) {
  if (error instanceof ServiceProblem) return error;
  if (error instanceof DOMException && error.name === "AbortError") return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return new ServiceProblem("No answer in time", "The service did not answer within 20 seconds. Try again.");
  }
  return new ServiceProblem("The service cannot be reached", "Check that it is running and that you are connected, then try again.");
}

/** @param {Response} response */
async function toProblem(response) {
  const problem = await response.json().catch(() => ({}));
  const title = problem.title ?? "The request failed";
  const detail = problem.detail ?? `The service answered ${response.status} ${response.statusText}.`;
  return new ServiceProblem(title, String(detail), response.status, problem.code ?? "");
}
