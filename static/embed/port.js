/**
 * The frame's side of the protocol between `<mobbscan-onboarding>` and our page in its frame.
 *
 * The element sends `hello` with a port to this window. All further messages use that port, so no
 * other window can read or send one. This module only posts and answers messages: it changes
 * nothing in the page.
 */

const HELLO = "mobbscan-embed:hello";
const VERSION = 1;
/** A host site may ask its user to log in again before it gives a new token. */
const TOKEN_TIMEOUT_MS = 60_000;

/**
 * @typedef {object} StatusDetail
 * @property {string} status
 * @property {string} next `continue`, `wait`, `retry` or `done`
 * @property {boolean} final
 * @property {string | null} result the signed result (JWS)
 */

/**
 * Waits for the first acceptable `hello` and answers it with `welcome`. A document connects once:
 * later hellos are ignored, also those of the same host page.
 *
 * @param {readonly string[]} allowedOrigins of the site, as in `sites.toml`
 * @returns {Promise<HostPort>} pending for ever where no host page of the site embeds this page
 */
export function connectToHost(allowedOrigins) {
  return new Promise((resolve) => {
    const onMessage = (/** @type {MessageEvent} */ event) => {
      if (!isHello(event, allowedOrigins)) return;
      window.removeEventListener("message", onMessage);
      resolve(new HostPort(event.ports[0]));
    };
    window.addEventListener("message", onMessage);
  });
}

/** @param {MessageEvent} event @param {readonly string[]} allowedOrigins */
function isHello(event, allowedOrigins) {
  return (
    window.parent !== window &&
    event.source === window.parent &&
    allowedOrigins.includes(event.origin) &&
    event.data?.type === HELLO &&
    event.data.v === VERSION &&
    event.ports.length === 1
  );
}

/** A connection to the element. Made by `connectToHost` only. */
export class HostPort {
  #port;
  #lastRequest = 0;
  #lastHeight = -1;
  /** @type {Map<number, (token: string | null) => void>} requests for a token by number */
  #requests = new Map();

  /** @param {MessagePort} port */
  constructor(port) {
    this.#port = port;
    port.onmessage = (event) => this.#receive(event.data);
    this.#post({ type: "welcome", v: VERSION });
  }

  /**
   * Asks the element for a new hand-off token.
   *
   * @returns {Promise<string | null>} null when the host site gave none, or none in a minute
   */
  token() {
    const n = ++this.#lastRequest;
    return new Promise((resolve) => {
      const answer = (/** @type {string | null} */ token) => {
        window.clearTimeout(timer);
        this.#requests.delete(n);
        resolve(token);
      };
      const timer = window.setTimeout(() => answer(null), TOKEN_TIMEOUT_MS);
      this.#requests.set(n, answer);
      this.#post({ type: "token", n });
    });
  }

  /** Reports the height of the content in CSS pixels; only changes are sent. @param {number} px */
  height(px) {
    const rounded = Math.ceil(px);
    if (rounded === this.#lastHeight) return;
    this.#lastHeight = rounded;
    this.#post({ type: "height", px: rounded });
  }

  /** @param {string} onboarding its id */
  started(onboarding) {
    this.#post({ type: "started", onboarding });
  }

  /** @param {string} onboarding its id */
  submitted(onboarding) {
    this.#post({ type: "submitted", onboarding });
  }

  /** @param {StatusDetail} detail */
  status({ status, next, final, result = null }) {
    this.#post({ type: "status", status, next, final, result });
  }

  /**
   * @param {string} code one of the element's error codes
   * @param {boolean} retry whether to open the element again may help
   */
  error(code, retry) {
    this.#post({ type: "error", code, retry });
  }

  /** Asks the element to close. @param {string} reason */
  close(reason) {
    this.#post({ type: "close", reason });
  }

  /** @param {any} message */
  #receive(message) {
    if (message?.type === "ping") {
      this.#post({ type: "pong", n: message.n });
    } else if (message?.type === "token") {
      const token = typeof message.token === "string" && message.token ? message.token : null;
      this.#requests.get(message.n)?.(token);
    }
  }

  /** @param {object} message */
  #post(message) {
    this.#port.postMessage(message);
  }
}
