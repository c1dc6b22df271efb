// @ts-check
/**
 * The page in a frame of the host page: shows the fragments of the onboarding's pages, and reports
 * to the host page through the port. The same templates and page scripts serve the full pages.
 */
import { FetchEventSource } from "./event_stream.js";
import { prepareFragment } from "./fragments.js";
import { adoptLanguage } from "./page_language.js";
import { connectToHost } from "./port.js";
import { Reports } from "./reports.js";
import { NoSession, Session } from "./session.js";

const main = /** @type {HTMLElement} */ (document.getElementById("embed"));
const announcement = /** @type {HTMLElement} */ (document.getElementById("announcement"));
const progress = /** @type {HTMLElement} */ (document.getElementById("progress"));
const { origins = "[]", display, flow = "", locale = "", baseUrl = "", homeUrl = "", endUrl = "" } = main.dataset;
const bodyClass = document.body.className;
/** The server's links to the full screen live for 15 minutes. */
const LINK_RENEWAL_MS = 600_000;
/** A device that sleeps runs no timer: how soon after that an old link is noticed. */
const LINK_CHECK_MS = 60_000;

class FramePage {
  /** @param {import("./port.js").HostPort} port */
  constructor(port) {
    this.port = port;
    this.session = new Session(port, { baseUrl, endUrl, flow, locale }, () => this.showHome());
    this.reports = new Reports(port);
    this.url = homeUrl;
    /** Counts the requests: only the answer to the last one is shown. */
    this.turn = 0;
    this.refreshTimer = 0;
    /** When the links to the full screen on the page have to be renewed. */
    this.linksDueAt = Infinity;
    /** @type {(() => void)[]} functions that end the scripts of the fragment that is shown */
    this.endings = [];
    const fetchAsUser = this.session.fetch.bind(this.session);
    /** @type {import("../page.js").Page} */
    this.page = {
      fetch: fetchAsUser,
      EventSource: /** @type {any} */ (
        class extends FetchEventSource {
          /** @param {string} url */
          constructor(url) {
            super(url, fetchAsUser);
          }
        }
      ),
      url: () => this.url,
      leave: (url) => window.open(url, "_top"),
      navigate: (url) => this.show(() => fetchAsUser(url)),
      statusChanged: (url) => this.reportSilently(url),
    };
  }

