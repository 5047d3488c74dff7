"""People who log in: passwords, the second factor, cookies and CSRF, roles, back-off, tenants; and what is on the disk."""
import asyncio
import base64
import hashlib
import hmac
import json
import os
import struct
import time

import websockets

from server import run

PASSWORD = "a long horse battery"


def user(server, name: str, role: str, password: str = PASSWORD) -> str:
    status, _, text = server.ask("POST", "/v1/users", {"name": name, "password": password, "role": role})
    assert status == 201, text
    return json.loads(text)["user"]


class Person:
    """Somebody logged in, as a browser would be."""

    def __init__(self, server, name: str, password: str = PASSWORD, **more):
        self.server = server
        self.status, headers, text = server.ask("POST", "/v1/login", {"name": name, "password": password, **more}, None)
        self.told = json.loads(text)
        self.set = headers["set-cookie"] or ""
        self.cookie = self.set.split(";")[0]

    def ask(self, method: str, path: str, body=None, csrf: str | None = ""):
        headers = {"Cookie": "theme=dark; " + self.cookie}
        if csrf is not None:
            headers["X-CSRF-Token"] = csrf or self.told["csrf"]
        return self.server.ask(method, path, body, None, headers)


def code(secret: str, step: int = 0) -> str:
    """RFC 6238, written anew from its text."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


def logging_in(server):
    id_ = user(server, "zebra-kim", "administrator")
    kim = Person(server, "zebra-kim")
    assert kim.status == 200 and kim.told["role"] == "administrator" and "privacy" not in kim.told["scopes"]
    assert "HttpOnly" in kim.set and "SameSite=Strict" in kim.set and "Secure" not in kim.set and len(kim.cookie) == 43 + len("mien_session=")
    me = json.loads(kim.ask("GET", "/v1/me")[2])
    assert me["name"] == "zebra-kim" and me["user"] == id_ and not me["second_factor"] and "password" not in me
    assert server.ask("GET", "/v1/me")[0] == 403 and server.ask("GET", "/v1/me", key=None)[0] == 401  # a key is nobody
    # What changes something takes the token.
    for token in (None, "x", kim.cookie.split("=")[1]):
        assert kim.ask("POST", "/v1/keys", {"scopes": ["read"]}, csrf=token)[0] == 403, token
    assert kim.ask("POST", "/v1/keys", {"scopes": ["read"]})[0] == 201
    assert kim.ask("POST", "/v1/keys", {"scopes": ["privacy"]})[0] == 403
    assert kim.ask("GET", "/v1/users", csrf=None)[0] == 200
    for wrong in ("A" * 43, "", "x" * 500):
        assert server.ask("GET", "/v1/users", key=None, headers={"Cookie": "mien_session=" + wrong})[0] == 401
    assert kim.ask("POST", "/v1/logout")[0] == 200 and kim.ask("GET", "/v1/me")[0] == 401
    audit = open(os.path.join(server.data, "audit")).read()
    assert f'"what":"login","tenant":"default","key":"{id_}"' in audit and '"what":"logout"' in audit and "zebra" not in audit
    server.stop()
    for folder, _, files in os.walk(server.data):
        for file in files:
            raw = open(os.path.join(folder, file), "rb").read()
            assert b"zebra" not in raw and PASSWORD.encode() not in raw and b"argon2" not in raw, file


def wrong_accounts(server):
    user(server, "a", "analyst")
    for wrong in ({"name": "a", "role": "analyst"}, {"name": "", "role": "analyst"}, {"name": "b" * 64, "role": "analyst"}, {"name": "b", "role": "root"},
                  {"name": "b", "role": "analyst", "password": "short"}, {"name": "b", "role": "analyst", "password": "x" * 129}, {"name": 1, "role": "analyst"}):
        assert server.ask("POST", "/v1/users", {"password": PASSWORD, **wrong})[0] == 422, wrong
    assert server.ask("GET", "/v1/users/n_" + "0" * 32)[0] == 404 and server.ask("DELETE", "/v1/users/n_" + "0" * 32)[0] == 404
    assert len(server.json("GET", "/v1/users")["users"]) == 1


def roles(server):
    """Each role may what it may, and nothing else."""
    allowed = {"agent": {"/v1/sessions"}, "supervisor": {"/v1/sessions", "/v1/cases"}, "analyst": {"/v1/sessions"},
               "privacy_officer": {"/v1/subjects/x", "/v1/consents/x"}, "administrator": {"/v1/sessions", "/v1/cases", "/v1/users", "/v1/consents/x"}}
    for role, may in allowed.items():
        user(server, role, role)
        person = Person(server, role)
        for path in ("/v1/sessions", "/v1/cases", "/v1/subjects/x", "/v1/consents/x", "/v1/users"):
            status = person.ask("GET", path)[0]
            assert (status in (200, 404)) == (path in may) and status in (200, 403, 404), (role, path, status)


def second_factor(server):
    id_ = user(server, "tom", "agent")
    tom = Person(server, "tom")
    secret = json.loads(tom.ask("POST", "/v1/me/second_factor", {})[2])["secret"]
    assert Person(server, "tom").status == 200  # it waits for its first code
    now = code(secret)
    assert tom.ask("POST", "/v1/me/second_factor", {"code": f"{(int(now) + 1) % 1000000:06d}"})[0] == 422
    assert tom.ask("POST", "/v1/me/second_factor", {"code": now})[0] == 200
    assert json.loads(tom.ask("GET", "/v1/me")[2])["second_factor"]
    without = Person(server, "tom")
    assert without.status == 401 and without.told["title"] == "Second factor needed" and not without.set
    assert Person(server, "tom", code=now).status == 401  # a second time
    assert Person(server, "tom", code=code(secret, 1)).status == 200
    assert server.json("POST", f"/v1/users/{id_}/reset", {"password": "another long horse"})["second_factor"] is False
    assert tom.ask("GET", "/v1/me")[0] == 401  # all are logged out


def passwords_change(server):
    id_ = user(server, "eve", "agent")
    eve, elsewhere = Person(server, "eve"), Person(server, "eve")
    assert eve.ask("POST", "/v1/me/password", {"password": "not the old one", "new": "a new long password"})[0] == 403
    assert eve.ask("POST", "/v1/me/password", {"password": PASSWORD, "new": "short"})[0] == 422
    assert eve.ask("POST", "/v1/me/password", {"password": PASSWORD, "new": "a new long password"})[0] == 200
    assert elsewhere.ask("GET", "/v1/me")[0] == 401 and Person(server, "eve").status == 401
    eve = Person(server, "eve", "a new long password")
    assert eve.status == 200
    server.json("DELETE", "/v1/users/" + id_)
    assert eve.ask("GET", "/v1/me")[0] == 401 and Person(server, "eve", "a new long password").status == 401


def back_off(server):
    """Of a name that is there and one that is not alike; others are not kept out; other tenants' names do not count."""
    user(server, "bob", "agent")
    user(server, "ann", "agent")
    for name in ("bob", "nobody"):
        got = [Person(server, name, "wrong wrong wrong").status for _ in range(8)]
        assert got[:5] == [401] * 5 and got[6:] == [429, 429], (name, got)
    late = Person(server, "bob")
    assert late.status == 429 and "csrf" not in late.told
    assert Person(server, "ann").status == 200
    assert Person(server, "ann", tenant="acme").status == 401
    for body in ({}, {"name": "ann"}, {"name": "a" * 64, "password": "x"}, {"name": ["ann"], "password": {}}, {"name": "ann", "password": ""}):
        assert server.ask("POST", "/v1/login", body, None)[0] == 422, body
    assert server.ask("GET", "/healthz")[0] == 200


