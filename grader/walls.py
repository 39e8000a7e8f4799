"""The inner wall, which a worker builds around itself before it touches a submission: rlimits, Landlock, seccomp.

Everything here can only be tightened afterwards, and is inherited by whatever the worker starts. Landlock's system
calls are made here because the package for them on PyPI has neither TCP (ABI 4) nor signals (ABI 6); the seccomp
program is made in the judge by libseccomp (`seccomp_program`) and only loaded here.

Sources: the kernel's `include/uapi/linux/landlock.h`, `Documentation/userspace-api/landlock.rst`, and the manual
pages landlock(7), seccomp(2), prctl(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import tempfile
from collections.abc import Iterable
from pathlib import Path

from grader.course import Resources

# glibc has no functions for these. From 424 on the numbers are the same on every architecture but Alpha.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
ALL_OF_ABI_1 = (1 << 13) - 1
TCP = 0b11  # bind and connect
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
SIGNALS_SINCE_ABI = 6

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

# Landlock, even at ABI 7, keeps in neither UDP nor sockets with a path (hostile rows 29, 30); io_uring would do the
# work of other calls past this filter. `clone` and `ioctl` are refused by their arguments, below.
DENIED = """
    ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp
    mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr
    unshare setns open_by_handle_at name_to_handle_at
    socket connect bind listen accept accept4
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
    add_key request_key keyctl
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff quotactl acct
    settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname syslog
    iopl ioperm mknod mknodat
""".split()
"""System calls that no exercise needs. `socketpair` stays, which event loops use."""

DENIED_ON_SHARED_FILES = """
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
""".split()
"""Landlock lets the owner of a file change its mode, wherever it lies."""

# CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET, _NEWTIME of linux/sched.h (hostile row 28).
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00000080)
TERMINAL_INPUT = 0x5412  # TIOCSTI: types into the terminal of whoever grades


class WallError(OSError):
    """A wall could not be built; nothing of a submission may run."""


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1  # the kernel declares it packed
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def _call(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise WallError(number, f"{what}: {os.strerror(number)}")
    return result


def _prctl(what: str, option: int, *values: int | ctypes.c_void_p) -> None:
    # Some options are refused unless arguments that they do not use are 0. And `prctl` is variadic: of an int, ctypes
    # would leave the upper half undefined.
    padded = (*values, 0, 0, 0, 0)[:4]
    _call(what, _libc.prctl(option, *(v if isinstance(v, ctypes.c_void_p) else ctypes.c_ulong(v) for v in padded)))


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent ends."""
    _prctl("PR_SET_CHILD_SUBREAPER", PR_SET_CHILD_SUBREAPER, 1)


def landlock_abi() -> int:
    """The version of Landlock that the kernel has; 0 if none. Asked of the system call itself."""
    return max(0, int(_libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), CREATE_RULESET_VERSION)))


def limit_resources(limits: Resources, *, already_running: int = 0) -> None:
    """Set the rlimits; `already_running` processes of the same user are counted with those of the worker."""
    for kind, value in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_NPROC, limits.processes + already_running),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_STACK, limits.stack_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        # Only root may raise a hard limit.
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # The hard limit as well, or a submission would raise the soft one again.
        resource.setrlimit(kind, (allowed, allowed))


def forbid_new_privileges() -> None:
    """From here on no program that is started can gain rights, by a set-user-id bit or otherwise."""
    _prctl("PR_SET_NO_NEW_PRIVS", PR_SET_NO_NEW_PRIVS, 1)


def restrict_files(abi: int, readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Landlock: files beneath `readable` may be read and run, those beneath `writable` changed as well, no others.

    From ABI 4 on there is no TCP, from ABI 6 on no signal and no abstract socket reaches a process outside.
    """
    # A kernel refuses rights that are newer than its ABI.
    handled = ALL_OF_ABI_1 | (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    # Only as much of the structure as this ABI has: a longer one with anything in its rest is refused (E2BIG).
    size = 24 if abi >= SIGNALS_SINCE_ABI else 16 if abi >= 4 else 8
    attributes = _RulesetAttributes(handled, TCP, SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = _call(
        "landlock_create_ruleset", _libc.syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    )
    read = EXECUTE | READ_FILE | READ_DIR
    write = handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV)
    try:
        for paths, access in ((readable, read), (writable, write)):
            for path in paths:
                _allow_beneath(ruleset, path, access, handled)
        _call("landlock_restrict_self", _libc.syscall(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


def _allow_beneath(ruleset: int, path: Path, access: int, handled: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        # Not every machine has all of the paths, and what is not there needs no rule.
        return
    try:
        # A rule for a file is refused if it has rights that only folders have (EINVAL).
        allowed = access if path.is_dir() else access & OF_FILES
        rule = _PathBeneath(allowed & handled, parent)
        _call(
            f"landlock_add_rule {path}",
            _libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0),
        )
    finally:
        os.close(parent)


def seccomp_program(*, own_files: bool) -> bytes:
    """The filter as the kernel takes it, made by libseccomp.

    Args:
        own_files: The worker sees no file that it could own but its own.

    Raises:
        WallError: If libseccomp or its binding is not there.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:  # RuntimeError: the binding is there, the library is not
        raise WallError(errno.ENOENT, f"libseccomp: {error}") from error
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in DENIED if own_files else DENIED + DENIED_ON_SHARED_FILES:
        try:
            rules.add_rule(refuse, name)
        except OSError:  # not a system call of this architecture
            continue
    for flag in NEW_NAMESPACES:
        rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of reach; libc falls back to clone
    # The kernel reads 32 bits of the command: compared with all 64, one with a bit above them would get through.
    rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, TERMINAL_INPUT))
    with tempfile.TemporaryFile() as stream:  # libseccomp writes to a descriptor
        rules.export_bpf(stream)
        stream.seek(0)
        return stream.read()


INSTRUCTION_BYTES = 8


def load_seccomp(program: bytes) -> None:
    """Filter every system call from here on."""
    instructions = ctypes.create_string_buffer(program, len(program))
    loaded = _Program(len(program) // INSTRUCTION_BYTES, ctypes.addressof(instructions))
    pointer = ctypes.cast(ctypes.byref(loaded), ctypes.c_void_p)
    _prctl("PR_SET_SECCOMP", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, pointer)
