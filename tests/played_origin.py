"""Origins that a test plays by hand, byte by byte, where a well-behaved HTTP server would not do."""
import socket
import threading


class PlayedOrigin(threading.Thread):
    """Accepts on loopback, and leaves each connection to answer() on a thread of its own, which closes it behind it."""

    def __init__(self, backlog: int = 500):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer_and_close, args=(connection,), daemon=True).start()

    def answer_and_close(self, connection: socket.socket):
        with connection:
            try:
                self.answer(connection)
            except OSError:  # those of TLS are such, too
                pass

    def answer(self, connection: socket.socket):
        raise NotImplementedError


def read_head(connection: socket.socket) -> bytes:
    """Of a request; what came of it where the peer ended early."""
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
        head += data
    return head
