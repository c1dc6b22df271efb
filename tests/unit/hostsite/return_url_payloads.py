"""Return URLs of a shop: allowed ones, and attacks that resemble them."""

import itertools
import random
from collections.abc import Iterator

ALLOWED = ("https://shop.test/account", "https://shop.test:8443/")

GOOD_SCHEMES = ("https://",)
BAD_SCHEMES = (
    "", "/", "//", "///", "////", "/\\", "\\", "\\\\", "/\\/", "\\/\\/", ":", "://", ":///",
    "http://", "https:", "https:/", "https:///", "https:////", "https:\\\\", "https:/\\",
    "https:\\/", "https://\\", "https://.", "https:// ", "https://\t", "https://\n", "https://@",
    "https://:", "https://x@", "https://x:y@", "https://%", "HTTPS://", "hTtPs://", "httpss://",
    "https;//", "ht\ntps://", "ht\ttps://", "h\rttps://", " https://", "\thttps://", "\nhttps://",
    "\x00https://", "\x01https://", "\x1fhttps://", "\x7fhttps://", "\xa0https://",
    "\u200bhttps://", "\ufeffhttps://", "\u2028https://", "%68ttps://", "%20https://", "ftp://",
    "ws://", "file://", "file:///", "javascript:", "javascript://", "JaVaScRiPt:alert(1)//",
    "java\nscript:", "data:", "data:text/html,", "vbscript:", "blob:https://",
    "filesystem:https://", "about:", "view-source:https://", "intent://", "mailto:", "tel:",
    "url:https://", "https://https://", "https:https://", "//https://", "@https://", "?https://",
    "#https://", "\uff48ttps://",
)  # fmt: skip

GOOD_AUTHORITIES = ("shop.test", "shop.test:443", "SHOP.test")
BAD_AUTHORITIES = (
    "", "evil.test", "shop.test.", "shop.test..", ".shop.test", "shop..test",
    "shop.test.evil.test", "evilshop.test", "shop.testevil.test", "shop-test", "shop.tes",
    "hop.test", "www.shop.test", "shop.test@evil.test", "shop.test:443@evil.test",
    "shop.test%40evil.test", "shop.test:x@evil.test", "evil.test@shop.test", "@shop.test",
    "x:y@shop.test", "evil.test\\@shop.test", "evil.test\\.shop.test", "evil.test\\shop.test",
    "evil.test/@shop.test", "evil.test?@shop.test", "evil.test#@shop.test", "evil.test;@shop.test",
    "evil.test;shop.test", "evil.test,shop.test", "evil.test shop.test", "shop.test evil.test",
    "evil.test%23@shop.test", "evil.test%2f@shop.test", "evil.test%5c@shop.test",
    "evil.test%00shop.test", "evil.test\x00.shop.test", "evil.test\t.shop.test",
    "evil.test%09.shop.test", "evil.test%0d%0a.shop.test", "shop.test%2eevil.test",
    "shop.test\u3002evil.test", "shop\u3002test", "shop\uff0etest", "shop%e3%80%82test",
    "\uff53hop.test", "sh\u043ep.test", "shop.te\u0455t", "sho\u00adp.test", "shop.test\u200b",
    "shop.test\u2024evil.test", "evil.test\uff0f@shop.test", "evil.test\u2044shop.test",
    "evil.test\uff03.shop.test", "evil.test\u2100shop.test", "xn--shop.test",
    "xn--80ak6aa92e.test", "shop.test:444", "shop.test:80", "shop.test:0443", "shop.test:00443",
    "shop.test:+443", "shop.test:443443", "shop.test:", "shop.test:0", "shop.test:4 43",
    "shop.test:443:443", "shop.test:https", "shop.test:\uff14\uff14\uff13", "shop.test:443\\",
    "sh%6fp.test", "shop.test%", "shop.test%00", "shop.test%20", "shop.test\\",
    "shop.test\\evil.test", "shop.test|evil.test", "shop.test^evil.test", "shop.test`",
    "shop.test{}", "shop.test<x>", "shop.test'", "[shop.test]", "[::1]", "[::ffff:7f00:1]",
    "[::1]shop.test", "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433",
    "\u2460\u2461\u2466.0.0.1", "localhost", "-shop.test", "shop.test-", "_.shop.test", "*.test",
    "shop_.test", "shop.test_", "s" * 300 + ".test",
)  # fmt: skip

