// Bodies out of their wrapping, with the example that AWS's documentation of chunked uploads works through.
#include "aws/payload.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace meridian::aws {
namespace {

class Collected final : public BodySink {
 public:
  Outcome<void> take(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  Outcome<void> end(const Headers& came) override {
    ended = true;
    trailers = came;
    return {};
  }
  std::string text;
  Headers trailers;
  bool ended = false;
};

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

HttpRequest put(std::string content_sha256, std::string decoded_length = "") {
  HttpRequest request{"PUT", "/examplebucket/chunkObject.txt", "", {}, ""};
  request.headers.add("x-amz-content-sha256", std::move(content_sha256));
  if (!decoded_length.empty()) request.headers.add("x-amz-decoded-content-length", std::move(decoded_length));
  return request;
}

sigv4::Claim example_claim() {
  sigv4::Claim claim;
  claim.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  claim.date = "20130524";
  claim.region = "us-east-1";
  claim.service = "s3";
  claim.time_text = "20130524T000000Z";
  claim.signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  return claim;
}

std::string example_body() {
  return "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
         std::string(65536, 'a') +
         "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
         std::string(1024, 'a') +
         "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

// "OK", or the code of the refusal.
std::string run(const HttpRequest& request, std::string_view body, Collected& sink, std::size_t piece = 1000,
                const sigv4::Claim* claim = nullptr) {
  auto payload = Payload::of(request, claim, claim != nullptr ? kSecret : "");
  if (!payload) return payload.error().code;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    if (auto taken = payload->take(body.substr(0, piece), sink); !taken) return taken.error().code;
  if (auto ended = payload->end(sink); !ended) return ended.error().code;
  return sink.ended ? "OK" : "not ended";
}

TEST(Payload, ABodyIsWhatItsHashSays) {
  Collected sink;
  const HttpRequest request = put(to_hex(as_bytes(sigv4::sha256("hello"))));
  EXPECT_EQ(run(request, "hello", sink, 2), "OK");
  EXPECT_EQ(sink.text, "hello");
  Collected other;
  EXPECT_EQ(run(request, "hellO", other), "XAmzContentSHA256Mismatch");
  EXPECT_FALSE(other.ended);
}

TEST(Payload, AnUnsignedBodyMayBeAnything) {
  Collected sink;
  EXPECT_EQ(run(put("UNSIGNED-PAYLOAD"), "hello", sink), "OK");
  EXPECT_EQ(sink.text, "hello");
}

TEST(Payload, ASignedRequestSaysWhatItsBodyIs) {
  Collected sink;
  sigv4::Claim claim = example_claim();
  EXPECT_EQ(run({"PUT", "/b/k", "", {}, ""}, "x", sink, 1, &claim), "InvalidRequest");
  EXPECT_EQ(run(put("nonsense"), "x", sink, 1, &claim), "InvalidArgument");
  claim.in_query = true;
  EXPECT_EQ(run({"PUT", "/b/k", "", {}, ""}, "x", sink, 1, &claim), "OK") << "but not when presigned";
}

TEST(Payload, TheDocumentedExampleOfSignedChunksIsTaken) {
  const sigv4::Claim claim = example_claim();
  for (std::size_t piece : {1u, 7u, 1000u, 100'000u}) {
    Collected sink;
    EXPECT_EQ(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "66560"), example_body(), sink, piece, &claim),
              "OK")
        << piece;
    EXPECT_EQ(sink.text, std::string(66560, 'a'));
  }
}

TEST(Payload, EveryChangeOfASignedBodyIsRefused) {
  const sigv4::Claim claim = example_claim();
  const std::string good = example_body();
  for (std::size_t at = 0; at < good.size(); at += at < 100 || at > good.size() - 300 ? 1 : 997) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    Collected sink;
    EXPECT_NE(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "66560"), bad, sink, 50'000, &claim), "OK") << at;
    EXPECT_FALSE(sink.ended);
  }
  Collected sink;
  const std::string_view cut = std::string_view(good).substr(0, good.size() - 100);
  EXPECT_EQ(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "66560"), cut, sink, 50'000, &claim),
            "IncompleteBody");
  EXPECT_EQ(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "66561"), good, sink, 50'000, &claim),
            "IncompleteBody");
  EXPECT_EQ(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "66559"), good, sink, 50'000, &claim),
            "IncompleteBody");
  EXPECT_EQ(run(put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), good, sink, 50'000, &claim),
            "MissingContentLength");
}

TEST(Payload, TrailersComeToTheSink) {
  Collected sink;
  EXPECT_EQ(run(put("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5"),
                "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", sink, 3),
            "OK");
  EXPECT_EQ(sink.text, "hello");
  EXPECT_EQ(sink.trailers.get("x-amz-checksum-crc32"), "NhCmhg==");
}

TEST(Payload, SignedTrailersAreHeldToTheirSignature) {
  sigv4::Claim claim = example_claim();
  const std::string key = sigv4::signing_key(claim, kSecret), scope = sigv4::scope_of(claim);
  const auto hex = [](std::string_view bytes) { return to_hex(as_bytes(bytes)); };
  const auto sign = [&](std::string algorithm, const std::string& previous, const std::string& hashes) {
    return hex(sigv4::hmac_sha256(
        key, algorithm + "\n" + claim.time_text + "\n" + scope + "\n" + previous + "\n" + hashes));
  };
  const std::string empty = hex(sigv4::sha256(""));
  const std::string first =
      sign("AWS4-HMAC-SHA256-PAYLOAD", claim.signature, empty + "\n" + hex(sigv4::sha256("hello")));
  const std::string last = sign("AWS4-HMAC-SHA256-PAYLOAD", first, empty + "\n" + empty);
  const std::string trailer = "x-amz-checksum-crc32:NhCmhg==";
  const std::string signed_trailer =
      sign("AWS4-HMAC-SHA256-TRAILER", last, hex(sigv4::sha256(trailer + "\n")));
  const auto body = [&](const std::string& sent) {
    return "5;chunk-signature=" + first + "\r\nhello\r\n0;chunk-signature=" + last + "\r\n" + sent +
           "\r\nx-amz-trailer-signature:" + signed_trailer + "\r\n\r\n";
  };
  const HttpRequest request = put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "5");
  Collected sink, other;
  EXPECT_EQ(run(request, body(trailer), sink, 9, &claim), "OK");
  EXPECT_EQ(sink.trailers.size(), 1u);
  EXPECT_EQ(run(request, body("x-amz-checksum-crc32:AAAAAA=="), other, 9, &claim), "SignatureDoesNotMatch");
}

TEST(Payload, MalformedChunksAreRefused) {
  const std::pair<const char*, const char*> cases[] = {
      {"zz\r\nhello\r\n0\r\n\r\n", "InvalidRequest"},
      {"5\nhello\r\n0\r\n\r\n", "InvalidRequest"},
      {"5\r\nhelloX\r\n0\r\n\r\n", "InvalidRequest"},
      {"5;x=1\r\nhello\r\n0\r\n\r\n", "InvalidRequest"},
      {"5\r\nhello\r\n0\r\n\r\nmore", "InvalidRequest"},
      {"ffffffffffffffff\r\nhello", "IncompleteBody"},
      {"5\r\nhello\r\n0\r\nno colon\r\n\r\n", "MalformedTrailerError"},
  };
  for (const auto& [body, code] : cases) {
    Collected sink;
    EXPECT_EQ(run(put("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5"), body, sink), code) << body;
  }
  Collected sink;
  EXPECT_EQ(run(put("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5"), std::string(5000, '1'), sink),
            "InvalidRequest");
}

}  // namespace
}  // namespace meridian::aws
