"""S3 over one kept connection, unsigned, for a server in --dev mode; and how many bytes an object takes on disk."""
import http.client
import re
import urllib.parse
import xml.etree.ElementTree

BLOCK, TAG = 64 * 1024, 16
PACKED_MAX = 128 * 1024


def sealed_size(size: int) -> int:
    """Of a blob in its file or pack: each block of it with its tag."""
    return size + (size + BLOCK - 1) // BLOCK * TAG


def items(document: bytes, name: str) -> list[dict[str, str]]:
    """The text of what stands in each element of that name."""
    return [{child.tag.rpartition("}")[2]: child.text or "" for child in element}
            for element in xml.etree.ElementTree.fromstring(document).iter()
            if element.tag.rpartition("}")[2] == name]


class Refused(Exception):
    def __init__(self, status: int, body: bytes):
        super().__init__(f"{status} {body[:500].decode(errors='replace')}")
        self.status, self.body = status, body


class S3:
    def __init__(self, api: tuple[str, int], timeout: float = 30):
        self.connection = http.client.HTTPConnection(*api, timeout=timeout)

    def close(self):
        self.connection.close()

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        """(headers, body) of a success; a body cut short raises IncompleteRead."""
        self.connection.request(method, path, body, {"Host": "s3.localhost", **(headers or {})})
        reply = self.connection.getresponse()
        data = reply.read()
        if reply.status >= 300:
            raise Refused(reply.status, data)
        return reply.headers, data

    @staticmethod
    def path(bucket: str, key: str = "") -> str:
        return f"/{bucket}/{urllib.parse.quote(key)}" if key else f"/{bucket}"

    def make_bucket(self, bucket: str):
        self.call("PUT", self.path(bucket))

    def put(self, bucket: str, key: str, data: bytes) -> str:
        return self.call("PUT", self.path(bucket, key), data)[0]["ETag"]

    def get(self, bucket: str, key: str) -> bytes:
        return self.call("GET", self.path(bucket, key))[1]

    def delete(self, bucket: str, key: str):
        self.call("DELETE", self.path(bucket, key))

    def delete_many(self, bucket: str, keys: list[str]):
        objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
        self.call("POST", self.path(bucket) + "?delete", f"<Delete>{objects}</Delete>".encode())

    def sizes(self, bucket: str) -> dict[str, int]:
        """Size by key."""
        found, more = {}, ""
        while True:
            text = self.call("GET", self.path(bucket) + "?list-type=2" + more)[1]
            found.update({item["Key"]: int(item["Size"]) for item in items(text, "Contents")})
            token = re.search(r"<NextContinuationToken>(.*?)</NextContinuationToken>", text.decode())
            if token is None:
                return found
            more = "&continuation-token=" + urllib.parse.quote(token.group(1))

    def begin_upload(self, bucket: str, key: str) -> str:
        text = self.call("POST", self.path(bucket, key) + "?uploads")[1].decode()
        return re.search("<UploadId>(.*?)</UploadId>", text).group(1)

    def put_part(self, bucket: str, key: str, upload: str, number: int, data: bytes) -> str:
        path = self.path(bucket, key) + f"?partNumber={number}&uploadId={upload}"
        return self.call("PUT", path, data)[0]["ETag"]

    def complete(self, bucket: str, key: str, upload: str, etags: list[str]):
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
                        for number, etag in enumerate(etags, 1))
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        data = self.call("POST", self.path(bucket, key) + f"?uploadId={upload}", body)[1]
        if b"<Error>" in data:
            raise Refused(200, data)

    def abort(self, bucket: str, key: str, upload: str):
        self.call("DELETE", self.path(bucket, key) + f"?uploadId={upload}")

    def uploads(self, bucket: str) -> list[tuple[str, str]]:
        return [(upload["Key"], upload["UploadId"])
                for upload in items(self.call("GET", self.path(bucket) + "?uploads")[1], "Upload")]
