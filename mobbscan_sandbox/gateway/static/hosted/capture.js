// Run the capture: intro, document, pictures, selfie, upload, and the choice of the outcome.

import * as camera from "./camera.js";
import { limit } from "./clock.js";
import { embedding } from "./embedding.js";
import { connect, RequestRefused } from "./server.js";

/** @template {HTMLElement} T @param {string} id @returns {T} */
const by = (id) => /** @type {T} */ (document.getElementById(id));

const flow = by("flow");
const texts = JSON.parse(flow.dataset.texts ?? "{}");
const server = connect(flow.dataset);
const parent = embedding(flow.dataset);
const video = /** @type {HTMLVideoElement} */ (by("live"));
const fileInput = /** @type {HTMLInputElement} */ (by("file"));
const clock = limit(by("clock"), Number(flow.dataset.timeLimit), () => guarded(() => end("TimeoutError"))());
const captureButton = /** @type {HTMLButtonElement} */ (by("capture"));

const FRONT = { text: "front", shape: "document", step: 1 };
const BACK = { text: "back", shape: "document", step: 1 };
const PHOTO_PAGE = { text: "passport", shape: "document", step: 1 };
const SELFIE = { text: "selfie", shape: "face", step: 2 };

/** @type {typeof FRONT[]} */
let shots = [];
/** @type {Blob[]} */
let pictures = [];
/** @type {Blob | null} */
let candidate = null;
/** @type {Promise<void> | null} */
let beginning = null;
let begun = false;
let captured = false;
let ended = false;
let cameraError = "PermissionError";

// --- screens ---------------------------------------------------------------------------------

const AFTER_CAPTURE = ["outcome", "done", "stopped", "left"];

/**
 * Show a screen. After the capture no screen of it is shown: a step that was still waiting for the
 * server or the camera when the user clicked "skip" must not lead back.
 *
 * @param {string} name @param {number} [step]
 */
