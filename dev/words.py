"""Finds words that this project does not use because the field has another word for the same thing.

    python3 dev/words.py                  lists every hit and exits with 1 if there is one
    python3 dev/words.py --report         counts hits by word and by file, and exits with 0
    python3 dev/words.py --word order src lists the hits of one word below some paths

It reads all text files that git tracks, and their paths. Identifiers count as the words that they consist of: `hand_off`, `handOff` and
`HandOff` are all `hand off`. Many of these words are banned in one sense only. Each rule therefore has examples of text that it finds
and of text that it leaves alone, and the script checks them on every run. What no rule can know is in EXCEPTIONS, with a reason.
"""

import argparse
import collections
import fnmatch
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Files whose text is not ours, or is data.
NOT_READ = {
    "LICENSE": "a licence's own text",
    "*.lock": "made by cargo",
    "*package-lock.json": "made by npm",
    "*.svg": "drawings",
    "*.png": "images",
    "bench/results/*": "records of earlier runs",
    "fuzz/corpus/*": "inputs that the fuzzer found",
    "tests/vectors/corpus_*.json": "requests of real clients",
    "tests/disagreement/*.jsonl": "requests for other servers",
    "dev/words.py": "names the words",
}

# Places where a rule is wrong: rule, path, a pattern that must match the line, and the reason.
EXCEPTIONS: list[tuple[str, str, str, str]] = [
    ("pass", "tests/edge/*.py", r"pygit2\.UserPass", "pygit2's name"),
    ("visit", "*.rs", r"fn visit_|\.visit_|Visitor<|impl.*Visitor", "serde's trait has these names"),
    ("notice", "www/*", r"notices?\b", "the page's status messages"),
    ("the notice", "deny.toml", r"with a notice", "a licence's notice"),
    ("paper", "*", r"(?i)((?<!house)/|daily_)papers?\b", "paths of the Hub"),
    ("reply", "*", r"/comment/\{\w+\}/reply\b|replies?_x17", "paths of the Hub"),
    ("delete a token", "tests/cli_tokens.rs", r"tokens delete", "an alias of the command, as people type it"),
    ("paper", "www/style.css", r"--paper\b", "a colour"),
    ("order", "tests/load/load_generator/plan.rs", r"\border\b", "the order in which requests are sent"),
    ("reply", "tests/origins/hubs/fastify.mjs", r"\breply\b", "Fastify's name for a response"),
    ("order", "src/bin/lychgate/*.rs", r"display_order", "clap's name for the position of an option in the help"),
    ("delete a token", "src/bin/lychgate/*.rs", r"Call::delete", "the HTTP method"),
    ("ended", "src/sorted_map.rs", r"DoubleEndedIterator", "a trait of the standard library"),
    ("ended", "examples/origin/process_output.rs", r"\bended\b", "a process"),
]


