"""Plays one case against a proxy: the steps in order, and what went otherwise than expected."""
import http.client
import re
import time

from cases import Case, METHODS, Message, Step
from origin import Asked, Origin, dated

CONDITIONS = ("if-none-match", "if-modified-since")
CLIENT_TIMEOUT = 20


class Failed(Exception):
    pass


class Got:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.fields = response.getheaders()
        try:
            self.body = response.read()
            self.whole = True
        except http.client.IncompleteRead as cut:
            self.body = cut.partial
            self.whole = False

    def values(self, name: str) -> list[str]:
        return [value for other, value in self.fields if other.lower() == name.lower()]


class Player:
    def __init__(self, case: Case, origin: Origin, proxy, case_key: str):
        self.case, self.origin, self.proxy = case, origin, proxy
        self.key = case_key  # first segment of every path of the case, so that nothing is shared
        self.before: list[Asked] = []  # that the origin was asked before the request at hand
        self.got: Got | None = None
        self.no_answer = ""
        self.requested = False

    def play(self) -> None:
        for step in self.case.steps:
            try:
                self.take(step)
            except Failed as failed:
                raise Failed(f"line {step.line}: {failed}") from None

    def take(self, step: Step) -> None:
        if step.verb in METHODS:
            self.request(step)
        elif step.verb == "expect":
            self.expect(step)
        elif step.verb == "asked":
            asked = self.origin.requests_of(self.key)
            if not asked:
                raise Failed("the origin was never asked")
            self.compare(step.message, asked[-1], "the origin was asked with")
        elif step.verb == "origin":
            # What an earlier request left unasked for is not meant for this one.
            self.origin.script(self.key, step.words, step.message, anew=self.requested)
            self.requested = False
        elif step.verb == "wait":
            time.sleep(float(step.words[0]))

    def request(self, step: Step) -> None:
        self.before = self.origin.requests_of(self.key)
        self.requested = True
        host, port = self.proxy.address
        connection = http.client.HTTPConnection(host, port, timeout=CLIENT_TIMEOUT)
        try:
            connection.putrequest(step.verb.upper(), f"/{self.key}{step.words[0]}", skip_host=True,
                                  skip_accept_encoding=True)
            connection.putheader("Host", self.proxy.host_of(self.case))
            for name, value in step.message.fields:
                connection.putheader(name, dated(value))
            body = step.message.body.encode() if step.message.body is not None else b""
            if body or step.verb in ("post", "put", "patch"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            self.got = Got(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.got = None
            self.no_answer = f"no answer: {error!r}"
        finally:
            connection.close()

    def expect(self, step: Step) -> None:
        got, kind = self.got, step.words[1]
        asked = self.origin.requests_of(self.key)[len(self.before):]
        if step.words[0] == "any" and (got is None or kind == "any"):
            return
        if got is None:
            raise Failed(self.no_answer)
        if step.words[0] not in ("any", str(got.status)):
            raise Failed(f"the status is {got.status}, not {step.words[0]}; {self.how(asked)}")
        if kind == "cached" and asked:
            raise Failed("the origin was asked")
        if kind in ("fetched", "revalidated") and not asked:
            raise Failed("the origin was not asked")
        conditional = any(one.values(name) for one in asked for name in CONDITIONS)
        if kind == "revalidated" and not conditional:
            raise Failed("the origin was asked without a condition")
        if kind == "fetched" and got.body and asked[-1].body and step.message.body is None and got.status == asked[-1].status \
                and got.body != asked[-1].body:
            raise Failed("the body is not what the origin answered now")
        # Parts of a body stand between boundaries that nobody can foretell.
        if kind in ("cached", "revalidated", "stale") and got.body and got.status != 206 and step.message.body is None:
            if got.body not in [one.body for one in self.before]:
                raise Failed("the body is not what the origin answered before")
        self.compare(step.message, got, "the response has")
        if step.message.body is not None and got.body != step.message.body.encode():
            raise Failed(f"the body is {got.body[:200]!r}")

    @staticmethod
    def how(asked: list[Asked]) -> str:
        return f"the origin was asked {len(asked)} times"

    @staticmethod
    def compare(wanted: Message, message, what: str) -> None:
        for name, value in wanted.fields:
            values = message.values(name)
            if not any(Player.agrees(value, one) for one in values):
                raise Failed(f"{what} {name}: {', '.join(values) or 'nothing'}, not {value}")
        for name in wanted.absent:
            if message.values(name):
                raise Failed(f"{what} {name}: {message.values(name)[0]}")

    @staticmethod
    def agrees(wanted: str, value: str) -> bool:
        """`3..7` is a number between, `*` anything, `/…/` a regular expression within, all else the value itself."""
        bounds = re.fullmatch(r"(\d+)\.\.(\d+)", wanted)
        if bounds:
            return value.isdigit() and int(bounds[1]) <= int(value) <= int(bounds[2])
        if wanted == "*":
            return True
        if len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
            return re.search(wanted[1:-1], value) is not None
        return dated(wanted) == value
