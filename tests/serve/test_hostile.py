"""What the OWASP API list names: another tenant's objects, missing scopes, injection, resource exhaustion, methods, errors that
tell too much, logs; and the keys that all of it hangs on."""
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time

import websockets
import yaml

from kept import converse, granted, restart
from server import PROGRAM, ROOT, Server, run

SCOPES = ("read", "stream", "consent", "review", "privacy", "admin")


def cli(server, *words) -> str:
    return subprocess.run([PROGRAM, "keys", *words, "--data", server.data], stdout=subprocess.PIPE, check=True, text=True).stdout


def key(server, *scopes, **more) -> str:
    status, _, text = server.ask("POST", "/v1/keys", {"label": "test", "scopes": list(scopes), **more})
    assert status == 201, text
    return json.loads(text)["secret"]


def keys(server):
    """Made, listed, ending, revoked; of no more than the maker has; never on disk in clear."""
    made = json.loads(server.ask("POST", "/v1/keys", {"label": "a", "scopes": ["read", "admin"]})[2])
    own = made["secret"]
    assert re.fullmatch(r"mien_[\w-]{43}", own) and made["scopes"] == ["read", "admin"] and made["expires"] is None
    assert server.ask("GET", "/v1/sessions", key=own)[0] == 200
    assert server.ask("POST", "/v1/keys", {"scopes": ["privacy"]}, key=own)[0] == 403  # no more than the maker has
    for wrong in ({}, {"scopes": []}, {"scopes": ["root"]}, {"scopes": ["read"], "expires": 1}, {"scopes": ["read"], "label": "x" * 64},
                  {"scopes": ["read"], "expires": "soon"}, {"scopes": "read"}, {"scopes": ["read"], "label": 7, "expires": -1}):
        assert server.ask("POST", "/v1/keys", wrong)[0] == 422, wrong
    short = key(server, "read", expires=time.time() + 2)
    assert server.ask("GET", "/v1/sessions", key=short)[0] == 200
    listed = server.json("GET", "/v1/keys")["keys"]
    assert len(listed) == 2 and all("secret" not in k and "hash" not in k for k in listed)
    assert server.json("GET", "/v1/keys/" + made["key"])["label"] == "a"

    async def its_socket_closes():
        its = json.loads(server.ask("POST", "/v1/keys", {"scopes": ["stream"]})[2])
        other, its_id = its["secret"], its["key"]
        async with server.connect("/v1/stream", ["mien.v1"], key=other) as s:
            await s.send(json.dumps({"type": "ping"}))
            await s.recv()
            await asyncio.to_thread(server.json, "DELETE", "/v1/keys/" + its_id)
            try:
                for _ in range(3):
                    await asyncio.wait_for(s.recv(), 5)
                raise AssertionError("it stays open")
            except websockets.ConnectionClosed as closed:
                assert closed.code == 1008, closed
        assert server.ask("GET", "/v1/sessions", key=other)[0] == 401
    asyncio.run(its_socket_closes())
    time.sleep(2.1)
    assert server.ask("GET", "/v1/sessions", key=short)[0] == 401
    server.json("DELETE", "/v1/keys/" + made["key"])
    assert server.ask("GET", "/v1/sessions", key=own)[0] == 401
    for path in (made["key"], "a_0", "first", "%2e%2e"):
        assert server.ask("DELETE", "/v1/keys/" + path)[0] == 404, path
    lasting = key(server, "read")
    theirs = cli(server, "add", "--tenant", "acme", "--scopes", "read,stream", "--days", "1").split()
    assert server.ask("GET", "/v1/sessions", key=theirs[1])[0] == 401  # the service has not looked yet
    server.process.send_signal(1)
    for _ in range(50):
        if server.ask("GET", "/v1/sessions", key=theirs[1])[0] == 200:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("a reload does not bring the key")
    assert server.ask("GET", "/v1/keys/" + theirs[0])[0] == 404 and theirs[0] not in str(server.json("GET", "/v1/keys"))
    assert theirs[0] in cli(server, "list") and theirs[0] not in cli(server, "list", "--tenant", "default")
    server.stop()
    restart(server)
    assert server.ask("GET", "/v1/sessions", key=lasting)[0] == 200
    server.stop()
    for folder, _, files in os.walk(server.data):
        for file in files:
            raw = open(os.path.join(folder, file), "rb").read()
            assert not any(k.encode() in raw for k in (own, short, lasting, theirs[1])), file


