"""Compares the verdicts of `raccordo fatturapa check` with a folder of samples whose outcome is known.

    python3 tests/samples.py PROGRAM SAMPLES

SAMPLES has `negative/EXPECTED.tsv` (codes per file, none more, none less) and a README with tables: file, kind, signature, XSD, content
codes. Numbers that only the exchange system can look up are not in those tables, and are warnings here.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

SIGNATURE = {"00100", "00102", "00103", "00105"}


def verdicts(program, path):
    """The error codes of each file below a path, and whether each signature holds."""
    command = [program, "fatturapa", "check", "--format", "json", "--received-at", "2026-11-24", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 3):
        sys.exit(f"{path}: exit code {ended.returncode}\n{ended.stderr}")
    found = {}
    for line in ended.stdout.splitlines():
        record = json.loads(line)
        codes, _ = found.setdefault(record["file"], (set(), record["signature"]))
        codes.update(finding["code"] for finding in record["findings"] if finding["severity"] == "error")
    return found


def main(program, samples):
    """Prints every difference; the exit code says whether there was one."""
    wrong, count = [], 0
    found = verdicts(program, samples / "negative")
    for line in (samples / "negative" / "EXPECTED.tsv").read_text().splitlines()[1:]:
        name, said = line.split("\t")
        expected = set() if said.startswith("none") else set(said.split("+"))
        codes, _ = found[str(samples / "negative" / name)]
        count += 1
        if codes != expected:
            wrong.append(f"negative/{name}: expected {sorted(expected)}, found {sorted(codes)}")
    folder = ""
    for line in (samples / "README.md").read_text().splitlines():
        if line.startswith("## "):
            folder = line[3:].strip()
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 6 or cells[0] in ("file", "---") or folder in ("archives", "sdi-messages"):
            continue
        name, _, signature, schema, said, _ = cells
        count += 1
        results = verdicts(program, samples / folder / name)
        codes = set().union(*(codes for codes, _ in results.values()))
        breaks = bool(codes & {"00200", "00201"})
        if (schema == "valid" and breaks) or (schema == "INVALID" and not breaks):
            wrong.append(f"{folder}/{name}: schema {schema}, found {sorted(codes)}")
        content = codes - {"00200", "00201"} - SIGNATURE
        if said != "-" and content != (set() if said == "none" else set(re.findall(r"\d{5}", said))):
            wrong.append(f"{folder}/{name}: expected {said}, found {sorted(content)}")
        envelope = next(iter(results.values()))[1]
        if signature == "signature does not verify" and (not envelope or envelope["valid"]):
            wrong.append(f"{folder}/{name}: its signature should not hold")
    for archive in sorted((samples / "archives").glob("*.zip")):
        verdicts(program, archive)
        count += 1
    print("\n".join(wrong))
    print(f"{count} samples, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
