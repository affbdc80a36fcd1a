#!/usr/bin/env bash
# Builds raccordo and its peer, makes the inputs, measures. See benches/README.md.
#
#   benches/run.sh            full size, five rounds; exit code 1 when a goal is missed
#   benches/run.sh --smoke    20,000 rows, one round, no goals: only whether everything runs and agrees
#
# CARGO_TARGET_DIR: where to build. RACCORDO_BENCH_DIR: where the inputs are kept. Other arguments go to measure.py.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/raccordo"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"

sizes=()
folder="${RACCORDO_BENCH_DIR:-$cache/bench}/full"
for argument in "$@"; do
  if [[ "$argument" == "--smoke" ]]; then
    sizes=(--rows 20000 --moves 20000 --xml-mb 5)
    folder="${RACCORDO_BENCH_DIR:-$cache/bench}/smoke"
  fi
done

if [[ -n "${RACCORDO:-}" ]]; then
  raccordo="$RACCORDO"
else
  (cd "$root" && cargo build --release --quiet --bin raccordo)
  raccordo="$CARGO_TARGET_DIR/release/raccordo"
fi
(cd "$here/peer" && cargo build --release --quiet --locked)

mkdir -p "$folder"
python3 "$here/make.py" "$folder/data" ${sizes[@]+"${sizes[@]}"}
rm -rf "$folder/pipelines" "$folder/out" "$folder/.raccordo"
cp -r "$here/pipelines" "$folder/pipelines"
cp "$here/peer/faucet/jsonl.yaml" "$folder/faucet.yaml"
echo "{}" > "$folder/raccordo.yaml"

failed=0
python3 "$here/measure.py" "$folder" --raccordo "$raccordo" --peer "$CARGO_TARGET_DIR/release/raccordo-bench-peer" \
  --story "$root/pipelines/canali-notte.yaml" "$@" || failed=1

# Electronic invoices beside lxml and a38, which pip installs, and the benchmark kit where it is there.
if python3 -m venv "$cache/bench-venv" && "$cache/bench-venv/bin/pip" install --quiet --disable-pip-version-check lxml a38==0.1.8 numpy pyarrow; then
  peers=(--python "$cache/bench-venv/bin/python")
else
  peers=()
fi
python3 "$here/invoices.py" "$folder/fatture" --raccordo "$raccordo" ${peers[@]+"${peers[@]}"} \
  --xsd "$root/../shared/fatturapa/xsd/Schema_VFPR12_v1.2.3.xsd" --shared "$root/../shared/bench" "$@" || failed=1
exit "$failed"
