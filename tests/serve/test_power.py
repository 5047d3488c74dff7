"""The power fails under load: with the files as they were last synced, all that was acknowledged is there, and the chains are whole.

    test_power.py MIEN POWERLOSS.so [ROUNDS]
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import test_kill
from server import PROGRAM, Server

LIBRARY = os.path.abspath(sys.argv[2])
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 4


def fail(server) -> None:
    """The power goes: what is left is what was synced."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    shutil.rmtree(server.data)
    shutil.copytree(server.data + ".disk", server.data)


def start(server) -> None:
    names = {"LD_PRELOAD": LIBRARY, "POWERLOSS_FROM": server.data, "POWERLOSS_TO": server.data + ".disk"}
    server.process = subprocess.Popen([PROGRAM, "serve", "--port", str(server.port), "--data", server.data], stderr=subprocess.PIPE, text=True,
                                      env={**os.environ, **names})
    line = server.process.stderr.readline()
    assert "listening" in line, line + server.process.stderr.read()


with Server() as server:
    server.stop()
    shutil.copytree(server.data, server.data + ".disk")
    try:
        start(server)
        given, withdrawn, records = test_kill.rounds(server, ROUNDS, lambda: fail(server), lambda: start(server))
    finally:
        shutil.rmtree(server.data + ".disk")
print(f"{ROUNDS} power failures: {given} consents, {withdrawn} withdrawals and {records} records that had been acknowledged are all there, and the chains are whole")
