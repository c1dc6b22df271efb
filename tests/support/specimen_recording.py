"""Creates the specimen recording of the sandbox: `python -m tests.support.specimen_recording`.

A drawn head that turns, filmed from a canvas by Chromium's own MediaRecorder. No camera, no person.
"""

import base64
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = Path(__file__).parents[2] / "mobbscan_sandbox/gateway/specimens/video_liveness.mp4"

DRAWN = """
async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const pen = canvas.getContext("2d");
  const oval = (x, y, w, h) => (pen.beginPath(), pen.ellipse(x, y, w, h, 0, 0, 7), pen.fill());
  function draw(turn) {
    pen.fillStyle = "#e9e5f8"; pen.fillRect(0, 0, 320, 240);
    pen.fillStyle = "#4f3cc9"; oval(160, 262, 96, 66);
    pen.fillStyle = "#b9aef0"; oval(160, 122, 52, 66);
    pen.fillStyle = "#1c1830";
    oval(142 + turn * 22, 112, 5, 6); oval(178 + turn * 22, 112, 5, 6);
    oval(160 + turn * 28, 132, 4, 9); oval(160 + turn * 22, 154, 15, 3);
    pen.font = "600 15px sans-serif"; pen.textAlign = "center";
    pen.fillText("SPECIMEN", 160, 26);
    pen.font = "12px sans-serif"; pen.fillText("gateway in a box: no person was filmed", 160, 228);
  }
  draw(0);
  const options = { mimeType: "video/mp4;codecs=vp9", videoBitsPerSecond: 90000 };
  const recorder = new MediaRecorder(canvas.captureStream(12), options);
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const ended = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  const begun = performance.now();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      draw(Math.sin(seconds * 2));
      if (seconds > 3.2) { clearInterval(timer); resolve(); }
    }, 80);
  });
  recorder.stop();
  await ended;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
"""


def main(chromium: str = "/usr/bin/chromium") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("about:blank")
        TARGET.write_bytes(base64.b64decode(page.evaluate(DRAWN)))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
