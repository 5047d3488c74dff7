"""A PostgreSQL of Debian in a folder of its own, on a Unix socket: `bin` is None where it is not installed."""
import glob
import os
import pwd
import subprocess


class Postgres:
    def __init__(self, folder: str):
        os.chmod(folder, 0o711)
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

    def begin(self, *databases: str):
        os.mkdir(self.data, 0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(self.data, user.pw_uid, user.pw_gid)
        self.run("initdb", "-D", self.data, "-U", "mien", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.start()
        for name in databases:
            self.run("createdb", "-h", self.data, "-U", "mien", name)

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.data + "/log", "-o", f"-c listen_addresses='' -k {self.data}", "start")

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def url(self, name):
        return f"postgresql:///{name}?host={self.data}&user=mien"
