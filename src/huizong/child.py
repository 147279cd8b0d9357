"""The child's side of `children`: take jobs from a pipe, one after the other, within limits."""

import importlib
import os
import struct
import sys
from typing import BinaryIO

import msgspec

LENGTH = struct.Struct("<L")
DONE, FAILED = b"d", b"f"
OUT_OF_MEMORY, BROKEN = 71, 72


def main() -> None:
    """Run jobs until the parent closes the pipe: arguments are task, memory and seconds."""
    task, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    jobs, outcomes = _private_pipes()
    module, _, name = task.partition(":")
    function = getattr(importlib.import_module(module), name)
    while frame := read_frame(jobs):
        limit_this_process(memory, seconds)
        status, value = _run(function, msgspec.msgpack.decode(frame))
        outcomes.write(LENGTH.pack(len(value) + 1) + status + value)
        outcomes.flush()


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: what a task prints must not end up among the outcomes."""
    jobs, outcomes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return jobs, outcomes


def _run(function, arguments: list) -> tuple[bytes, bytes]:
    try:
        return DONE, function(*arguments)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:
        return FAILED, type(error).__name__.encode()
    # A panic of the parser is no Exception, and may leave it in a state that misreads the next.
    except BaseException:
        os._exit(BROKEN)


def read_frame(pipe: BinaryIO) -> bytes:
    """Read one frame; nothing when the pipe has ended, even in the middle."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    (length,) = LENGTH.unpack(head)
    frame = pipe.read(length)
    return frame if len(frame) == length else b""


def limit_this_process(memory_bytes: int, seconds: int) -> None:
    """
    Limit this process to some memory, no core dump, and some more seconds of computing.

    Call it before every job. The parent watches the clock; the seconds here stop a child that
    computes on after its parent was killed. On Windows the memory limit is a Job Object; that
    part was written from the documentation and has not been run by its authors.
    """
    if sys.platform == "win32":
        _limit_by_job_object(memory_bytes)
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = until if most == resource.RLIM_INFINITY else min(until, most)
    resource.setrlimit(resource.RLIMIT_CPU, (until, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    memory = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


_job_objects: list[object] = []


def _limit_by_job_object(memory_bytes: int) -> None:
    """Put this process into a Job Object with a memory limit that dies with it, once."""
    if _job_objects:
        return
    import ctypes
    from ctypes import wintypes

    class Basic(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class Extended(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", Basic),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    process_memory, die_on_exception, kill_on_close = 0x100, 0x400, 0x2000
    limits = Extended()
    limits.BasicLimitInformation.LimitFlags = process_memory | die_on_exception | kill_on_close
    limits.ProcessMemoryLimit = memory_bytes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = wintypes.HANDLE
    kernel.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.SetInformationJobObject.argtypes = (
        wintypes.HANDLE,
        ctypes.c_int,
        ctypes.c_void_p,
        wintypes.DWORD,
    )
    kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
    extended_limit_information = 9
    job = kernel.CreateJobObjectW(None, None)
    size = ctypes.sizeof(limits)
    if not (
        job
        and kernel.SetInformationJobObject(
            job, extended_limit_information, ctypes.byref(limits), size
        )
        and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
    ):
        raise ctypes.WinError(ctypes.get_last_error())
    # The job ends, and everything in it, when its last handle closes: with this process.
    _job_objects.append(job)
