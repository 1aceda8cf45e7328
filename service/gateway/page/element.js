// @ts-check
/** Makes and finds elements. Owns no state and knows nothing of searching. */

/**
 * The element with this id.
 * @template {typeof HTMLElement} T
 * @param {string} id
 * @param {T} type
 * @returns {InstanceType<T>}
 */
export function find(id, type) {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new Error(`#${id} is missing from the page`);
  return /** @type {InstanceType<T>} */ (node);
}

/**
 * A new element; properties are set as properties, `data` and `aria` as attributes, children appended.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) node.setAttribute(name, String(value));
    else Reflect.set(node, name, value);
  }
  node.append(...children);
  return node;
}

/**
 * Show a value in a field, unless it is the one shown last: what is being typed there stays.
 * @param {HTMLInputElement} field
 * @param {string} value
 */
export function showValue(field, value) {
  if (field.defaultValue === value) return;
  field.defaultValue = value;
  field.value = value;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * One of the icons that index.html holds, for decoration only.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Calls `act` once the calls to the returned function have paused for `pause_ms`.
 * @param {() => void} act
 * @param {number} pause_ms
 */
export function settled(act, pause_ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause_ms);
  };
}
