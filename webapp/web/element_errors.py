"""The error codes of the element in host pages, and the texts of the pages that explain them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ElementError:
    """An error code: what has happened, and what the host's developer can do."""

    title: str
    fix: str
    retry: bool = False


def _(text: str) -> str:
    """Mark a text that the pages translate."""
    return text


ELEMENT_ERRORS: Mapping[str, ElementError] = {
    "frame_silent": ElementError(
        _("The frame of the identity check does not answer"),
        _(
            "Check that the address in server is right and reachable, that sites.toml has the site"
            " with the origin of your page, and that no proxy adds X-Frame-Options. The command"
            " “python -m webapp doctor embed” with the address of your page names the reason. The"
            " element offers to try again and to open the full screen."
        ),
        retry=True,
    ),
    "frame_blocked_by_csp": ElementError(
        _("The Content-Security-Policy of your page forbids the frame or the form"),
        _(
            "Add the origin of this server to frame-src, form-action and connect-src of your page."
            " The command “python -m webapp doctor embed” with its address names the directive and"
            " the line to write."
        ),
    ),
    "cross_origin_isolated": ElementError(
        _("Cross-Origin-Embedder-Policy of your page forbids the frame in this browser"),
        _(
            "Leave Cross-Origin-Embedder-Policy out on this page. Browsers that know credentialless"
            " frames work with it; in others the element opens the full screen."
        ),
    ),
    "camera_blocked_by_policy": ElementError(
        _("Permissions-Policy of your page forbids the camera or the microphone"),
        _(
            "List self and the origin of this server:"
            ' Permissions-Policy: camera=(self "https://verify.example").'
        ),
    ),
    "insecure_context": ElementError(
        _("Your page is not served over HTTPS"),
        _("Serve the page over https. Browsers give the camera only to such pages."),
    ),
    "in_app_browser": ElementError(
        _("The page is open in the browser of another app"),
        _(
            "Nothing to fix: such browsers often block the camera. The element opens the full"
            " screen, which offers a link for a real browser."
        ),
    ),
    "token_failed": ElementError(
        _("Your page gave no valid hand-off token"),
        _(
            "Check what fetchToken or token-url answers. If it answers a token, this server has"
            " refused it: the line handoff_refused in its log says why, so ask its operator."
        ),
        retry=True,
    ),
}