GOOD_PATHS = (
    "/account", "/account/", "/account/kyc", "/account/kyc/", "/account//evil.test",
    "/account/a.b", "/account?next=https://evil.test", "/account?a=b&c=d", "/account#//evil.test",
    "/account/#x?y", "/account/caf%C3%A9", "/account/a%20b", "/account/100%25", "/account/~ada",
    "/account/x@evil.test", "/account/...", "/account/..a", "/account/a..", "/account/?../../..",
    "/account?%2e%2e%2f", "/account/a;b=c", "/account/https://evil.test", "/account/(a)",
    "/account/$a,b",
)  # fmt: skip
BAD_PATHS = (
    "", "/", "/accounts", "/accoun", "/account.html", "/account-evil", "/account;x", "/account%20",
    "/account%3f", "/account:x", "/account@evil.test", "/account,x", "/Account", "/ACCOUNT",
    "/%61ccount", "/a%63count", "//account", "/x/account", "//evil.test/account", "/account/..",
    "/account/../", "/account/../admin", "/account/.", "/account/./kyc", "/./account",
    "/../account", "/admin/../account", "/account/kyc/../../admin", "/account/%2e%2e",
    "/account/%2e%2e/admin", "/account/%2E%2E/admin", "/account/.%2e/admin", "/account/%2e./admin",
    "/account/%2e", "/account/..%2fadmin", "/account/..%2Fadmin", "/account%2f..%2fadmin",
    "/account%2fkyc", "/account/%252e%252e/admin", "/account/%252e%252e%252fadmin",
    "/account/%25252e%25252e/admin", "/account/%2525252e%2525252e/x", "/account/..%5cadmin",
    "/account/%5c..%5cadmin", "/account%5cx", "/account%255cx", "/account\\..\\admin",
    "/account/..\\admin", "/account\\", "\\account", "/\\account", "/account/\\evil.test",
    "/account/..;/admin", "/account/..;a=b/admin", "/account/.;/x", "/account/%2e%2e;/admin",
    "/account/..%3b/admin", "/account/\t../admin", "/account/.\t./admin", "/account/.\n./admin",
    "/account/.\r./admin", "/acc\tount", "/account/%09..", "/account/%0d%0aSet-Cookie:a=b",
    "/account%0d%0a", "/account%00", "/account/%00/../admin", "/account/%7f",
    "/account\r\nSet-Cookie: a=b", "/account\n", "/account ", "/account /x", "/account?\r\nX: y",
    "/account?\t", "/account#\n", "/account?a=%0d%0ab", "/account#%00", "/account%", "/account/%z",
    "/account/%2", "/account/%u002e%u002e/admin", "/account?%", "/account/%c0%ae%c0%ae/..",
    "/account/%c0%ae%c0%ae%2fadmin", "/account\u2028", "/account/\u202e",
    "/account/\uff0e\uff0e/admin", "/account\u2215..\u2215admin", "/account/\u3002\u3002/admin",
    "/account\xa0", "/account\x85", "/account/caf\u00e9", "/account/<script>",
    '/account/"onload=x', "/account/'\"", "/account/`", "/account/{x}", "/account/|", "/account/^",
    "/account[", "/account?[x]", "/account?<x>", "/account##", "/account#a#b", "/account\x00",
    "/account\ud800", "/account/" + "x" * 3000,
)  # fmt: skip


def bad() -> Iterator[str]:
    """Yield URLs with at least one wrong part."""
    yield from {
        "".join(parts)
        for parts in itertools.product(
            (*GOOD_SCHEMES, *BAD_SCHEMES),
            (*GOOD_AUTHORITIES[:1], *BAD_AUTHORITIES),
            (*GOOD_PATHS[:3], *BAD_PATHS[::4]),
        )
    } - set(good())
    for authority in GOOD_AUTHORITIES:
        yield from (f"https://{authority}{path}" for path in BAD_PATHS)


def good() -> Iterator[str]:
    """Yield URLs of the account page or below it."""
    for parts in itertools.product(GOOD_SCHEMES, GOOD_AUTHORITIES, GOOD_PATHS):
        yield "".join(parts)


NOISE = (
    "/", "\\", "@", ":", "?", "#", ".", "..", "%", "%2e", "%2f", "%5c", "%09", "\t", "\n", "\r",
    " ", "\x00", ";", "evil.test", "//", "[", "]", "\u3002", "\uff0f", "443", "..\\", "/../",
)  # fmt: skip


def disturbed(count: int, seed: int) -> Iterator[str]:
    """Yield good URLs with random insertions and deletions, which may be good or bad."""
    chance = random.Random(seed)
    start = tuple(good())
    for _ in range(count):
        url = chance.choice(start)
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(url))
            if chance.random() < 0.7:
                url = url[:at] + chance.choice(NOISE) + url[at:]
            else:
                url = url[:at] + url[at + chance.randint(1, 3) :]
        yield url