def other_tenants(server):
    """Broken object-level authorisation: all that A has, by its right name, asked for by B with every scope."""
    theirs = cli(server, "add", "--tenant", "b", "--scopes", ",".join(SCOPES)).split()[1]
    server.stop()
    restart(server)
    consent = granted(server, "s-a", True)
    ended = converse(server, "s-a", consent)
    here = server.json("POST", "/v1/sessions", server.opening(), 201)
    open_ = here["session"]
    hook = json.loads(server.ask("POST", "/v1/webhooks", {"url": "https://example.com/hook"})[2])
    made = json.loads(server.ask("POST", "/v1/keys", {"scopes": ["read"]})[2])["key"]
    wanted = [("GET", f"/v1/sessions/{s}{more}") for s in (ended, open_) for more in ("", "/results", "/events", "/results?stream=1")]
    wanted += [("POST", f"/v1/sessions/{open_}/turns"), ("POST", f"/v1/sessions/{open_}/finish"), ("GET", "/v1/consents/" + consent),
               ("DELETE", "/v1/consents/" + consent), ("GET", "/v1/subjects/s-a"), ("DELETE", "/v1/subjects/s-a"),
               ("GET", "/v1/keys/" + made), ("DELETE", "/v1/keys/" + made)]
    for name in ("webhook", "id"):
        if name in hook:
            wanted += [("GET", "/v1/webhooks/" + hook[name]), ("DELETE", "/v1/webhooks/" + hook[name]), ("POST", f"/v1/webhooks/{hook[name]}/rotate")]
    assert len(wanted) > 16, hook
    for method, path in wanted:
        body = {"who": "customer", "text": "mine"} if method == "POST" else None
        status, _, text = server.ask(method, path, body, key=theirs)
        assert status == 404, (method, path, status, text)
    for path, name in (("/v1/sessions", "sessions"), ("/v1/kept", "sessions"), ("/v1/keys", "keys"), ("/v1/webhooks", "webhooks"), ("/v1/cases", "cases")):
        got = json.loads(server.ask("GET", path, key=theirs)[2])
        assert [one for one in got[name] if one.get("tenant") != "b"] == [], (path, got)
    for method, path in wanted:  # they are there, and nothing was done to them
        if method == "GET" and not path.endswith("stream=1") and not (ended in path and path.endswith("/events")):
            assert server.ask(method, path)[0] == 200, path

    async def rejoin():
        async with server.connect("/v1/stream", ["mien.v1"], key=theirs) as s:
            await s.send(json.dumps({"type": "rejoin", "session": open_, "token": "0" * 64, "after": 0}))
            try:
                assert "opened" not in str(await asyncio.wait_for(s.recv(), 5)).split('"type"')[1][:12]
            except websockets.ConnectionClosed:
                pass
    asyncio.run(rejoin())
    idempotent = {"Idempotency-Key": "same"}
    body = {"subject": "x", "purpose": "customer_service", "modalities": ["voice"]}
    mine, other = (json.loads(server.ask("POST", "/v1/consents", body, key=k, headers=idempotent)[2])["consent"] for k in ("", theirs))
    assert mine != other


def scopes(server):
    """Every route that openapi.yaml names, with a key of each single scope: 403 but for the one it names."""
    document = yaml.safe_load(open(os.path.join(ROOT, "docs/openapi.yaml")))["paths"]
    single = {scope: key(server, scope) for scope in SCOPES}
    tried = 0
    for path, item in document.items():
        for method, operation in item.items():
            if method == "parameters" or operation.get("security") == []:
                continue
            needed = re.search(r"Scope: (\w+)", operation.get("description", ""))
            assert needed and needed.group(1) in SCOPES, (method, path)
            for scope, one in single.items():
                at = path.replace("{id}", "x_1")
                status, _, text = server.ask(method.upper(), at, {} if method in ("post", "put") else None, key=one)
                missing = status == 403 and "has not the scope" in text.decode()
                assert missing == (scope != needed.group(1)) and status not in (401, 404 if missing else 0, 500), (method, path, scope, status, text)
                tried += 1
    assert tried > 100


def raw(server, bytes_: bytes, wait: float = 10) -> bytes:
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
        got = raw(server, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + bearer + b"\r\n", 3)
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
        got = raw(server, b"POST /v1/texts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n" + head + b"\r\n{}" , 3)
        assert got.count(b"HTTP/1.") <= 1 and b"openmetrics" not in got, got


def exhaustion(server):
    deep = [b"[" * 200000, b'{"texts":' * 5000, b'{"texts":["a"],"x":' + b"[" * 3000 + b"]" * 3000 + b"}", b'{"texts":[1e99999]}', b'{"n":' + b"9" * 500000 + b"}",
            b'{"texts":[' + b'"",' * 900000 + b'""]}', b'{"' + b"k" * (4 << 20) + b'":1}', b'{"texts":["\\ud800"]}', b'{"texts":["a\\u0000b"]}', b"\xff\xfe", b"", b"null", b'"x"']
    for body in deep:
        for path in ("/v1/texts", "/v1/sessions", "/v1/consents", "/v1/keys"):
            status, headers, text = server.ask("POST", path, body)
            assert status in (400, 413, 422, 403) and headers["content-type"] == "application/problem+json" and len(text) < 2000, (path, body[:40], status, text[:200])
    assert server.ask("GET", "/healthz")[0] == 200
    cookies = raw(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"Cookie: a=b\r\n" * 3000 + b"\r\n", 3)
    assert b" 200 " not in cookies[:20]


def methods(server):
    for method in ("TRACE", "CONNECT", "PROPFIND", "GETS", "OPTIONS", "PATCH", "PUT"):
        got = raw(server, f"{method} /v1/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode(), 3)
        assert not got or re.match(rb"HTTP/1\.[01] (40[0-9]|50[15])", got), (method, got[:100])
        assert server.key.encode() not in got
    consent = server.consent()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert server.ask("GET", "/v1/consents/" + consent, headers={name: "DELETE"})[0] == 200
    assert server.json("GET", "/v1/consents/" + consent)["modalities"] == ["voice"]
    for method, path in (("HEAD", "/v1/texts"), ("HEAD", "/v1/consents"), ("DELETE", "/v1/sessions"), ("POST", "/healthz"), ("GET", "/v1/texts")):
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
    for file, name in (("keys.c", "hash"), ("conversation.c", "token_hash"), ("audiohook_sign.c", "(?:own|given)")):
        source = open(os.path.join(ROOT, "src/serve", file)).read()
        assert re.search(r"sodium_memcmp|CRYPTO_memcmp|crypto_verify", source), file
        assert not re.search(r"(?<!sodium_)(?<!CRYPTO_)\b(?:memcmp|strn?cmp)\([^;]*" + name, source), file


run(keys, other_tenants, scopes, injection, exhaustion, methods, nothing_is_told)
slow_clients()
secrets_are_compared_in_constant_time()
