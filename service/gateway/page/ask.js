// @ts-check
/**
 * One conversation with the service: the last request wins, and a request that only changes weights, filter or
 * number of results is a *refinement*, which needs no encoder. An expired one is asked anew without a word.
 */

import { ask, ServiceProblem } from "./api.js";

/** @typedef {import("./query.js").Request} Request */
/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {{collection: string, request: Request, picture: Blob | null, pictureKey: string}} Question */

const GONE = 410;

export class Conversation {
  /** @type {{question: Question, queryId: string} | null} */
  #last = null;
  /** @type {{question: Question, stop: AbortController} | null} */
  #running = null;
  /** @type {Question | null} */
  #waiting = null;

  /**
   * @param {(answer: Answer, question: Question) => void} onAnswer
   * @param {(problem: unknown) => void} onProblem
   */
  constructor(onAnswer, onProblem) {
    this.onAnswer = onAnswer;
    this.onProblem = onProblem;
  }

  /**
   * Ask. While the same query runs with other weights, the newest waits for it, so that a moving slider shows
   * results on its way; anything else that runs is aborted.
   * @param {Question} question
   */
  ask(question) {
    if (this.#running && isRefinement(this.#running.question, question)) {
      this.#waiting = question;
      return;
    }
    this.#running?.stop.abort();
    this.#waiting = null;
    void this.#run(question);
  }

  /** @param {Question} question */
  async #run(question) {
    const running = { question, stop: new AbortController() };
    this.#running = running;
    try {
      const answer = await this.#send(question, running.stop.signal);
      if (this.#running !== running) return;
      this.#last = { question, queryId: answer.query_id };
      this.onAnswer(answer, question);
    } catch (problem) {
      if (this.#running !== running) return;
      this.#last = null;
      this.onProblem(problem);
    }
    this.#next();
  }

  #next() {
    const next = this.#waiting;
    this.#running = null;
    this.#waiting = null;
    if (next) void this.#run(next);
  }

  /** @param {Question} question @param {AbortSignal} signal @returns {Promise<Answer>} */
  async #send(question, signal) {
    const { collection, request, picture } = question;
    const last = this.#last;
    if (last && isRefinement(last.question, question)) {
      const body = toRefinement(last.queryId, request);
      const answer = await ask(collection, "search/refine", body, null, signal).catch(unlessGone);
      if (answer) return answer;
    }
    return ask(collection, request.route, request.body, picture, signal);
  }
}

/** @param {unknown} error @returns {null} */
function unlessGone(error) {
  if (error instanceof ServiceProblem && error.status === GONE) return null;
  throw error;
}

/**
 * Whether `after` asks what `before` asked but for weights, filter and limit.
 * @param {Question} before
 * @param {Question} after
 */
export function isRefinement(before, after) {
  return fixedPart(before) === fixedPart(after) && !forgetsWeights(before.request, after.request);
}

/** @param {Question} question */
function fixedPart({ collection, request, pictureKey }) {
  const { limit, filter, ...rest } = request.body;
  const drop = request.weights ? ["weight"] : ["alpha", "beta"];
  const text = JSON.stringify(rest, (key, value) => (drop.includes(key) ? undefined : value));
  return [collection, request.route, pictureKey, text].join("\n");
}

/** A refinement keeps what it does not name, so a weight cannot go back to the model's own choice by one. */
const forgetsWeights = (/** @type {Request} */ before, /** @type {Request} */ after) =>
  ["alpha", "beta"].some((name) => name in (before.body.query?.compose ?? {}) && !(name in (after.body.query?.compose ?? {})));

/** @param {string} queryId @param {Request} request */
export function toRefinement(queryId, { body, weights }) {
  const { alpha, beta } = body.query?.compose ?? {};
  return {
    query_id: queryId,
    ...(alpha === undefined ? {} : { alpha }),
    ...(beta === undefined ? {} : { beta }),
    ...(weights ? { weights } : {}),
    filter: body.filter,
    limit: body.limit,
  };
}
