"""The web app in Debian's Chromium against the real service: web/tests by Playwright, all of it or the files that are named. With the data sets, the camera shows a face."""
from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.environ.get("MIEN_SOURCE_ROOT", ".")
sys.path.insert(0, os.path.join(ROOT, "tests", "serve"))
from server import Server  # noqa: E402

WEB = os.path.join(ROOT, "web")
PLAYWRIGHT = os.path.join(WEB, "node_modules", ".bin", "playwright")


def skip(why: str) -> None:
    print(why)
    sys.exit(77)


def camera(folder: str) -> dict[str, str]:
    """A film of one picture of a face, for Chromium's fake camera."""
    data = os.environ.get("MIEN_DATA", os.path.join(ROOT, "..", "data-cache"))
    pictures = sorted(glob.glob(os.path.join(data, "face", "**", "*.jpg"), recursive=True))[:1]
    if not pictures:
        return {}
    film = os.path.join(folder, "face.mjpeg")
    subprocess.run(["ffmpeg", "-v", "error", "-loop", "1", "-i", pictures[0], "-t", "4", "-r", "10", "-vf",
                    "scale=-2:360,pad=640:480:(ow-iw)/2:(oh-ih)/2,format=yuvj420p", film], check=True)
    return {"MIEN_FAKE_VIDEO": film}


def main() -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        skip("chromium is not installed")
    if not os.path.exists(PLAYWRIGHT):
        skip("the packages of the web app are not there (tools/web)")
    screens = os.environ.get("MIEN_SCREENS") or tempfile.mkdtemp(prefix="mien-screens-")
    with Server() as server:
        status, headers, page = server.ask("GET", "/", key=None)
        assert status == 200 and b'id="app"' in page, (status, page[:200])
        assert "script-src 'self'" in headers["content-security-policy"] and "unsafe" not in headers["content-security-policy"]
        status, _, _ = server.ask("GET", "/assets/..%2f..%2fkeys", key=None)
        assert status == 404, status
        environment = {**os.environ, "MIEN_URL": f"http://localhost:{server.port}", "MIEN_KEY": server.key, "MIEN_SCREENS": screens,
                       "MIEN_CHROMIUM": chromium, **camera(server.data)}
        only = os.environ.get("MIEN_ONLY")  # a part of the tests' names or files, while one works on them
        done = subprocess.run([PLAYWRIGHT, "test", *sys.argv[2:], *(["--grep", only] if only else [])], cwd=WEB, env=environment, timeout=1470)
    sys.exit(done.returncode)


main()
