"""Run a task over many jobs in child processes that may be killed, crash or run out of memory."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count as count_up

import msgspec

from huizong.child import DONE, LENGTH, OUT_OF_MEMORY, read_frame

MEMORY_BYTES = 2 << 30
SECONDS = 20
# So many bytes fit in a pipe on every system, so that writing never waits for a busy child.
PIPE_BYTES = 4_000
JOBS_AHEAD = 3
WATCH_EVERY = 0.2
START = "from huizong.child import main; main()"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job: its value, or how the child died of it."""

    index: int
    value: bytes | None = None
    died: str | None = None
    details: str = ""

    @property
    def why(self) -> str:
        """How the child died; failed where it lives, and only the task could not be done."""
        return "failed" if self.details else self.died or ""


@dataclass(slots=True)
class _Job:
    index: int
    frame: bytes
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Child:
    """One process with the jobs it was given, the first of which it is working on."""

    process: subprocess.Popen
    errors: object
    jobs: deque[_Job] = field(default_factory=deque)
    since: float = 0.0
    timed_out: bool = False

    def can_take(self, job: _Job) -> bool:
        """Tell whether a job can be written without waiting."""
        if not self.jobs:
            return True
        ahead = sum(len(waiting.frame) for waiting in self.jobs) + len(job.frame)
        return len(self.jobs) < JOBS_AHEAD and ahead <= PIPE_BYTES


class Children:
    """
    Child processes for one task, started when there is work and kept until the end.

    The task is named as "module:function"; it is called with the members of a job, which must be
    plain data, and returns bytes.
    """

    def __init__(
        self, count: int, task: str, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._count = count
        self._task = task
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._watched = 0.0
        self._children: list[_Child] = []
        # SimpleQueue, and threads: on Windows nothing else waits for several pipes.
        self._frames: queue.SimpleQueue[tuple[_Child, bytes]] = queue.SimpleQueue()

    def __enter__(self) -> "Children":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all children."""
        for child in self._children:
            _end(child)
        self._children.clear()

    def run(self, jobs: Iterable[tuple[object, ...]]) -> Iterator[Outcome]:
        """Yield the outcomes as they are done; a job whose child died is tried once more."""
        encode, numbers = msgspec.msgpack.Encoder().encode, count_up()
        source = (_Job(next(numbers), _framed(encode(job))) for job in jobs)
        waiting: deque[_Job] = deque()
        try:
            while self._feed(source, waiting):
                yield from self._next_outcomes(waiting)
        finally:
            # Whoever stops early leaves jobs behind, whose outcomes nobody must mistake for others.
            for child in [child for child in self._children if child.jobs]:
                self._remove(child)

    def _feed(self, source: Iterator[_Job], waiting: deque[_Job]) -> bool:
        """Hand out jobs to the least busy children; tell whether any job is still under way."""
        while job := waiting.popleft() if waiting else next(source, None):
            child = self._child_for(job)
            if not child.can_take(job):
                waiting.appendleft(job)
                break
            self._give(child, job)
        return any(child.jobs for child in self._children)

    def _child_for(self, job: _Job) -> _Child:
        """Return the least busy child, or a fresh one if all are busy or the job killed one."""
        idle = any(not child.jobs for child in self._children)
        if (job.deaths or not idle) and len(self._children) < self._count:
            self._children.append(self._start())
            return self._children[-1]
        return min(self._children, key=lambda child: len(child.jobs))

    def _give(self, child: _Child, job: _Job) -> None:
        if not child.jobs:
            child.since = time.monotonic()
        child.jobs.append(job)
        # A child that is gone is noticed by its reader.
        with contextlib.suppress(OSError):
            child.process.stdin.write(job.frame)
            child.process.stdin.flush()

    def _start(self) -> _Child:
        # What a parser says in dying is asked for one word and shown to nobody.
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child has ended
        limits = (str(self._memory_bytes), str(int(self._seconds) + 1))
        process = subprocess.Popen(
            # Never import from the working folder: it is where received files lie.
            [sys.executable, "-P", "-c", START, self._task, *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            **_apart(),
        )
        child = _Child(process, errors)
        threading.Thread(target=_pass_on, args=(child, self._frames), daemon=True).start()
        return child

    def _next_outcomes(self, waiting: deque[_Job]) -> Iterator[Outcome]:
        """Wait for one frame, and yield the outcomes that it, or a death, brings."""
        self._watch()
        try:
            child, frame = self._frames.get(timeout=WATCH_EVERY)
        except queue.Empty:
            return
        if child not in self._children:
            return
        if frame:
            job = child.jobs.popleft()
            yield _outcome(job, frame)
            return
        job = child.jobs.popleft() if child.jobs else None
        waiting.extendleft(reversed(child.jobs))
        died = self._remove(child)
        if job and job.deaths:
            yield Outcome(job.index, died=died)
        elif job:
            job.deaths += 1
            waiting.appendleft(job)

    def _watch(self) -> None:
        """Kill the children whose time is up, and what is left of those that are dead."""
        now = time.monotonic()
        if now - self._watched < WATCH_EVERY:
            return
        self._watched = now
        for child in self._children:
            child.timed_out = bool(child.jobs) and now - child.since > self._seconds
            # A grandchild can hold the pipe open after its parent, and the end would never come.
            if child.timed_out or _is_dead(child.process):
                _kill(child.process)

    def _remove(self, child: _Child) -> str:
        """End a child, and tell what it died of."""
        self._children.remove(child)
        _kill(child.process)
        code = child.process.wait()
        child.errors.seek(0)
        words = child.errors.read()
        _end(child)
        if child.timed_out or code == -getattr(signal, "SIGXCPU", 0):
            return "timeout"
        # A process killed by nobody here was killed by the system for its memory; the parser, in
        # Rust, aborts with these words.
        unasked = code == -getattr(signal, "SIGKILL", 0)
        if code == OUT_OF_MEMORY or unasked or b"memory allocation of" in words:
            return "memory"
        return "crashed"


def _framed(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


def _outcome(job: _Job, frame: bytes) -> Outcome:
    if frame[:1] == DONE:
        return Outcome(job.index, value=frame[1:])
    return Outcome(job.index, died="crashed", details=frame[1:].decode())


def _pass_on(child: _Child, frames: queue.SimpleQueue) -> None:
    """Pass on what a child says, and an empty frame when it has ended."""
    frame = b"-"
    while frame:
        try:
            frame = read_frame(child.process.stdout)
        except (OSError, ValueError):
            frame = b""
        # The next job's time begins here, however long the caller keeps the outcome waiting.
        child.since = time.monotonic()
        frames.put((child, frame))
    child.process.stdout.close()


def _apart() -> dict[str, object]:
    """Start a child in a group of its own, so that it can be killed with all it has started."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _is_dead(process: subprocess.Popen) -> bool:
    if sys.platform == "win32":
        return process.poll() is not None
    # The process stays a zombie, so that the number of its group cannot pass to another.
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return process.returncode is None and os.waitid(os.P_PID, process.pid, flags) is not None


def _kill(process: subprocess.Popen) -> None:
    """Kill a process with its group; on Windows its Job Object takes the rest with it."""
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _end(child: _Child) -> None:
    _kill(child.process)
    child.process.wait()
    with contextlib.suppress(OSError):
        child.process.stdin.close()
    child.errors.close()
