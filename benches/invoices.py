#!/usr/bin/env python3
"""Electronic invoices, side by side: read, judge and give rows; from orders to files. Medians of user CPU seconds and invoices per second of them.

    python3 benches/invoices.py WORK --raccordo PROGRAM [--python PYTHON] [--xsd FILE] [--shared FOLDER] [--rounds 5] [--count 20000] [--smoke]

PYTHON has lxml and a38 (run.sh makes such an environment); without it the peers are skipped. FOLDER is the benchmark kit with the job `fatture`
(10,000 orders to invoices, compared value by value); without it that job is skipped. With --smoke, only whether every job runs and agrees
decides the exit code. The kernel's time for opening and creating files is much the same for everybody and varies: it is printed, not judged.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# a38 is two orders of magnitude slower: it gets fewer files.
SHARE_OF_A38 = 20

READ = """pipeline: bench-{table}
extract:
  tabella: {{ fatturapa: {{ path: {path}, table: {table} }} }}
load:
  tabella: {{ from: tabella, file: {{ path: out/{table}.csv }} }}
"""


def run(command, folder, threads=None):
    """One run: wall, user and system seconds, peak MiB."""
    environment = dict(os.environ)
    if threads:
        environment.update(RAYON_NUM_THREADS=str(threads), POLARS_MAX_THREADS=str(threads))
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    said = process.stderr.read().decode(errors="replace")
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{said[-2000:]}")
    return {"wall": time.perf_counter() - begun, "user": usage.ru_utime, "system": usage.ru_stime, "peak": usage.ru_maxrss / 1024}


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.work = arguments.work.resolve()
        self.raccordo = str(arguments.raccordo.resolve())
        self.rounds = 1 if arguments.smoke else arguments.rounds
        self.missed = []

    def turn(self, job, count, programs):
        """Runs programs in turn; prints and gives the medians. `programs`: name to (command, invoices, threads)."""
        runs = {name: [] for name in programs}
        for _ in range(self.rounds):
            for name, (command, _, threads) in programs.items():
                shutil.rmtree(self.work / "out", ignore_errors=True)
                shutil.rmtree(self.work / ".raccordo", ignore_errors=True)
                (self.work / "out").mkdir()
                runs[name].append(run(command, self.work, threads))
        medians = {}
        for name, (_, of, _) in programs.items():
            one = {key: statistics.median(run[key] for run in runs[name]) for key in ("wall", "user", "system", "peak")}
            medians[name] = one
            one["speed"] = (of or count) / one["user"]
            print(f"| {job} | {name} | {of or count:,} | {one['user']:.2f} | {one['system']:.2f} | {one['wall']:.2f} | {one['peak']:.0f} | {one['speed']:,.0f} |", flush=True)
        return medians

    def goal(self, text, reached):
        print(f"| | goal: {text} | | | | | | {'reached' if reached else 'MISSED'} |")
        if not reached:
            self.missed.append(text)

    def read(self):
        count, python, xsd = self.arguments.count, self.arguments.python, self.arguments.xsd
        check = [self.raccordo, "fatturapa", "check", "--format", "json", "--received-at", "2026-11-24"]
        programs = {
            "check, folder": ([*check, "invoices"], None, None),
            "check, folder, one thread": ([*check, "invoices"], None, 1),
            "check, folder, two threads": ([*check, "invoices"], None, 2),
            "check, archive": ([*check, "invoices.zip"], None, None),
        }
        for table in ("documents", "lines"):
            (self.work / f"{table}.yaml").write_text(READ.format(table=table, path="invoices"))
            programs[f"check and rows: {table}" if table == "documents" else f"rows: {table}"] = ([self.raccordo, "run", f"{table}.yaml", "--quiet"], None, None)
        peer = [python, str(HERE / "peer/invoices.py")]
        if not python:
            print("| | skipped: lxml and a38, no Python environment with them was given | | | | | | |")
        else:
            if xsd and xsd.is_file():
                programs["lxml: parse, schema, rows"] = ([*peer, "lxml", "invoices", "out/peer.csv", str(xsd.resolve())], None, None)
            else:
                print("| | skipped: lxml, the schema is not there | | | | | | |")
            self.some()
            programs["a38: parse, validate, rows"] = ([*peer, "a38", "some", "out/peer.csv"], max(1, count // SHARE_OF_A38), None)
        medians = self.turn("read", count, programs)
        speed = medians["check, folder"]["speed"]
        self.goal(f"parse and check at least 60,000 per CPU second: {speed:,.0f}", speed >= 60_000)
        speed = medians["check and rows: documents"]["speed"]
        self.goal(f"parse, check and rows at least 60,000 per CPU second: {speed:,.0f}", speed >= 60_000)
        scale = medians["check, folder, one thread"]["wall"] / medians["check, folder, two threads"]["wall"]
        self.goal(f"two threads at least 1.7 times as fast as one: {scale:.2f}", scale >= 1.7)

    def some(self):
        """The files that a38 gets."""
        some = self.work / "some"
        shutil.rmtree(some, ignore_errors=True)
        some.mkdir()
        for path in sorted((self.work / "invoices").iterdir())[: max(1, self.arguments.count // SHARE_OF_A38)]:
            shutil.copy(path, some)

    def write(self):
        shared, python = self.arguments.shared, self.arguments.python
        pipeline = HERE.parent / "pipelines/bench/fatture.yaml"
        if not python or not shared or not (shared / "compare.py").is_file() or not pipeline.is_file():
            print("| | skipped: the job `fatture`, the benchmark kit or its pipeline is not there | | | | | | |")
            return
        count = min(self.arguments.count, 10_000)
        data = self.work / "data"
        subprocess.run([python, shared / "make_data.py", "--only", "invoices", "--invoices", str(count), "--out", data], check=True, stdout=subprocess.DEVNULL)
        shutil.copy(pipeline, self.work / "fatture.yaml")
        peer = lambda name: [python, str(shared / f"peers/with_{name}.py"), "fatture", "--data", str(data), "--out", str(self.work / "out")]
        programs = {"raccordo": ([self.raccordo, "run", "fatture.yaml", "--quiet"], None, None), "lxml": (peer("lxml"), None, None), "template": (peer("template"), None, None)}
        if not self.arguments.smoke:
            programs["a38"] = (peer("a38"), None, None)
        medians = self.turn("write", count, programs)
        share = medians["raccordo"]["user"] / medians["lxml"]["user"]
        self.goal(f"at most 0.2 times the user CPU of lxml, with the controls that lxml leaves out: {share:.2f}", share <= 0.2)
        self.agree(programs, shared, python)

    def agree(self, programs, shared, python):
        """Both outputs hold the same values."""
        for name in ("raccordo", "lxml"):
            for old in ("out", ".raccordo", name):
                shutil.rmtree(self.work / old, ignore_errors=True)
            (self.work / "out").mkdir()
            run(programs[name][0], self.work)
            (self.work / "out").rename(self.work / name)
        xsd = ["--xsd", self.arguments.xsd.resolve()] if self.arguments.xsd and self.arguments.xsd.is_file() else []
        compared = subprocess.run([python, shared / "compare.py", "fatture", self.work / "raccordo", self.work / "lxml", *xsd], capture_output=True, text=True, check=False)
        print(f"| | the values of raccordo and lxml | | | | | | {'the same' if compared.returncode == 0 else 'DIFFERENT'} |")
        if compared.returncode != 0:
            sys.exit(compared.stdout[-3000:] + compared.stderr[-2000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--raccordo", type=Path, required=True)
    parser.add_argument("--python", type=str)
    parser.add_argument("--xsd", type=Path)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.count = min(arguments.count, 500)
    arguments.shared = arguments.shared and arguments.shared.resolve()
    subprocess.run([sys.executable, HERE / "invoice_data.py", arguments.work, "--count", str(arguments.count)], check=True)
    (arguments.work / "raccordo.yaml").write_text("{}\n")
    bench = Bench(arguments)
    print("| job | program | invoices | user s | system s | wall s | peak MiB | invoices per user second |\n|---|---|---|---|---|---|---|---|")
    bench.read()
    bench.write()
    print(f"{len(bench.missed)} goals missed")
    sys.exit(1 if bench.missed and not arguments.smoke else 0)


if __name__ == "__main__":
    main()
