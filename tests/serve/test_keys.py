"""Keys, and what they keep apart: another tenant's objects asked for by name, every route with every single scope."""
import asyncio
import http.client
import json
import os
import re
import subprocess
import time

import websockets
import yaml

from kept import converse, granted, restart
from server import PROGRAM, ROOT, run

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


def in_the_audit(server):
    """What the command does is in the service's chain: beside one that runs within a second, without one at once; all of it once,
    also where many commands run beside each other. What is no record is told of; the chain stays whole."""
    waiting = os.path.join(server.data, "audit.waiting")

    def operator() -> list:
        records = (json.loads(line)["record"] for line in open(os.path.join(server.data, "audit")))
        return [(r["what"], r["of"]) for r in records if r.get("key") == "operator"]

    def taken() -> None:
        for _ in range(60):
            if not os.path.getsize(waiting):
                return
            time.sleep(0.1)
        raise AssertionError("the service does not take what waits")

    def verified() -> str:
        return subprocess.run([PROGRAM, "audit", "verify", "--data", server.data], stdout=subprocess.PIPE, check=True, text=True).stdout

    first = cli(server, "add", "--scopes", "read").split()[0]
    taken()
    assert operator() == [("key", first)] and "waiting" not in verified(), operator()
    shown = server.json("GET", "/v1/audit?key=operator")["records"]
    assert [(r["what"], r["of"]) for r in shown] == [("key", first)] and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", shown[0]["done"]), shown
    many = [subprocess.Popen([PROGRAM, "keys", "add", "--tenant", f"t{i}", "--scopes", "read", "--data", server.data], stdout=subprocess.PIPE, text=True)
            for i in range(8)]
    made = {one.communicate()[0].split()[0] for one in many}
    cli(server, "revoke", first)
    taken()
    assert {json.loads(line)["key"] for line in cli(server, "list").splitlines()} == made
    wal = os.stat(os.path.join(server.data, "store-wal")).st_ino  # what ends beside the service leaves it its file
    key(server, "read")
    assert os.stat(os.path.join(server.data, "store-wal")).st_ino == wal and len(cli(server, "list").splitlines()) == 9
    assert len(made) == 8 and sorted(operator()) == sorted([("key", one) for one in {first, *made}] + [("revoke", first)])
    with open(waiting, "a") as file:
        file.write('{"what":"key"}\n' + "x" * 70000 + "\n")
    taken()
    assert operator()[10:] == [("refused", "a line of audit.waiting that is no record")] * 2
    assert subprocess.run([PROGRAM, "keys", "revoke", first, "--data", server.data], stderr=subprocess.DEVNULL).returncode == 1
    server.stop()
    theirs = sorted(made)[0]
    with open(waiting, "w") as file:  # left for a service that stopped
        file.write('{"what":"key","tenant":"acme","key":"operator","of":"a_left","done":"2026-01-31T12:00:00Z"}\n')
    assert "1 records of the operator" in verified()
    cli(server, "revoke", theirs)
    assert operator()[12:] == [("key", "a_left"), ("revoke", theirs)] and not os.path.getsize(waiting) and "waiting" not in verified()
    os.chmod(os.path.join(server.data, "install.key"), 0o644)  # not to be put on record: not done
    told = subprocess.run([PROGRAM, "keys", "add", "--scopes", "read", "--data", server.data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 1 and "install.key" in told.stderr and not told.stdout, told
    assert len(cli(server, "list").splitlines()) == 8
    os.chmod(os.path.join(server.data, "install.key"), 0o600)


def refusal(server, method: str, path: str, one: str):
    """Status of an answer, and its text where it is an error: others may be streams."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, b"{}" if method in ("POST", "PUT") else None, {"Authorization": "Bearer " + one})
    answer = connection.getresponse()
    text = answer.read() if answer.status >= 400 else b""
    connection.close()
    return answer.status, text


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
            assert needed and needed.group(1) in (*SCOPES, "user"), (method, path)
            for scope, one in single.items():
                at = path.replace("{id}", "x_1")
                status, text = refusal(server, method.upper(), at, one)
                missing = status == 403 and "has not the scope" in text.decode()
                assert missing == (scope != needed.group(1)) and status not in (401, 404 if missing else 0, 500), (method, path, scope, status, text)
                tried += 1
    assert tried > 100


run(keys, other_tenants, in_the_audit, scopes)
