// Count down the time limit of a capture; 0 seconds means no limit.

/** @param {HTMLElement} shown @param {number} seconds @param {() => void} expired */
export function limit(shown, seconds, expired) {
  let timer = 0;
  let until = 0;

  function tick() {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    shown.textContent = (shown.dataset.words ?? "").replace("{time}", time);
    if (left > 0) return;
    stop();
    expired();
  }

  function stop() {
    clearInterval(timer);
    shown.hidden = true;
  }

  return {
    start() {
      if (!seconds) return;
      until = performance.now() + seconds * 1000;
      shown.hidden = false;
      timer = setInterval(tick, 250);
      tick();
    },
    stop,
  };
}
