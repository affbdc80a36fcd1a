#!/usr/bin/env python3
"""Runs the benchmark jobs in turn and prints medians: CPU seconds (user and system), peak memory, ratios, goals.

    python3 benches/measure.py WORK --raccordo PROGRAM [--peer PROGRAM] [--story FILE] [--rounds 5] [--smoke]

WORK holds `data/` (made by make.py), `pipelines/` and `raccordo.yaml`. Called by run.sh. Needs only the Python standard library; CPU time and
memory are those that the system accounts to the process. With --smoke, only whether every job runs and gives the right rows decides
the exit code; the goals are printed and decide nothing.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

MIB = 1024


def run(command, folder):
    """One run of a program: wall and CPU seconds, peak MiB, exit code and the end of what it said."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {"wall": time.perf_counter() - begun, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / MIB,
            "exit": process.returncode, "said": said[-2000:]}


def median(runs, key):
    return statistics.median(one[key] for one in runs)


class Bench:
    def __init__(self, arguments):
        self.work = arguments.work.resolve()
        self.raccordo = str(arguments.raccordo.resolve())
        self.peer = arguments.peer and str(arguments.peer.resolve())
        self.faucet = shutil.which("faucet")
        self.rounds = 1 if arguments.smoke else arguments.rounds
        self.failures = []
        self.missed = []

    def turn(self, job, programs):
        """Runs the programs of a job one after the other, several times, so that a slow minute touches all of them."""
        runs = {name: [] for name in programs}
        for number in range(self.rounds):
            for name, command in programs.items():
                one = run(command, self.work)
                if one["exit"] != 0:
                    self.failures.append(f"{job}: {name} ended with {one['exit']}: {one['said'].strip()}")
                    return None
                print(f"# {job} {number + 1}/{self.rounds} {name}: {one['cpu']:.2f} CPU s, {one['wall']:.2f} s, {one['peak']:.0f} MiB",
                      file=sys.stderr, flush=True)
                runs[name].append(one)
        for name, some in runs.items():
            print(f"| {job} | {name} | {median(some, 'cpu'):.2f} | {median(some, 'wall'):.2f} | {median(some, 'peak'):.0f} |")
        return runs

    def goal(self, text, reached):
        print(f"| | goal: {text} | {'reached' if reached else 'MISSED'} | | |")
        if not reached:
            self.missed.append(text)

    def expect(self, text, holds):
        if not holds:
            self.failures.append(text)

    def pipeline(self, name):
        return [self.raccordo, "run", f"pipelines/{name}.yaml", "--quiet"]

    def join(self):
        programs = {"raccordo": self.pipeline("join")}
        if self.peer:
            programs["polars"] = [self.peer, "join", "data", "out/join.peer.parquet"]
        runs = self.turn("join", programs)
        if not runs or not self.peer:
            return
        cpu, peak = (median(runs["raccordo"], key) / median(runs["polars"], key) for key in ("cpu", "peak"))
        self.goal(f"at most 1.15 times the CPU of Polars: {cpu:.2f}", cpu <= 1.15)
        self.goal(f"at most 1.25 times its memory: {peak:.2f}", peak <= 1.25)
        compared = run(self.pipeline("compare"), self.work)
        self.expect(f"join: the comparison failed: {compared['said']}", compared["exit"] == 0)
        if compared["exit"] == 0:
            ours, theirs = ((self.work / "out" / name).read_text() for name in ("join.sums.csv", "join.peer.sums.csv"))
            self.expect(f"join: the sums differ:\n{ours}{theirs}", ours == theirs)

    def filter(self):
        programs = {"raccordo": self.pipeline("filter")}
        if self.peer:
            programs["polars"] = [self.peer, "filter", "data", "out/filter.peer.csv"]
        runs = self.turn("filter", programs)
        if not runs:
            return
        peak = median(runs["raccordo"], "peak")
        self.goal(f"at most 1024 MiB: {peak:.0f}", peak <= 1024)
        if self.peer:
            same = sorted_lines(self.work / "out/filter.csv") == sorted_lines(self.work / "out/filter.peer.csv")
            self.expect("filter: raccordo and Polars wrote different rows", same)

    def jsonl(self):
        programs = {"raccordo": self.pipeline("jsonl")}
        if self.faucet:
            programs["faucet"] = [self.faucet, "run", "faucet.yaml"]
        runs = self.turn("jsonl", programs)
        if not runs:
            return
        peak = median(runs["raccordo"], "peak")
        self.goal(f"at most 256 MiB: {peak:.0f}", peak <= 256)
        rows = count_lines(self.work / "data/righe.csv") - 1
        written = count_lines(self.work / "out/righe.jsonl")
        self.expect(f"jsonl: {written} rows of {rows} were written", written == rows)
        if self.faucet:
            times = median(runs["faucet"], "cpu") / median(runs["raccordo"], "cpu")
            self.goal(f"at least twice the rows per CPU second of faucet: {times:.2f}", times >= 2)
        else:
            print("| | skipped: faucet is not installed (`cargo install faucet-cli --no-default-features --features source-csv,sink-jsonl`) | | | |")

    def xml(self):
        runs = self.turn("xml", {"raccordo": self.pipeline("xml")})
        if not runs:
            return
        size = (self.work / "data/prodotti.xml").stat().st_size / 1e6
        speed = size / median(runs["raccordo"], "cpu")
        self.goal(f"at least 100 MB per CPU second: {speed:.0f}", speed >= 100)

    def start(self, story):
        """Start-up and check, in milliseconds; medians of twenty."""
        jobs = {"--version": ([self.raccordo, "--version"], 20)}
        if story:
            jobs["check of the story"] = ([self.raccordo, "check", str(story.resolve())], 100)
        for name, (command, limit) in jobs.items():
            runs = [run(command, self.work) for _ in range(20)]
            self.expect(f"{name}: {runs[0]['said']}", all(one["exit"] == 0 for one in runs))
            milliseconds = median(runs, "wall") * 1000
            self.goal(f"{name} in less than {limit} ms: {milliseconds:.1f}", milliseconds < limit)


def sorted_lines(path):
    return sorted(path.read_bytes().splitlines())


def count_lines(path):
    with open(path, "rb") as lines:
        return sum(1 for _ in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--raccordo", type=Path, required=True)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--story", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    (bench.work / "out").mkdir(exist_ok=True)
    print("| job | program | CPU s | wall s | peak MiB |\n|---|---|---|---|---|")
    bench.join()
    bench.filter()
    bench.jsonl()
    bench.xml()
    bench.start(arguments.story)
    for failure in bench.failures:
        print(f"FAILED {failure}")
    print(f"{len(bench.failures)} failures, {len(bench.missed)} goals missed")
    sys.exit(1 if bench.failures or (bench.missed and not arguments.smoke) else 0)


if __name__ == "__main__":
    main()
