"""Create onboardings by the server's API: the shop's back end calls the server."""

import uuid
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True)
class IdentityApi:
    """The API of the server at `public_url`, with a key of the shop's site."""

    public_url: str
    key: str = field(repr=False)

    def start(self, *, subject: str, locale: str, return_url: str) -> str:
        """Return a one-time link for the customer, to a new onboarding or the active one.

        Raises httpx.HTTPError.
        """
        options = {"subject": subject, "locale": locale, "return_url": return_url}
        answer = self._post("onboardings", options)
        if answer.status_code == httpx.codes.CONFLICT and "onboarding" in answer.json():
            # One that the customer has begun in another way: it goes on.
            answer = self._post(f"onboardings/{answer.json()['onboarding']}/link", {})
        link: str = answer.raise_for_status().json()["link"]
        return link

    def _post(self, path: str, options: dict[str, str]) -> httpx.Response:
        return httpx.post(
            f"{self.public_url}/api/v1/{path}",
            json=options,
            headers={
                "Authorization": f"Bearer {self.key}",
                # A repetition of this very request, by a proxy or a retry, changes nothing.
                "Idempotency-Key": uuid.uuid4().hex,
            },
            timeout=20,
            trust_env=False,
        )
