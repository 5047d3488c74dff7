"""What those see who answer for other people's data: the ledger with proofs, the audit, whether both hold, policies, models, the assessment."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.parse

from server import PROGRAM, Server, run


def key_of(server: Server, *scopes: str) -> str:
    return server.json("POST", "/v1/keys", {"scopes": list(scopes)}, 201)["secret"]


def pages(server: Server, path: str, name: str, limit: int) -> list:
    """All of a list, page by page."""
    all_of, before = [], ""
    for _ in range(1000):
        got = server.json("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}{before}")
        all_of += got[name]
        if "before" not in got:
            return all_of
        before = "&before=" + got["before"]
    raise AssertionError("the pages do not end")


def the_ledger_in_pages(server: Server):
    made = [server.consent(f"s-{i % 3}", modalities=("voice", "face")) for i in range(7)]
    server.json("DELETE", f"/v1/consents/{made[2]}?modality=voice")
    got = pages(server, "/v1/consents", "consents", 3)
    assert [one["consent"] for one in got] == made[::-1], got
    assert [one["consent"] for one in pages(server, "/v1/consents?subject=s-1", "consents", 1)] == [made[4], made[1]]
    assert [one["modalities"] for one in got if one["consent"] == made[2]] == [["face"]]
    proof = server.json("GET", got[4]["proof"])
    assert proof["sound"] is True and [one["record"]["type"] for one in proof["records"]] == ["grant", "withdraw"], proof
    assert all(len(one["hash"]) == 64 for one in proof["records"])
    for before in ("x", "-1", "1x", "99999999999999999999999"):
        assert server.ask("GET", f"/v1/consents?before={before}")[0] in (200, 422)
    assert server.ask("GET", "/v1/consents?before=x")[0] == 422
    assert server.ask("GET", "/v1/consents/c_none/proof")[0] == 404


def the_audit_by_what_and_whom(server: Server):
    consent = server.consent("anna")
    session = server.json("POST", "/v1/sessions", server.opening(consent, participants=[
        {"who": "customer", "role": "customer", "subject": "anna", "consent": consent}]), 201)["session"]
    server.json("GET", f"/v1/sessions/{session}/results")
    server.json("POST", f"/v1/sessions/{session}/finish", status=202)
    server.consent("ben")
    about = pages(server, "/v1/audit?subject=anna", "records", 2)
    whats = [one["what"] for one in about]
    assert {"grant", "opened", "results"} <= set(whats) and whats[-1] == "grant", whats
    assert [one for one in about if one.get("of") != consent and one.get("session") != session and one.get("of") != session and one["what"] != "audit"] == [], about
    assert not any("anna" in json.dumps(one) for one in pages(server, "/v1/audit", "records", 50)), "names are not in the audit"
    assert not [one for one in pages(server, "/v1/audit?subject=nobody", "records", 9) if one["what"] != "audit"]
    assert len(pages(server, "/v1/audit?what=grant", "records", 1)) == 2
    every = pages(server, "/v1/audit", "records", 3)
    assert [one["seq"] for one in every] == sorted((one["seq"] for one in every), reverse=True)
    assert len({one["seq"] for one in every}) == len(every) > 6
    day = every[0]["at"][:10]
    assert pages(server, f"/v1/audit?since={day}&until={day}&what=grant", "records", 5)
    assert not pages(server, "/v1/audit?since=2999", "records", 5) and not pages(server, "/v1/audit?until=2000", "records", 5)
    for before in ("7", "99999999999"):
        assert server.ask("GET", f"/v1/audit?before={before}")[0] == 422, before
    hostile = urllib.parse.quote("' OR 1=1 --<script>")
    assert not [one for one in pages(server, f"/v1/audit?key={hostile}", "records", 5)]


def long_audits_are_looked_through_backwards(server: Server):
    for i in range(400):
        server.consent(f"many-{i}")
    assert len(pages(server, "/v1/consents", "consents", 97)) == 400
    assert len(pages(server, "/v1/audit?what=grant", "records", 61)) == 400


def broken_chains_are_found(server: Server):
    consent = server.consent()
    sound = server.json("POST", "/v1/audit/verify")
    assert sound["audit"]["sound"] and sound["consents"] == {"sound": True, "records": 1}, sound
    path = os.path.join(server.data, "consents")
    whole = open(path, "rb").read()
    for changed in (whole.replace(b'"read":', b'"raed":', 1), whole[:-10], b""):
        open(path, "wb").write(changed)
        found = server.json("POST", "/v1/audit/verify")
        assert not found["consents"]["sound"] and "record 1" in found["consents"]["trouble"] and found["audit"]["sound"], (changed[:40], found)
        assert server.json("GET", f"/v1/consents/{consent}/proof")["sound"] is False
    open(path, "wb").write(whole)
    assert server.json("POST", "/v1/audit/verify")["consents"]["sound"]


def policies_models_assessment(server: Server):
    server.consent("p", "customer_service")
    packs = {one["pack"]: one for one in server.json("GET", "/v1/policies")["policies"]}
    eu = packs["eu"]
    rule = {one["name"]: one for one in eu["purposes"]}
    assert "strict" in packs and "de" in eu["jurisdictions"] and eu["notice"]
    assert rule["customer_service"]["retention"] == 30 * 86400 and rule["customer_service"]["consent"] == ["voice", "face", "body"]
    assert "Article 5(1)(f)" in rule["workplace_monitoring"]["refuse"] and rule["customer_service"]["refuse"] is None
    assert {one["name"]: one["refuse"] for one in eu["roles"]}["agent"]
    models = server.json("GET", "/v1/models")["models"]
    kinds = [one["kind"] for one in models]
    assert "voice" in kinds and any("text" in kind for kind in kinds), kinds
    for one in models:
        assert len(one["sha256"]) == 64 and one["provenance"]["licence"] and one["scores"], one
    told = server.json("GET", "/v1/assessment")
    assert told["purposes"] == {"customer_service": {"granted": 1, "standing": 1, "kept": 0}} and told["tenant"] == "default"
    assert told["models"] == models and told["retention"]["kept"] and told["safeguards"]["transport"] and told["recipients"] == []
    assert told["made"] > 1e9 and {one["pack"] for one in told["policies"]} == set(packs)


def who_may(server: Server):
    """Each of these looks is in the audit, and a key without the scope gets 403."""
    consent = server.consent()
    ways = [("GET", "/v1/consents"), ("GET", f"/v1/consents/{consent}/proof"), ("GET", "/v1/audit"), ("POST", "/v1/audit/verify"), ("GET", "/v1/policies"), ("GET", "/v1/assessment")]
    none = key_of(server, "read", "stream", "consent", "review", "admin")
    right = key_of(server, "privacy")
    for method, path in ways:
        assert server.ask(method, path, key=none)[0] == 403, path
        assert server.ask(method, path, key=right)[0] == 200, path
    whats = {one["what"] for one in pages(server, "/v1/audit", "records", 100)}
    assert {"consents", "proof", "audit", "verify", "assessment"} <= whats, whats


def tenants_apart(server: Server):
    """The other's consents, audit and counts are not there."""
    made = subprocess.run([PROGRAM, "keys", "add", "--tenant", "b", "--scopes", "read,stream,consent,review,privacy,admin", "--data", server.data],
                          capture_output=True, text=True, check=True).stdout
    theirs = made.split()[1]
    server.process.send_signal(signal.SIGHUP)
    for _ in range(50):
        if server.ask("GET", "/v1/policies", key=theirs)[0] == 200:
            break
        time.sleep(0.1)
    consent = server.consent("anna")
    for path, name in (("/v1/consents", "consents"), ("/v1/audit?what=grant", "records"), ("/v1/audit?subject=anna&what=grant", "records")):
        assert json.loads(server.ask("GET", path, key=theirs)[2])[name] == [], path
    assert server.ask("GET", f"/v1/consents/{consent}/proof", key=theirs)[0] == 404
    assert json.loads(server.ask("POST", "/v1/audit/verify", key=theirs)[2])["consents"]["records"] == 0
    assert json.loads(server.ask("GET", "/v1/assessment", key=theirs)[2])["purposes"] == {}


run(the_ledger_in_pages, the_audit_by_what_and_whom, long_audits_are_looked_through_backwards, broken_chains_are_found, policies_models_assessment, who_may, tenants_apart)
