// @ts-check
/** How an item is called and what is said of it on a card. Pure. */

const TITLES = ["title", "name", "label"];
const SELLERS = ["supplier", "brand", "vendor", "seller"];

/** @typedef {{id: string, text?: string | null, attributes?: Record<string, any>}} Named */

/** @param {Named} item */
export function titleOf({ id, text, attributes = {} }) {
  const named = TITLES.map((key) => attributes[key]).find((value) => typeof value === "string" && value);
  return named ?? (text || id);
}

/** @param {Named} item @returns {string[]} price, then who sells it, where the item says so */
export function factsOf({ attributes = {} }) {
  const { price, currency } = attributes;
  const seller = SELLERS.map((key) => attributes[key]).find((value) => typeof value === "string" && value);
  return [typeof price === "number" ? money(price, currency) : "", seller ?? ""].filter(Boolean);
}

/** @param {number} price @param {unknown} currency an ISO code, or nothing */
function money(price, currency) {
  const isCode = typeof currency === "string" && /^[A-Z]{3}$/.test(currency);
  const style = isCode ? { style: /** @type {const} */ ("currency"), currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return price.toLocaleString(undefined, style);
}

/** @param {string} key `sub_group` as "Sub group", `product_id` as "Product" */
export function labelOf(key) {
  const words = key.replace(/[_-]id$/, "").replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
