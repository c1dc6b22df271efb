// Open and close the camera, and take pictures; one stream at a time.

/** @type {MediaStream | null} */
let stream = null;

/**
 * Show the camera in `video`. Rejects with "blocked" or "missing".
 * @param {HTMLVideoElement} video @param {"environment" | "user"} facing
 */
export async function open(video, facing) {
  close();
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("missing");
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 960 } },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const blocked = name === "NotAllowedError" || name === "SecurityError";
    throw new CameraError(blocked ? "blocked" : "missing");
  }
  video.srcObject = stream;
  await video.play();
}

export function close() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}

/** Return the current video frame as a JPEG. @param {HTMLVideoElement} video @returns {Promise<Blob>} */
export function picture(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty"))), "image/jpeg", 0.9);
  });
}

export class CameraError extends Error {
  /** @param {"blocked" | "missing"} kind */
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}
