// @ts-check
/** The search page, put together: one state, the parts that show it, and the conversation that answers it. */

import { compositionOf, describeCollection, listCollections } from "./api.js";
import { Conversation } from "./ask.js";
import { renderChips } from "./chips.js";
import { listenToCopy, showCurl } from "./curl.js";
import { find } from "./element.js";
import { renderExamples } from "./examples.js";
import { Filters } from "./filters.js";
import { buildPicker, listenToHeader, renderHeader } from "./header.js";
import { Options } from "./options.js";
import { showAnswer, showFailure, showInstead, showLook } from "./outcome.js";
import { listenForPictures } from "./picture.js";
import { browse, toRequest } from "./query.js";
import { Results } from "./results.js";
import * as shelf from "./shelf.js";
import { format, isAsking, NO_FILTERS, NO_OPTIONS, NO_SUBJECT, PAGE_SIZE, parse } from "./state.js";
import { Subject } from "./subject.js";

/** @typedef {import("./state.js").State} State */

class Page {
  state = parse(location.search);
  /** @type {string[]} */
  collections = [];
  /** What `attributes` and `items` are of. */
  described = "";
  /** @type {import("./query.js").Attribute[]} */
  attributes = [];
  items = 0;
  frame = 0;
  focusAt = 0;

  constructor() {
    this.change = this.change.bind(this);
    this.filters = new Filters(() => this.state, this.change);
    this.subject = new Subject(this.change);
    this.options = new Options(this.change);
    this.results = new Results((act, id) => void this.act(act, id), () => this.showMore());
    this.conversation = new Conversation((answer, question) => this.receive(answer, question), (error) => this.fail(error));
    listenToHeader(() => this.state, this.change);
    listenToCopy();
    listenForPictures((file) => void this.takePicture(file), (item) => this.change({ ...NO_SUBJECT, item }));
    find("nothing-clear", HTMLElement).addEventListener("click", () => void this.change({ ...NO_FILTERS, ...NO_OPTIONS }));
    addEventListener("popstate", () => void this.adopt(parse(location.search)));
  }

  /** Read the collections, then show what the address asks for. */
  async start() {
    this.results.wait();
    try {
      this.collections = await listCollections();
      buildPicker(this.collections);
      await this.adopt(this.state);
    } catch (error) {
      this.fail(error, () => void this.start());
    }
  }

  /** @param {Partial<State>} patch @param {"push" | "replace"} [history] @returns {Promise<void>} when it is shown */
  change(patch, history = "push") {
    const state = { ...this.state, ...patch };
    const query = format(state);
    const url = query ? `?${query}` : location.pathname;
    if (history === "push") window.history.pushState(null, "", url);
    else window.history.replaceState(null, "", url);
    return this.adopt(state);
  }

  /** @param {State} state */
  async adopt(state) {
    const first = this.collections.includes("demo") ? "demo" : this.collections[0] ?? "";
    this.state = { ...state, collection: state.collection || first };
    try {
      await this.describe(this.state.collection);
      this.render();
      this.schedule();
    } catch (error) {
      this.fail(error, () => void this.adopt(state));
    }
  }

  /** @param {string} collection */
  async describe(collection) {
    if (!collection || collection === this.described) return;
    this.results.clear();
    this.results.wait();
    const { items, model, attributes } = await describeCollection(collection);
    this.subject.defaults = await compositionOf(model);
    Object.assign(this, { described: collection, items, attributes });
    this.filters.build(attributes);
    this.options.build(attributes);
  }

  render() {
    renderHeader(this.state);
    void this.subject.render(this.state);
    this.filters.render(this.state);
    this.options.render(this.state);
    renderChips(this.state, this.change);
  }

  /** Ask in the next frame, once for all changes until then; a hidden page has no frames. */
  schedule() {
    cancelAnimationFrame(this.frame);
    if (document.hidden) void this.search();
    else this.frame = requestAnimationFrame(() => void this.search());
  }

  async search() {
    const { state } = this;
    if (!state.collection) {
      return showInstead(this.results, "No collection yet", "Index one first: lookalike index FOLDER --collection NAME");
    }
    const entry = state.picture ? await shelf.get(state.picture) : null;
    if (state !== this.state) return;
    if (state.picture && !entry) {
      return showInstead(this.results, "Picture not found", "This link was made with a picture that is not in this browser. Drop or choose it again.");
    }
    const request = isAsking(state) ? toRequest(state, this.attributes) : browse(state, this.attributes);
    this.results.wait();
    this.conversation.ask({ collection: state.collection, request, picture: entry?.blob ?? null, pictureKey: state.picture });
    showCurl(state.collection, request, entry?.name ?? null);
  }

  /** @param {import("./api.js").Answer} answer @param {import("./ask.js").Question} question */
  receive(answer, question) {
    if (isAsking(this.state)) {
      showAnswer(this.results, answer, question.request.body.limit, this.items);
    } else {
      showLook(this.results, answer, this.items);
      renderExamples(this.state.collection, answer.hits, (words) => this.change({ words }));
    }
    if (this.focusAt) this.results.focusCard(this.focusAt);
    this.focusAt = 0;
  }

  /** @param {unknown} error @param {() => void} [retry] */
  fail(error, retry = () => this.schedule()) {
    showFailure(this.results, error, retry);
  }

  /** @param {File} file */
  async takePicture(file) {
    await this.change({ ...NO_SUBJECT, picture: await shelf.put(file) });
    scrollTo({ top: 0 });
  }

  /** @param {import("./results.js").Act} act @param {string} id */
  async act(act, id) {
    const subject = act === "product" ? { product: id } : { item: id };
    await this.change({ ...NO_SUBJECT, words: "", ...subject });
    scrollTo({ top: 0 });
    if (act === "change") this.subject.focusChange();
    else find("results", HTMLElement).focus({ preventScroll: true });
  }

  showMore() {
    this.focusAt = this.results.grid.childElementCount;
    void this.change({ shown: this.state.shown + PAGE_SIZE }, "replace");
  }
}

void new Page().start();
