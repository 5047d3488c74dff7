"""store/ on both back ends: test_store on a PostgreSQL of Debian that is started here, kill -9 at random moments, a
database that goes and comes back. Skipped (77) for PostgreSQL where it is not installed."""
import base64
import glob
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import time

TEST, CRASH = sys.argv[1:3]
folder = tempfile.mkdtemp(prefix="mien-servers-")
os.chmod(folder, 0o711)
master, keys = os.path.join(folder, "master"), os.path.join(folder, "keys")
with open(os.open(master, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
    file.write(base64.b64encode(os.urandom(32)))


class Postgres:
    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        self.bin = os.path.dirname(found[-1]) if found else None
        self.data = os.path.join(folder, "postgres")

    def run(self, *words):
        def become():
            if os.geteuid() == 0:
                user = pwd.getpwnam("nobody")
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
        subprocess.run([os.path.join(self.bin, words[0]), *words[1:]], check=True, stdout=subprocess.DEVNULL, preexec_fn=become, cwd="/")

    def begin(self):
        os.mkdir(self.data, 0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(self.data, user.pw_uid, user.pw_gid)
        self.run("initdb", "-D", self.data, "-U", "mien", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.start()
        for name in ("one", "old", "kills"):
            self.run("createdb", "-h", self.data, "-U", "mien", name)

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.data + "/log", "-o", f"-c listen_addresses='' -k {self.data}", "start")

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def url(self, name):
        return f"postgresql:///{name}?host={self.data}&user=mien"


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


server = Postgres()
try:
    killed(os.path.join(folder, "lite"), keys, 12)
    print("sqlite: 12 kills, nothing lost", flush=True)
    if not server.bin:
        print("PostgreSQL is not installed: skipped")
        sys.exit(77)
    server.begin()
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
