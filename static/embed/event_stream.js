// @ts-check
/**
 * An EventSource that is read with `fetch`: EventSource itself sends no Authorization header. It
 * reconnects with growing pauses, and closes for good at an answer that is no stream, such as 204.
 */

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;

export class FetchEventSource extends EventTarget {
  readyState = CONNECTING;
  #url;
  #fetch;
  #closing = new AbortController();

  /** @param {string} url @param {typeof fetch} fetchStream */
  constructor(url, fetchStream) {
    super();
    this.#url = url;
    this.#fetch = fetchStream;
    this.#run();
  }

  close() {
    this.readyState = CLOSED;
    this.#closing.abort();
  }

  async #run() {
    let pause = FIRST_PAUSE_MS;
    while (this.readyState !== CLOSED) {
      try {
        if (await this.#readOnce()) pause = FIRST_PAUSE_MS;
      } catch {
        // The connection broke, or `close` was called.
      }
      if (this.#closing.signal.aborted) return;
      if (this.readyState !== CLOSED) this.readyState = CONNECTING;
      this.dispatchEvent(new Event("error"));
      await new Promise((resume) => window.setTimeout(resume, pause));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Reads one answer to its end. @returns {Promise<boolean>} whether it brought an event */
  async #readOnce() {
    const { signal } = this.#closing;
    const headers = { Accept: "text/event-stream" };
    const response = await this.#fetch(this.#url, { headers, signal });
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream") || !response.body) {
      // Errors of the server pass; other answers stay the same.
      if (response.status < 500) this.readyState = CLOSED;
      return false;
    }
    this.readyState = OPEN;
    return this.#readEvents(response.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  /** @param {ReadableStreamDefaultReader<string>} reader @returns {Promise<boolean>} */
  async #readEvents(reader) {
    let unread = "";
    let hasEvent = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return hasEvent;
      const blocks = (unread + value).split("\n\n");
      unread = blocks.pop() ?? "";
      for (const block of blocks) hasEvent = this.#dispatch(block) || hasEvent;
    }
  }

  /** @param {string} block the lines of one event @returns {boolean} whether it has data */
  #dispatch(block) {
    const data = block
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n");
    if (data) this.dispatchEvent(new MessageEvent("message", { data }));
    return data !== "";
  }
}