  listen() {
    main.addEventListener("click", (event) => this.onClick(event));
    main.addEventListener("submit", (event) => this.onSubmit(event));
    window.addEventListener("pagehide", (event) => event.persisted || this.session.end());
    window.addEventListener("pageshow", () => this.renewFullScreen());
    document.addEventListener("visibilitychange", () => this.renewFullScreen());
    window.setInterval(() => this.renewFullScreen(), LINK_CHECK_MS);
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && display === "modal" && !event.defaultPrevented) this.port.close("escape");
    });
    // The body, since the root element is never lower than the frame.
    if (display !== "modal") new ResizeObserver(() => this.port.height(contentHeight())).observe(document.body);
  }

  showHome() {
    return this.page.navigate(homeUrl);
  }

  /** @param {() => Promise<Response>} request whose answer is a fragment */
  async show(request) {
    this.turn += 1;
    const turn = this.turn;
    window.clearTimeout(this.refreshTimer);
    main.ariaBusy = "true";
    try {
      const response = await request();
      const fragment = await prepareFragment(await response.text());
      if (turn === this.turn) this.swap(fragment, response.url);
    } catch (error) {
      if (turn === this.turn) this.onFailure(error, request);
    }
  }

  /** @param {import("./fragments.js").Fragment} fragment @param {string} url of its answer */
  swap({ content, mounts, refreshSeconds }, url) {
    const { title = "", bodyClass: moreClasses = "" } = content.dataset;
    this.url = url;
    this.replace([...content.childNodes], `${bodyClass} ${moreClasses}`.trim());
    adoptLanguage(content.lang);
    announce(title);
    prepareLinks(main);
    for (const mount of mounts) this.endings.push(mount(main, this.page) ?? (() => {}));
    this.reports.send(content.dataset);
    this.offerFullScreen();
    if (refreshSeconds) this.refreshTimer = window.setTimeout(() => this.page.navigate(url), refreshSeconds * 1000);
  }

  /** @param {Node[]} nodes @param {string} classes of the body */
  replace(nodes, classes) {
    for (const end of this.endings.splice(0)) end();
    document.body.className = classes;
    progress.hidden = true;
    main.replaceChildren(...nodes);
    main.ariaBusy = "false";
    focusHeading();
  }

  /** @param {unknown} error @param {() => Promise<Response>} request */
  onFailure(error, request) {
    if (error instanceof NoSession) this.port.error("token_failed", true);
    const name = error instanceof NoSession ? "no-session" : "no-answer";
    this.replace(contentOf(name), bodyClass);
    announce(main.querySelector("h1")?.textContent ?? "");
    main.querySelector("[data-retry]")?.addEventListener("click", () => this.show(request), { once: true });
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (event.defaultPrevented || !link || !isFragmentLink(link)) return;
    event.preventDefault();
    this.page.navigate(link.href);
  }

  /** @param {SubmitEvent} event */
  onSubmit(event) {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    if (form.dataset.sent !== undefined) return;
    form.dataset.sent = "";
    if (form.getAttribute("action") === endUrl) return this.end();
    const body = formFields(form);
    this.show(() => this.session.fetch(form.action, { method: "POST", body }));
  }

  /** "Not me": the host page has to say who its user is. */
  end() {
    this.session.end();
    this.port.close("not_me");
  }

  /** Reports a change that does not replace the fragment. @param {string} url of the onboarding */
  async reportSilently(url) {
    const response = await this.session.fetch(url).catch(() => null);
    const { content } = response?.ok ? await prepareFragment(await response.text()) : { content: null };
    if (content) this.reports.send(content.dataset);
  }

  /** Not while the page is hidden: each renewal may cost the host page a token. */
  renewFullScreen() {
    if (!document.hidden && Date.now() >= this.linksDueAt) this.offerFullScreen();
  }

  /**
   * Fills the links to the full screen: made beforehand, since browsers block what opens later. The
   * link is a short-lived one, made anew while the fragment is shown.
   */
  async offerFullScreen() {
    const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (main.querySelectorAll("a[data-full-screen]"));
    this.linksDueAt = links.length ? Date.now() + LINK_RENEWAL_MS : Infinity;
    if (!links.length) return;
    const body = new URLSearchParams({ flow: links[0].dataset.fullScreen ?? "", full_screen: "1" });
    const response = await this.session.fetch(`${baseUrl}/links`, { method: "POST", body }).catch(() => null);
    const { content } = response?.ok ? await prepareFragment(await response.text()) : { content: null };
    const address = content?.querySelector("#link")?.getAttribute("value");
    for (const link of address ? links : []) {
      link.href = address ?? "";
      link.hidden = false;
    }
  }
}

/** @param {HTMLFormElement} form */
function formFields(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields.append(name, value);
  return fields;
}

/** @param {HTMLAnchorElement} link */
function isFragmentLink(link) {
  return link.origin === window.location.origin && link.pathname.startsWith(`${baseUrl}/`) && !link.getAttribute("href")?.startsWith("#");
}

/** Other pages never replace the one in the frame. @param {HTMLElement} root */
function prepareLinks(root) {
  for (const link of root.querySelectorAll("a")) {
    if (isFragmentLink(link) || link.getAttribute("href")?.startsWith("#") || link.target) continue;
    link.target = link.id === "return-link" ? "_top" : "_blank";
    link.rel = "noopener";
  }
}

/** @param {string} title */
function announce(title) {
  if (!title || announcement.textContent === title) return;
  announcement.textContent = title;
  document.title = title;
}

/** Only while the user is in this frame: otherwise the focus would leave the host page. */
function focusHeading() {
  if (!document.hasFocus()) return;
  const heading = main.querySelector("h1") ?? main;
  heading.tabIndex = -1;
  heading.focus();
}

function contentHeight() {
  return document.body.getBoundingClientRect().height;
}

function reportObstacles(/** @type {import("./port.js").HostPort} */ port) {
  if (!window.isSecureContext) return port.error("insecure_context", false);
  const policy = /** @type {any} */ (document).featurePolicy;
  if (policy && !policy.allowsFeature("camera")) port.error("camera_blocked_by_policy", false);
}

/** @param {string} name of a template */
function contentOf(name) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(name));
  return [...template.content.cloneNode(true).childNodes];
}

if (window.parent === window) {
  progress.hidden = true;
  main.replaceChildren(...contentOf("no-host-page"));
}
const port = await connectToHost(JSON.parse(origins));
const frame = new FramePage(port);
frame.listen();
reportObstacles(port);
await frame.showHome();
