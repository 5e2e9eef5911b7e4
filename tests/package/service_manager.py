"""The service manager's end of $NOTIFY_SOCKET, for programs that a test starts as a unit would."""
import socket
import time


class ServiceManager:
    def __init__(self, address: str):
        """`address`: a path, or @name in the abstract namespace."""
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address[0] == "@" else address)
        self.heard: list[str] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def listen(self, seconds: float, until: str | None = None) -> list[str]:
        """What is said from now on, for so long or until `until` is said."""
        said: list[str] = []
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                said.append(self.socket.recv(4096).decode())
            except TimeoutError:
                break
            if said[-1] == until:
                break
        self.heard += said
        return said
