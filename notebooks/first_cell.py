# Where the project is missing, as on Colab, or Keras is too old for it, this cell installs it from
# its wheel or its checkout. Write the path or address here:
PROJECT = "gan_lectures-0.1.0-py3-none-any.whl"

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

NEEDED = {"gan-lectures": (0, 1), "keras": (3, 15), "tensorflow": (2, 21)}
try:
    found = {name: tuple(map(int, version(name).split(".")[:2])) for name in NEEDED}
    ready = all(found[name] >= least for name, least in NEEDED.items())
except PackageNotFoundError:
    ready = False
if not ready:
    if subprocess.run([sys.executable, "-m", "pip", "install", PROJECT, "ipywidgets"]).returncode:
        raise SystemExit(f"{PROJECT} could not be installed: write where it is into this cell.")
    raise SystemExit("Installed. Restart the kernel (Colab: Runtime > Restart session), run again.")