def by_key(server):
    """The holder of a key logs in with it, with its scopes, for as long as it is valid; GET /v1/me gives the token again."""
    made = server.json("POST", "/v1/keys", {"label": "desk", "scopes": ["read", "stream"]}, 201)
    status, headers, text = server.ask("POST", "/v1/login", {"key": made["secret"]}, None)
    told, cookie = json.loads(text), headers["set-cookie"].split(";")[0]
    assert status == 200 and sorted(told["scopes"]) == ["read", "stream"] and made["secret"].encode() not in text
    status, _, text = server.ask("GET", "/v1/me", None, None, {"Cookie": cookie})
    me = json.loads(text)
    assert status == 200 and me["csrf"] == told["csrf"] and me["role"] == "key" and me["tenant"] == "default", me
    assert server.ask("POST", "/v1/texts", {"texts": ["a"]}, None, {"Cookie": cookie, "X-CSRF-Token": told["csrf"]})[0] == 200
    assert server.ask("POST", "/v1/texts", {"texts": ["a"]}, None, {"Cookie": cookie, "X-CSRF-Token": told["csrf"][:-1] + "_"})[0] == 403
    assert server.ask("GET", "/v1/keys", None, None, {"Cookie": cookie})[0] == 403
    assert server.ask("POST", "/v1/login", {"key": "mien_" + "x" * 43}, None)[0] == 401
    assert server.ask("POST", "/v1/login", {"key": 7, "name": "x"}, None)[0] == 422
    server.json("DELETE", f"/v1/keys/{made['key']}")
    assert server.ask("GET", "/v1/me", None, None, {"Cookie": cookie})[0] == 401


