"""The control: the webhook of the vendor's own documentation, in our own spelling.

A Flask route that reads `request.json`, prints both fields and answers 204. It keeps nothing.
"""

from flask import Flask, request

app = Flask(__name__)


@app.post("/webhooks/mobbscan")
def webhook() -> tuple[str, int]:
    notice = request.json
    print(f"Verification Id: {notice['verificationId']}")
    print(f"Status: {notice['status']}")
    return "", 204
