#!/usr/bin/env python3
"""Fuzzes with libFuzzer: run.py SECONDS [TARGET...]

Builds the targets with the compiler's own coverage instrumentation, so it needs only stable Rust. It runs each for this many
seconds from its committed corpus and the test vectors, and minimises the corpus again. An input that breaks a property is
kept in fuzz/artifacts, and the run fails. Once the fault is fixed, the input belongs in the corpus as `found-` and a word or
two.
`cargo fuzz run TARGET --sanitizer none` does the same for one target, where cargo-fuzz is installed.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

from seeds import seeds

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "target" / "fuzz-libfuzzer"
COVERAGE = (
    "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters "
    "-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 --cfg=fuzzing"
)
HOST = re.search(r"host: (\S+)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout)[1]
# The longest input, and the greatest size of a committed corpus.
LONGEST = 4096
# How long one input may take by the wall clock, on a machine that may be busy with other things; and how far a whole run may
# exceed its time, because libFuzzer can hang when it writes down an input that took too long.
INPUT_SECONDS, GRACE_SECONDS = 60, 300
MOST_FILES, MOST_BYTES = 200, 300 * 1024


def names():
    manifest = tomllib.loads((HERE / "Cargo.toml").read_text())
    return [program["name"] for program in manifest["bin"] if "libfuzzer" in program.get("required-features", [])]


def build(wanted):
    command = ["cargo", "build", "--quiet", "--release", "--features", "libfuzzer", "--target", HOST]
    command += [word for name in wanted for word in ("--bin", name)]
    environment = dict(os.environ, RUSTFLAGS=COVERAGE, CARGO_TARGET_DIR=str(BUILD))
    subprocess.run(command, cwd=HERE, env=environment, check=True)


def fuzz(name, seconds):
    program = BUILD / HOST / "release" / name
    corpus = HERE / "corpus" / name
    work = BUILD / "corpus" / name
    artifacts = HERE / "artifacts" / name
    for folder in (corpus, work, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={INPUT_SECONDS}", "-rss_limit_mb=1024"]
    options = ["-print_final_stats=1", f"-artifact_prefix={artifacts}/", work, corpus, BUILD / "seeds" / name]
    try:
        done = subprocess.run(
            command + options, capture_output=True, text=True, errors="replace", timeout=seconds + GRACE_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"{name}: FAILED; it hangs, perhaps over an input that takes over {INPUT_SECONDS} s", file=sys.stderr)
        return False
    found = re.findall(r"cov: (\d+) ft: (\d+)", done.stderr)
    counters = re.search(r"\((\d+) inline 8-bit counters", done.stderr)
    executions = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    if done.returncode != 0 or not found or not counters or not executions:
        print(done.stderr[-3000:], file=sys.stderr)
        print(f"{name}: FAILED; the input is in {artifacts.relative_to(HERE.parent)}", file=sys.stderr)
        return False
    minimise(program, name, corpus, work)
    covered, features = found[-1]
    kept = list(corpus.iterdir())
    print(
        f"{name:<16} {int(executions[1]):>12,} executions   {covered:>6} of {counters[1]} edges   {features:>6} features"
        f"   {len(kept):>4} inputs, {sum(file.stat().st_size for file in kept) // 1024} KiB",
        flush=True,
    )
    return True


def minimise(program, name, corpus, work):
    """Keeps the inputs that are needed to cover every covered edge, within the limits of a committed corpus, and every input that
    once broke a property (`found-` and a word or two)."""
    once_found = {file.name: file.read_bytes() for file in corpus.glob("found-*")}
    merged = BUILD / "merged" / name
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    command = [program, "-merge=1", "-use_counters=0", f"-max_len={LONGEST}", merged, corpus, work]
    command.append(BUILD / "seeds" / name)
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(corpus)
    corpus.mkdir()
    for kept, data in once_found.items():
        (corpus / kept).write_bytes(data)
    size = 0
    # If there are too many, the long ones stay: they come after the short ones, and cover what those do not.
    for file in sorted(merged.iterdir(), key=lambda file: (-file.stat().st_size, file.name))[:MOST_FILES]:
        size += file.stat().st_size
        if size > MOST_BYTES:
            break
        shutil.copy(file, corpus / file.name)


def main():
    seconds, wanted = int(sys.argv[1]), sys.argv[2:] or names()
    seeds(BUILD / "seeds")
    build(wanted)
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        done = list(side_by_side.map(lambda name: fuzz(name, seconds), wanted))
    if not all(done):
        sys.exit(1)


if __name__ == "__main__":
    main()
