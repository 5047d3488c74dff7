"""TLS: 1.3 alone, HTTP/2 where the client asks for it; a key that does not belong to the certificate."""
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from server import PROGRAM, Server

folder = tempfile.mkdtemp(prefix="mien-tls-")
for name in ("a", "b"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
settings = f"{folder}/settings.yaml"
try:
    for kind in ("pem", "key"):
        shutil.copy(f"{folder}/a.{kind}", f"{folder}/now.{kind}")
    open(settings, "w").write(f"tls: {{certificate: {folder}/now.pem, private_key: {folder}/now.key}}\n")
    with Server("--settings", settings) as server:
        address = f"https://localhost:{server.port}/healthz"
        trusting = ssl.create_default_context(cafile=f"{folder}/a.pem")
        assert urllib.request.urlopen(address, context=trusting, timeout=10).status == 200
        for context in (ssl.create_default_context(), ssl.create_default_context(cafile=f"{folder}/a.pem")):
            if context.get_ca_certs():
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                urllib.request.urlopen(address, context=context, timeout=10)
                raise AssertionError("a connection was made")
            except urllib.error.URLError:
                pass
        # Another certificate, without a restart; a pair that does not fit changes nothing.
        open_before = trusting.wrap_socket(socket.create_connection(("localhost", server.port)), server_hostname="localhost")
        for key, trusted in (("a", "a"), ("b", "b")):
            shutil.copy(f"{folder}/{key}.key", f"{folder}/now.key")
            shutil.copy(f"{folder}/b.pem", f"{folder}/now.pem")
            server.process.send_signal(signal.SIGHUP)
            for _ in range(100):
                now = ssl.get_server_certificate(("localhost", server.port))
                if now.strip() == open(f"{folder}/{trusted}.pem").read().strip():
                    break
                time.sleep(0.05)
            assert now.strip() == open(f"{folder}/{trusted}.pem").read().strip(), (key, trusted)
        open_before.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in open_before.recv(100), "a connection from before goes on"
        trusting = ssl.create_default_context(cafile=f"{folder}/b.pem")
        assert urllib.request.urlopen(address, context=trusting, timeout=10).status == 200
        h2 = ssl.create_default_context(cafile=f"{folder}/b.pem")
        h2.set_alpn_protocols(["h2"])
        with h2.wrap_socket(socket.create_connection(("localhost", server.port)), server_hostname="localhost") as s:
            assert s.version() == "TLSv1.3" and s.selected_alpn_protocol() == "h2"
        if shutil.which("curl"):  # bodies that are larger than the first window of HTTP/2 come through
            for megabytes in (1, 3, 20):
                told = subprocess.run(["curl", "-s", "--http2", "--cacert", f"{folder}/b.pem", "--max-time", "30", "-w", "%{http_version} %{http_code}", "-o", os.devnull,
                                       "-H", f"Authorization: Bearer {server.key}", "-H", "Content-Type: audio/wav", "--data-binary", "@-",
                                       f"https://localhost:{server.port}/v1/jobs?profile=none"], input=bytes(megabytes << 20), capture_output=True)
                assert told.stdout == b"2 403", (megabytes, told)
        plain = socket.create_connection(("localhost", server.port))
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b"200" not in plain.recv(100)
        except ConnectionError:
            pass
    open(settings, "w").write(f"tls: {{certificate: {folder}/a.pem, private_key: {folder}/b.key}}\ndata: {folder}/data\nlisten: {{port: 0}}\n")
    refused = subprocess.run([PROGRAM, "serve", "--settings", settings], stderr=subprocess.PIPE, text=True, timeout=30)
    assert refused.returncode == 1 and "belong together" in refused.stderr, refused
    for wrong, part in (("listen: {port: 99999}\n", "line 1"), ("limits: {bodies: 1}\n", "bodies"), ("doors: {profile: none}\n", "none")):
        open(settings, "w").write(wrong)
        refused = subprocess.run([PROGRAM, "serve", "--settings", settings], stderr=subprocess.PIPE, text=True, timeout=30)
        assert refused.returncode == 2 and part in refused.stderr, refused
    refused = subprocess.run([PROGRAM, "serve"], stderr=subprocess.PIPE, text=True, timeout=30, env={**os.environ, "MIEN_LIMITS_BODY": "huge"})
    assert refused.returncode == 2 and "MIEN_LIMITS_BODY" in refused.stderr, refused
finally:
    shutil.rmtree(folder)
