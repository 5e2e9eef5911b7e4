"""A small ACME server (RFC 8555) of a test's own, over HTTPS. It really checks: signatures (ES256), nonces, URLs, and the
TXT record of each dns-01 challenge by asking a DNS server. It answers with certificates of an authority of its own."""
import base64
import datetime
import hashlib
import http.server
import json
import pathlib
import secrets
import ssl
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Problem(Exception):
    def __init__(self, kind: str, detail: str, status: int = 400):
        super().__init__(detail)
        self.kind, self.status = kind, status


class AcmeServer:
    """Use as a context manager. `dns` is (host, port) of who is asked for proofs; `folder` gets root.pem, which also
    vouches for the server itself. `lifetime` is of the certificates."""

    def __init__(self, folder: pathlib.Path, dns: tuple[str, int], lifetime=datetime.timedelta(days=90)):
        self.folder, self.dns, self.lifetime = folder, dns, lifetime
        self.nonces: set[str] = set()
        self.accounts: dict[str, ec.EllipticCurvePublicKey] = {}
        self.thumbprints: dict[str, str] = {}
        self.orders: dict[str, dict] = {}
        self.answers: list[tuple[str, str]] = []  # proofs asked of DNS: name, and what came of it
        self.lock = threading.Lock()
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.root = self.sign(self.root_key.public_key(), "Test ACME Root", None, datetime.timedelta(days=3650))
        (folder / "acme-root.pem").write_bytes(self.pem(self.root))

    @staticmethod
    def pem(certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, key, common_name: str, names, lifetime):
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test ACME Root")])
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now)
                   .not_valid_after(now + lifetime)
                   .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True))
        if names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.root_key, hashes.SHA256())

    def __enter__(self):
        key = ec.generate_private_key(ec.SECP256R1())
        mine = self.sign(key.public_key(), "localhost", [x509.DNSName("localhost")], datetime.timedelta(days=1))
        (self.folder / "acme-server.pem").write_bytes(self.pem(mine) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "acme-server.pem")
        acme = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                acme.serve(self, None)

            do_HEAD = do_GET

            def do_POST(self):
                acme.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.root_url = f"https://localhost:{self.http.server_port}"
        self.directory = self.root_url + "/directory"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def serve(self, request, body: bytes | None):
        with self.lock:
            headers: dict[str, str] = {}
            try:
                status, answer = self.answer(request.path, request.headers, body, headers)
            except Problem as problem:
                status = problem.status
                answer = {"type": "urn:ietf:params:acme:error:" + problem.kind, "detail": str(problem)}
            nonce = secrets.token_urlsafe(16)
            self.nonces.add(nonce)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        request.send_response(status)
        for name, value in {"Replay-Nonce": nonce, "Content-Length": str(len(text)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(text)

    def answer(self, path: str, fields, body: bytes | None, headers: dict[str, str]):
        if path == "/directory":
            return 200, {name: self.root_url + "/" + name for name in ("newNonce", "newAccount", "newOrder")}
        if path == "/newNonce":
            return 200, b""
        if body is None or fields["Content-Type"] != "application/jose+json":
            raise Problem("malformed", "not a signed request", 405)
        account, header, payload = self.verified(path, body)
        if path == "/newAccount":
            headers["Location"] = self.root_url + "/account/" + account
            return 201, {"status": "valid"}
        kind, _, rest = path.strip("/").partition("/")
        if kind == "newOrder":
            number = str(len(self.orders) + 1)
            names = [each["value"] for each in json.loads(payload)["identifiers"]]
            self.orders[number] = {"account": account, "names": names, "status": "pending", "chain": b"", "proofs": {
                name: {"token": secrets.token_urlsafe(16), "status": "pending"} for name in names}}
            headers["Location"] = self.root_url + "/order/" + number
            return 201, self.shown(number)
        number, _, name = rest.partition("/")
        order = self.orders.get(number)
        if order is None or order["account"] != account:
            raise Problem("malformed", "no such order", 404)
        if kind == "order":
            return 200, self.shown(number)
        if kind == "authorization":
            return 200, self.shown_authorization(number, name)
        if kind == "challenge":
            self.prove(order, name, account)
            return 200, {"status": "processing"}
        if kind == "finalize":
            self.finalize(order, json.loads(payload)["csr"])
            return 200, self.shown(number)
        if kind == "certificate":
            return 200, order["chain"]
        raise Problem("malformed", "no such thing", 404)

    def verified(self, path: str, body: bytes):
        """Who signed the request, its header and its payload."""
        jws = json.loads(body)
        header = json.loads(decode(jws["protected"]))
        if header["alg"] != "ES256" or header["url"] != self.root_url + path:
            raise Problem("malformed", "the protected header is wrong")
        if header["nonce"] not in self.nonces:
            raise Problem("badNonce", "not one of ours, or used before")
        self.nonces.remove(header["nonce"])
        if "jwk" in header:
            jwk = header["jwk"]
            x, y = (int.from_bytes(decode(jwk[each]), "big") for each in "xy")
            key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
            canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
            account = encode(hashlib.sha256(canonical.encode()).digest())
        else:
            account = header["kid"].rpartition("/")[2]
            key = self.accounts.get(account)
            if key is None:
                raise Problem("accountDoesNotExist", "who are you?")
        signature = decode(jws["signature"])
        if len(signature) != 64:
            raise Problem("malformed", "not a signature of ES256")
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            key.verify(utils.encode_dss_signature(r, s), f"{jws['protected']}.{jws['payload']}".encode(),
                       ec.ECDSA(hashes.SHA256()))
        except Exception as wrong:
            raise Problem("unauthorized", "the signature is wrong", 403) from wrong
        self.accounts[account] = key
        return account, header, decode(jws["payload"])

    def shown(self, number: str):
        order = self.orders[number]
        states = {proof["status"] for proof in order["proofs"].values()}
        if order["status"] == "pending" and "invalid" in states:
            order["status"] = "invalid"
        if order["status"] == "pending" and states == {"valid"}:
            order["status"] = "ready"
        if order["status"] == "processing":
            order["status"] = "valid"
        elif order["chain"] and order["status"] == "ready":
            order["status"] = "processing"
        out = {"status": order["status"], "finalize": f"{self.root_url}/finalize/{number}",
               "authorizations": [f"{self.root_url}/authorization/{number}/{name}" for name in order["names"]]}
        if order["status"] == "valid":
            out["certificate"] = f"{self.root_url}/certificate/{number}"
        return out

    def shown_authorization(self, number: str, name: str):
        proof = self.orders[number]["proofs"][name]
        challenge = {"type": "dns-01", "status": proof["status"], "token": proof["token"],
                     "url": f"{self.root_url}/challenge/{number}/{name}"}
        if proof["status"] == "invalid":
            challenge["error"] = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "the TXT record is not there"}
        return {"status": proof["status"], "identifier": {"type": "dns", "value": name.removeprefix("*.")},
                "challenges": [{"type": "http-01", "status": "pending", "token": "x", "url": self.root_url}, challenge]}

    def prove(self, order: dict, name: str, account: str):
        proof = order["proofs"][name]
        owner = "_acme-challenge." + name.removeprefix("*.")
        expected = encode(hashlib.sha256(f"{proof['token']}.{account}".encode()).digest())
        done = subprocess.run(["dig", f"@{self.dns[0]}", "-p", str(self.dns[1]), "+short", "+tries=1", "+time=2", owner, "TXT"],
                              capture_output=True, text=True, timeout=20)
        proof["status"] = "valid" if f'"{expected}"' in done.stdout.split() else "invalid"
        self.answers.append((owner, proof["status"]))

    def finalize(self, order: dict, csr: str):
        if order["status"] != "ready":
            raise Problem("orderNotReady", "not ready", 403)
        request = x509.load_der_x509_csr(decode(csr))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if not request.is_signature_valid or sorted(names.get_values_for_type(x509.DNSName)) != sorted(order["names"]):
            raise Problem("badCSR", "not for the names of the order")
        leaf = self.sign(request.public_key(), order["names"][0], list(names), self.lifetime)
        order["chain"] = self.pem(leaf) + self.pem(self.root)
