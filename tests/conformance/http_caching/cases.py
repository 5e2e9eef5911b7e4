"""Cases of HTTP caching, read from text (the grammar is in README.md).

Rule: a line that is not understood stops the reading; nothing is skipped in silence.
"""
import dataclasses
import pathlib
import re

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
KINDS = ("fetched", "cached", "revalidated", "stale", "any")


@dataclasses.dataclass
class Message:
    """What one side is to send, or must have got: field lines in order, and a body if one is named."""
    fields: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    absent: list[str] = dataclasses.field(default_factory=list)
    body: str | None = None


@dataclasses.dataclass
class Step:
    verb: str  # a method, "origin", "expect", "asked" or "wait"
    words: list[str]
    message: Message
    line: int


@dataclasses.dataclass
class Case:
    title: str
    file: str
    see: str = ""
    policy: str | None = None  # nothing: any proxy that obeys the RFCs can play it
    steps: list[Step] = dataclasses.field(default_factory=list)

    @property
    def id(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", f"{self.file} {self.title}".lower()).strip("-")


class BadCase(Exception):
    pass


def add_to_message(text: str, message: Message, where: str) -> None:
    if text.startswith("!"):
        message.absent.append(text[1:].strip())
    elif text.startswith("|"):
        message.body = (message.body or "") + text[1:].removeprefix(" ").replace("\\n", "\n")
    else:
        name, colon, value = text.partition(":")
        if not colon:
            raise BadCase(f"{where}: neither a field, nor `!name`, nor `| body`: {text}")
        message.fields.append((name.strip(), value.strip()))


def check_step(step: Step, where: str) -> None:
    if step.verb in METHODS and len(step.words) == 1 and step.words[0].startswith("/"):
        return
    if step.verb == "origin" and step.words and (step.words[0].isdigit() or step.words[0] in ("close", "hang")):
        return
    if step.verb == "expect" and len(step.words) == 2 and (step.words[0].isdigit() or step.words[0] == "any") and step.words[1] in KINDS:
        return
    if step.verb == "asked" and not step.words:
        return
    if step.verb == "wait" and len(step.words) == 1:
        float(step.words[0])
        return
    raise BadCase(f"{where}: not a step: {step.verb} {' '.join(step.words)}")


def read_file(path: pathlib.Path, root: pathlib.Path) -> list[Case]:
    cases: list[Case] = []
    name = str(path.relative_to(root).with_suffix(""))
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path}:{number}"
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if line[0] == " ":
            if not cases or not cases[-1].steps:
                raise BadCase(f"{where}: belongs to nothing")
            add_to_message(text, cases[-1].steps[-1].message, where)
            continue
        verb, _, rest = text.partition(" ")
        if verb == "case":
            cases.append(Case(rest.strip(), name))
        elif not cases:
            raise BadCase(f"{where}: before the first case")
        elif verb in ("see", "policy"):
            setattr(cases[-1], verb, rest.strip())
        else:
            step = Step(verb, rest.split(), Message(), number)
            check_step(step, where)
            cases[-1].steps.append(step)
    for case in cases:
        if not case.see or not case.steps:
            raise BadCase(f"{path}: case {case.title!r} does not say what it follows, or does nothing")
    return cases


def read_all(root: pathlib.Path) -> list[Case]:
    cases = [case for path in sorted(root.rglob("*.case")) for case in read_file(path, root)]
    seen: dict[str, Case] = {}
    for case in cases:
        if case.id in seen:
            raise BadCase(f"{case.file}: two cases are called {case.title!r}")
        seen[case.id] = case
    return cases
