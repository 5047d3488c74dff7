"""store/ on both back ends: test_store on a PostgreSQL of Debian that is started here, kill -9 at random moments, a
database that goes and comes back. Skipped (77) for PostgreSQL where it is not installed."""
import base64
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from postgres import Postgres

TEST, CRASH = sys.argv[1:3]
folder = tempfile.mkdtemp(prefix="mien-servers-")
master, keys = os.path.join(folder, "master"), os.path.join(folder, "keys")
with open(os.open(master, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
    file.write(base64.b64encode(os.urandom(32)))


def killed(url, keys_file, tries):
    """What was said to be on the disk is there, whenever the program is killed."""
    for i in range(tries):
        process = subprocess.Popen([CRASH, url, keys_file, master, "write", f"s_{i}"], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        rest = process.stdout.read().split("\n")[:-1]
        last = rest[-1] if rest else "1"
        subprocess.run([CRASH, url, keys_file, master, "check", f"s_{i}", last], check=True)


def gone_and_back(server):
    """The server is killed under a writer: the writer waits, and goes on where it was."""
    url = server.url("kills")
    process = subprocess.Popen([CRASH, url, keys + ".gone", master, "write", "s_gone"], stdout=subprocess.PIPE, text=True)
    last = int(process.stdout.readline())
    server.stop()
    time.sleep(0.5)
    server.start()
    until = time.monotonic() + 20
    before = last
    while last < before + 3000:
        last = int(process.stdout.readline())
        assert time.monotonic() < until
    process.kill()
    process.wait()
    subprocess.run([CRASH, url, keys + ".gone", master, "check", "s_gone", str(last)], check=True)


server = Postgres(folder)
try:
    killed(os.path.join(folder, "lite"), keys, 12)
    print("sqlite: 12 kills, nothing lost", flush=True)
    if not server.bin:
        print("PostgreSQL is not installed: skipped")
        sys.exit(77)
    server.begin("one", "old", "kills")
    try:
        subprocess.run([TEST], check=True, env={**os.environ, "MIEN_STORE_URL": server.url("one"), "MIEN_STORE_OLD": server.url("old")})
        raw = subprocess.run(["grep", "-rqaE", "zebra|to-be-erased|half-erased", server.data], check=False)
        assert raw.returncode == 1, "plain text in PostgreSQL's files"
        killed(server.url("kills"), keys + ".pg", 8)
        print("postgresql: 8 kills, nothing lost", flush=True)
        gone_and_back(server)
        print("postgresql: gone and back", flush=True)
    finally:
        server.stop()
finally:
    shutil.rmtree(folder)
