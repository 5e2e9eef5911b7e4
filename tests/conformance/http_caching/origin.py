"""The origin that all cases share: it answers each case, known by the first segment of the path, as the case says."""
import collections
import email.utils
import re
import socket
import threading
import time
import dataclasses

from cases import Message


@dataclasses.dataclass
class Asked:
    """A request that arrived, and what was answered."""
    method: str
    target: str
    fields: list[tuple[str, str]]
    status: int  # 0: the connection was closed instead
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for other, value in self.fields if other.lower() == name.lower()]


def dated(value: str) -> str:
    """`@+60` is the HTTP-date in a minute; `@850-60` and `@asctime-60` are its other two forms."""
    found = re.fullmatch(r"@(850|asctime)?([+-]\d+)", value)
    if not found:
        return value
    at = time.gmtime(time.time() + int(found[2]))
    if found[1] == "850":
        return time.strftime("%A, %d-%b-%y %H:%M:%S GMT", at)
    if found[1] == "asctime":
        return time.strftime("%a %b ", at) + f"{at.tm_mday:2d}" + time.strftime(" %H:%M:%S %Y", at)
    return email.utils.formatdate(time.mktime(at) - time.timezone, usegmt=True)


class Origin:
    def __init__(self, port: int = 0):
        self.lock = threading.Lock()
        self.scripts: dict[str, collections.deque] = collections.defaultdict(collections.deque)
        self.asked: dict[str, list[Asked]] = collections.defaultdict(list)
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def script(self, case: str, words: list[str], message: Message, anew: bool) -> None:
        with self.lock:
            if anew:
                self.scripts[case].clear()
            self.scripts[case].append((words, message))

    def requests_of(self, case: str) -> list[Asked]:
        with self.lock:
            return list(self.asked[case])

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while self.answer_one(connection, reader):
                    pass
            except OSError:
                pass

    def answer_one(self, connection: socket.socket, reader) -> bool:
        line = reader.readline(65536).decode("latin-1").strip()
        if not line:
            return False
        method, target, _ = (line.split(" ") + ["", ""])[:3]
        fields = []
        while True:
            text = reader.readline(65536).decode("latin-1").rstrip("\r\n")
            if not text:
                break
            name, _, value = text.partition(":")
            fields.append((name, value.strip()))
        length = next((int(value) for name, value in fields if name.lower() == "content-length"), 0)
        reader.read(length)
        path = re.sub(r"^https?://[^/]+", "", target)
        case = path.split("/")[1].split("?")[0] if path.count("/") else ""
        with self.lock:
            serial = len(self.asked[case]) + 1
            script = self.scripts[case].popleft() if self.scripts[case] else (["200"], None)
            words, message = script
            if message is None:
                message = Message([("Cache-Control", "no-store"), ("X-Unscripted", "1")])
            body = message.body.encode() if message.body is not None else f"{case} {serial}".encode()
            status = int(words[0]) if words[0].isdigit() else 0
            if status in (204, 304):
                body = b""
            self.asked[case].append(Asked(method, path, fields, status, body))
        if words[0] == "hang":
            time.sleep(float(words[1]))
        if status == 0:
            return False
        connection.sendall(self.response(method, status, words[1:], message, body))
        return "close" not in words and "cut" not in words

    @staticmethod
    def response(method: str, status: int, words: list[str], message: Message, body: bytes) -> bytes:
        names = [name.lower() for name, _ in message.fields]
        head = [f"HTTP/1.1 {status} Scripted"]
        head += [f"{name}: {dated(value)}" for name, value in message.fields]
        if "date" not in names and "date" not in [name.lower() for name in message.absent]:
            head.append("Date: " + dated("@+0"))
        if "chunked" in words:
            head.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        elif "close" in words:
            head.append("Connection: close")
        elif status not in (204, 304) and "content-length" not in names:
            head.append(f"Content-Length: {len(body) + (10 if 'cut' in words else 0)}")
        text = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n"
        return text if method == "HEAD" or status in (204, 304) else text + body
