"""Control of bench_notices.py: the webhook of the vendor's documentation.

A Flask route that reads `request.json`, prints both fields and answers 204. It stores nothing.
"""

from flask import Flask, request

app = Flask(__name__)


@app.post("/webhooks/mobbscan")
def webhook() -> tuple[str, int]:
    notice = request.json
    print(f"Verification Id: {notice['verificationId']}")
    print(f"Status: {notice['status']}")
    return "", 204
