#!/usr/bin/env bash
# Inputs that must end well: a good message, the right exit code, nothing half-written.
#
#   RACCORDO=target/release/raccordo tests/wrong-inputs.sh
#
# Prints `ok`, `FAILED` or `skipped` for each case, then `N passed, N failed`. Needs Python 3; the cases of a full disk and of a folder
# without write permission need root, and are skipped without.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
program="$(realpath "${RACCORDO:-${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/raccordo/target}/release/raccordo}")"
work="$(mktemp -d)"
mounted=""
cleanup() {
  if [[ -n "$mounted" ]]; then umount "$mounted" || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"
# Another user must be able to start it in the case without permission.
install -m 755 "$program" "$work/raccordo"
raccordo="$work/raccordo"
python3 "$here/support/wrong_inputs.py" "$work"

passed=0
failed=0
problem=""

# What the last command said, and how it ended.
said=""
code=0

run() { # command…
  code=0
  said="$("$@" 2>&1)" || code=$?
}

expect_code() {
  if [[ "$code" -ne "$1" ]]; then problem="${problem}expected exit code $1, found $code. "; fi
}

expect_words() {
  local words
  for words in "$@"; do
    if ! grep -qF -- "$words" <<< "$said"; then problem="${problem}the message lacks \`$words\`. "; fi
  done
}

# No hidden part of a file, no staging folder, anywhere in the project.
expect_clean() {
  local left
  left="$(find . \( -name '.*.part' -o -name staging \) -print)"
  if [[ -n "$left" ]]; then problem="${problem}left behind: $(tr '\n' ' ' <<< "$left"). "; fi
}

expect_absent() {
  local path
  for path in "$@"; do
    if [[ -e "$path" ]]; then problem="${problem}\`$path\` was written. "; fi
  done
}

expect_lines() { # count file
  local found=0
  if [[ -f "$2" ]]; then found="$(wc -l < "$2")"; fi
  if [[ "$found" -ne "$1" ]]; then problem="${problem}expected $1 lines in \`$2\`, found $found. "; fi
}

settle() {
  if [[ -z "$problem" ]]; then
    echo "ok      $1"
    passed=$((passed + 1))
  else
    echo "FAILED  $1: $problem"
    sed 's/^/        | /' <<< "$said"
    failed=$((failed + 1))
  fi
  problem=""
}

skip() {
  echo "skipped: $1: $2"
}

# A full disk: four megabytes for an output of twelve.
cd "$work/full-disk"
if [[ "$(id -u)" -ne 0 ]]; then
  skip "full disk" "mounting a small disk needs root"
elif ! mount -t tmpfs -o size=4m tmpfs disk 2> /dev/null; then
  skip "full disk" "this machine does not let us mount a tmpfs"
else
  mounted="$PWD/disk"
  echo "prima" > disk/righe.csv
  run "$raccordo" run pipeline.yaml
  expect_code 2
  expect_words "write-failed" "no space left on device" "free some space"
  expect_clean
  if [[ "$(cat disk/righe.csv)" != "prima" ]]; then problem="${problem}what was there before has changed. "; fi
  umount disk
  mounted=""
  settle "full disk"
fi

# A folder that the user may not write in. To root nothing is forbidden, so the run is another user's.
cd "$work/unwritable"
if [[ "$(id -u)" -ne 0 ]]; then
  chmod 555 chiusa
  run "$raccordo" run pipeline.yaml
  chmod 755 chiusa
else
  chown 65534:65534 .
  run setpriv --reuid=65534 --regid=65534 --clear-groups "$raccordo" run pipeline.yaml
fi
expect_code 2
expect_words "write-failed" "permission denied" "chiusa" "give the user who runs raccordo the right to write"
expect_clean
if [[ "$(cat chiusa/righe.csv)" != "prima" ]]; then problem="${problem}what was there before has changed. "; fi
settle "folder without write permission"

# Ctrl-C in the middle: sent when the part beside the destination has begun to grow.
cd "$work/interrupted"
run python3 - "$raccordo" << 'PY'
import glob, os, signal, subprocess, sys, time
process = subprocess.Popen([sys.argv[1], "run", "pipeline.yaml"], stderr=subprocess.STDOUT)
deadline = time.monotonic() + 60
while process.poll() is None and time.monotonic() < deadline:
    if any(os.path.getsize(part) for part in glob.glob("out/.*.part")):
        process.send_signal(signal.SIGINT)
        break
    time.sleep(0.002)
else:
    print("the run was over before it could be interrupted")
sys.exit(process.wait())
PY
expect_code 2
expect_words "interrupted"
expect_absent out/righe.csv
expect_clean
settle "Ctrl-C in the middle"

cd "$work/zip-bomb"
run "$raccordo" run pipeline.yaml
expect_code 2
expect_words "compression bomb" "bomba.zip"
expect_absent out/righe.csv
expect_clean
settle "zip bomb"

cd "$work/dtd"
run "$raccordo" run pipeline.yaml
expect_code 2
expect_words "bad-format" "prodotti.xml" "document type declaration"
if grep -q "parola" <<< "$said"; then problem="${problem}the external entity was read. "; fi
expect_absent out/prodotti.csv
expect_clean
settle "XML with a DTD and an external entity"

cd "$work/renamed"
run "$raccordo" check pipeline.yaml
expect_code 1
expect_words "column-missing" "giacenza" "giacenze"
run "$raccordo" run pipeline.yaml
expect_code 1
expect_absent out/righe.csv
settle "column renamed by the supplier"

cd "$work/xlsx"
run "$raccordo" run pipeline.yaml
expect_code 0
expect_words "bad-gtin" "E+12" "listino.xlsx:2"
expect_lines 3 out/listino.csv
expect_clean
settle "XLSX with an EAN of 4.00638E+12"

cd "$work/line-10001"
run "$raccordo" run pipeline.yaml
expect_code 0
expect_words "wrong-field-count" "righe.csv:10001"
expect_lines 20000 out/righe.csv
expect_clean
settle "CSV whose 10,001st line has one field too many"

cd "$work/list"
run "$raccordo" check pipeline.yaml
expect_code 1
expect_words "not-a-pipeline" "pipeline.yaml:1:1"
settle "YAML that is a list"

cd "$work/climbing"
run "$raccordo" run pipeline.yaml
expect_code 0
expect_words "path-escapes"
expect_lines 2 out/buono/righe.csv
expect_absent ../fuori ../../fuori /fuori out/righe.csv
expect_clean
settle "path that climbs out of its folder by row data"

echo
echo "$passed passed, $failed failed"
[[ "$failed" -eq 0 ]]