@dataclass(frozen=True)
class Rule:
    """A word that is not used in one sense."""

    name: str
    write: str
    # The pattern to find, in text whose identifiers are split into words; a space stands for any gap between words.
    pattern: str
    # Patterns of text around a hit in which the word has another sense.
    allowed: tuple[str, ...] = ()
    # Whether the rule applies only to code, without comments and strings.
    code_only: bool = False
    # Whether upper and lower case are the same.
    any_case: bool = True
    # A pattern that the line, or the path, must match as well.
    near: str = ""
    # The kinds of files that the rule applies to; all if empty.
    suffixes: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    compiled: re.Pattern = field(init=False, repr=False, default=None)
    compiled_allowed: tuple[re.Pattern, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        flags = re.IGNORECASE if self.any_case else 0
        object.__setattr__(self, "compiled", re.compile(spaced(self.pattern), flags))
        object.__setattr__(
            self, "compiled_allowed", tuple(re.compile(spaced(text), re.IGNORECASE) for text in self.allowed)
        )

    def hits(self, text: str) -> list[int]:
        """The places where the text breaks the rule, in split text."""
        return [
            match.start() for match in self.compiled.finditer(text) if not self._is_allowed(text, match) and self._is_near(text, match)
        ]

    def _is_allowed(self, text: str, match: re.Match) -> bool:
        begin, end = max(0, match.start() - 60), match.end() + 60
        window = text[begin:end]
        return any(
            found.start() + begin <= match.start() and match.end() <= found.end() + begin
            for allowed in self.compiled_allowed
            for found in allowed.finditer(window)
        )

    def _is_near(self, text: str, match: re.Match) -> bool:
        if not self.near:
            return True
        begin = text.rfind("\n", 0, match.start()) + 1
        end = text.find("\n", match.end())
        return re.search(self.near, text[begin : end if end >= 0 else len(text)], re.IGNORECASE) is not None


def spaced(pattern: str) -> str:
    """A pattern in which a space stands for any gap between two words, including the beginning of a comment's next line."""
    return pattern.replace(" ", r"[\s/!#*>`'\"_-]+")


A = r"(?:a|an|the|its|their|this|that|these|no|any|each|every|one|all)"

RULES = [
    Rule("visit", "request context", r"\bvisit(s|ed|ing)?\b",
         finds=("edge/visit.rs", "struct Visit {", "visit.go_on()"), leaves=("a Visitor signs in", "revisited")),
    Rule("crossing", "JavaScript bridge, js_bridge; a call", r"\bcrossings?\b",
         finds=("crossing.js", "few crossings"), leaves=("cross-site", "crossed")),
    Rule("in hand", "cached, in memory", r"\b(in|at) hand\b",
         finds=("the list in hand", "InHand(record)", "lists_at_hand", "a list in\n    /// hand"), leaves=("by hand", "a hand")),
    Rule("reading", "freshness; interpretation", r"\breadings?\b", code_only=True, suffixes=(".rs",),
         finds=("use crate::reading::Reading;", "self.reading.begin(now)"), leaves=("// for reading",)),
    Rule("readings", "interpretation", rf"\b(strict(er|est)|soft(er|est)|two|other|second|of|{A}) readings?\b",
         allowed=(r"\b(of|no|any|a|the) reading (a|an|the|and|from|it|them|or|request|token|list)\b", r"reading of the (spec|RFC)"),
         finds=("the strictest reading wins", "of two readings", "the reading of a store"), leaves=("reading a file", "stop reading")),
    Rule("standing", "revocation status", r"\bstandings?\b",
         finds=("fn standing(", "tokens/{id}/standing", "tokenStanding"), leaves=("outstanding", "understanding")),
    Rule("hand-off", "sign-in assertion", r"\bhand offs?\b|\bhandoffs?\b",
         finds=("hand_off_used", "handOff(key)", "HandOff", "a hand-off"), leaves=("hand it over", "hand")),
    Rule("uses", "usage", r"\buses\b", code_only=True, suffixes=(".rs", ".py", ".js", ".mjs"),
         finds=("mod uses;", "self.uses.push(x)", "report_uses()"), leaves=("// the gate uses it", '"it uses this"')),
    Rule("uses of", "usage", rf"\b({A}|noted|reported|unreported|token|tokens|last) uses\b(?! {A}\b)|\buses (of|that|which|after|behind)\b",
         allowed=(r"(that|which|who|what|token|gate|edge|origin|ledger|page|it|test|one) uses (the|a|an|it|its|them|this|that|these|other|of)\b",),
         finds=("the uses of tokens", "all uses are reported", "uses after the end"), leaves=("the gate uses the list",)),
    Rule("crowd", "load generator", r"\bcrowds?\b", finds=("CROWD_BIN", "tests/load/crowd"), leaves=("crowded",)),
    Rule("notice", "expiry header", r"\bnotices?\b", code_only=True, suffixes=(".rs", ".py", ".js", ".mjs", ".html"),
         finds=("mod notice;", "NOTICE_PART", "expiry_notice()"), leaves=("// before anyone notices",)),
    Rule("the notice", "expiry header", rf"\b({A}|expiry) notices?\b",
         finds=("test_expiry_notice.py", "the notice"), leaves=("before anyone notices", "it notices that")),
    Rule("objection", "API error", r"\bobjections?\b", finds=("Objection::NotFound", "an objection"), leaves=("object", "objective")),
    Rule("order", "ledger request", r"\borders?\b",
         allowed=(
             r"\b(in|of|by|this|that|same|other|right|wrong|reverse|ascending|descending|alphabetical|canonical|numerical|sort|sorting|byte|"
             r"any|another|either|which|what|whose|random|given|fixed|stated|lexical|lexicographic|evaluation|total|stable|run|new|of their|their own) order\b",
             r"\border (by|in which|of|is|matters|that (they|it)|they)\b", r"\bin their order\b", r"\bin its order\b", r"\bin the order\b",
             r"\bthe order (in|of|they|that the)\b", r"\bout of order\b", r"\bout order\b", r"\border: ",
         ),
         finds=("Order::Create", "an order goes to the ledger", "orders and replies", "self.order"),
         leaves=("in this order", "ORDER BY id", "the order in which", "cmp::Ordering", "in order to", "reorder")),
    Rule("reply", "ledger response", r"\brepl(y|ies|ied|ying)\b", finds=("Reply::Created", "orders and replies"), leaves=("replay",)),
    Rule("pass", "authorized request", r"\bPass\b", any_case=False, allowed=(r"\bPass (the|a|it|this|`)",),
         finds=("Verdict::Forward(Pass)", "only a `Pass` is forwarded"), leaves=("pass the tests", "PASS", "Password")),
    Rule("a pass", "authorized request", r"\b(a|the|its|this|no|any|every) pass\b",
         allowed=(r"\b(a|the|this|every) pass (over|through|that (reads|looks))\b",),
         finds=("a pass holds the target", "the pass"), leaves=("in one pass", "to pass", "a pass over the text", "a password")),
    Rule("anatomy", "inspection", r"\banatom(y|ies)\b", finds=("anatomy.rs", "Anatomy"), leaves=("atomic",)),
    Rule("asserter", "assertion signer", r"\basserters?\b", finds=("Asserter::new", "fn asserter("), leaves=("asserts", "assert")),
    Rule("note", "log at level info", r"\bfn note\(&self\)|\.note\(\)", suffixes=(".rs",),
         finds=(".note();", "fn note(&self)"), leaves=("fn note_use(&self)",)),
    Rule("alarm", "log at level error", r"\.alarm\(\)|\bfn alarm\(&self\b", suffixes=(".rs",),
         finds=(".alarm();", "fn alarm(&self, shard: u16)"), leaves=("set_alarm(now)", "pub async fn alarm(state: State)")),
    Rule("mend", "repair", r"\b(mends?|mended|mending)\b", finds=("ours to mend", "mended by heartbeats"), leaves=("amend", "recommend")),
    Rule("tend", "run due work", r"\b(tend|tends|tended|tending)\b", allowed=(r"\btends? to\b",),
         finds=("fn tend(", "tended"), leaves=("it tends to", "extend", "attend")),
    Rule("arm", "schedule", r"\b(arm|arms|armed|arming|disarm|rearm)\b", allowed=(r"\b(match|matching|wildcard|_|no|`_`|catch all) arms?\b", r"_` arm"),
         finds=("fn arm(", "armed"), leaves=("alarm", "a match arm", "no `_` arm", "arm64", "harm")),
    Rule("paper", "document", r"\bpapers?\b", finds=("papers.rs", "the papers name"), leaves=("newspaper",)),
    Rule("room", "module", r"\brooms\b|\b(a|the|which|what|each|every|this|that|another|other|own) room\b",
         allowed=(r"\b(a|the|this|that|what|which) room (for|to|in|left)\b", r"\bchat rooms?\b"),
         finds=("rooms.rs", "which room may name what", "names_a_room"), leaves=("room for a user name", "makes room at a time", "let room = 1", "check_room()")),
    Rule("face", "interface", r"\bfaces?\b", allowed=(r"\bfont face\b", r"\bin the face of\b", r"\bface to face\b"),
         finds=("only the faces name it", "a face"), leaves=("interface", "surface", "@font-face")),
    Rule("house", "project", r"\bhouses?\b", finds=("tests/house", "map of the house"), leaves=("housekeeping", "warehouse")),
    Rule("in two ways", "ambiguous", r"\b(in|has) two ways\b", finds=("can be read in two ways",), leaves=("two ways to do it",)),
    Rule("cut by", "capped by", r"\bcuts?(?! off| short)( \w+)?( \w+)? by\b|\bcuts? what\b",
         allowed=(r"\bcut by a byte\b",), finds=("its role, cut by what", "cuts what its tokens may do"), leaves=("cut off by a restart", "shortcut by")),
    Rule("ended", "revoked", r"\bended\b", allowed=(
             r"\b(process|processes|client|clients|connection|stream|request|body|upload|run|page before|page|session|sessions|worker|browser|test|it has|"
             r"command|thread|program|text|line|file|outage|wait|download) (that |which |has |have |had |was |were )*ended\b", r"\bended (with|early|by|normally)\b", r"open ended",
         ),
         finds=("ended_token_used", "a token that was ended", "token_ended", "ended_at"), leaves=("the process ended", "appended", "depended")),
    Rule("end a token", "revoke",
         rf"\b(end|ends|ending)\b(?=( {A}| their| own| other| leaked| genuine)*( \w+)? tokens?\b)"
         r"|\btokens?( s)? (end|ends|ending)\b(?! (with|in|at|by|up)\b)|\bends? (it|them|all|one)\b(?=\s*[.;,:(—]| early| once| without| at)"
         r"|\b(used after|uses after|after its) end\b|\bends (soon|at)\b|\bending\.rs|\b(mod|self|super|crate|tokens) ending\b|\b(self|super|tokens)::ending\b",
         finds=("end all tokens", "how to end a token", "the token ends as soon", "used_after_end", "ends_soon", "ends_at", "mod ending;"),
         leaves=("the end of a body", "at the end", "ends with a dot", "pending tokens")),
    Rule("delete a token", "revoke", r"\b([Dd]elet(e|es|ed|ing|ion|ions))\b", any_case=False, near=r"token|`deleted`",
         allowed=(r"\bcommit, delete\b",),
         finds=("lychgate tokens delete 0-7", "deleteToken", "token-delete.js", "Delete a token", "`deleted` (by an admin)"),
         leaves=("-X DELETE /tokens/0-8", "delete a header", "push, upload, commit, delete")),
]


def without_data(found: re.Match) -> str:
    """A long text, or as many blanks if it is not an identifier but encoded bytes."""
    text = found.group()
    is_data = all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return " " * len(text) if is_data else text


def split(text: str) -> str:
    """The text with identifiers split into words, on the same lines."""
    text = re.sub(r"[A-Za-z0-9+/=_-]{40,}", without_data, text)
    text = re.sub(r"(?<=[A-Za-z0-9])[_-](?=[A-Za-z])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.sub(r"(?<=\b)_(?=[A-Za-z])", " ", text)


STRINGS = {
    ".rs": r'//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'',
    ".py": r'#[^\n]*|""".*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    ".js": r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\])*`',
}
STRINGS[".mjs"] = STRINGS[".js"]


def code_of(text: str, suffix: str) -> str:
    """The text without its comments and strings, on the same lines."""
    if suffix not in STRINGS:
        return text
    return re.sub(STRINGS[suffix], lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.DOTALL)


class Text:
    """A file's text, in the forms that the rules need."""

    def __init__(self, text: str, suffix: str) -> None:
        self.suffix = suffix
        self.all = split(text)
        self.code = split(code_of(text, suffix))

    def lines_with(self, rule: Rule) -> list[int]:
        """The lines, from 0, that break the rule."""
        if rule.suffixes and self.suffix not in rule.suffixes:
            return []
        searched = self.code if rule.code_only else self.all
        return [searched.count("\n", 0, place) for place in rule.hits(searched)]


def check_examples() -> None:
    """Checks that each rule finds what it must find, and leaves alone what it must leave alone."""
    for rule in RULES:
        suffix = rule.suffixes[0] if rule.suffixes else ".md"
        for example in rule.finds:
            assert Text(example, suffix).lines_with(rule), f"the rule {rule.name!r} does not find {example!r}"
        for example in rule.leaves:
            assert not Text(example, suffix).lines_with(rule), f"the rule {rule.name!r} finds {example!r}"
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names), "two rules have the same name"
    for name, _, _, _ in EXCEPTIONS:
        assert name in names, f"there is no rule {name!r}"


@dataclass(frozen=True)
class Hit:
    rule: Rule
    path: str
    # From 1; 0 means the path itself.
    line: int
    text: str


def files(below: list[str]) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    return sorted(path for path in set(listed.stdout.split("\0")) if path and (ROOT / path).is_file())


def search(below: list[str]) -> list[Hit]:
    found, used = [], set()
    for path in files(below):
        if any(fnmatch.fnmatch(path, pattern) for pattern in NOT_READ):
            continue
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        suffix = pathlib.PurePath(path).suffix
        lines = text.split("\n")
        looked_at = Text(text, suffix)
        for rule in RULES:
            places = [(line + 1, lines[line].strip()) for line in looked_at.lines_with(rule)]
            if not rule.suffixes or suffix in rule.suffixes:
                # The words of the path, in either sense of the rule.
                places += [(0, path) for _ in rule.hits(split(path))]
            for line, shown in places:
                exception = exception_for(rule, path, shown)
                if exception is None:
                    found.append(Hit(rule, path, line, shown))
                else:
                    used.add(exception)
    if not below:
        for index, exception in enumerate(EXCEPTIONS):
            if index not in used:
                print(f"dev/words.py: the exception {exception[:3]} excepts nothing: remove it", file=sys.stderr)
    return found


def exception_for(rule: Rule, path: str, line: str) -> int | None:
    """The exception that a hit falls under."""
    for index, (name, place, pattern, _) in enumerate(EXCEPTIONS):
        if name == rule.name and fnmatch.fnmatch(path, place) and re.search(pattern, line):
            return index
    return None


def report(found: list[Hit]) -> None:
    """Counts by word, then by file."""
    words = collections.Counter(hit.rule.name for hit in found)
    print(f"{len(found)} hits\n\n{'hits':>5} {'files':>5}  {'word':<16} write instead")
    for rule in sorted(RULES, key=lambda rule: -words[rule.name]):
        in_files = len({hit.path for hit in found if hit.rule is rule})
        if words[rule.name]:
            print(f"{words[rule.name]:>5} {in_files:>5}  {rule.name:<16} {rule.write}")
    print(f"\n{'hits':>5}  {'file':<52} words")
    for path, count in collections.Counter(hit.path for hit in found).most_common():
        by_word = collections.Counter(hit.rule.name for hit in found if hit.path == path)
        print(f"{count:>5}  {path:<52} {', '.join(f'{word} {number}' for word, number in by_word.most_common())}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Finds words that this project does not use.")
    parser.add_argument("--report", action="store_true", help="count hits by word and by file, and exit with 0")
    parser.add_argument("--word", metavar="NAME", help="only this rule, by its name in the report")
    parser.add_argument("paths", nargs="*", help="only below these")
    options = parser.parse_args()
    check_examples()
    if options.word and options.word not in {rule.name for rule in RULES}:
        parser.error(f"no rule {options.word!r}; the rules are {', '.join(rule.name for rule in RULES)}")
    found = [hit for hit in search(options.paths) if options.word in (None, hit.rule.name)]
    if options.report:
        report(found)
        return 0
    for hit in found:
        print(f"{hit.path}:{hit.line or 'path'}: {hit.rule.name} (write: {hit.rule.write}): {hit.text[:140]}")
    if found:
        print(f"{len(found)} hits; `python3 dev/words.py --report` counts them", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
