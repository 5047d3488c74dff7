"""Feedback as collections: sent, read, looked at as figures, and taken away; and what must not be taken or shown."""
import datetime
import json
import subprocess
import time
import urllib.parse

from server import PROGRAM, run

GOOD = ["I love the screen, so bright", "Great sound, thank you so much", "Very happy with the camera"]
BAD = ["The battery life is terrible, I am so angry", "Awful, the app crashes all the time", "Delivery was late again, useless"]


def feedback(rows=240, secret=3):
    """Forty days; north is content, south is not; on the thirtieth day a planted spike; and a group of three."""
    lines = ["date,review,region,product,lang"]
    for i in range(rows):
        day = datetime.date(2026, 3, 1) + datetime.timedelta(i % 40)
        north = i // 40 % 2 == 0
        lines.append(f'{day},"{(GOOD if north else BAD)[i % 3]}",{"north" if north else "south"},{"A" if i % 5 else "B"},eng')
    lines += ['2026-03-30,"The update broke the login and I am furious, write to me@example.org",south,A,eng'] * 30
    lines += ['2026-03-05,"my own secret opinion is that it is fine",secret,A,eng'] * secret
    lines.append('2026-03-05,"a "broken quote",north,A,eng')
    return "\n".join(lines).encode()


def address(**more):
    what = {"name": "spring", "jurisdiction": "us", "notice_given": "true", "columns": "text=review,time=date,segment=region", **more}
    return "/v1/collections?" + urllib.parse.urlencode({k: v for k, v in what.items() if v is not None})


def send(server, body, status=202, key="", kind="text/csv", **more):
    got, headers, text = server.ask("POST", address(**more), body, key=key, headers={"Content-Type": kind})
    assert got == status, (got, text)
    return json.loads(text)


def wait(server, collection):
    for _ in range(300):
        c = server.json("GET", "/v1/collections/" + collection)
        if c["state"] != "reading":
            return c
        time.sleep(0.1)
    raise AssertionError(c)


def figures(server, collection, **ask):
    return server.json("GET", f"/v1/collections/{collection}/figures?" + urllib.parse.urlencode(ask))


def the_way_of_a_collection(server):
    made = send(server, feedback())["collection"]
    c = wait(server, made)
    assert c["state"] == "ready" and c["texts"] == 273 and c["lost"] == 1 and c["notes"][0]["line"] == 275, c
    f = figures(server, made, by="segment")
    assert f["overall"]["texts"] == 273 and f["bin"] == "day" and len(f["time"]) == 40
    assert any(s["from"] == "2026-03-30T00:00:00Z" and s["what"] == "volume" and "update" in [w["word"] for w in s["words"]] for s in f["spikes"]), f["spikes"]
    shown = {g["value"]: g for g in f["groups"] if not g.get("hidden")}
    hidden = {g["value"] for g in f["groups"] if g.get("hidden")}
    assert "secret" in hidden and len(hidden) == 2 and "secret opinion" not in json.dumps(f) and "me@example.org" not in json.dumps(f), f["groups"]
    assert figures(server, made, segment="secret")["hidden"] and shown
    north, south = figures(server, made, segment="north")["overall"], figures(server, made, segment="south")["overall"]
    assert north["valence"]["low"] > south["valence"]["high"], (north, south)
    assert any("battery" in a["aspect"] for a in f["aspects"])
    assert figures(server, made, product="A")["overall"]["texts"] > 200 and figures(server, made, product="")["hidden"]
    part = figures(server, made, **{"from": "2026-03-10", "to": "2026-03-20", "bin": "week", "product": "A"})
    assert part["filter"]["product"] == "A" and part["bin"] == "week" and 0 < part["overall"]["texts"] < 80
    status, headers, text = server.ask("GET", f"/v1/collections/{made}/figures?format=csv&by=product")
    assert status == 200 and headers["content-type"].startswith("text/csv") and text.startswith(b"kind,name")
    status, headers, text = server.ask("GET", f"/v1/collections/{made}/figures?format=html")
    assert status == 200 and b"<script" not in text and "default-src 'none'" in headers["content-security-policy"]
    assert [x["collection"] for x in server.json("GET", "/v1/collections")["collections"]] == [made]
    server.stop()
    server.start()
    assert figures(server, made, by="segment") == f
    assert b"furious" not in open(server.data + "/store", "rb").read()
    assert server.ask("DELETE", "/v1/collections/" + made)[0] == 200
    for method, path in (("GET", ""), ("GET", "/figures"), ("DELETE", "")):
        assert server.ask(method, f"/v1/collections/{made}{path}")[0] == 404
    audit = open(server.data + "/audit").read()
    assert all(f'"what":"{what}"' in audit for what in ("collection", "figures", "collection dropped", "collections"))