def web_sockets_of_pages(server):
    """A page of this address needs no key; a page of another has the cookie in vain."""
    user(server, "lee", "agent")
    cookie = Person(server, "lee").cookie
    own = f"http://127.0.0.1:{server.port}"

    async def try_(headers) -> bool:
        try:
            async with server.connect("/v1/stream", ["mien.v1"], None, headers) as socket:
                return json.loads(await socket.recv())["type"] == "hello"
        except websockets.exceptions.InvalidStatusCode as refused:
            assert refused.status_code == 401, refused
            return False

    assert asyncio.run(try_({"Cookie": cookie, "Origin": own}))
    for origin in ("http://127.0.0.1:1", "https://evil.example", "null", own + ".evil.example", ""):
        assert not asyncio.run(try_({"Cookie": cookie, "Origin": origin})), origin
    assert not asyncio.run(try_({"Cookie": cookie}))
    assert not asyncio.run(try_({"Cookie": "mien_session=" + "x" * 43, "Origin": own}))


def what_is_open_ends_with_the_login(server):
    """Within some seconds: a WebSocket, and events that are followed."""
    user(server, "ada", "agent")
    ada = Person(server, "ada")

    async def try_() -> None:
        headers = {"Cookie": ada.cookie, "Origin": f"http://127.0.0.1:{server.port}"}
        async with server.connect("/v1/stream", ["mien.v1"], None, headers) as socket:
            await socket.recv()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nCookie: {ada.cookie}\r\n\r\n".encode())
            assert b"200" in await asyncio.wait_for(reader.readline(), 5)
            await asyncio.sleep(2)
            await socket.send('{"type":"ping"}')
            assert json.loads(await asyncio.wait_for(socket.recv(), 5))["type"] == "pong"
            assert await asyncio.to_thread(lambda: ada.ask("POST", "/v1/logout")[0]) == 200
            try:
                while True:
                    await asyncio.wait_for(socket.recv(), 10)
            except websockets.exceptions.ConnectionClosed as closed:
                assert closed.code == 1008 and "logged out" in closed.reason, closed
            rest = await asyncio.wait_for(reader.read(), 10)
            assert rest.endswith(b"0\r\n\r\n") or not rest.count(b"event:"), rest
            writer.close()

    asyncio.run(try_())


run(by_key, web_sockets_of_pages, what_is_open_ends_with_the_login, logging_in, wrong_accounts, roles, second_factor, passwords_change, back_off)
