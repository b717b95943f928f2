"""A sweep over the digits from end to end: in this process, in others, on a cluster; cut, grown, killed, continued."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from exactcnn.checker import check
from exactcnn.errors import InputError
from exactcnn.searches.cluster import Cluster
from exactcnn.searches.engine import HERE, Failed
from exactcnn.searches.ledger import RESULTS
from exactcnn.searches.processes import Processes
from exactcnn.sweeps import sweep as module
from exactcnn.sweeps.sweep import finished_so_far, read_sweep, run_sweep, sweep_in_steps
from tests.searches.clusters import ROOT, a_cluster

DIGITS = """
[network]
input = [1, 8, 8]
activation = ["sigmoid", "square"]
layers = [
    [{ kind = "convolution", filters = [1, 2], kernel = 5 }],
    [{ kind = "fully-connected", units = [3, 50] }, { kind = "fully-connected", units = 2 }],
]
[data]
source = "digits"
samples = 40
[parameters]
seed = [0, 1]
"""
COUNT = 16


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The sweep, its folder and what was found, without interruption."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "sweep.toml").write_text(DIGITS)
    sweep = read_sweep(folder / "sweep.toml")
    return sweep, folder / "new", run_sweep(sweep, folder / "new")


def lines(folder):
    """The lines of the record as they stand, in no order; each is there once."""
    found = (folder / RESULTS).read_bytes().splitlines()
    assert len(set(found)) == len(found)
    return set(found)


def finished(folder):
    try:
        return (folder / RESULTS).read_bytes().count(b"\n") - 1
    except OSError:
        return -1


def test_what_is_found(whole):
    sweep, _, found = whole
    assert len(sweep.cases) == len(found.lines) == COUNT
    assert found.claim == "16 of 16 cases finished"
    assert (found.checked, found.failed) == (True, {})
    assert sweep.axes == (
        "network.activation",
        "network.layers",
        "network.layers[0].filters",
        "parameters.seed",
        "network.layers[0].units",
    )
    assert [line["axes"] for line in found.lines] == [case.axes for case in sweep.cases]
    full = {(1, None): 16, (2, None): 32, (None, 3): 3, (None, 50): 40}  # n_1 where it is less than N = 40
    for line in found.lines:
        key = line["axes"].get("network.layers[0].filters"), line["axes"].get("network.layers[0].units")
        rank = line["found"]["rank"]
        assert rank["lower"] <= full[key]
        if line["axes"]["network.activation"] == "sigmoid":
            assert rank["lower"] == rank["upper"] == full[key]
    assert json.loads(json.dumps(found.document()))["cases"] == COUNT


def test_every_certificate_is_accepted(whole):
    _, folder, found = whole
    names = [name for line in found.lines for name in line["certificates"]]
    assert len(names) == len(set(names)) == COUNT
    for line in found.lines:
        [name] = line["certificates"]
        outcome = check(folder / name)
        rank = line["found"]["rank"]
        assert outcome.exit_code == 0, outcome.message
        assert f"{rank['lower']} <= rank F_{rank['layer']} <= {rank['upper']}" in outcome.accepted
    assert {path.name for path in folder.iterdir() if path.suffix != ".npz"} == {RESULTS, *names}


def test_a_finished_sweep_is_not_repeated(whole, monkeypatch):
    sweep, folder, found = whole
    before = (folder / RESULTS).read_bytes()
    monkeypatch.setattr(module, "decided", None)
    assert run_sweep(sweep, folder) == found
    assert (folder / RESULTS).read_bytes() == before


@pytest.mark.parametrize("part", [0.0, 0.02, 0.33, 0.6, 0.999])
def test_going_on_after_any_cut(whole, tmp_path, part):
    sweep, folder, found = whole
    data = (folder / RESULTS).read_bytes()
    (tmp_path / RESULTS).write_bytes(data[: int(part * len(data))])
    assert run_sweep(sweep, tmp_path) == found
    assert (tmp_path / RESULTS).read_bytes() == data


@pytest.mark.parametrize("seed", range(3))
def test_lines_in_any_order_with_some_lost(whole, tmp_path, seed):
    sweep, folder, found = whole
    header, *rest = (folder / RESULTS).read_bytes().splitlines(keepends=True)
    draw = random.Random(seed)
    (tmp_path / RESULTS).write_bytes(b"".join([header, *draw.sample(rest, k=draw.randrange(COUNT))]))
    assert run_sweep(sweep, tmp_path) == found
    assert lines(tmp_path) == lines(folder)


def test_a_sweep_that_has_grown_keeps_what_was_there(whole, tmp_path, monkeypatch):
    _, folder, found = whole
    (tmp_path / RESULTS).write_bytes((folder / RESULTS).read_bytes())
    (tmp_path / "sweep.toml").write_text(DIGITS.replace("[0, 1]", "[1, 2]"))
    grown, decided, again = read_sweep(tmp_path / "sweep.toml"), module.decided, []
    monkeypatch.setattr(module, "decided", lambda case: again.append(case) or decided(case))
    both = run_sweep(grown, tmp_path)
    assert both.claim == "16 of 16 cases finished"
    assert {case.axes["parameters.seed"] for case in again} == {2}
    known = {line["name"]: line for line in found.lines}
    assert sum(line == known.get(line["name"]) for line in both.lines) == COUNT // 2
    assert finished(tmp_path) == COUNT + COUNT // 2


def test_processes_find_the_same(whole, tmp_path):
    sweep, folder, found = whole
    seen = []
    assert run_sweep(sweep, tmp_path, place=Processes(2), progress=lambda *report: seen.append(report)) == found
    assert lines(tmp_path) == lines(folder)
    assert seen == [("cases", done, COUNT) for done in range(COUNT + 1)]


def started(folder, output, *options):
    command = [sys.executable, "-m", "exactcnn", "sweep", str(folder / "sweep.toml"), "--output", str(output), *options]
    output.parent.mkdir(exist_ok=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(output.parent)}  # what a killed one leaves
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, cwd=folder)


def wait_for(output, count):
    for _ in range(6000):
        if finished(output) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"no {count} cases in {output}")


@pytest.mark.parametrize("moment", [0, 3, 9])
def test_a_run_that_is_killed_goes_on(whole, tmp_path, moment):
    sweep, folder, found = whole
    process = started(folder.parent, tmp_path / "out", "--workers", "2")
    wait_for(tmp_path / "out", moment)
    process.kill()
    process.communicate()
    before = lines(tmp_path / "out")
    assert run_sweep(sweep, tmp_path / "out", place=HERE) == found
    assert before <= lines(tmp_path / "out") == lines(folder)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the processes of a run in /proc")
@pytest.mark.parametrize("moment", [0, 3, 9])
def test_a_worker_that_is_killed_is_not_missed(whole, tmp_path, moment):
    _, folder, _ = whole
    process = started(folder.parent, tmp_path / "out", "--workers", "2")
    wait_for(tmp_path / "out", moment)
    for _ in range(500):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if len(children) >= 2:  # and one that looks after shared things
            break
        time.sleep(0.01)
    os.kill(int(children[-1]), signal.SIGKILL)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert lines(tmp_path / "out") == lines(folder)


def test_a_signal_ends_a_run_after_what_is_finished(whole, tmp_path):
    sweep, folder, found = whole
    process = started(folder.parent, tmp_path / "out", "--workers", "2")
    wait_for(tmp_path / "out", 2)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert errors.startswith("exactcnn: interrupted after ")
    assert errors.count("\n") == 1
    assert run_sweep(sweep, tmp_path / "out") == found
    assert lines(tmp_path / "out") == lines(folder)


@pytest.mark.parametrize("moment", [0, 5])
def test_a_cluster_whose_parts_are_killed(whole, tmp_path, moment):
    """A worker, and later the scheduler: the next run, on another cluster, finds what is missing."""
    pytest.importorskip("distributed")
    sweep, folder, found = whole
    output = tmp_path / "out"
    with a_cluster(tmp_path / "first") as cluster:
        process = started(folder.parent, output, "--scheduler", cluster.address)
        wait_for(output, moment)
        cluster.processes[1].kill()
        wait_for(output, moment + 2)
        cluster.scheduler.kill()
        _, errors = process.communicate()
    assert process.returncode == 2
    lost = f"exactcnn: the scheduler {cluster.address} is lost; what was finished is kept: run again to go on\n"
    assert errors == lost
    before = lines(output)
    assert len(before) <= COUNT
    with a_cluster(tmp_path / "second") as cluster:
        assert run_sweep(sweep, output, place=Cluster(cluster.address)) == found
    assert before <= lines(output) == lines(folder)


def test_what_fails_is_said_and_tried_again(whole, tmp_path, monkeypatch):
    sweep, folder, found = whole
    decided = module.decided
    bad = sweep.cases[5].name
    monkeypatch.setattr(module, "decided", lambda case: Failed("no") if case.name == bad else decided(case))
    first = run_sweep(sweep, tmp_path)
    assert (first.failed, first.claim) == ({bad: "no"}, "15 of 16 cases finished, 1 failed")
    monkeypatch.undo()
    assert run_sweep(sweep, tmp_path) == found
    assert lines(tmp_path) == lines(folder)


def test_what_is_finished_so_far(whole, tmp_path):
    sweep, _, found = whole
    states = sweep_in_steps(sweep, tmp_path)
    counts = [len(finished_so_far(sweep, next(states)).lines) for _ in range(4)]
    assert counts == [0, 1, 2, 3]
    states.close()
    assert run_sweep(sweep, tmp_path) == found


def test_records_of_others(whole, tmp_path):
    sweep, folder, _ = whole
    header, first, *_ = (folder / RESULTS).read_text().splitlines(keepends=True)
    (tmp_path / RESULTS).write_text(header.replace("0.1.0", "0.0.9") + first)
    with pytest.raises(InputError, match="holds another sweep; expected one with the same options, or a new folder"):
        run_sweep(sweep, tmp_path)
    for broken in (
        '{"kind": "case"}\n',
        first.replace('"verify"', '"guess"'),
        first.replace('"checked": true', '"x": 1'),
    ):
        (tmp_path / RESULTS).write_text(header + first + broken)
        with pytest.raises(InputError, match="line 3 is no line of a former sweep"):
            run_sweep(sweep, tmp_path)


NETWORK = """
[network]
input = [4]
activation = "sigmoid"
[[network.layers]]
kind = "fully-connected"
units = UNITS
"""
TWO = NETWORK.replace("UNITS", "2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[netwrk]\n", "top level: unknown key 'netwrk'; did you mean 'network'?"),
        ("", "no cases; expected [network], [table-2], [question] or [search]"),
        (NETWORK.replace("UNITS", "[1,"), "not TOML: "),
        (NETWORK.replace("UNITS", "[2, 'a']"), "network.layers[0].units = 'a'; expected an integer"),
        (NETWORK.replace("UNITS", "[]"), "network.layers[0].units = []; expected at least one value"),
        (TWO.replace("units", "unts"), "network.layers[0]: unknown key 'unts'; did you mean 'units'?"),
        (
            NETWORK.replace("UNITS", "[1, 0]"),
            "network: layer 1 (fully-connected): units = 0; expected a positive integer",
        ),
        (TWO + "[verify]\nlayer = [1, 7]", "verify: layer 7; expected a layer from 1 to 1"),
        (TWO + "[verify]\nlayers = 1", "verify: unknown key 'layers'; did you mean 'layer'?"),
        (TWO + "[data]\nsource = ['digts']", "data.source = 'digts' cannot be opened; "),
        (TWO + "[data]\nsource = 'digits'\nlabels = 'no.npy'", "no.npy: no such file"),
        (
            TWO + "[sweep]\ncertificates = 'all'",
            "sweep.certificates = 'all'; expected 'keep' or",
        ),
        (
            TWO + "[sweep]\nworkers = 2",
            "sweep: unknown key 'workers'; expected 'certificates'",
        ),
        (TWO + "[parameters]\nvalues = { W1 = [[nan]] }", "verify: a value is no finite number, text, list or table"),
        (TWO + "[parameters]\nvalues = { W1 = [[2020-01-01]] }", "verify: a value is no finite number, text, list or"),
        ("sweep = 3\n", "sweep = 3; expected a table"),
        ("network = 3\n", "network = 3; expected a table"),
        ("network = [3, 4]\n", "network = 3; expected a table"),
        ("[table-2]\nfilters = ['a']", "table-2.filters = 'a'; expected an integer"),
        ("[table-2]\nfilters = [0]", "table-2: layer 1 (convolution): filters = 0; expected a positive integer"),
        ("[table-2]\nsamples = 5", "table-2: key 'filters' is missing"),
        ("[question]\nname = ['basinz']", "question 'basinz' is not known; expected basins, "),
        ("[question]\nname = 'basins'\ntrials = -1", "question.trials = -1; expected an integer of at least 0"),
        ("[search]\nconclusion = ['x']", "search: conclusion = 'x'; expected one of full-weight-matrix, "),
        ("[search]\nconclusion = 'tied-biases'\ngrid = [[0, 1], ['z', 1]]", "search.grid: 'z' is not a number"),
    ],
)
def test_what_is_wrong_is_said_by_its_key(tmp_path, text, message):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(InputError) as error:
        read_sweep(tmp_path / "s.toml")
    assert str(error.value).startswith("s.toml: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_too_many_cases_are_counted_first(tmp_path):
    (tmp_path / "s.toml").write_text(NETWORK.replace("UNITS", "[1, 2, 3, 4]"))
    assert len(read_sweep(tmp_path / "s.toml", limit=4).cases) == 4
    with pytest.raises(InputError, match=r"^s\.toml: 4 cases; expected at most 3: --limit 4 allows them$"):
        read_sweep(tmp_path / "s.toml", limit=3)
    seeds = f"seed = {list(range(10**4))}\n"
    (tmp_path / "s.toml").write_text(NETWORK.replace("UNITS", "[1, 2]") + f"[parameters]\n{seeds}[verify]\n{seeds}")
    with pytest.raises(InputError, match="200000000 cases; expected at most 1000: --limit 200000000 allows them"):
        read_sweep(tmp_path / "s.toml")
    (tmp_path / "s.toml").write_text("[question]\nname = 'affine-units'")  # one document, eleven cases
    with pytest.raises(InputError, match="11 cases; expected at most 10"):
        read_sweep(tmp_path / "s.toml", limit=10)


def test_a_case_that_is_meant_twice_is_one(tmp_path):
    (tmp_path / "s.toml").write_text(NETWORK.replace("UNITS", "[2, 3, 2]"))
    assert [case.document["network"]["layers"][0]["units"] for case in read_sweep(tmp_path / "s.toml").cases] == [2, 3]


def test_files_belong_to_a_case(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(4, dtype=int))
    np.savez(tmp_path / "b.npz", W1=np.ones((4, 2), dtype=int), b1=np.ones(2, dtype=int), rows=np.eye(4, dtype=int))
    (tmp_path / "s.toml").write_text(
        TWO + "[data]\nsource = ['a.npy', 'b.npz:rows']\nlabels = 'a.npy'\n[parameters]\nfile = 'b.npz'"
    )
    first, second = read_sweep(tmp_path / "s.toml").cases
    assert set(first.files) == {"a.npy", "b.npz"} == set(second.files)
    np.save(tmp_path / "a.npy", 2 * np.eye(4, dtype=int))
    again, _ = read_sweep(tmp_path / "s.toml").cases
    assert again.name != first.name
    (tmp_path / "b.npz").unlink()
    with pytest.raises(InputError, match=r"b\.npz.*(no such file|cannot be opened)"):
        read_sweep(tmp_path / "s.toml")
