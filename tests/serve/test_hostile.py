"""What else the OWASP API list names: injection, resource exhaustion, methods, errors that tell too much, logs."""
import json
import os
import re
import shutil
import socket
import tempfile
import time

from kept import converse, granted
from server import ROOT, Server, run


def raw(server, bytes_: bytes, wait: float = 0.4) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as s:
        s.sendall(bytes_)
        got = b""
        try:
            while part := s.recv(65536):
                got += part
        except OSError:
            pass
        return got


def injection(server):
    bearer = b"Authorization: Bearer " + server.key.encode() + b"\r\nConnection: close\r\n"
    for path in (b"/v1/sessions/..%2f..%2fetc%2fpasswd", b"/v1/subjects/%2e%2e/%2e%2e/keys", b"//etc/passwd", b"/v1/../../master.key", b"/v1/sessions/%00",
                 b"/v1/sessions/s_1%0d%0aX-Evil:%201", b"/v1/kept?before=%0d%0aX-Evil:%201", b"/v1/sessions?before=1.s_%0d%0aX-Evil:%201%0d%0a%0d%0a",
                 b"/v1/sessions/' OR 1=1 --", b"/v1/kept?before=1.s_'%20OR%201=1", b"/v1/cases?state=%27%20OR%20%271%27=%271", b"/%c0%ae%c0%ae/%c0%ae%c0%ae/etc"):
        got = raw(server, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + bearer + b"\r\n")
        head = got.split(b"\r\n\r\n")[0].lower()
        assert b"x-evil" not in head and b"root:" not in got and (not got or got[9:12] != b"500"), (path, got)
    evil = {"subject": "a\r\nX-Evil: 1", "purpose": "customer_service", "modalities": ["voice"], "evidence": "${jndi:ldap://x}{{7*7}}"}
    status, headers, text = server.ask("POST", "/v1/consents", evil)
    assert headers["x-evil"] is None and (status == 422 or json.loads(text)["evidence"] == evil["evidence"]), (status, text)
    for line in open(os.path.join(server.data, "consents")):
        json.loads(line)
    # Two lengths, a length and chunks, a length that lies: one answer, or none, never the smuggled one's.
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + bearer + b"\r\n"
    for head in (b"Content-Length: 2\r\nContent-Length: %d\r\n" % (2 + len(smuggled)), b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"):
        got = raw(server, b"POST /v1/texts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n" + head + b"\r\n{}" )
        assert got.count(b"HTTP/1.") <= 1 and b"openmetrics" not in got, got


def exhaustion(server):
    deep = [b"[" * 200000, b'{"texts":' * 5000, b'{"texts":["a"],"x":' + b"[" * 3000 + b"]" * 3000 + b"}", b'{"texts":[1e99999]}', b'{"n":' + b"9" * 500000 + b"}",
            b'{"texts":[' + b'"",' * 900000 + b'""]}', b'{"' + b"k" * (4 << 20) + b'":1}', b'{"texts":["\\ud800"]}', b'{"texts":["a\\u0000b"]}', b"\xff\xfe", b"", b"null", b'"x"']
    for body in deep:
        for path in ("/v1/texts", "/v1/sessions", "/v1/consents", "/v1/keys"):
            status, headers, text = server.ask("POST", path, body)
            assert status in (400, 413, 422, 403) and headers["content-type"] == "application/problem+json" and len(text) < 2000, (path, body[:40], status, text[:200])
    assert server.ask("GET", "/healthz")[0] == 200
    cookies = raw(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"Cookie: a=b\r\n" * 3000 + b"\r\n")
    assert b" 200 " not in cookies[:20]


def methods(server):
    for method in ("TRACE", "CONNECT", "PROPFIND", "GETS", "OPTIONS", "PATCH", "PUT"):
        got = raw(server, f"{method} /v1/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        assert not got or re.match(rb"HTTP/1\.[01] (40[0-9]|50[15])", got), (method, got[:100])
        assert server.key.encode() not in got
    consent = server.consent()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert server.ask("GET", "/v1/consents/" + consent, headers={name: "DELETE"})[0] == 200
    assert server.json("GET", "/v1/consents/" + consent)["modalities"] == ["voice"]
    for method, path in (("HEAD", "/v1/texts"), ("HEAD", "/v1/logout"), ("PUT", "/v1/consents"), ("DELETE", "/v1/sessions"), ("POST", "/healthz"), ("GET", "/v1/texts")):
        assert server.ask(method, path, b"" if method == "POST" else None)[0] == 405, (method, path)


def nothing_is_told(server):
    """No error shows a path, an address or another's name; nobody's words or names come to the log."""
    consent = granted(server, "zebra-subject", True)
    converse(server, "zebra-subject", consent)
    errors = [server.ask("POST", "/v1/sessions", b"{" * 9), server.ask("GET", "/v1/sessions/zebra-1"), server.ask("GET", "/v1/subjects/zebra-2"),
              server.ask("POST", "/v1/sessions", {**server.opening(), "purpose": "x" * 5000}), server.ask("PUT", "/v1/rules", b"rules: ["),
              server.ask("GET", "/v1/sessions", key="zebra-key"), server.ask("POST", "/v1/webhooks", {"url": "http://169.254.169.254/"})]
    for status, _, text in errors:
        assert 400 <= status < 500 and not re.search(rb"\.c:\d|/home|/usr|/tmp|/work|0x[0-9a-f]{6}|sqlite|libwebsockets|jansson", text, re.I), text
        assert server.data.encode() not in text and b"zebra" not in text, text
    status, headers, _ = server.ask("GET", "/healthz", key=None)
    assert "libwebsockets" not in str(headers).lower(), headers
    server.process.terminate()
    told = server.told + server.process.communicate(timeout=30)[1]
    assert not re.search(r"zebra|useless|Thank you|mien_[\w-]{10}", told), told


def slow_clients():
    """Half a header or half a body holds nobody up, and is not waited for."""
    folder = tempfile.mkdtemp(prefix="mien-hostile-")
    try:
        open(f"{folder}/settings.yaml", "w").write("times: {header: 1 s, idle: 2 s}\n")
        with Server("--settings", f"{folder}/settings.yaml") as server:
            half = (b"GET /healthz HTTP/1.1\r\nHo", b"POST /v1/texts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + server.key.encode() + b"\r\nContent-Length: 100\r\n\r\n{")
            slow = [socket.create_connection(("127.0.0.1", server.port), timeout=15) for _ in range(100)]
            for i, s in enumerate(slow):
                s.sendall(half[i % 2])
            began = time.time()
            assert server.ask("GET", "/healthz")[0] == 200 and time.time() - began < 1
            for s in slow:
                try:
                    while s.recv(4096):
                        pass
                except ConnectionError:
                    pass
            assert time.time() - began < 12, time.time() - began
            assert server.ask("GET", "/healthz")[0] == 200
    finally:
        shutil.rmtree(folder)


def secrets_are_compared_in_constant_time():
    """Nothing that holds a secret's hash is compared by a function that ends at the first difference."""
    for file, name in (("who/keys.c", "hash"), ("live/conversation.c", "token_hash"), ("doors/audiohook_sign.c", "(?:own|given)")):
        source = open(os.path.join(ROOT, "src/serve", file)).read()
        assert re.search(r"sodium_memcmp|CRYPTO_memcmp|crypto_verify", source), file
        assert not re.search(r"(?<!sodium_)(?<!CRYPTO_)\b(?:memcmp|strn?cmp)\([^;]*" + name, source), file


run(injection, exhaustion, methods, nothing_is_told)
slow_clients()
secrets_are_compared_in_constant_time()
