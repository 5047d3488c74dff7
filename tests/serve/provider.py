"""A provider of OpenID Connect for the tests: authorization code with PKCE, three kinds of keys (by openssl), and every wrong answer
that a provider, or somebody in its place, could give."""
from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.parse


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def openssl(*words: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout


class Key:
    """A pair of keys; `jwk` is the public half."""

    def __init__(self, folder: str, alg: str, kid: str):
        self.alg, self.path = alg, os.path.join(folder, kid)
        kind = {"RS256": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ES256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "EdDSA": ["ED25519"]}[alg]
        openssl("genpkey", "-algorithm", *kind, "-out", self.path)
        der = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        self.jwk = {"kid": kid, "use": "sig", "alg": alg}
        if alg == "RS256":
            modulus = openssl("rsa", "-in", self.path, "-noout", "-modulus").decode().strip().split("=")[1]
            self.jwk |= {"kty": "RSA", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}
        elif alg == "ES256":
            self.jwk |= {"kty": "EC", "crv": "P-256", "x": b64(der[-64:-32]), "y": b64(der[-32:])}
        else:
            self.jwk |= {"kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:])}

    def sign(self, text: bytes) -> bytes:
        if self.alg == "EdDSA":
            with open(self.path + ".text", "wb") as file:
                file.write(text)
            return openssl("pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", self.path + ".text")
        signed = openssl("dgst", "-sha256", "-sign", self.path, data=text)
        if self.alg == "RS256":
            return signed
        numbers = re.findall(r"INTEGER\s*:([0-9A-F]+)", openssl("asn1parse", "-inform", "DER", data=signed).decode())
        return b"".join(int(n, 16).to_bytes(32, "big") for n in numbers)


class Provider(http.server.ThreadingHTTPServer):
    def __init__(self, folder: str, client: str, secret: str):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.client, self.secret, self.codes = client, secret, {}
        self.keys = {alg: Key(folder, alg, "k-" + alg) for alg in ("RS256", "ES256", "EdDSA")}
        self.shown = list(self.keys.values())
        self.key, self.claims, self.header, self.spoil, self.slow = self.keys["RS256"], {}, {}, None, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client, "sub": "zebra-sub", "nonce": nonce, "iat": now, "exp": now + 300, "roles": ["callcentre"], **self.claims}
        header = {"alg": self.key.alg, "kid": self.key.jwk["kid"], **self.header}
        text = b64(json.dumps(header).encode()) + "." + b64(json.dumps({k: v for k, v in claims.items() if v is not None}).encode())
        token = text + "." + ("" if header["alg"] == "none" else b64(self.key.sign(text.encode())))
        return self.spoil(token) if self.spoil else token


class Handler(http.server.BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_) -> None:
        pass

    def answer(self, status: int, body: dict, **headers: str) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        p, url = self.server, urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/.well-known/openid-configuration":
            time.sleep(p.slow)
            self.answer(200, {"issuer": p.issuer, "authorization_endpoint": p.issuer + "/authorize", "token_endpoint": p.issuer + "/token", "jwks_uri": p.issuer + "/jwks"})
        elif url.path == "/jwks":
            self.answer(200, {"keys": [key.jwk for key in p.shown]})
        elif url.path == "/authorize":
            assert asked["response_type"] == "code" and asked["client_id"] == p.client and asked["code_challenge_method"] == "S256", asked
            assert "openid" in asked["scope"].split() and len(asked["state"]) >= 43 and len(asked["nonce"]) >= 43, asked
            code = b64(os.urandom(24))
            p.codes[code] = asked
            self.answer(302, {}, Location=asked["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": asked["state"]}))
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        p = self.server
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        asked = p.codes.pop(form.get("code"), None)
        basic = "Basic " + base64.b64encode(f"{p.client}:{p.secret}".encode()).decode()
        right = asked and self.headers["Authorization"] == basic and form["grant_type"] == "authorization_code" and form["redirect_uri"] == asked["redirect_uri"]
        if not right or b64(hashlib.sha256(form["code_verifier"].encode()).digest()) != asked["code_challenge"]:
            self.answer(400, {"error": "invalid_grant"})
        else:
            self.answer(200, {"access_token": "x", "token_type": "Bearer", "id_token": p.token(asked["nonce"])})
