"""Children: nothing a task does harms the parent, the other jobs or the next one."""

import sys
import time
from pathlib import Path

import pytest

from huizong.children import Children

TESTS = str(Path(__file__).parent)
posix = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals")


@pytest.fixture(autouse=True)
def stubs_on_path(monkeypatch):
    """Children look for modules where their parent does."""
    monkeypatch.syspath_prepend(TESTS)


def outcomes(jobs, *, count=2, task="child_stubs:misbehave", **limits):
    """Run jobs, and return (value or death) in the order of the jobs."""
    with Children(count, task, **limits) as children:
        done = sorted(children.run(jobs), key=lambda outcome: outcome.index)
    assert [outcome.index for outcome in done] == list(range(len(jobs)))
    return [outcome.value or outcome.died for outcome in done]


def test_values_come_back():
    """Every job has exactly one outcome, however many there are."""
    words = [str(number) for number in range(500)]

    assert outcomes([(word,) for word in words]) == [word.encode() for word in words]


def test_no_job_no_process():
    """Children are started by the first job, not before."""
    with Children(4, "child_stubs:answer") as children:
        assert list(children.run([])) == []
        assert children._children == []


def test_children_stay_between_runs():
    """A second run uses the children of the first."""
    with Children(1, "child_stubs:misbehave") as children:
        first = [outcome.value for outcome in children.run([("pid",)])]
        assert [outcome.value for outcome in children.run([("pid",)])] == first


def test_no_more_children_than_jobs():
    """Two jobs start two children, though eight are allowed."""
    with Children(8, "child_stubs:misbehave") as children:
        assert len(list(children.run([("pid",), ("pid",)]))) == 2
        assert len(children._children) == 2


@posix
@pytest.mark.parametrize("how", ["segv", "abort", "panic", "exit"])
def test_crash(how):
    """Fault 45: a child that crashes spoils its own job only."""
    jobs = [("a",), (how,), ("b",), ("c",), ("d",)]

    assert outcomes(jobs, count=1) == [b"a", "crashed", b"b", b"c", b"d"]


@posix
@pytest.mark.parametrize("how", ["sleep", "spin"])
def test_timeout(how):
    """Fault 45: a child that hangs is killed when its time is up, while others go on."""
    start = time.monotonic()

    assert outcomes([("a",), (how,), ("b",)], seconds=1) == [b"a", "timeout", b"b"]
    assert time.monotonic() - start < 6


@posix
def test_memory():
    """Fault 45: a child that wants too much memory is stopped, and the next job is right."""
    assert outcomes([("allocate",), ("a",)], count=1) == ["memory", b"a"]


def test_exception_is_named_without_its_values():
    """An exception of the task is an outcome; its words may hold what the file held."""
    with Children(1, "child_stubs:misbehave") as children:
        (outcome,) = children.run([("raise",)])

    assert (outcome.value, outcome.died, outcome.details) == (None, "crashed", "ZeroDivisionError")


@posix
@pytest.mark.parametrize("how", ["fork", "fork_and_die"])
def test_grandchild_dies_too(how, tmp_path):
    """Fault 45: what a child has started ends with it, also when it holds the pipe open."""
    path = tmp_path / "pid"
    start = time.monotonic()

    outcomes([(how, str(path)), ("a",)], count=1)

    assert time.monotonic() - start < 10
    assert not is_running(int(path.read_text()))


def is_running(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    for _ in range(20):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return False
        time.sleep(0.1)
    return True


@posix
def test_one_retry(tmp_path):
    """Fault 45: a job whose child died by chance is done by a fresh one, once."""
    assert outcomes([("flaky", str(tmp_path / "x")), ("a",)]) == [b"second time", b"a"]


def test_printing_disturbs_nobody(capfd):
    """What a task prints reaches neither the outcomes nor the terminal."""
    assert outcomes([("print",), ("a",)], count=1) == [b"survived", b"a"]
    assert capfd.readouterr() == ("", "")


def test_large_jobs_and_values():
    """Jobs and values may be larger than a pipe."""
    jobs = [(b"x" * 3_000_000,)] * 6

    assert outcomes(jobs, task="child_stubs:size") == [b"3000000"] * 6
    assert outcomes([("large",)] * 4) == [b"x" * 10_000_000] * 4


def test_stopping_early_leaves_nothing_behind():
    """Whoever takes only the first outcome gets his own in the next run."""
    with Children(2, "child_stubs:answer") as children:
        run = children.run([(str(number),) for number in range(100)])
        next(run)
        run.close()
        assert [outcome.value for outcome in children.run([("own",)])] == [b"own"]


def test_slow_caller_loses_nothing():
    """Time that the caller takes between outcomes is not the child's."""
    with Children(1, "child_stubs:answer", seconds=1) as children:
        values = []
        for outcome in children.run([("a",), ("b",), ("c",), ("d",)]):
            time.sleep(0.6)
            values.append(outcome.value)

    assert values == [b"a", b"b", b"c", b"d"]


@posix
def test_all_processes_end():
    """When the children are closed, no process is left."""
    with Children(2, "child_stubs:misbehave") as children:
        pids = [int(outcome.value) for outcome in children.run([("pid",)] * 20)]

    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
