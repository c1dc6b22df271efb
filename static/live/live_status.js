// @ts-check
/**
 * Keeps an open page current: listens to the event stream of the onboarding, or polls its status
 * where the stream does not work, and reloads the page when the status has changed. Nothing runs
 * while the page is hidden.
 *
 * @typedef {{ status: string, version: number, next: string }} StatusView
 */

const POLL_SECONDS = [2, 4, 8, 15, 30];
const MAX_STREAM_FAILURES = 3;
/** A stream sends the status as soon as it is open. Without it a proxy buffers the stream. */
const STREAM_SILENCE_SECONDS = 10;
const RELOAD_AFTER_MS = 400;
/** How long a page that the user leaves by a link may still be there before it updates itself again. */
const DEPARTURE_MS = 10_000;
/** `readyState` of an EventSource (HTML, 9.2.2). */
const OPEN = 1;
const CLOSED = 2;
/** Over HTTP/1.1 a browser opens six connections to a server, for all its pages together: with six
 * streams no further page would load. Pages beyond this number poll, and all where the browser has
 * no locks to count them with. */
const STREAMS_PER_BROWSER = 4;

class LiveStatus {
  /**
   * @param {HTMLElement} region the live region with addresses and texts in its data attributes
   * @param {import("../page.js").Page} page
   */
  constructor(region, page) {
    this.region = region;
    this.page = page;
    this.listening = new AbortController();
    /** @type {EventSource | null} */
    this.stream = null;
    /** @type {(() => void) | null} gives the place of the stream to another page */
    this.releasePlace = null;
    /** Counts the calls of `connect` and `stop`: a place that comes after the next one is too late. */
    this.turn = 0;
    this.timer = 0;
    this.reloadTimer = 0;
    this.pollCount = 0;
    this.streamFailures = 0;
    this.isStreamBuffered = false;
    this.etag = "";
    /** The last status that a stream or a poll has brought. */
    this.status = "";
    this.isLeaving = false;
  }

  start() {
    const { signal } = this.listening;
    document.addEventListener("visibilitychange", () => this.restart(), { signal });
    window.addEventListener("pagehide", () => this.stop(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.stay(), { signal });
    window.addEventListener("online", () => this.restart(), { signal });
    document.addEventListener("click", (event) => this.onClick(event), { signal });
    this.restart();
  }

  /** A reload would cancel the request of a link that the user has followed. */
  onClick(/** @type {MouseEvent} */ event) {
    const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    const link = event.target instanceof Element && event.target.closest("a[href]:not([href^='#'])");
    if (!link || opensElsewhere) return;
    this.isLeaving = true;
    this.stop();
    window.clearTimeout(this.reloadTimer);
    this.reloadTimer = window.setTimeout(() => this.stay(), DEPARTURE_MS);
  }

  stay() {
    this.isLeaving = false;
    this.restart();
  }

  /** For good: the page shows something else. */
  end() {
    this.isLeaving = true;
    this.listening.abort();
    window.clearTimeout(this.reloadTimer);
    this.stop();
  }

  restart() {
    this.stop();
    if (document.hidden || this.isLeaving) return;
    this.pollCount = 0;
    this.connect();
  }

  async connect() {
    if (!this.page.EventSource || this.isStreamBuffered) return this.poll();
    this.turn += 1;
    const turn = this.turn;
    const release = await takeStreamPlace().catch(() => null); // locks are refused: poll
    if (turn !== this.turn) return release?.();
    if (!release) return this.poll();
    this.releasePlace = release;
    this.openStream();
  }

  stop() {
    this.turn += 1;
    this.closeStream();
    window.clearTimeout(this.timer);
  }

  closeStream() {
    this.stream?.close();
    this.stream = null;
    this.releasePlace?.();
    this.releasePlace = null;
  }

  openStream() {
    const stream = new this.page.EventSource(this.data("streamUrl"));
    this.stream = stream;
    // Between polls one failure is enough to poll again.
    this.streamFailures = this.pollCount ? MAX_STREAM_FAILURES - 1 : 0;
    const onEvent = (/** @type {MessageEvent} */ event) => {
      window.clearTimeout(this.timer);
      this.streamFailures = 0;
      this.pollCount = 0;
      this.update(JSON.parse(event.data));
    };
    stream.addEventListener("message", onEvent);
    stream.addEventListener("status", onEvent);
    stream.addEventListener("error", () => this.onStreamError(stream));
    this.timer = window.setTimeout(() => {
      this.isStreamBuffered = stream.readyState === OPEN;
      this.pollInsteadOf(stream);
    }, STREAM_SILENCE_SECONDS * 1000);
  }

  /** A stream that ends reopens itself. One that fails repeatedly, or gets a 204, does not. */
  onStreamError(/** @type {EventSource} */ stream) {
    this.streamFailures += 1;
    if (stream.readyState === CLOSED || this.streamFailures >= MAX_STREAM_FAILURES)
      this.pollInsteadOf(stream);
  }

  /** Poll once; after that the stream is tried again. */
  pollInsteadOf(/** @type {EventSource} */ stream) {
    stream.close();
    if (stream !== this.stream) return;
    this.closeStream();
    window.clearTimeout(this.timer);
    this.poll();
  }

  async poll() {
    try {
      const response = await this.page.fetch(this.data("statusUrl"), {
        cache: "no-store",
        headers: this.etag ? { "If-None-Match": this.etag } : {},
      });
      if (response.ok) {
        this.etag = response.headers.get("ETag") ?? "";
        this.update(await response.json());
      } else if ([401, 403, 404].includes(response.status)) {
        this.reload();
      } else if (response.status === 304) {
        this.announceStatus();
      }
    } catch {
      this.announce(this.data("textOffline"));
    }
    this.connectLater();
  }

  connectLater() {
    // The page may have been hidden and shown again during the request.
    if (this.isLeaving || document.hidden || this.stream) return;
    const seconds = POLL_SECONDS[Math.min(this.pollCount, POLL_SECONDS.length - 1)];
    this.pollCount += 1;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.connect(), seconds * 1000);
  }

