#!/usr/bin/env python3
"""Runs the programs of docs/tokens.md that narrow a token, in every language, against the test vectors."""

import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import restrictions

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_LINES = 20
# Kinds and values that do not fit their bytes: a time in milliseconds, say, must not become another time.
MISFITS = [
    ("2", "1797800000000"),
    ("2", "4294967296"),
    ("2", "-1"),
    ("2", "soon"),
    ("1", "258"),
    ("1", "256"),
    ("1", "-1"),
    ("1", "read"),
    ("259", "acme/widget"),
    ("-253", "acme/widget"),
    ("3", "a" * 256),
]
GO = """package main

import (
	"bufio"
	"encoding/json"
	"os"
)

func main() {
	var cases []struct {
		Token string
		Kind  byte
		Value []byte
	}
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&cases); err != nil {
		panic(err)
	}
	for _, one := range cases {
		text, err := narrow(one.Token, one.Kind, one.Value)
		if err != nil {
			text = "refused"
		}
		println(text)
	}
}
"""


def programs():
    page = (ROOT / "docs/tokens.md").read_text().partition("### Narrow a token")[2]
    found = dict(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    assert found.keys() == {"python", "javascript", "go", "bash"}, found.keys()
    for language, text in found.items():
        lines = [line for line in text.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES, f"{language} has {len(lines)} lines"
    return found


def cases():
    vectors = json.loads((ROOT / "tests/vectors/token.json").read_text())["narrow"]
    for case in vectors:
        if "narrowed" in case:
            kind, value = restrictions.write(case["restriction"])
            text = str(int.from_bytes(value)) if kind <= 2 else value.decode()
            yield case["name"], case["token"], kind, value, text, case["narrowed"]


def run(command, given):
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=120)


def each(command):
    """What a program makes of every case, started anew each time."""
    return [run([*command, str(kind), text], token + "\n").stdout.strip() for _, token, kind, _, text, _ in cases()]


def check_misfits(language, command, token):
    for kind, text in MISFITS:
        ran = subprocess.run([*command, kind, text], input=token + "\n", capture_output=True, text=True, timeout=120)
        if ran.returncode == 0 or ran.stdout:
            sys.exit(f"{language} narrows by kind {kind} and {text[:20]}: expected an error, found {ran.stdout}")


def go(folder, text):
    # The import of the page stands on one line, to be short; the parts are a program of two files.
    (folder / "narrow.go").write_text("package main\n\n" + text)
    (folder / "main.go").write_text(GO)
    (folder / "go.mod").write_text("module narrow\n\ngo 1.19\n")
    subprocess.run(["go", "build", "-o", "narrow", "."], cwd=folder, check=True, timeout=300)
    given = [
        {"Token": token, "Kind": kind, "Value": base64.b64encode(value).decode()}
        for _, token, kind, value, _, _ in cases()
    ]
    too_long = {"Token": given[0]["Token"], "Kind": 3, "Value": base64.b64encode(bytes(256)).decode()}
    *narrowed, refused = run([str(folder / "narrow")], json.dumps([*given, too_long])).stderr.split()
    assert refused == "refused", refused
    return narrowed


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = programs()
        for language, file in (("python", "narrow.py"), ("javascript", "narrow.mjs"), ("bash", "narrow.sh")):
            (folder / file).write_text(found[language])
        commands = {
            "Python": [sys.executable, str(folder / "narrow.py")],
            "JavaScript": ["node", str(folder / "narrow.mjs")],
            "shell": ["bash", str(folder / "narrow.sh")],
        }
        made = {language: each(command) for language, command in commands.items()}
        made["Go"] = go(folder, found["go"])
        for language, command in commands.items():
            check_misfits(language, command, next(cases())[1])
    expected = [narrowed for *_, narrowed in cases()]
    for language, tokens in made.items():
        for (name, *_), token, narrowed in zip(cases(), tokens, expected, strict=True):
            if token != narrowed:
                sys.exit(f"{language}, {name}: expected {narrowed}, found {token}")
    assert len(expected) >= 14
    print(f"docs/tokens.md narrows {len(expected)} tokens as the vectors do, and refuses misfits, in {', '.join(made)}")


if __name__ == "__main__":
    main()