def consent_is_asked_for(server):
    """In the EU the consent of those who wrote; once it is withdrawn, nothing is left."""
    assert "consent" in json.dumps(send(server, feedback(), 403, jurisdiction="eu"))
    send(server, feedback(), 403, jurisdiction="br")
    send(server, feedback(), 403, purpose="performance_assessment")
    send(server, feedback(), 403, notice_given=None, jurisdiction="eu")
    grant = {"subject": "survey-1", "purpose": "market_research", "modalities": ["text"]}
    unkept = server.json("POST", "/v1/consents", grant, 201)["consent"]
    assert "keep" in json.dumps(send(server, feedback(), 403, jurisdiction="eu", subject="survey-1", consent=unkept))
    consent = server.json("POST", "/v1/consents", {**grant, "keep": True}, 201)["consent"]
    made = send(server, feedback(), jurisdiction="eu", subject="survey-1", consent=consent)["collection"]
    assert wait(server, made)["state"] == "ready" and figures(server, made)["overall"]["texts"] == 273
    assert server.ask("DELETE", "/v1/consents/" + consent)[0] == 200
    assert server.ask("GET", f"/v1/collections/{made}/figures")[0] in (403, 404)


def wrong_ones_are_refused(server):
    for change, part in (({"columns": "x"}, "columns"), ({"jurisdiction": None}, "jurisdiction"), ({"name": "x" * 200}, "name"), ({"subject": "x" * 64}, "subject")):
        assert part in json.dumps(send(server, feedback(), 422, **change))
    for body, columns, why in ((b"a,b\n1,2\n", None, "'a', 'b'"), (b"review\n", "text=review", "no text"), (b"review\nx\n", "text=other", "other"), (b"\xff\xfex", None, "UTF-16"), (b"\x00" * 5000, None, "")):
        c = wait(server, send(server, body, columns=columns)["collection"])
        assert c["state"] == "failed" and why in c["error"], c
        assert server.ask("GET", f"/v1/collections/{c['collection']}/figures")[0] == 409
    made = wait(server, send(server, json.dumps({"text": "<b>hi</b>", "time": 1}).encode() * 1, columns=None, kind="application/x-ndjson")["collection"])["collection"]
    assert figures(server, made)["hidden"] and figures(server, made)["overall"] == {}
    for ask in ("by=x", "from=x", "bin=x", "floor=2", "floor=x", "emotion=x", "format=x"):
        assert server.ask("GET", f"/v1/collections/{made}/figures?{ask}")[0] == 422, ask
    assert server.ask("POST", address(), {"text": "x"}, headers={"Content-Type": "application/json"})[0] == 422


def columns_are_as_they_are_told(server):
    """A comma in a name, a column that is not to be used, texts without a value, and a filter that leaves out a few."""
    rows = ["date,\"review, in short\",region,item"] + [f"2026-03-01,I love it,{'north' if i % 2 else ''},A" for i in range(40)] + ["2026-03-02,I hate it,east,A"] * 3
    made = send(server, "\n".join(rows).encode(), columns="text=review\\, in short,segment=region,product=")["collection"]
    c = wait(server, made)
    assert c["state"] == "ready" and c["texts"] == 43, c
    f = figures(server, made, by="segment")
    assert f["values"]["product"] == [] and f["values"]["segment"] == ["north"], f["values"]
    assert figures(server, made, segment="")["overall"]["texts"] == 20 and figures(server, made, segment="north")["overall"]["texts"] == 20
    assert figures(server, made, **{"to": "2026-03-02"})["hidden"] and not figures(server, made)["hidden"]
    send(server, feedback(), 422, columns="text=")


def one_that_is_taken_away_is_read_no_further(server):
    large = send(server, b"review\n" + b"It is lovely and awful\n" * 400000, columns=None)["collection"]
    assert [x["notes"] for x in server.json("GET", "/v1/collections")["collections"]] == [[]]
    for _ in range(200):
        if server.json("GET", "/v1/collections/" + large)["progress"] > 0:
            break
        time.sleep(0.05)
    assert server.ask("DELETE", "/v1/collections/" + large)[0] == 200
    small = send(server, feedback())["collection"]
    before = time.monotonic()
    assert wait(server, small)["state"] == "ready" and server.ask("GET", "/v1/collections/" + large)[0] == 404
    assert time.monotonic() - before < 20


def tenants_are_apart(server):
    made = wait(server, send(server, feedback())["collection"])["collection"]
    told = subprocess.run([PROGRAM, "keys", "add", "--tenant", "acme", "--scopes", "read,stream", "--data", server.data], stdout=subprocess.PIPE, text=True, check=True)
    other = next(word for word in told.stdout.split() if word.startswith("mien_"))
    reader = server.json("POST", "/v1/keys", {"label": "r", "scopes": ["read"]}, 201)["secret"]
    server.process.send_signal(1)
    time.sleep(0.5)
    assert json.loads(server.ask("GET", "/v1/collections", key=other)[2])["collections"] == []
    for method, path in (("GET", ""), ("GET", "/figures"), ("DELETE", "")):
        assert server.ask(method, f"/v1/collections/{made}{path}", key=other)[0] == 404
    assert server.ask("GET", f"/v1/collections/{made}/figures", key=reader)[0] == 200
    assert server.ask("DELETE", f"/v1/collections/{made}", key=reader)[0] == 403
    send(server, feedback(), 403, key=reader)
    assert server.ask("GET", "/v1/collections", key=None)[0] == 401


run(the_way_of_a_collection, consent_is_asked_for, wrong_ones_are_refused, columns_are_as_they_are_told, one_that_is_taken_away_is_read_no_further, tenants_are_apart)