  /** @param {StatusView} view */
  update(view) {
    const hasChanged =
      this.data("reloadOn") === "next"
        ? view.next !== this.data("next")
        : view.version > Number(this.data("version"));
    if (!hasChanged && view.status !== this.status) this.page.statusChanged?.(this.data("pageUrl"));
    this.status = view.status;
    if (!hasChanged) return this.announceStatus();
    this.announce(this.data("textUpdate"));
    this.isLeaving = true;
    this.stop();
    this.reloadTimer = window.setTimeout(() => this.reload(), RELOAD_AFTER_MS);
  }

  reload() {
    this.isLeaving = true;
    this.page.navigate(this.data("pageUrl"));
  }

  announceStatus() {
    this.announce(this.status === "started" ? this.data("textUnderway") : "");
  }

  /** @param {string} text */
  announce(text) {
    if (this.region.textContent !== text) this.region.textContent = text;
  }

  /** @param {string} name */
  data(name) {
    return this.region.dataset[name] ?? "";
  }
}

/**
 * Take one of the places for streams that all pages of this browser share.
 *
 * @returns {Promise<(() => void) | null>} the function that releases it; null if none is free
 */
async function takeStreamPlace() {
  // Only secure contexts have locks, and not those of browsers before 2022.
  if (!navigator.locks) return null;
  for (let place = 0; place < STREAMS_PER_BROWSER; place += 1) {
    /** @type {(() => void) | null} */
    const release = await new Promise((resolve, reject) => {
      const hold = (/** @type {Lock | null} */ lock) =>
        lock ? new Promise((free) => resolve(() => free(undefined))) : resolve(null);
      navigator.locks.request(`live-stream-${place}`, { ifAvailable: true }, hold).catch(reject);
    });
    if (release) return release;
  }
  return null;
}

/**
 * @param {ParentNode} root
 * @param {import("../page.js").Page} page
 * @returns {(() => void) | void} ends it
 */
export function mount(root, page) {
  const region = root.querySelector("#live");
  if (!(region instanceof HTMLElement)) return;
  const live = new LiveStatus(region, page);
  live.start();
  return () => live.end();
}
