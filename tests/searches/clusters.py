"""A Dask cluster on this machine: a scheduler and workers, each a process that may be killed."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Cluster:
    """A scheduler, and workers as they are asked for; `folder` is for what they write."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.scheduler = self.started("scheduler", *options)
        self.address = self.said(0, r"Scheduler at:\s+(tcp://\S+)")[0]

    def started(self, kind, *options, path=ROOT):
        log = (self.folder / f"{len(self.processes)}.log").open("w")
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        environment = os.environ | {"PYTHONPATH": str(path), "PYTHONSAFEPATH": "1", "TMPDIR": str(self.folder)}
        self.processes.append(
            subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env=environment)
        )
        log.close()
        return self.processes[-1]

    def add(self, *options, path=ROOT, nanny=False):
        """A worker, which is there when this returns; the process."""
        known = len(self.said(0, r"Register worker", least=0))
        way = "--nanny" if nanny else "--no-nanny"
        options = (*(options or ("--nthreads", "1")), "--local-directory", str(self.folder))
        worker = self.started("worker", self.address, "--no-dashboard", way, *options, path=path)
        self.said(0, r"Register worker", least=known + 1)
        return worker

    def said(self, number, pattern, least=1):
        """What the log of a process has, at least so often."""
        for _ in range(2400):
            found = re.findall(pattern, (self.folder / f"{number}.log").read_text())
            if len(found) >= least:
                return found
            time.sleep(0.05)
        raise TimeoutError((self.folder / f"{number}.log").read_text())


@contextlib.contextmanager
def a_cluster(folder, workers=2):
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add()
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            process.terminate()
            try:
                process.wait(1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
