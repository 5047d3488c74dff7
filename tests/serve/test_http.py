"""HTTP: who may ask what, what is answered, and what a client may do wrong."""
import http.client
import json
import os
import re
import socket
import subprocess
import time

import yaml

from server import PROGRAM, ROOT, run


def health_and_keys(server):
    status, headers, text = server.ask("GET", "/healthz", key=None)
    assert status == 200 and json.loads(text)["status"] == "alive", text
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    assert server.ask("GET", "/readyz", key=None)[0] == 200
    for method, path in (("GET", "/metrics"), ("POST", "/v1/texts"), ("GET", "/v1/sessions"), ("POST", "/v1/consents"),
                         ("DELETE", "/v1/consents/c_1"), ("GET", "/v1/sessions/s_1/results")):
        for key in (None, "mien_wrong", server.key[:-1], server.key + "x"):
            status, headers, text = server.ask(method, path, {} if method == "POST" else None, key=key)
            assert status == 401 and headers["www-authenticate"] == "Bearer", (path, key, status)
            assert headers["content-type"] == "application/problem+json" and json.loads(text)["status"] == 401
    assert os.stat(os.path.join(server.data, "first.key")).st_mode & 0o77 == 0
    for file in os.listdir(server.data):
        if file != "first.key":
            assert server.key.encode() not in open(os.path.join(server.data, file), "rb").read(), file


def a_chat_with_pauses(server):
    """By requests alone: who says nothing for long has left; who pauses is waited for; what has ended takes nothing."""
    server.stop()
    server.start({"MIEN_TIMES_LINGER": "0.5 s", "MIEN_TIMES_PAUSE": "5 s"})
    consent = server.consent("s-1", modalities=("text",))
    silent, said = (server.json("POST", "/v1/sessions", server.opening(consent), 201)["session"] for _ in range(2))
    turn = {"who": "customer", "text": "One moment, please."}
    for _ in range(3):
        server.json("POST", f"/v1/sessions/{said}/turns", turn, 202)
        time.sleep(2)
    assert server.ask("GET", f"/v1/sessions/{silent}/results")[0] == 404
    server.json("POST", f"/v1/sessions/{said}/finish", status=202)
    left = server.json("POST", "/v1/sessions", server.opening(consent), 201)["session"]
    server.json("POST", f"/v1/sessions/{left}/turns", turn, 202)
    end = time.time() + 60
    while server.ask("GET", f"/v1/sessions/{left}/results")[0] == 200 and time.time() < end:
        time.sleep(0.5)
    assert time.time() < end, "it is waited for for ever"
    server.stop()
    server.start()


def no_such_place(server):
    assert server.ask("GET", "/v1/nothing")[0] == 404
    assert server.ask("DELETE", "/v1/texts")[0] == 405
    assert server.ask("GET", "/v1/sessions/s_none")[0] == 404
    assert server.ask("GET", "/v1/sessions/%2e%2e%2f%00")[0] in (400, 403, 404)
    assert server.ask("GET", "/../../etc/passwd")[0] in (400, 403, 404)


