"""Runs Caddy with deploy/Caddyfile."""

from tests.support.proxy import Proxy


class Caddy(Proxy):
    program = "caddy"
    file = "Caddyfile"

    def own(self, port: int, upstream: str) -> dict[str, str]:
        storage = self.folder / "storage"
        around = f"admin off\n\tauto_https disable_redirects\n\tstorage file_system {storage}"
        site = f"bind 127.0.0.1\n\ttls {self.certificate} {self.key}"
        return {
            "\tservers {": f"\t{around}\n\tservers {{",
            "shop.example {": f"https://localhost:{port} {{\n\t{site}",
            "127.0.0.1:8000": upstream,
        }

    def arguments(self) -> list[str]:
        return ["run", "--config", str(self.deployed), "--adapter", "caddyfile"]
