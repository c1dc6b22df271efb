// @ts-check
/**
 * The frame's session: trades the host page's hand-off token for a bearer, keeps it in memory only,
 * and asks for another token when it has ended.
 */

/** A request that begins this shortly before the end would arrive after it. */
const END_MARGIN_MS = 5_000;

/** The host page gave no token, or the server has refused it. */
export class NoSession extends Error {}

/** The host page's user is another one now: what the old one has asked for must not be sent. */
export class AccountChanged extends Error {}

export class Session {
  #port;
  #settings;
  #onAccountChanged;
  #bearer = "";
  #endsAt = 0;
  #account = "";
  /** @type {Promise<string> | null} */
  #opening = null;

  /**
   * @param {Pick<import("./port.js").HostPort, "token">} port
   * @param {{ baseUrl: string, endUrl: string, flow: string, locale: string }} settings
   * @param {() => void} onAccountChanged
   */
  constructor(port, settings, onAccountChanged) {
    this.#port = port;
    this.#onAccountChanged = onAccountChanged;
    this.#settings = settings;
  }

  /**
   * Fetches an address of this server as the user; `response.url` tells where redirects have led.
   *
   * @param {string | URL | Request} url
   * @param {RequestInit} [options]
   * @returns {Promise<Response>} rejected with NoSession, AccountChanged, or as `fetch` is
   */
  async fetch(url, options = {}) {
    const bearer = await this.#currentBearer();
    const response = await this.#send(url, options, bearer);
    // 429: so many bearers of this network were refused that 401 is no longer said.
    if (response.status !== 401 && response.status !== 429) return response;
    // Revoked. A request beside this one may have opened the next session already.
    if (this.#bearer === bearer) this.#bearer = "";
    return this.#send(url, options, await this.#currentBearer());
  }

  /** Revokes the bearer, also while the document is being closed. */
  end() {
    const bearer = this.#bearer;
    if (!bearer) return;
    this.#bearer = "";
    this.#send(this.#settings.endUrl, { method: "POST", keepalive: true }, bearer).catch(() => {});
  }

  /** @param {string | URL | Request} url @param {RequestInit} options @param {string} bearer */
  #send(url, options, bearer) {
    const headers = new Headers(options.headers);
    headers.set("Authorization", `Bearer ${bearer}`);
    if (this.#settings.locale) headers.set("Embed-Locale", this.#settings.locale);
    return window.fetch(url, { cache: "no-store", ...options, headers, credentials: "omit" });
  }

  /** @returns {Promise<string>} */
  async #currentBearer() {
    if (this.#bearer && Date.now() < this.#endsAt) return this.#bearer;
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #open() {
    const token = await this.#port.token();
    if (!token) throw new NoSession("no token");
    const body = new URLSearchParams({ token, flow: this.#settings.flow });
    const url = `${this.#settings.baseUrl}/session`;
    const response = await window.fetch(url, { method: "POST", body, credentials: "omit" });
    if (response.status === 401 || response.status === 429) {
      console.error("mobbscan-embed: the hand-off token was refused; the log of the server says why");
      throw new NoSession("token refused");
    }
    if (!response.ok) throw new Error(`session: ${response.status}`);
    const opened = await response.json();
    const previous = this.#account;
    this.#bearer = opened.bearer;
    this.#endsAt = Date.now() + opened.expires_in * 1000 - END_MARGIN_MS;
    this.#account = opened.account;
    if (!previous || previous === opened.account) return this.#bearer;
    this.#onAccountChanged();
    throw new AccountChanged();
  }
}
