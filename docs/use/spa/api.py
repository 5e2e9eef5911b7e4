#!/usr/bin/env python3
"""The API behind the shop: python3 api.py PORT."""
import http.server
import json
import sys

asked = 0


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        name = self.path.split("?")[0].removeprefix("/api/orders").strip("/")
        body = json.dumps({"id": int(name), "what": "a kettle", "asked": asked} if name.isdigit() else [5, 6, 7]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