function show(name, step) {
  captured ||= AFTER_CAPTURE.includes(name);
  if (captured && !AFTER_CAPTURE.includes(name)) return;
  for (const screen of flow.querySelectorAll("[data-screen]")) {
    const isShown = screen.getAttribute("data-screen") === name;
    screen.toggleAttribute("hidden", !isShown);
    if (isShown) setStep(step ?? Number(screen.getAttribute("data-step") ?? 0));
  }
  by("skip-capture").hidden = captured;
  const heading = flow.querySelector(`[data-screen="${name}"] h1`);
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** @param {number} step */
function setStep(step) {
  by("steps").dataset.step = String(step);
  const words = (by("steps").dataset.words ?? "").replace("{n}", String(step)).replace("{of}", "3");
  by("step-words").textContent = step > 0 && step < 4 ? words : "";
}

// --- taking pictures -------------------------------------------------------------------------

const current = () => shots[pictures.length];

async function nextShot() {
  const shot = current();
  if (!shot) return send();
  by("capture-title").textContent = texts[`${shot.text}_title`];
  by("capture-lead").textContent = texts[`${shot.text}_lead`];
  by("stage").dataset.shape = shot.shape;
  by("file-problem").hidden = true;
  show("capture", shot.step);
  await startCamera();
}

async function startCamera() {
  const shot = current();
  captureButton.disabled = true;
  captureButton.hidden = false;
  by("camera-wait").hidden = false;
  by("stage").classList.remove("off");
  for (const id of ["camera-problem", "try-camera", "give-up"]) by(id).hidden = true;
  // A document can always be uploaded; a selfie only without a usable camera.
  by("use-file").hidden = shot === SELFIE;
  try {
    await camera.open(video, shot === SELFIE ? "user" : "environment");
    if (captured) return camera.close();
    by("camera-wait").hidden = true;
    captureButton.disabled = false;
  } catch (error) {
    offerFile(error instanceof camera.CameraError ? error.kind : "missing");
  }
}

/** @param {string} kind */
function offerFile(kind) {
  cameraError = kind === "blocked" ? "PermissionError" : "HardwareError";
  by("camera-problem-title").textContent = texts[`camera_${kind}`];
  by("camera-problem-text").textContent = texts[`camera_${kind}_more`];
  by("stage").classList.add("off");
  captureButton.hidden = true;
  for (const id of ["camera-problem", "try-camera", "use-file", "give-up"]) by(id).hidden = false;
}

async function takePicture() {
  captureButton.disabled = true;
  const picture = await camera.picture(video);
  if (current() === SELFIE) return keep(picture);
  review(picture);
}

/** @param {Blob} picture */
function review(picture) {
  camera.close();
  candidate = picture;
  const preview = /** @type {HTMLImageElement} */ (by("preview"));
  if (preview.src) URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(picture);
  show("review", current().step);
}

/** @param {Blob} picture */
function keep(picture) {
  camera.close();
  candidate = null;
  pictures.push(picture);
  return nextShot();
}

function fileChosen() {
  const file = fileInput.files?.[0];
  fileInput.value = "";
  if (!file) return;
  const usable = file.type.startsWith("image/");
  by("file-problem").hidden = usable;
  if (usable) review(file);
}

// --- steps of the flow -----------------------------------------------------------------------

/** Begin the process at the gateway once, even if a second click comes before its answer. */
function begin() {
  beginning ??= server.begin().then(() => {
    begun = true;
    parent.started();
    clock.start();
  });
  return beginning;
}

/** @param {string} kind */
async function choose(kind) {
  await server.choose(kind);
  shots = kind === "Passport" ? [PHOTO_PAGE, SELFIE] : [FRONT, BACK, SELFIE];
  pictures = [];
  await nextShot();
}

async function send() {
  clock.stop();
  show("sending");
  const bar = /** @type {HTMLProgressElement} */ (by("progress"));
  bar.max = pictures.length;
  bar.value = 0;
  for (const picture of pictures) {
    await server.upload(picture);
    bar.value += 1;
    await pause(250);
  }
  show("outcome");
}

async function skip() {
  camera.close();
  await begin();
  clock.stop();
  show("outcome");
}

/** @param {string} outcome */
async function end(outcome) {
  const { error } = await server.end(outcome);
  ended = true;
  if (outcome === "abandon") return show("left"); // the host page gets no message either
  if (error) return fail(error, { device: "camera" });
  parent.finished();
  show("done");
  await pause(600);
  parent.leave(null);
}

/** @param {string} error @param {object} extra */
function fail(error, extra) {
  ended = true;
  clock.stop();
  camera.close();
  parent.failed(error, extra);
  const known = error.startsWith("Timeout") ? "TimeoutError" : error;
  const title = texts[`error_${known}`];
  by("stopped-title").textContent = title;
  by("dialog-title").textContent = title;
  by("dialog-text").textContent = texts[`error_${known}_more`];
  const dialog = /** @type {HTMLDialogElement} */ (by("error-dialog"));
  const accept = () => {
    dialog.close();
    show("stopped");
    parent.finished();
    parent.leave(error);
  };
  if (flow.dataset.dialogs === "no") return accept();
  by("dialog-accept").onclick = accept;
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// --- wiring ----------------------------------------------------------------------------------

/** Run a step after a click; report a failure as one of the page's errors. */
const guarded = (/** @type {() => unknown} */ step) => async () => {
  try {
    await step();
  } catch (error) {
    const refused = error instanceof RequestRefused;
    if (refused && error.status === 409) return parent.finished(), parent.leave(null);
    fail(refused ? "OnboardingError" : "ConnectionError", {});
  }
};

/** @param {string} id @param {() => unknown} step */
const onClick = (id, step) => by(id).addEventListener("click", guarded(step));

onClick("begin", async () => {
  await begin();
  show("choose");
});
onClick("skip-capture", skip);
onClick("capture", takePicture);
onClick("try-camera", startCamera);
onClick("use-file", () => fileInput.click());
onClick("give-up", () => end(cameraError));
onClick("keep", () => candidate && keep(candidate));
onClick("retake", nextShot);
onClick("resume", () => window.location.reload());
fileInput.addEventListener("change", guarded(fileChosen));
for (const button of flow.querySelectorAll("[data-document]")) {
  button.addEventListener("click", guarded(() => choose(button.getAttribute("data-document") ?? "")));
}
for (const button of flow.querySelectorAll("[data-outcome]")) {
  button.addEventListener(
    "click",
    guarded(() => {
      for (const each of flow.querySelectorAll("[data-outcome]")) each.setAttribute("disabled", "");
      return end(button.getAttribute("data-outcome") ?? "");
    }),
  );
}
window.addEventListener("pagehide", () => {
  camera.close();
  if (begun && !ended) server.left();
});
// Enabled last: an earlier click would have had no handler.
for (const id of ["begin", "skip-capture"]) by(id).removeAttribute("disabled");
