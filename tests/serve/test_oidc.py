"""Logging in by an organisation's provider: what holds, with each kind of key, and all that does not."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from provider import Key, Provider, b64
from server import PROGRAM, Server

folder = tempfile.mkdtemp(prefix="mien-oidc-")


class Browser:
    """Follows no redirect by itself, and keeps cookies by name."""

    def __init__(self, server):
        self.server, self.cookies = server, {}

    def get(self, path: str):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())})
        answer = connection.getresponse()
        text = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                pair, *rest = value.split("; ")
                assert "HttpOnly" in rest and any(r.startswith("SameSite=") for r in rest), value
                self.cookies.update([pair.split("=", 1)])
        return answer.status, answer.getheader("location"), text

    def to_provider(self):
        status, location, text = self.get("/v1/login/oidc")
        assert status == 302 and location.startswith(provider.issuer + "/authorize?"), (status, location, text)
        url = urllib.parse.urlsplit(location)
        connection = http.client.HTTPConnection(url.hostname, url.port)
        connection.request("GET", url.path + "?" + url.query)
        back = urllib.parse.urlsplit(connection.getresponse().getheader("location"))
        assert back.netloc == f"127.0.0.1:{self.server.port}"
        return back.path + "?" + back.query

    def log_in(self):
        return self.get(self.to_provider())


def refused(server, why: str, status: int = 401, **changes) -> None:
    before = {name: getattr(provider, name) for name in changes}
    for name, value in changes.items():
        setattr(provider, name, value)
    got, _, text = Browser(server).log_in()
    assert got == status and why in text.decode(), (changes, got, text)
    for name, value in before.items():
        setattr(provider, name, value)


def swap(part: int, change):
    def spoil(token: str) -> str:
        parts = token.split(".")
        parts[part] = change(parts[part])
        return ".".join(parts)
    return spoil


try:
    os.mkdir(folder + "/keys")
    provider = Provider(folder + "/keys", "mien", "a secret: with + and %")
    with open(os.open(folder + "/secret", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(provider.secret + "\n")
    settings = folder + "/settings.yaml"
    with Server() as server:  # the address in the settings needs the port
        server.stop()
        open(settings, "w").write(f"limits: {{address_rate: 0}}\noidc: {{issuer: '{provider.issuer}', client_id: mien, client_secret_file: {folder}/secret, "
                                  f"address: 'http://127.0.0.1:{server.port}', roles: 'callcentre=agent,boss=administrator'}}\n")
        server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data, "--settings", settings], stderr=subprocess.PIPE, text=True)
        line = server.process.stderr.readline()
        assert "listening" in line, line
        assert server.json("GET", "/v1/login")["oidc"] is True
        for alg in ("RS256", "ES256", "EdDSA"):
            provider.key = provider.keys[alg]
            kim = Browser(server)
            status, location, text = kim.log_in()
            assert (status, location) == (303, "/"), (alg, status, text)
            status, _, text = kim.get("/v1/me")
            me = json.loads(text)
            assert status == 200 and me["role"] == "oidc" and me["scopes"] == ["read", "stream"] and me["user"].startswith("o_"), me
            assert kim.get("/v1/keys")[0] == 403
        provider.key = provider.keys["RS256"]
        provider.claims = {"roles": "boss", "sub": "another", "aud": ["mien", "other"], "azp": "mien"}
        boss = Browser(server)
        assert boss.log_in()[0] == 303 and boss.get("/v1/keys")[0] == 200
        assert json.loads(boss.get("/v1/me")[2])["user"] != me["user"]
        provider.claims = {}

        now = int(time.time())
        refused(server, "role", 403, claims={"roles": ["cleaner"]})
        refused(server, "role", 403, claims={"roles": None})
        refused(server, "another issuer", claims={"iss": "https://elsewhere.example"})
        refused(server, "somebody else", claims={"aud": "other"})
        refused(server, "somebody else", claims={"aud": ["mien", "other"]})
        refused(server, "somebody else", claims={"azp": "other"})
        refused(server, "run out", claims={"exp": now - 120})
        refused(server, "run out", claims={"exp": None})
        refused(server, "not valid yet", claims={"iat": now + 600})
        refused(server, "not valid yet", claims={"nbf": now + 600})
        refused(server, "not of this login", claims={"nonce": "x" * 43})
        refused(server, "not of this login", claims={"nonce": None})
        refused(server, "names nobody", claims={"sub": ""})
        refused(server, "RS256, ES256 or EdDSA", header={"alg": "none"})
        refused(server, "RS256, ES256 or EdDSA", header={"alg": "HS256"})
        refused(server, "not known here", header={"crit": ["x"]})
        refused(server, "signature", spoil=swap(2, lambda s: ("B" if s[0] == "A" else "A") + s[1:]))
        refused(server, "signature", spoil=swap(1, lambda s: b64(json.dumps({"iss": provider.issuer, "aud": "mien", "sub": "x", "nonce": "y", "iat": now, "exp": now + 99}).encode())))
        refused(server, "three parts", spoil=lambda token: "")
        refused(server, "no JSON", spoil=swap(0, lambda s: "!!!"))

        # A login is of the browser that began it, and is used once.
        kim, other = Browser(server), Browser(server)
        back = kim.to_provider()
        assert other.get(back)[0] == 401 and kim.get(back)[0] == 401
        back = kim.to_provider()
        assert kim.get(back)[0] == 303 and kim.get(back)[0] == 401
        assert kim.get("/v1/login/oidc/callback?code=x&state=" + "x" * 43)[0] == 401
        assert kim.get(kim.to_provider().split("?")[0] + "?error=access_denied&state=x")[0] == 401
        back = kim.to_provider()
        assert kim.get(back.replace("code=", "code=no"))[0] == 502  # the provider refuses the code

        # A key that is new is asked for when its first token comes.
        provider.key = Key(folder + "/keys", "ES256", "k-new")
        provider.shown = [provider.key]
        time.sleep(2.1)
        assert Browser(server).log_in()[0] == 303
        provider.shown = []
        time.sleep(2.1)
        provider.key = Key(folder + "/keys", "ES256", "k-gone")
        assert Browser(server).log_in()[0] == 401

        audit = open(os.path.join(server.data, "audit")).read()
        assert "zebra-sub" not in audit and '"what":"login"' in audit and '"what":"login_without_role"' in audit
finally:
    shutil.rmtree(folder)
print("logging in by OpenID Connect holds where all of it holds")
