// @ts-check
/**
 * Keeps a page true while it is open: listens to the stream of the onboarding, or asks for its
 * status where a stream does not work, and opens the page anew when something has changed.
 * Nothing runs while the page is hidden.
 *
 * @typedef {{ status: string, version: number, next: string }} View
 */

const WAITS_SECONDS = [2, 4, 8, 15, 30];
const STREAM_FAILURES_BORNE = 3;
/** A stream says where things stand as soon as it is open. One that does not is held up on its way. */
const STREAM_SILENCE_SECONDS = 10;

class Follower {
  /** @param {HTMLElement} note the live region with the addresses and words in its data attributes */
  constructor(note) {
    this.note = note;
    /** @type {EventSource | null} */
    this.stream = null;
    this.timer = 0;
    this.asked = 0;
    this.failures = 0;
    this.heldUp = false;
    this.etag = "";
    this.over = false;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.wakeOrSleep());
    window.addEventListener("pagehide", () => this.sleep());
    window.addEventListener("pageshow", (event) => event.persisted && this.wakeOrSleep());
    window.addEventListener("online", () => this.wakeOrSleep());
    this.wakeOrSleep();
  }

  wakeOrSleep() {
    this.sleep();
    if (document.hidden || this.over) return;
    this.asked = 0;
    this.follow();
  }

  follow() {
    if (window.EventSource && !this.heldUp) this.listen();
    else this.ask();
  }

  sleep() {
    this.stream?.close();
    this.stream = null;
    window.clearTimeout(this.timer);
  }

  listen() {
    const stream = new EventSource(this.data("streamUrl"));
    this.stream = stream;
    // One that is tried again in between is not waited for long.
    this.failures = this.asked ? STREAM_FAILURES_BORNE - 1 : 0;
    const heard = (/** @type {MessageEvent} */ event) => {
      window.clearTimeout(this.timer);
      this.failures = 0;
      this.asked = 0;
      this.take(JSON.parse(event.data));
    };
    stream.addEventListener("message", heard);
    stream.addEventListener("status", heard);
    stream.addEventListener("error", () => this.streamFailed(stream));
    this.timer = window.setTimeout(() => {
      this.heldUp = stream.readyState === EventSource.OPEN;
      this.giveUp(stream);
    }, STREAM_SILENCE_SECONDS * 1000);
  }

  /** A stream that ends now and then is normal and reopens itself; one that never speaks is not. */
  streamFailed(/** @type {EventSource} */ stream) {
    this.failures += 1;
    if (stream.readyState === EventSource.CLOSED || this.failures >= STREAM_FAILURES_BORNE)
      this.giveUp(stream);
  }

  /** For this time: when the status has been asked for, the stream is tried again. */
  giveUp(/** @type {EventSource} */ stream) {
    stream.close();
    if (stream !== this.stream) return;
    this.stream = null;
    window.clearTimeout(this.timer);
    this.ask();
  }

  async ask() {
    try {
      const answer = await fetch(this.data("statusUrl"), {
        cache: "no-store",
        headers: this.etag ? { "If-None-Match": this.etag } : {},
      });
      if (answer.ok) {
        this.etag = answer.headers.get("ETag") ?? "";
        this.take(await answer.json());
      } else if ([401, 403, 404].includes(answer.status)) {
        this.reopen();
      } else if (answer.status === 304) {
        this.say("");
      }
    } catch {
      this.say(this.data("saysOffline"));
    }
    this.followLater();
  }

  followLater() {
    // Meanwhile the page may have been hidden, and shown again.
    if (this.over || document.hidden || this.stream) return;
    const wait = WAITS_SECONDS[Math.min(this.asked, WAITS_SECONDS.length - 1)];
    this.asked += 1;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.follow(), wait * 1000);
  }

  /** @param {View} view */
  take(view) {
    const moved =
      this.data("reloadOn") === "next"
        ? view.next !== this.data("next")
        : view.version > Number(this.data("version"));
    if (!moved) return this.say(view.status === "started" ? this.data("saysUnderway") : "");
    this.say(this.data("saysNews"));
    this.over = true;
    this.sleep();
    window.setTimeout(() => this.reopen(), 400);
  }

  reopen() {
    this.over = true;
    window.location.replace(this.data("pageUrl"));
  }

  /** @param {string} words */
  say(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  /** @param {string} name */
  data(name) {
    return this.note.dataset[name] ?? "";
  }
}

const note = document.getElementById("live");
if (note) new Follower(note).start();
