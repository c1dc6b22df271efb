"""What a server's /metrics says, as Prometheus would read it."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

PREFIX = "mobbscan_embed_"


class Scrape:
    """One answer of /metrics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name (without our prefix) that carry these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == PREFIX + name and labels.items() <= sample.labels.items()
        )


def scrape(server_url: str, token: str) -> Scrape:
    """Over a connection of its own, so that any worker may answer."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{server_url}/metrics", headers=headers, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer
    return Scrape(answer.text)
