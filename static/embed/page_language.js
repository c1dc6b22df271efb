// @ts-check
/**
 * Keeps the texts around the fragment in the fragment's language. The page is rendered before the
 * hand-off token, which may name another language, is known.
 */

const PARTS = ["body > header", "body > footer", "#no-session", "#no-answer"];

/** @param {string} language of the fragment that is shown */
export async function adoptLanguage(language) {
  const root = document.documentElement;
  if (root.lang === language) return;
  root.lang = language;
  const address = new URL(window.location.href);
  address.searchParams.set("locale", language);
  const response = await fetch(address, { credentials: "omit" }).catch(() => null);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (root.lang === language) replaceParts(page);
}

/** @param {Document} page the same page in another language */
function replaceParts(page) {
  for (const selector of PARTS) {
    const translated = page.querySelector(selector);
    if (translated) document.querySelector(selector)?.replaceWith(translated);
  }
}
