"""Looks into every other process: environment, memory, root, working directory; right only if it sees one."""
import os

reference = gru_params


def look(number):
    with open(f"/proc/{number}/environ", "rb") as stream:
        environment = stream.read()
    if environment and environment != open("/proc/self/environ", "rb").read():
        return environment
    for link in ("cwd", "root", "exe"):
        target = os.readlink(f"/proc/{number}/{link}")
        if "@ROOT@" in target:
            return target
    return os.listdir(f"/proc/{number}/root@ROOT@")


def gru_params(n_features, units):
    refused = None
    for number in [os.getppid(), *range(1, 40_000)]:
        if number == os.getpid():
            continue
        try:
            if look(number):
                return reference(n_features, units)
        except OSError as error:
            refused = error
    try:
        with open(f"/proc/{os.getppid()}/mem", "rb") as stream:
            stream.read(1)
            return reference(n_features, units)
    except OSError:
        raise refused
