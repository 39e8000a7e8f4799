#!/usr/bin/env bash
set -euo pipefail
apt-get update -q
apt-get install -qy python3.11 python3.11-venv bubblewrap libseccomp2
cd /autograder/source
python3.11 -m venv .venv
.venv/bin/pip install --quiet uv==<< uv >>
.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --requirement requirements.txt
