"""Scrapes /metrics of a server and parses the samples."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

PREFIX = "mobbscan_embed_"


class Scrape:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        """Return the sum of the samples with this name (without prefix) and these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == PREFIX + name and labels.items() <= sample.labels.items()
        )


def scrape(server_url: str, token: str) -> Scrape:
    """Scrape over a new connection, so that any worker may answer."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(
        f"{server_url}/metrics", headers=headers, timeout=20, trust_env=False, verify=False
    )
    assert answer.status_code == 200, answer
    return Scrape(answer.text)