def texts_as_the_program_reads_them(server):
    texts = ["Thank you so much!", "This is useless.", "", "Ich bin sehr enttäuscht 😢"]
    got = server.json("POST", "/v1/texts", {"texts": texts})["readings"]
    own = subprocess.run([PROGRAM, "text", "--no-cues", "--field", "t", "-"], input="\n".join(json.dumps({"t": t}) for t in texts),
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.splitlines()
    assert len(got) == len(texts)
    for one, line in zip(got, own):
        other = json.loads(line)
        assert one["core"] == other["core"], (one, other)
    assert all(not r["cues"] for r in got)
    assert server.json("POST", "/v1/texts", {"texts": texts[1:2], "cues": True})["readings"][0]["cues"]
    many = server.json("POST", "/v1/texts", {"texts": texts * 200})["readings"]
    assert len(many) == 800 and many[5]["core"] == got[1]["core"]


def wrong_bodies(server):
    def problem(body, status, part):
        got, headers, text = server.ask("POST", "/v1/texts", body)
        assert got == status and part in text.decode(), (body[:50], got, text)
        assert headers["content-type"] == "application/problem+json"
    problem(b"{", 400, "line 1")
    problem(b"[]", 400, "object")
    problem(b'{"texts":1}', 422, "texts")
    problem(b'{"texts":[1]}', 422, "string")
    problem(b'{"texts":[]}', 422, "1 to 1000")
    problem(b'{"texts":["a"],"texts":["b"]}', 400, "duplicate")
    problem(b"[" * 100000, 400, "")
    problem(json.dumps({"texts": ["x" * 70000]}).encode(), 422, "65536")
    problem(b'{"texts":["\xff"]}', 400, "decode byte")
    status = server.ask("POST", "/v1/texts", b" " * (9 << 20))[0] if False else announced(server, 9 << 20)
    assert status == 413, status


def announced(server, length):
    """Status for a body that is only announced."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/v1/texts")
    connection.putheader("Authorization", "Bearer " + server.key)
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def refused_by_policy(server):
    opening = server.opening()
    assert server.ask("POST", "/v1/sessions", opening)[0] == 201
    for change, part in (({"purpose": "recruitment"}, "5(1)(f)"), ({"context": "workplace"}, "5(1)(f)"),
                         ({"notice_given": False}, "50(3)"), ({"purpose": "mine"}, "does not name"),
                         ({"jurisdiction": "br"}, "consent"), ({"participants": [{"who": "a", "role": "agent"}]}, "5(1)(f)")):
        status, _, text = server.ask("POST", "/v1/sessions", {**opening, **change})
        assert status == 403 and part in text.decode(), (change, status, text)
    for change, part in (({"purpse": "x"}, "purpse"), ({"participants": []}, "participants"), ({"states": 1}, "states"),
                         ({"participants": [{"who": "a", "role": "customer"}] * 2}, "same name"),
                         ({"audio": [{"coding": "mp3", "rate": 8000, "channels": ["customer"]}]}, "coding"),
                         ({"audio": [{"coding": "mulaw", "rate": 8000, "channels": ["nobody"]}]}, "nobody")):
        status, _, text = server.ask("POST", "/v1/sessions", {**opening, **change})
        assert status in (415, 422) and part in text.decode(), (change, status, text)
    status, _, _ = server.ask("GET", "/v1/audit")  # what was asked before it is written by then
    audit = open(os.path.join(server.data, "audit")).read()
    assert status == 200 and audit.count('"what":"refused"') == 6 and audit.count('"what":"opened"') == 1, audit


def turns_and_results(server):
    opened = server.json("POST", "/v1/sessions", server.opening(), 201)
    assert opened["notice"] and opened["participants"][1]["read"] == []
    here = "/v1/sessions/" + opened["session"]
    server.json("POST", here + "/turns", {"who": "customer", "text": "This is the third time, I am furious!", "t0": 1, "t1": 4}, 202)
    assert server.ask("POST", here + "/turns", {"who": "agent", "text": "I am sorry."})[0] == 403
    assert server.ask("POST", here + "/turns", {"who": "nobody", "text": "I am sorry."})[0] == 422
    server.json("POST", here + "/finish", status=202)
    status, _, text = server.ask("POST", here + "/turns", {"who": "customer", "text": "And yet"})
    assert status == 409 and "has ended" in text.decode() and json.loads(text)["error"] == "EEND", text
    results = wait_for(server, here)
    kinds = [r["type"] for r in results]
    assert kinds[:2] == ["turn", "reading"] and "state" in kinds and kinds[-1] == "finished", kinds
    assert [r["seq"] for r in results] == list(range(1, len(results) + 1))
    assert results[0]["turn"]["who"] == "customer" and results[0]["turn"]["t0"] == 1 and results[1]["reading"]["core"]["anger"] > 0.5
    stream = server.ask("GET", here + "/results?stream=1")[2].decode()
    assert stream.count("data: ") == len(results) and "event: finished" in stream, stream[:200]
    assert server.ask("GET", here + "/results", headers={"Accept": "text/event-stream"})[2].decode() == stream
    later = server.ask("GET", here + "/results?stream=1", headers={"Last-Event-ID": "1"})[2].decode()
    assert later.count("data: ") == len(results) - 1
    assert server.json("GET", "/v1/sessions")["sessions"][0]["finished"]
    server.stop()
    for folder, _, files in os.walk(server.data):
        for file in files:
            assert b"third time" not in open(os.path.join(folder, file), "rb").read(), file


def wait_for(server, here):
    for _ in range(100):
        results = server.json("GET", here + "/results")["results"]
        if results and results[-1]["type"] == "finished":
            return results
        time.sleep(0.05)
    raise AssertionError("it did not finish")


def rude_clients(server):
    for bytes_ in (b"\x00\xff\x16\x03\x01 garbage\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/texts HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                   b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 50000 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=15) as s:
            s.sendall(bytes_)
            try:
                s.recv(4096)
            except OSError:
                pass
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
    for s in slow:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHo")
    assert server.ask("GET", "/healthz")[0] == 200
    for s in slow:
        s.settimeout(20)
        assert s.recv(4096) == b"" or True
        s.close()
    assert server.ask("GET", "/healthz")[0] == 200


def the_audit_holds(server):
    """`mien audit verify` after a day's work; and after somebody has changed a record."""
    consent = server.consent()
    server.json("POST", "/v1/sessions", server.opening(consent), 201)
    server.json("DELETE", "/v1/consents/" + consent)
    server.stop()
    verify = [PROGRAM, "audit", "verify", "--data", server.data]
    told = subprocess.run(verify, stdout=subprocess.PIPE, text=True)
    assert told.returncode == 0 and "audit: 4 records" in told.stdout and "consents: 2 records" in told.stdout, told
    path = os.path.join(server.data, "consents")
    text = open(path).read()
    open(path, "w").write(text.replace('"read":10', '"read":15', 1))
    told = subprocess.run(verify, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 1 and "record 1: was changed" in told.stderr, told


def in_chunks(server):
    """Bodies whose length is not said before (RFC 9112, 7.1), however they are cut; and what is no such body."""
    head = f"POST /v1/texts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nTransfer-Encoding: chunked\r\n".encode()
    body = json.dumps({"texts": ["Thank you so much!"]}).encode()
    whole = b"%x;ext=1\r\n%s\r\n%X\r\n%s\r\n0\r\nField: x\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
    for pieces in ([whole], [whole[i:i + 1] for i in range(len(whole))], [whole[:9], whole[9:]]):
        answer = exchange(server, head + b"\r\n", *pieces)
        assert answer.startswith(b"HTTP/1.1 200") and b'"readings"' in answer and b"connection: close" in answer.lower(), answer
    answer = exchange(server, head + b"\r\n" + whole + b"POST /v1/texts HTTP/1.1\r\n\r\n")  # what follows is no request
    assert answer.count(b"HTTP/1.1") == 1, answer
    for wrong in (b"zz\r\n", b"\r\n", b"5\r\nhelloworld", b"-1\r\n", b"fffffffffffffffffff\r\n", b"1\nx\n", b"0" * 9000):
        assert exchange(server, head + b"\r\n", wrong).startswith(b"HTTP/1.1 400"), wrong
    assert exchange(server, head + b"Content-Length: 5\r\n\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert exchange(server, head.replace(b"chunked", b"gzip") + b"\r\n0\r\n\r\n").startswith(b"HTTP/1.1 501")
    size = b"10000\r\n" + b" " * 65536 + b"\r\n"
    assert exchange(server, head + b"\r\n", *[size] * 130).startswith(b"HTTP/1.1 413")


def exchange(server, *pieces) -> bytes:
    """What comes back until the connection is closed."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as s:
        try:
            for piece in pieces:
                s.sendall(piece)
            while more := s.recv(65536):
                answer += more
        except ConnectionError:
            pass
    return answer


def figures(server):
    server.json("POST", "/v1/texts", {"texts": ["a"]})
    status, headers, text = server.ask("GET", "/metrics")
    assert headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    lines = text.decode().splitlines()
    assert lines[-1] == "# EOF" and any(line.startswith('mien_requests_total{status="2xx"} ') for line in lines)


def as_documented(server):
    """docs/openapi.yaml and the routes name the same; what it says is open to anybody is, and nothing else."""
    document = yaml.safe_load(open(os.path.join(ROOT, "docs/openapi.yaml")))
    named = {(method.upper(), path) for path, item in document["paths"].items() for method in item if method != "parameters"}
    source = open(os.path.join(ROOT, "src/serve/http/route.c")).read()
    assert named == {(m, p) for m, p in re.findall(r'{SERVE_(\w+), "([^"]+)"', source)}, named
    for method, path in named:
        open_to_all = document["paths"][path][method.lower()].get("security") == []
        status = server.ask(method, path.replace("{id}", "x_1"), {} if method == "POST" else None, key=None)[0]
        if path == "/assets/{name}":
            continue  # its names change with every build: tests/web asks for them
        assert (status == 401) != open_to_all and status not in (404, 405), (method, path, status)
    messages = yaml.safe_load(open(os.path.join(ROOT, "docs/asyncapi.yaml")))["components"]["messages"]
    door = open(os.path.join(ROOT, "src/serve/doors/mien.c")).read()
    for type_ in ("open", "rejoin", "text", "ack", "finish", "ping"):
        assert f'"{type_}"' in door and type_ in messages


run(as_documented, health_and_keys, no_such_place, texts_as_the_program_reads_them, wrong_bodies, refused_by_policy, turns_and_results, a_chat_with_pauses, rude_clients,
    the_audit_holds, in_chunks, figures)
