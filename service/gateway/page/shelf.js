// @ts-check
/**
 * Keeps uploaded pictures in this browser (IndexedDB), so that reload and the back button find them again.
 * The newest few stay. Where storage is not allowed, pictures live as long as the page.
 */

const NAME = "lookalike";
const STORE = "pictures";
const KEPT = 12;

/** @typedef {{key: string, blob: Blob, name: string, added: number}} Shelved */

/** @type {Map<string, Shelved>} */
const held = new Map();

/**
 * @param {File} file
 * @returns {Promise<string>} the key under which the picture is found again
 */
export async function put(file) {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const entry = { key, blob: file, name: file.name || "picture", added: Date.now() };
  held.set(key, entry);
  await write(entry).catch(() => undefined);
  return key;
}

/** @param {string} key @returns {Promise<Shelved | null>} */
export async function get(key) {
  const entry = held.get(key) ?? (await read(key).catch(() => null));
  if (entry) held.set(key, entry);
  return entry ?? null;
}

/** @returns {Promise<IDBDatabase>} */
async function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  return finished(request);
}

/** @param {Shelved} entry */
async function write(entry) {
  const database = await open();
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  /** @type {Shelved[]} */
  const all = await finished(store.getAll());
  const old = all.sort((a, b) => b.added - a.added).slice(KEPT - 1);
  for (const { key } of old) store.delete(key);
  await finished(store.put(entry));
  database.close();
}

/** @param {string} key @returns {Promise<Shelved | undefined>} */
async function read(key) {
  const database = await open();
  const entry = await finished(database.transaction(STORE).objectStore(STORE).get(key));
  database.close();
  return entry;
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
