"""Runs nginx with deploy/nginx.conf."""

from tests.support.proxy import Proxy

# Main configuration around the file: one process, files in its folder only.
MAIN_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {temp}/body;
    proxy_temp_path {temp}/proxy;
    fastcgi_temp_path {temp}/fastcgi;
    uwsgi_temp_path {temp}/uwsgi;
    scgi_temp_path {temp}/scgi;
    include {deployed};
}}
"""


class Nginx(Proxy):
    program = "nginx"
    file = "nginx.conf"

    def own(self, port: int, upstream: str) -> dict[str, str]:
        return {
            "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
            "server 127.0.0.1:8000;": f"server {upstream};",
            "/etc/ssl/shop.example/fullchain.pem": f"{self.certificate}",
            "/etc/ssl/shop.example/privkey.pem": f"{self.key}",
            "/var/log/nginx/": f"{self.folder}/",
            "server_name shop.example;": "server_name localhost;",
        }

    def arguments(self) -> list[str]:
        whole = self.folder / "nginx.conf"
        whole.write_text(
            MAIN_CONFIGURATION.format(folder=self.folder, temp=self.temp, deployed=self.deployed)
        )
        return ["-p", str(self.folder), "-c", str(whole)]
