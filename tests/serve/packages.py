"""Public npm packages for a test: installed into the build folder, at the versions of a package-lock.json. The test is skipped
where there is no Node or the registry cannot be reached."""
import os
import shutil
import subprocess
import sys

from server import ROOT


def install(source: str, folder: str) -> None:
    """What lies in tests/serve/SOURCE goes to `folder`, and its packages."""
    if not shutil.which("node") or not shutil.which("npm"):
        print("skipped: Node.js and npm are not installed")
        sys.exit(77)
    here = os.path.join(ROOT, "tests/serve", source)
    os.makedirs(folder, exist_ok=True)
    for file in os.listdir(here):
        if os.path.isfile(os.path.join(here, file)):
            shutil.copy(os.path.join(here, file), folder)
    if not os.path.isdir(os.path.join(folder, "node_modules")):
        told = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=100)
        if told.returncode:
            shutil.rmtree(os.path.join(folder, "node_modules"), ignore_errors=True)
            print("skipped: npm could not install the packages:", told.stdout[-500:])
            sys.exit(77)
