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

class LiveStatus {
  /** @param {HTMLElement} region the live region with addresses and texts in its data attributes */
  constructor(region) {
    this.region = region;
    /** @type {EventSource | null} */
    this.stream = null;
    this.timer = 0;
    this.pollCount = 0;
    this.streamFailures = 0;
    this.isStreamBuffered = false;
    this.etag = "";
    this.isLeaving = false;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.restart());
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (event) => event.persisted && this.restart());
    window.addEventListener("online", () => this.restart());
    this.restart();
  }

  restart() {
    this.stop();
    if (document.hidden || this.isLeaving) return;
    this.pollCount = 0;
    this.connect();
  }

  connect() {
    if (window.EventSource && !this.isStreamBuffered) this.openStream();
    else this.poll();
  }

  stop() {
    this.stream?.close();
    this.stream = null;
    window.clearTimeout(this.timer);
  }

  openStream() {
    const stream = new EventSource(this.data("streamUrl"));
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
      this.isStreamBuffered = stream.readyState === EventSource.OPEN;
      this.pollInsteadOf(stream);
    }, STREAM_SILENCE_SECONDS * 1000);
  }

  /** A stream that ends reopens itself. One that fails repeatedly, or gets a 204, does not. */
  onStreamError(/** @type {EventSource} */ stream) {
    this.streamFailures += 1;
    if (stream.readyState === EventSource.CLOSED || this.streamFailures >= MAX_STREAM_FAILURES)
      this.pollInsteadOf(stream);
  }

  /** Poll once; after that the stream is tried again. */
  pollInsteadOf(/** @type {EventSource} */ stream) {
    stream.close();
    if (stream !== this.stream) return;
    this.stream = null;
    window.clearTimeout(this.timer);
    this.poll();
  }

  async poll() {
    try {
      const response = await fetch(this.data("statusUrl"), {
        cache: "no-store",
        headers: this.etag ? { "If-None-Match": this.etag } : {},
      });
      if (response.ok) {
        this.etag = response.headers.get("ETag") ?? "";
        this.update(await response.json());
      } else if ([401, 403, 404].includes(response.status)) {
        this.reload();
      } else if (response.status === 304) {
        this.announce("");
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
    if (!hasChanged) return this.announce(view.status === "started" ? this.data("textUnderway") : "");
    this.announce(this.data("textUpdate"));
    this.isLeaving = true;
    this.stop();
    window.setTimeout(() => this.reload(), RELOAD_AFTER_MS);
  }

  reload() {
    this.isLeaving = true;
    window.location.replace(this.data("pageUrl"));
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

const liveRegion = document.getElementById("live");
if (liveRegion) new LiveStatus(liveRegion).start();
