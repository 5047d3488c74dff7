"""A service manager of systemd's kind: a socket that it opened, and what it is told."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request

from server import PROGRAM

folder = tempfile.mkdtemp(prefix="mien-systemd-")
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(f"{folder}/notify")
told.settimeout(30)
listening = socket.create_server(("127.0.0.1", 0))
port = listening.getsockname()[1]


def hand_over() -> None:  # between fork and exec: the socket as number 3, for this process
    os.dup2(listening.fileno(), 3)
    os.environ["LISTEN_PID"] = str(os.getpid())


def serve(*more: str, fds: str = "1"):
    # sh sets LISTEN_PID to its own number, which exec keeps
    return subprocess.Popen(["sh", "-c", f'LISTEN_PID=$$ LISTEN_FDS={fds} exec "$0" "$@"', PROGRAM, "serve", "--port", "0", "--data",
                             f"{folder}/data", *more], env={**os.environ, "NOTIFY_SOCKET": f"{folder}/notify"},
                            preexec_fn=hand_over, close_fds=False, stderr=subprocess.PIPE, text=True)


def get(path: str, to: int):
    with urllib.request.urlopen(f"http://127.0.0.1:{to}{path}", timeout=30) as answer:
        return json.loads(answer.read())


try:
    early = socket.create_connection(("127.0.0.1", port))  # before the service is there: it waits for it
    early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    early.settimeout(30)
    server = serve()
    assert f"port {port}" in server.stderr.readline()
    assert told.recv(100) == b"READY=1"
    assert b"200 OK" in early.recv(1000)
    assert get("/healthz", port)
    server.send_signal(signal.SIGHUP)
    assert told.recv(100) == b"RELOADING=1" and told.recv(100) == b"READY=1"
    many = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    assert get("/healthz", port)
    for one in many:
        one.close()
    server.send_signal(signal.SIGTERM)
    assert told.recv(100) == b"STOPPING=1" and server.wait(30) == 0
    for fds in ("0", "none"):  # nothing was handed over: it listens by itself
        server = serve(fds=fds)
        own = int(server.stderr.readline().split("port ")[1])
        assert own != port and told.recv(100) == b"READY=1" and get("/healthz", own)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        told.recv(100)
finally:
    shutil.rmtree(folder)
