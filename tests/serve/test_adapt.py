"""Policies that choose and learn, over HTTP: their life, what is refused, tenants, a kill between two decisions, erasing."""
import json
import os
import signal
import subprocess

from server import PROGRAM, run

SITUATION = {"values": {"states.frustration": 0.7, "won": 0.2}, "last": "normal"}


def made(server, policy="game", **more):
    return "/v1/adapt/" + server.json("POST", "/v1/adapt", {"policy": policy, **more}, 201)["id"]


def its_life(server):
    at = made(server)
    assert server.json("GET", "/v1/adapt")["policies"] == [at.split("/")[-1]]
    for n in range(1, 31):
        choice = server.json("POST", at + "/decisions", SITUATION)
        assert choice["decision"] == n and choice["option"] in ("easy", "normal", "hard") and 0 < choice["probability"] <= 1
        assert sorted(choice["ranking"]) == ["easy", "hard", "normal"] and choice["ranking"][0] == choice["option"]
        told = server.json("POST", at + "/outcomes", {"decision": n, "reward": 0.9 if choice["option"] == "easy" else 0.2})
        assert told["learned"] and abs(sum(part["by"] for part in told["moved_by"]) - told["against_mean"]) < 1e-3
    why = server.json("GET", at + "/decisions/3")
    assert why["decision"] == 3 and why["because"] and why["reward"] is not None
    assert server.json("POST", at + "/freeze", {"frozen": True})["frozen"] is True
    assert server.json("POST", at + "/decisions", SITUATION)["why"] == "frozen"
    assert server.json("POST", at + "/rollback", {"to": 10})["learned"] == 9
    assert server.json("POST", at + "/freeze", {"frozen": False})["frozen"] is False
    assert server.json("POST", at + "/release", {})["guarded"] is False
    status, _, log = server.ask("GET", at + "/log")
    lines = [json.loads(line) for line in log.decode().splitlines()]
    assert status == 200 and [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    state = {"states": {"frustration": 0.9, "boredom": None}, "dims": {"valence": -0.4}}
    assert server.json("POST", at + "/decisions", {"state": state, "values": {"won": 0}})["decision"] == 32
    server.json("DELETE", at)
    assert server.ask("GET", at)[0] == 404


def refused(server):
    at = made(server)
    for body in ({}, {"policy": "chess"}, {"policy": {"name": "x"}}, {"policy": "game", "subject": ""}, {"policy": "game", "subject": 7}):
        status, _, text = server.ask("POST", "/v1/adapt", body)
        assert status in (400, 422) and json.loads(text)["detail"], (body, status, text)
    for body in ({"values": {"rage": 1}}, {"values": 1}, {"last": "hardly"}, {"mood": 1}):
        assert server.ask("POST", at + "/decisions", body)[0] in (400, 422), body
    server.json("POST", at + "/decisions", SITUATION)
    for body in ({"decision": 1}, {"decision": 1, "reward": 1.5}, {"decision": 1, "reward": -1}, {"decision": 1, "reward": "much"}, {"decision": 2, "reward": 1},
                 {"decision": 0, "reward": 1}, {"decision": -1, "reward": 1}, {"decision": 1.5, "reward": 1}):
        assert server.ask("POST", at + "/outcomes", body)[0] in (400, 422), body
    server.json("POST", at + "/outcomes", {"decision": 1, "reward": 1})
    status, _, text = server.ask("POST", at + "/outcomes", {"decision": 1, "reward": 0})
    assert status in (400, 422) and "already" in text.decode()
    assert server.ask("POST", at + "/rollback", {"to": 9})[0] in (400, 422)
    assert server.ask("GET", at + "/decisions/9")[0] in (400, 422)
    assert server.ask("POST", at + "/evaluate", {"policy": "game"})[0] in (400, 422)  # too few decisions
    for there in ("0" * 16, "x_1", "*", "0.-.jsonl"):
        assert server.ask("GET", "/v1/adapt/" + there)[0] == 404, there
    nothing = {"name": "n", "values": ["states.stress"], "options": [{"id": "a"}, {"id": "b"}], "baseline": "a",
               "bounds": {"forbid": [{"options": ["a", "b"], "when": {"states.stress": {"above": 0.5}}}]}}
    at = made(server, nothing)
    assert server.ask("POST", at + "/decisions", {"values": {"states.stress": 0.9}})[0] == 409


def of_one_tenant(server):
    at = made(server)
    made_key = subprocess.run([PROGRAM, "keys", "add", "--data", server.data, "--tenant", "b", "--scopes", "read,stream,admin"], stdout=subprocess.PIPE, text=True, check=True)
    theirs = made_key.stdout.split()[1]
    server.stop()
    server.start()
    assert server.ask("GET", at, key=theirs)[0] == 404 and server.ask("POST", at + "/decisions", SITUATION, key=theirs)[0] == 404
    assert json.loads(server.ask("GET", "/v1/adapt", key=theirs)[2])["policies"] == []
    assert server.ask("DELETE", at, key=theirs)[0] == 404
    assert server.json("POST", at + "/decisions", SITUATION)["decision"] == 1


def killed(server):
    """What was answered is there after kill -9; a line that was cut off is not, and nothing else is lost."""
    at = made(server)
    for n in range(1, 6):
        server.json("POST", at + "/decisions", SITUATION)
        server.json("POST", at + "/outcomes", {"decision": n, "reward": 0.5})
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    folder = os.path.join(server.data, "adapt")
    path = next(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names)
    assert os.stat(path).st_mode & 0o077 == 0
    with open(path, "a") as log:
        log.write('{"n":12,"event":"decis')
    server.start()
    now = server.json("GET", at)
    assert now["decisions"] == 5 and now["outcomes"] == 5
    assert server.json("POST", at + "/decisions", SITUATION)["decision"] == 6
    server.stop()
    text = open(path).read()
    changed = text.replace('"reward":0.5', '"reward":0.9', 1)
    assert changed != text
    open(path, "w").write(changed)
    server.start()
    status, _, told = server.ask("GET", at)
    assert status >= 500 and "line" in told.decode(), (status, told)


def erased_with_its_subject(server):
    mine, other = made(server, subject="p-1"), made(server, subject="p-2")
    server.json("POST", mine + "/decisions", SITUATION)
    server.json("DELETE", "/v1/subjects/p-1")
    assert server.ask("GET", mine)[0] == 404 and server.ask("GET", other)[0] == 200


if __name__ == "__main__":
    run(its_life, refused, of_one_tenant, killed, erased_with_its_subject)
