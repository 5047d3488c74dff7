"""Recipes and endpoints that are wrong are refused before the service starts, with the line."""
import os
import subprocess

from server import PROGRAM
from test_recipes import OWN
from test_rules import written
from test_webhooks import run


def wrong_recipes(place):
    secret = written(place, "secret", "k\n")
    def refused(text, *parts, endpoint_text=None):
        recipe = written(place, "wrong.yaml", text)
        more = endpoint_text or f"endpoints:\n  crm:\n    recipe: {recipe}\n    secrets: {{key: \"file:{secret}\"}}\n"
        got = subprocess.run([PROGRAM, "serve", "--port", "0", "--data", os.path.join(place.data, "other"), "--settings", written(place, "w.yaml", more)],
                             stderr=subprocess.PIPE, text=True, timeout=20)
        assert got.returncode in (1, 2) and all(part in got.stderr for part in parts), (text, got.stderr)
    for change, parts in ((("version: 1", "version: 2"), ["version"]), (("POST", "GET"), ["line 3", "PUT"]), (("https://crm", "http://crm"), ["line 4", "https"]),
                          (("event.seq", "event.words"), ["line 6", "event.words"]), (("{{event.seq}}", "{{event.seq"), ["line 6"]), (("{{event.seq}}", "{{event.seq | x y}}"), ["line 6"]),
                          (("event.who|html", "event.who|nice"), ["line 6", "nice"]), (("of {{event.who}}", "of {{event.who|html}}"), ["line 5", "html"]), (("secret.key", "secret.other"), ["line 5", "secret.other"]),
                          (("of={{event.who}}", "of={{secret.key}}"), ["line 4", "secret"]), (("crm.example", "{{event.who}}.example"), ["line 4", "server"]),
                          (("x-who", "host"), ["line 5", "host"]), (("x-who", "X who"), ["line 5"]), (("any}", "any}\nmore: 1"), ["line 8", "more"]), (("method: POST", "method: POST\n  loop: 1"), ["line 4", "loop"])):
        refused(OWN.replace(*change), "wrong.yaml", *parts)
    ship = lambda more: f"endpoints:\n  crm:\n    recipe: zendesk\n{more}"
    refused("", "subdomain", endpoint_text=ship(f"    secrets: {{token: \"file:{secret}\"}}\n"))
    refused("", "token", endpoint_text=ship("    values: {subdomain: a, email: b}\n"))
    refused("", "NOPE", endpoint_text=ship("    values: {subdomain: a, email: b}\n    secrets: {token: \"env:NOPE\"}\n"))
    refused("", "server", endpoint_text=ship(f"    values: {{subdomain: 'evil.example/', email: b}}\n    secrets: {{token: \"file:{secret}\"}}\n"))
    refused("", "not public", endpoint_text=ship(f"    base: https://127.0.0.1:9\n    values: {{subdomain: a, email: b}}\n    secrets: {{token: \"file:{secret}\"}}\n"))
    refused("", "there is no recipe", endpoint_text="endpoints:\n  crm: {recipe: pipedrive}\n")
    refused("", "line 2", endpoint_text="endpoints:\n  crm: {recipe: zendesk, url: https://example.org/}\n")
    refused("", "line 2", endpoint_text="endpoints:\n  crm: {recipe: zendesk, values: [a]}\n")


if __name__ == "__main__":
    run(wrong_recipes)
