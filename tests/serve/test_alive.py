"""Is the other side still there? Who is silent is asked and, without an answer, closed; who asks is answered with what they sent, also in the moment in which they are asked."""
import base64
import os
import select
import socket
import time

from server import run

TEXT, PING, PONG = 1, 9, 10


class Client:
    """A WebSocket of which each frame is sent and seen by hand."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mien.v1\r\nAuthorization: Bearer {server.key}\r\n\r\n".encode())
        self.came = b""
        while b"\r\n\r\n" not in self.came:
            self.came += self.socket.recv(4096)
        self.came = self.came.split(b"\r\n\r\n", 1)[1]

    def send(self, kind: int, data: bytes) -> None:
        self.socket.sendall(bytes([0x80 | kind, 0x80 | len(data)]) + bytes(4) + data)

    def frames(self, seconds: float):
        """What came, small frames alone; None once the connection is closed."""
        if select.select([self.socket], [], [], seconds)[0]:
            try:
                got = self.socket.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                return None
            self.came += got
        out = []
        while len(self.came) >= 2 and len(self.came) >= 2 + (self.came[1] & 127):
            size = self.came[1] & 127
            assert size < 126, "of a size that nobody asked for"
            out.append((self.came[0] & 15, self.came[2:2 + size]))
            self.came = self.came[2 + size:]
        return out


def asked_and_asking(server):
    """Many ask, one question of their own after the other, while they are asked themselves, and a busy one keeps the service at it: each answer is to the question that was put. One of them says nothing."""
    silent, clients, begun = Client(server), [Client(server) for _ in range(60)], time.time()
    busy = Client(server)
    asked, mine, answered = set(), {}, 0
    time.sleep(18)
    while len(asked) < len(clients) and time.time() - begun < 40:
        for _ in range(20):
            busy.send(TEXT, b'{"type":"ping"}')
        busy.frames(0)
        for client in clients:
            if client not in mine:
                mine[client] = os.urandom(8)
                client.send(PING, mine[client])
        ready = select.select([client.socket for client in clients], [], [], 0.005)[0]
        for client in (client for client in clients if client.socket in ready):
            for kind, data in client.frames(0):
                if kind == PING:
                    asked.add(client)
                    client.send(PONG, data)
                if kind == PONG:
                    assert data == mine.pop(client), "an answer to another question"
                    answered += 1
    assert len(asked) == len(clients) and answered > 1000, (len(asked), answered)
    kinds = []
    while (frames := silent.frames(1)) is not None:
        kinds += [kind for kind, _ in frames]
        assert time.time() - begun < 90, "it is kept for ever"
    assert time.time() - begun > 30 and kinds.count(PING) == 1, (time.time() - begun, kinds)
    clients[0].send(PING, b"still")
    until, frames = time.time() + 5, []
    while (PONG, b"still") not in frames and time.time() < until:
        frames += clients[0].frames(0.5)
    assert (PONG, b"still") in frames, frames


run(asked_and_asking)
