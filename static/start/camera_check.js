// @ts-check
/**
 * Checks before the start whether the camera can work here, and shows what to do if not. The check
 * asks for no permission and never prevents the start. Only the button turns the camera on, for a
 * few seconds; its picture is not sent.
 */

const TEST_MS = 6000;
/** The vendor refuses cameras with less; a phone held upright swaps the two. */
const HD = { width: 1280, height: 720 };

/**
 * Apps whose built-in browsers often block the camera, by what they add to the user agent. The
 * permission is the app's, which often has none or never asks. A wrong guess only shows a notice.
 */
const IN_APP = [
  /FBAN|FBAV|FB_IAB/, // Facebook and Messenger: no camera on iOS, silence on Android
  /Instagram/, // no prompt, the request just fails
  /WhatsApp/, // newer releases open links inside
  /musical_ly|BytedanceWebview|TikTok/, // TikTok: camera refused
  /\bLine\//, // LINE: needs a setting that is hard to find
  /MicroMessenger/, // WeChat: only for its own interface
  /Snapchat/, // refused
  /LinkedInApp/, // refused
  /Twitter for|TwitterAndroid/, // refused on iOS
  /; wv\)/, // any other Android WebView
  /\((?:iPhone|iPad)(?!.*Safari\/)/, // any other web view of iOS: only a full browser says Safari
];

/** @returns {string} the notice for an obstacle that needs no query; empty without one */
function knownObstacle() {
  if (window.top !== window.self && !isCameraDelegated()) return "framed";
  if (IN_APP.some((mark) => mark.test(navigator.userAgent))) return "in-app";
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return "old";
  return "";
}

/** Whether the host page passes the camera on to our frame, as far as the browser tells. */
function isCameraDelegated() {
  const policy = /** @type {any} */ (document).featurePolicy;
  return document.getElementById("embed") !== null && (policy?.allowsFeature("camera") ?? true);
}

/** @returns {Promise<PermissionStatus | null>} null in a browser without this query */
async function queryPermission() {
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
    return true; // unknown: no reason for a warning
  }
}

/** @param {string} name */
function showNotice(name) {
  for (const notice of document.querySelectorAll("[data-check]")) {
    notice.toggleAttribute("data-shown", notice.getAttribute("data-check") === name);
  }
}

/** @param {unknown} error of getUserMedia @returns {string} the notice that explains it */
function noticeOf(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" ? "none" : "busy";
}

/** @param {MediaStream} stream @returns {boolean} false where the browser does not say the size */
function isBelowHd(stream) {
  const { width = 0, height = 0 } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  if (!width || !height) return false;
  return Math.max(width, height) < HD.width || Math.min(width, height) < HD.height;
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
    /** Counts the calls of `run` and `stop`: a camera that comes after the next one is too late. */
    this.turn = 0;
  }

  /** @param {AbortSignal} signal ends it */
  enable(signal) {
    this.button.dataset.ready = "";
    this.button.addEventListener("click", () => this.run(), { signal });
    window.addEventListener("pagehide", () => this.stop(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.stop(), { signal });
  }

  async run() {
    if (this.button.disabled) return;
    this.button.disabled = true;
    this.box.hidden = false; // for good: hiding it again would move the page
    this.turn += 1;
    const turn = this.turn;
    try {
      const video = { width: { ideal: HD.width }, height: { ideal: HD.height } };
      const stream = await navigator.mediaDevices.getUserMedia({ video });
      if (turn !== this.turn) return turnOff(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      showNotice("running");
      this.scrollIntoView();
      const outcome = isBelowHd(stream) ? "low" : "works";
      this.timer = window.setTimeout(() => this.end(outcome), TEST_MS);
    } catch (error) {
      if (turn === this.turn) this.end(noticeOf(error));
    }
  }

  /** On a small screen the picture would be below the edge. */
  scrollIntoView() {
    this.box.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} outcome */
  end(outcome) {
    this.stop();
    showNotice(outcome);
  }

  stop() {
    this.turn += 1;
    window.clearTimeout(this.timer);
    if (this.stream) turnOff(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.button.disabled = false;
  }
}

/** @param {MediaStream} stream */
function turnOff(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** Check now, and whenever the permission changes. @param {AbortSignal} signal ends it */
async function checkCamera(signal) {
  const obstacle = knownObstacle();
  if (obstacle) return showNotice(obstacle);
  const permission = await queryPermission();
  const check = async () => {
    if (permission?.state === "denied") showNotice("denied");
    else showNotice((await hasCamera()) ? "ready" : "none");
  };
  permission?.addEventListener("change", check, { signal });
  await check();
}

/** @param {ParentNode} root @returns {(() => void) | void} turns the camera off */
export function mount(root) {
  const button = root.querySelector("#test-camera");
  const box = root.querySelector("#preview");
  if (!(button instanceof HTMLButtonElement) || !(box instanceof HTMLElement)) return;
  const test = new CameraTest(button, box);
  const ending = new AbortController();
  checkCamera(ending.signal).then(() => {
    // Not earlier: the check must not overwrite the outcome of a test.
    if (navigator.mediaDevices?.getUserMedia) test.enable(ending.signal);
  });
  return () => {
    ending.abort();
    test.stop();
  };
}
