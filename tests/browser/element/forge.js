// @ts-nocheck
// `forge(random, ours)` makes a message with a right type whose fields are wrong, or none at all.
const seeded = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const forge = (random, ours) => {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const wrong = () => pick([undefined, null, NaN, -1, 0, -0.5, Infinity, true, "", "a b", "<b>",
    "x".repeat(65), "javascript:alert(1)", "data:text/html,x", "//evil.example/",
    `${ours}.evil.example/`, `${ours}@evil.example/`,
    "https://shop.example", "ñ", "\u0000", [], [1], {}, { toString: "x" }, new Date(0), 10n, /x/]);
  const types = ["welcome", "token", "pong", "height", "started", "submitted", "status", "error",
    "close", "leave", "constructor", "__proto__", "toString", "hello", "mobbscan-embed:hello", "", 7,
    null, {}, ["close"]];
  const fields = ["n", "px", "onboarding", "status", "next", "final", "result", "code", "retry",
    "reason", "url", "v"];
  if (random() < 0.2) return wrong();
  const message = { type: pick(types) };
  for (const name of fields) if (random() < 0.6) message[name] = wrong();
  // One that is right in all but one field.
  const right = { type: "status", status: "verified", next: "done", final: true, result: "a.b.c" };
  if (random() < 0.3) return { ...right, [pick(["status", "next", "final", "result"])]: {} };
  return message;
};
