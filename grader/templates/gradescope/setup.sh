#!/usr/bin/env bash
set -euo pipefail
apt-get update -q
apt-get install -qy python3.11 python3.11-venv bubblewrap libseccomp2
cd /autograder/source
python3.11 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
