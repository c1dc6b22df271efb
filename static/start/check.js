// @ts-check
/**
 * Looks, before anything is started, whether the camera can work here, and says what helps if not.
 * Looking asks for no permission and stops nobody: starting is always possible. Only the button
 * switches the camera on, for a few seconds, and its picture stays on this page.
 */

const TEST_MS = 6000;

/**
 * Apps whose built-in browsers come between a page and the camera, by what they add to the name
 * of the browser. There a permission is asked of the app, which often has none or never asks.
 * A wrong guess costs nothing but a notice.
 */
const IN_APP = [
  /FBAN|FBAV|FB_IAB/, // Facebook and Messenger: no camera on iOS, silence on Android
  /Instagram/, // no prompt, the request just fails
  /WhatsApp/, // newer releases open links inside
  /musical_ly|BytedanceWebview|TikTok/, // TikTok: camera refused
  /\bLine\//, // LINE: needs a setting that nobody finds
  /MicroMessenger/, // WeChat: only for its own interface
  /Snapchat/, // refused
  /LinkedInApp/, // refused
  /Twitter for|TwitterAndroid/, // refused on iOS
  /; wv\)/, // any other Android WebView
  /\((?:iPhone|iPad)(?!.*Safari\/)/, // any other web view of iOS: only a whole browser says Safari
];

/** @returns {string} what is known at once, or an empty string */
function plainTrouble() {
  if (window.top !== window.self) return "framed";
  if (IN_APP.some((mark) => mark.test(navigator.userAgent))) return "in-app";
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return "old";
  return "";
}

/** @returns {Promise<PermissionStatus | null>} null where a browser does not tell */
async function permission() {
  try {
    return await navigator.permissions.query({ name: /** @type {PermissionName} */ ("camera") });
  } catch {
    return null;
  }
}

async function hasCamera() {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((device) => device.kind === "videoinput");
  } catch {
    return true; // not told: no reason to worry anybody
  }
}

/** @param {string} name */
function show(name) {
  for (const notice of document.querySelectorAll("[data-check]")) {
    notice.toggleAttribute("data-shown", notice.getAttribute("data-check") === name);
  }
}

/** @param {unknown} error of getUserMedia */
function reasonOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" ? "none" : "busy";
}

class CameraTest {
  /** @param {HTMLButtonElement} button @param {HTMLElement} box */
  constructor(button, box) {
    this.button = button;
    this.box = box;
    this.video = /** @type {HTMLVideoElement} */ (box.querySelector("video"));
    /** @type {MediaStream | null} */
    this.stream = null;
    this.timer = 0;
  }

  offer() {
    this.button.dataset.ready = "";
    this.button.addEventListener("click", () => this.run());
    window.addEventListener("pagehide", () => this.stop());
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  async run() {
    if (this.button.disabled) return;
    this.button.disabled = true;
    this.box.hidden = false; // and stays: a place that came and went would move the page
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: true });
      this.video.srcObject = this.stream;
      await this.video.play();
      show("running");
      this.bringIntoSight();
      this.timer = window.setTimeout(() => this.end("works"), TEST_MS);
    } catch (error) {
      this.end(reasonOf(error));
    }
  }

  /** On a small screen the picture is below the edge, where "this is what it sees" is no help. */
  bringIntoSight() {
    this.box.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} outcome */
  end(outcome) {
    this.stop();
    show(outcome);
  }

  stop() {
    window.clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.button.disabled = false;
  }
}

async function look() {
  const trouble = plainTrouble();
  const allowed = trouble ? null : await permission();
  if (allowed) allowed.onchange = look;
  if (trouble) show(trouble);
  else if (allowed?.state === "denied") show("denied");
  else show((await hasCamera()) ? "ready" : "none");
}

const button = document.getElementById("test-camera");
const box = document.getElementById("preview");
if (button instanceof HTMLButtonElement && box) {
  look().then(() => {
    // Not earlier: what a test has shown must not be overwritten by what was seen before it.
    if (navigator.mediaDevices?.getUserMedia) new CameraTest(button, box).offer();
  });
}
