// @ts-check
/** `<mobbscan-onboarding>`: described in embed-v1.d.ts. Importing it only defines the element. */

const NAME = "mobbscan-onboarding";
const VERSION = 1;
/** Of a file: "null". */
const SCRIPT_ORIGIN = new URL(import.meta.url).origin;

/** Milliseconds. Browsers do not report that a frame is refused. */
const LOAD_TIMEOUT = 10_000;
const ANSWER_TIMEOUT = 3_000;
const HELLO_INTERVAL = 1_000;
const PONG_TIMEOUT = 1_000;
const TOKEN_RETRY_AFTER = 1_000;
const TOKEN_TIMEOUT = 60_000;
/** A token of the click is used up to this age. */
const TOKEN_FRESH_FOR = 30_000;

/** Of the inline frame, in CSS pixels. The vendor's page cannot be measured. */
const MIN_HEIGHT = 480;
const MAX_HEIGHT = 4_000;

/** Browsers inside apps often block the camera. */
const IN_APP =
  /FB(AN|AV|_IAB)|Instagram|WhatsApp|musical_ly|BytedanceWebview|TikTok|\bLine\/|MicroMessenger|Snapchat|LinkedInApp|Twitter(Android| for)|; wv\)|\((iPhone|iPad)(?!.*Safari\/)/;

const TEXTS = {
  en: {
    title: "Identity check",
    close: "Close",
    wait: "One moment…",
    silent: "The identity check does not open inside this page.",
    token: "We could not sign you in to the identity check.",
    again: "Try again",
    full: "Open it full screen",
  },
  es: {
    title: "Verificación de identidad",
    close: "Cerrar",
    wait: "Un momento…",
    silent: "La verificación de identidad no se abre dentro de esta página.",
    token: "No hemos podido iniciar tu sesión en la verificación de identidad.",
    again: "Intentarlo de nuevo",
    full: "Abrir a pantalla completa",
  },
};

const STYLE = `
:host { display: block !important }
:host([hidden]) { display: none !important }
slot[hidden], [part=body]:empty { display: none }
[part=body], dialog { all: initial; display: block; color-scheme: inherit; background: Canvas; color: CanvasText;
  font: 1rem/1.5 system-ui, sans-serif }
iframe { display: block; width: 100%; height: ${MIN_HEIGHT}px; border: 0 }
iframe[hidden] { height: 0 !important; visibility: hidden }
dialog { position: fixed; inset: 0; margin: auto; width: 480px; height: min(100dvh - 4rem, 760px); overflow: hidden;
  background: light-dark(#fff, #161a21) }
dialog:not([open]) { display: none }
dialog::backdrop { background: #0008 }
dialog [part=body] { height: calc(100% - 3rem - env(safe-area-inset-top)); overflow: auto; background: inherit }
dialog iframe { height: 100% }
[part=bar] { display: flex; justify-content: flex-end; height: 3rem;
  padding: env(safe-area-inset-top) env(safe-area-inset-right) 0 0 }
[part=note] { display: grid; gap: 1rem; max-width: 400px; margin: auto; padding: 1rem }
p { margin: 0 }
button, dialog { border-radius: 1rem }
button { min-width: 3rem; min-height: 3rem; border: 1px solid; background: none; color: inherit; font: inherit }
p + button { background: CanvasText; color: Canvas }
[part=bar] button { border: 0; outline-offset: -8px; font-size: 1.5rem }
@media (max-width: 520px), (max-height: 520px) { dialog { width: 100vw; height: 100dvh; border-radius: 0 } }
`;

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {RegExp} pattern @param {unknown} value */
const matches = (pattern, value) => typeof value === "string" && pattern.test(value);
const CODE = /^[\w-]{1,64}$/;
const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** @param {string | null} address @returns {URL | null} null for no address */
function parse(address) {
  try {
    return address ? new URL(address, document.baseURI) : null;
  } catch {
    return null;
  }
}

/** The port to our page. Every `load` is a new document, which gets a new port. */
class Connection {
  #frame;
  #origin;
  #on;
  /** @type {MessagePort[]} ports whose `hello` has no answer yet */
  #offered = [];
  /** @type {MessagePort | undefined} */
  #port;
  #silence = 0;
  #repeat = 0;
  #pongs = 0;

  /**
   * @param {HTMLIFrameElement} frame
   * @param {string} origin of the server
   * @param {{ready(): void, silent(): void, receive(message: any): void}} on
   */
  constructor(frame, origin, on) {
    this.#frame = frame;
    this.#origin = origin;
    this.#on = on;
    frame.addEventListener("load", () => this.#greet());
    this.#expectWithin(LOAD_TIMEOUT);
  }

  /** @param {object} message */
  post(message) {
    this.#port?.postMessage(message);
  }

  close() {
    clearTimeout(this.#silence);
    clearInterval(this.#repeat);
    for (const port of this.#offered) port.close();
    this.#port?.close();
    this.#offered = [];
    this.#port = undefined;
  }

  /** A port does not show that its other side is gone. */
  async isAlive() {
    const before = this.#pongs;
    this.post({ type: "ping", n: before + 1 });
    await sleep(PONG_TIMEOUT);
    return this.#pongs > before;
  }

  #greet() {
    this.close();
    this.#expectWithin(ANSWER_TIMEOUT);
    this.#repeat = window.setInterval(() => this.#hello(), HELLO_INTERVAL);
    this.#hello();
  }

  #hello() {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      if (!this.#port && data?.type === "welcome" && data.v === VERSION) this.#accept(port1);
      else if (port1 === this.#port && data?.type === "pong") this.#pongs++;
      else if (port1 === this.#port) this.#on.receive(data);
    };
    this.#offered.push(port1);
    // Delivered only to our origin, whatever document is in the frame.
    this.#frame.contentWindow?.postMessage({ type: "mobbscan-embed:hello", v: VERSION }, this.#origin, [port2]);
  }

  /** @param {MessagePort} port */
  #accept(port) {
    this.#offered = this.#offered.filter((each) => each !== port);
    this.close();
    this.#port = port;
    this.#on.ready();
  }

  /** @param {number} milliseconds */
  #expectWithin(milliseconds) {
    this.#silence = window.setTimeout(() => {
      // The ports stay open: a late answer is still welcome.
      clearInterval(this.#repeat);
      this.#on.silent();
    }, milliseconds);
  }
}

/** Open dialogs of the page, and its style before. */
const scrollLock = { count: 0, overflow: "", hadStyle: false };

function lockScroll() {
  const root = document.documentElement;
  if (scrollLock.count++) return;
  scrollLock.hadStyle = root.hasAttribute("style");
  scrollLock.overflow = root.style.overflow;
  root.style.overflow = "hidden";
}

function unlockScroll() {
  const root = document.documentElement;
  if (--scrollLock.count) return;
  if (root.style.overflow === "hidden") root.style.overflow = scrollLock.overflow;
  if (!scrollLock.hadStyle && !root.getAttribute("style")) root.removeAttribute("style");
}

/** @type {CSSStyleSheet | undefined} */
let sheet;

function styleSheet() {
  if (sheet) return sheet;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  return sheet;
}

// A server that renders pages has no HTMLElement.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** @implements {Pick<import("./embed-v1.js").MobbscanOnboardingElement, "fetchToken" | "open" | "close">} */
class MobbscanOnboarding extends Base {
  /** @type {(() => Promise<string>) | null} */
  #fetchToken = null;
  #slot;
  #body;
  /** @type {AbortController | undefined} */
  #connected;
  /** @type {AbortController | undefined} ends the listeners of the open verification */
  #opened;
  /** @type {HTMLIFrameElement | undefined} */
  #frame;
  /** @type {Connection | undefined} */
  #connection;
  /** @type {HTMLDialogElement | undefined} */
  #dialog;
  /** @type {Element | null} */
  #focusBefore = null;
  /** @type {{token: Promise<string | null>, at: number} | undefined} of the click */
  #early;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styleSheet()];
    this.#slot = document.createElement("slot");
    this.#body = part("body");
    root.append(this.#slot, this.#body);
    // A property that was set before the element was defined hides the accessor.
    if (Object.hasOwn(this, "fetchToken")) {
      const given = this.fetchToken;
      Reflect.deleteProperty(this, "fetchToken");
      this.fetchToken = given;
    }
  }

  get fetchToken() {
    return this.#fetchToken;
  }

  set fetchToken(callback) {
    this.#fetchToken = callback;
  }

  connectedCallback() {
    if (this.#connected) return;
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.addEventListener("click", (event) => this.#onClick(event), { signal });
  }

  /** With it, `moveBefore()` keeps the frame. */
  connectedMoveCallback() {}

  disconnectedCallback() {
    // A move disconnects and connects the element in one task.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end("removed");
      else if (this.#dialog) reopen(this.#dialog);
    });
  }

  open() {
    if (this.#opened) return this.#frame?.focus();
    if (!this.isConnected) return;
    if (this.#missing) return console.error(`<${NAME}>: set ${this.#missing}`);
    this.connectedCallback(); // after destroy()
    this.#opened = new AbortController();
    this.#focusBefore = document.activeElement;
    this.#watchPage(this.#opened.signal);
    this.#early = { token: this.#requestToken(this.#opened.signal), at: Date.now() };
    if (this.#display === "redirect") this.#redirect();
    else this.#openFrame();
  }

  close() {
    this.#close("host");
  }

  destroy() {
    this.#end("destroyed");
  }

  get #server() {
    return (parse(this.getAttribute("server"))?.href ?? "").replace(/\/+$/, "");
  }

  get #embed() {
    return `${this.#server}/embed/${encodeURIComponent(this.getAttribute("site") ?? "")}`;
  }

  get #display() {
    const display = this.getAttribute("display") ?? "";
    return ["modal", "redirect"].includes(display) ? display : "inline";
  }

  get #locale() {
    const page = this.closest("[lang]")?.getAttribute("lang");
    const locale = this.getAttribute("locale") || page || navigator.language;
    return locale.toLowerCase().startsWith("es") ? "es" : "en";
  }

  get #origin() {
    return parse(this.#server)?.origin;
  }

  /** Injected HTML must not name another server: it would get the token. */
  get #missing() {
    const isOurs = [this.#origin, window.location.origin, "null"].includes(SCRIPT_ORIGIN);
    if (!isOurs || !/^https?:/.test(this.#server)) return "server to that of this script";
    if (!this.getAttribute("site")) return "site";
    return this.fetchToken || this.hasAttribute("token-url") ? "" : "token-url or fetchToken";
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const control = event.target instanceof Element && event.target.closest("a, button");
    if (!control || !this.contains(control)) return;
    if (!this.#missing) event.preventDefault();
    this.open();
  }

  #openFrame() {
    const frame = this.#createFrame();
    const obstacle = knownObstacle(frame);
    if (obstacle) return this.#fail(obstacle);
    if (this.#display === "modal") this.#addDialog();
    this.#mount(frame);
    this.#dialog?.showModal();
    const wasOnLink = this.contains(this.#focusBefore);
    this.#slot.hidden = !this.#dialog;
    if (wasOnLink && !this.#dialog) frame.focus();
  }

  #createFrame(credentialless = globalThis.crossOriginIsolated) {
    const address = new URL(this.#embed);
    for (const name of ["flow", "locale", "display"]) {
      const value = name === "display" ? this.#display : this.getAttribute(name);
      if (value) address.searchParams.set(name, value);
    }
    const frame = document.createElement("iframe");
    frame.title = TEXTS[this.#locale].title;
    const features = ["camera", "fullscreen"];
    if (this.hasAttribute("microphone")) features.push("microphone");
    frame.allow = features.map((feature) => `${feature} ${address.origin}`).join("; ");
    frame.referrerPolicy = "origin";
    // The user's system would decide, though the page is light.
    if (getComputedStyle(this).colorScheme === "normal") frame.style.colorScheme = "light";
    // A page with Cross-Origin-Embedder-Policy admits only such a frame.
    if (credentialless && "credentialless" in frame) frame.credentialless = true;
    frame.src = address.href;
    return frame;
  }

  /** @param {HTMLIFrameElement} frame */
  #mount(frame) {
    this.#unmount();
    this.#connection = new Connection(frame, this.#origin ?? "", {
      ready: () => {
        for (const note of this.#body.querySelectorAll("[part=note]")) note.remove();
        frame.hidden = false;
        this.#emit("ready", {});
      },
      silent: () => {
        console.error(`<${NAME}>: no answer from ${frame.src}`);
        this.#fail("frame_silent", "silent");
      },
      receive: (message) => this.#receive(message),
    });
    this.#frame = frame;
    this.#body.replaceChildren(frame);
  }

  #unmount() {
    this.#connection?.close();
    this.#connection = undefined;
    this.#frame = undefined;
    this.#body.replaceChildren();
  }

  #addDialog() {
    const { title, close } = TEXTS[this.#locale];
    const dialog = document.createElement("dialog");
    dialog.lang = this.#locale;
    dialog.setAttribute("aria-label", title);
    const button = action("×", () => this.#close("user"));
    button.setAttribute("aria-label", close);
    dialog.onclose = () => this.#dialog === dialog && this.#close("user");
    const bar = part("bar");
    bar.append(button);
    dialog.append(bar, this.#body);
    this.shadowRoot?.append(dialog);
    this.#dialog = dialog;
    lockScroll();
  }

  /** @param {AbortSignal} signal */
  #watchPage(signal) {
    const isBlocked = (/** @type {any} */ { disposition, blockedURI, blockedURL = blockedURI }) =>
      disposition === "enforce" && parse(blockedURL)?.origin === this.#origin;
    const onViolation = (/** @type {SecurityPolicyViolationEvent} */ event) => {
      if (!isBlocked(event)) return;
      if (event.effectiveDirective === "frame-src" && this.#frame) this.#fail("frame_blocked_by_csp");
      if (event.effectiveDirective === "form-action") this.#fail("frame_blocked_by_csp", undefined, () => this.#followLink());
    };
    document.addEventListener("securitypolicyviolation", onViolation, { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.#onReturn(), { signal });
    // A focus trap of the page would hold Tab on the close button.
    const hide = (/** @type {Event} */ event) =>
      this.#dialog && this.shadowRoot?.activeElement && event.stopImmediatePropagation();
    window.addEventListener("keydown", hide, { signal, capture: true });
    if (!("ReportingObserver" in globalThis)) return;
    const observer = new ReportingObserver(
      (/** @type {any[]} */ reports) => {
        // Only the JSON has the properties of the body.
        const isOurs = reports.some((report) => isBlocked(report.toJSON().body));
        if (this.#frame && isOurs) this.#onEmbedderPolicy(this.#frame);
      },
      { types: ["coep"] },
    );
    observer.observe();
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** The policy blocks every frame but credentialless ones. @param {HTMLIFrameElement} frame */
  #onEmbedderPolicy(frame) {
    if (!("credentialless" in frame)) this.#fail("cross_origin_isolated");
    else if (!frame.credentialless) this.#mount(this.#createFrame(true));
  }

  /** Back or Forward has restored the page. */
  async #onReturn() {
    const { signal } = /** @type {AbortController} */ (this.#opened);
    if (!this.#frame) return this.#close("back"); // from the full screen
    if ((await this.#connection?.isAlive()) || signal.aborted) return;
    this.#mount(this.#createFrame(Object(this.#frame).credentialless));
  }

  /** Malformed messages change nothing. @param {any} message */
  #receive(message) {
    const { type, onboarding, code, reason } = Object(message);
    if (type === "token" && Number.isSafeInteger(message.n) && message.n > 0) this.#sendToken(message.n);
    else if (type === "height" && Number.isFinite(message.px) && message.px > 0) this.#resize(message.px);
    else if ((type === "started" || type === "submitted") && matches(CODE, onboarding)) this.#emit(type, { onboarding });
    else if (type === "status") this.#onStatus(message);
    else if (type === "error" && matches(CODE, code)) this.#raise(code, message.retry === true);
    else if (type === "close" && matches(CODE, reason)) this.#close(reason);
  }

  /** @param {any} message */
  #onStatus({ status, next, final, result }) {
    if (!matches(CODE, status) || !matches(CODE, next) || typeof final !== "boolean") return;
    if (result !== null && !matches(JWS, result)) return;
    this.#emit("status", { status, next, final, result });
  }

  /** @param {number} px */
  #resize(px) {
    if (!this.#frame || this.#dialog) return;
    this.#frame.style.height = `${Math.min(Math.max(px, MIN_HEIGHT), MAX_HEIGHT)}px`;
  }

  /** @param {number} n number of the request */
  async #sendToken(n) {
    const connection = this.#connection;
    connection?.post({ type: "token", n, token: await this.#token() });
  }

  /** @returns {Promise<string | null>} */
  async #token() {
    const early = this.#early;
    this.#early = undefined;
    if (early && Date.now() - early.at < TOKEN_FRESH_FOR) return early.token;
    return this.#opened ? this.#requestToken(this.#opened.signal) : null;
  }

  /** Request a token, twice if need be. @param {AbortSignal} signal @returns {Promise<string | null>} */
  async #requestToken(signal) {
    for (const delay of [0, TOKEN_RETRY_AFTER]) {
      // Never within open(): the host's function may close the element.
      await (delay && sleep(delay));
      if (signal.aborted) return null;
      try {
        const request = this.fetchToken ? this.fetchToken() : this.#postForToken();
        const token = await Promise.race([request, sleep(TOKEN_TIMEOUT)]);
        if (typeof token === "string" && token) return token;
        throw new TypeError("fetchToken must return a token within a minute");
      } catch (error) {
        if (signal.aborted) return null;
        console.error(`<${NAME}>: no hand-off token:`, error);
      }
    }
    return null;
  }

  async #postForToken() {
    const address = parse(this.getAttribute("token-url"));
    if (address?.origin !== window.location.origin) throw new TypeError("token-url must be of this page's origin");
    const response = await fetch(address, { method: "POST", headers: { Accept: "application/json" } });
    if (!response.ok) throw new TypeError(`token-url answered ${response.status}`);
    return (await response.json()).token;
  }

  /** Lead on unless the host prevents it. @param {string} code @param {"silent" | "token"} [note] @param {() => void} lead */
  #fail(code, note, lead = () => this.#redirect()) {
    const { signal } = /** @type {AbortController} */ (this.#opened);
    const isPrevented = !this.#raise(code, !!note);
    if (signal.aborted) return;
    if (isPrevented) this.#close("error");
    else if (note) this.#showNote(note);
    else lead();
  }

  /** Continue full screen. The form keeps the token out of addresses. */
  async #redirect() {
    const { signal } = /** @type {AbortController} */ (this.#opened);
    this.#unmount();
    this.#showNote("wait");
    const token = await this.#token();
    if (signal.aborted) return;
    if (!token) return this.#fail("token_failed", "token");
    const form = document.createElement("form");
    const field = document.createElement("input");
    Object.assign(form, { method: "post", action: `${this.#server}/handoff`, target: "_top", hidden: true });
    Object.assign(field, { type: "hidden", name: "token", value: token });
    form.append(field);
    this.#body.append(form);
    form.submit();
    form.remove();
  }

  #followLink() {
    const link = this.querySelector("a");
    if (link) window.location.assign(link.href);
    else this.#showNote("silent");
  }

  /** @param {"silent" | "token" | "wait"} name */
  #showNote(name) {
    const texts = TEXTS[this.#locale];
    const note = part("note");
    note.lang = this.#locale;
    note.setAttribute("role", name === "wait" ? "status" : "alert");
    note.append(Object.assign(document.createElement("p"), { textContent: texts[name] }));
    if (name !== "wait") {
      note.append(
        action(texts.again, () => (this.#close("retry"), this.#connected && this.open())),
        action(texts.full, () => this.#redirect()),
      );
    }
    this.#slot.hidden = !this.#dialog;
    if (this.#frame) this.#frame.hidden = true;
    for (const earlier of this.#body.querySelectorAll("[part=note]")) earlier.remove();
    this.#body.append(note);
  }

  /** @param {string} reason */
  #close(reason) {
    if (!this.#opened) return;
    const hadFocus = [this, document.body, null].includes(/** @type {any} */ (document.activeElement));
    this.#opened.abort();
    this.#opened = undefined;
    this.#early = undefined;
    this.#unmount();
    this.#slot.hidden = false;
    const dialog = this.#dialog;
    if (dialog) {
      this.#dialog = undefined;
      this.shadowRoot?.append(this.#body);
      dialog.close();
      dialog.remove();
      unlockScroll();
    }
    const before = this.#focusBefore;
    this.#focusBefore = null;
    if (hadFocus && before instanceof HTMLElement) before.focus({ preventScroll: true });
    this.#emit("closed", { reason });
  }

  /** @param {string} reason */
  #end(reason) {
    this.#close(reason);
    this.#connected?.abort();
    this.#connected = undefined;
  }

  /** @param {string} code @param {boolean} retry @returns {boolean} false when the host prevented what follows */
  #raise(code, retry) {
    fetch(`${this.#embed}/report`, {
      method: "POST",
      mode: "no-cors",
      credentials: "omit",
      referrerPolicy: "origin", // the server reads it, and `no-referrer` would hide it
      keepalive: true,
      body: JSON.stringify({ code, display: this.#display }),
    }).catch(() => {});
    return this.#emit("error", { code, retry, doc: `${this.#server}/problems/${code}` });
  }

  /** @param {string} name @param {object} detail */
  #emit(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === "error" }));
  }
}

/**
 * @param {HTMLIFrameElement} frame with all its attributes, not yet in the page
 * @returns {string} code of why it cannot work; empty for none
 */
function knownObstacle(frame) {
  if (!window.isSecureContext) return "insecure_context";
  if (IN_APP.test(navigator.userAgent)) return "in_app_browser";
  if (globalThis.crossOriginIsolated && !("credentialless" in frame)) return "cross_origin_isolated";
  const policy = /** @type {any} */ (frame).featurePolicy; // in Chromium only
  const features = ["camera", "microphone"].filter((name) => frame.allow.includes(name));
  return features.some((name) => policy?.allowsFeature(name) === false) ? "camera_blocked_by_policy" : "";
}

/** @param {string} name */
function part(name) {
  const element = document.createElement("div");
  element.setAttribute("part", name);
  return element;
}

/** @param {string} textContent @param {() => void} onclick */
const action = (textContent, onclick) => Object.assign(document.createElement("button"), { textContent, onclick });

/** After a move in the document. @param {HTMLDialogElement} dialog */
function reopen(dialog) {
  if (dialog.matches(":modal")) return;
  dialog.removeAttribute("open");
  dialog.showModal();
}

if (globalThis.customElements && !customElements.get(NAME)) customElements.define(NAME, MobbscanOnboarding);
