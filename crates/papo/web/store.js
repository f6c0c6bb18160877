// Small things that are remembered. Storage may be missing or forbidden (private windows, strict settings): then
// they are remembered for as long as the page is open, and nobody is bothered about it.

class Store {
  #memory = new Map();
  #storage = null;

  constructor(open) {
    try {
      this.#storage = open();
    } catch {
      // Reading the property itself throws where storage is forbidden.
    }
  }

  read(key) {
    try {
      return this.#storage?.getItem(key) ?? this.#memory.get(key) ?? null;
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  write(key, value) {
    this.#memory.set(key, value);
    try {
      this.#storage?.setItem(key, value);
    } catch {
      // Full or forbidden: the memory above has it.
    }
  }

  forget(key) {
    this.#memory.delete(key);
    try {
      this.#storage?.removeItem(key);
    } catch {
      // Nothing was kept, so nothing is left.
    }
  }
}

/** For this browser: language, hints already read. */
export const always = new Store(() => window.localStorage);

/** For this tab, reloads included: its id, the text being typed. */
export const here = new Store(() => window.sessionStorage);
