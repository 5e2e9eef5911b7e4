// Every mutation of a valid signature is refused: each byte of what is signed, and of the signature's own
// parts, in the header form, the query form and the chunks of a streamed body.
#include <gtest/gtest.h>

#include <functional>

#include "aws/payload.h"
#include "aws/sigv4.h"
#include "base/bytes.h"

namespace meridian::aws::sigv4 {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKeyId = "AKIAIOSFODNN7EXAMPLE";
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SystemTime kNow = SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h;

Rules s3_rules() {
  Rules rules;
  rules.service = "s3";
  rules.s3 = true;
  rules.skew = 15min;
  return rules;
}

// As the front door: the claim, its time and scope, the key behind it, the signature.
bool accepted(const HttpRequest& request) {
  const auto claim = read_claim(request);
  if (!claim || !*claim) return false;
  if (!check_claim(**claim, s3_rules(), kNow)) return false;
  if ((*claim)->access_key_id != kKeyId) return false;
  return verify(request, **claim, {kSecret, ""}, s3_rules()).has_value();
}

HttpRequest put() {
  HttpRequest request{"PUT", "/bucket/a%20key", "partNumber=1&uploadId=abc", {}, ""};
  request.headers.add("Host", "s3.us-east-1.amazonaws.com");
  request.headers.add("X-Amz-Content-SHA256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
  request.headers.add("X-Amz-Decoded-Content-Length", "10");
  request.headers.add("X-Amz-Trailer", "x-amz-checksum-crc32");
  request.headers.add("x-amz-meta-owner", "bob");
  sign(request, {kKeyId, kSecret, ""}, "us-east-1", s3_rules(), kNow);
  return request;
}

// Every text that differs from this one by a byte changed, taken away or added.
void for_each_mutation(const std::string& text, const std::function<void(std::string)>& use) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == 'z' ? 'y' : 'z';
    use(changed);
    changed = text;
    changed[at] = static_cast<char>(text[at] ^ 1);
    use(changed);
    use(text.substr(0, at) + text.substr(at + 1));
    use(text.substr(0, at) + "0" + text.substr(at));
  }
  use(text + "0");
}

std::string part_of(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t begin = text.find(before) + before.size();
  return text.substr(begin, after.empty() ? text.npos : text.find(after, begin) - begin);
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  return text.replace(text.find(old), old.size(), by);
}

TEST(MutatedSignatures, OfHeadersAreRefused) {
  const HttpRequest good = put();
  ASSERT_TRUE(accepted(good));
  const std::string authorization(good.headers.get("authorization"));
  std::size_t tried = 0;
  const auto refuses = [&](const std::function<void(HttpRequest&)>& change, const std::string& what) {
    HttpRequest bad = good;
    change(bad);
    ++tried;
    EXPECT_FALSE(accepted(bad)) << what;
  };
  for (const auto& [before, after] :
       {std::pair{"Credential=", ", Signed"}, {"SignedHeaders=", ", Sig"}, {"Signature=", ""}}) {
    const std::string part = part_of(authorization, before, after);
    for_each_mutation(part, [&](const std::string& changed) {
      refuses(
          [&](HttpRequest& bad) { bad.headers.set("Authorization", replaced(authorization, part, changed)); },
          before + changed);
    });
  }
  for_each_mutation("AWS4-HMAC-SHA256", [&](const std::string& changed) {
    refuses(
        [&](HttpRequest& bad) {
          bad.headers.set("Authorization", replaced(authorization, "AWS4-HMAC-SHA256", changed));
        },
        changed);
  });
  for (const char* field : {"Host", "X-Amz-Content-SHA256", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer",
                            "x-amz-meta-owner", "X-Amz-Date"}) {
    for_each_mutation(std::string(good.headers.get(field)), [&](const std::string& changed) {
      // White space around a value is not signed.
      if (changed.starts_with(' ') || changed.ends_with(' ')) return;
      refuses([&](HttpRequest& bad) { bad.headers.set(field, changed); },
              std::string(field) + ": " + changed);
    });
    refuses([&](HttpRequest& bad) { bad.headers.add(field, "again"); }, std::string("a second ") + field);
  }
  for_each_mutation(good.path, [&](const std::string& changed) {
    refuses([&](HttpRequest& bad) { bad.path = changed; }, changed);
  });
  for_each_mutation(good.query, [&](const std::string& changed) {
    refuses([&](HttpRequest& bad) { bad.query = changed; }, changed);
  });
  for (const char* method : {"GET", "put", "POST", "DELETE"})
    refuses([&](HttpRequest& bad) { bad.method = method; }, method);
  EXPECT_GT(tried, 1500u);
}

TEST(MutatedSignatures, OfQueriesAreRefused) {
  HttpRequest good{"GET", "/bucket/key", "versionId=v1&response-content-type=text%2Fplain", {}, ""};
  good.headers.add("Host", "s3.us-east-1.amazonaws.com");
  presign(good, {kKeyId, kSecret, ""}, "us-east-1", s3_rules(), kNow, 900);
  ASSERT_TRUE(accepted(good));
  std::size_t tried = 0;
  for_each_mutation(good.query, [&](const std::string& changed) {
    HttpRequest bad = good;
    bad.query = changed;
    ++tried;
    EXPECT_FALSE(accepted(bad)) << changed;
  });
  for_each_mutation(good.path, [&](const std::string& changed) {
    HttpRequest bad = good;
    bad.path = changed;
    ++tried;
    EXPECT_FALSE(accepted(bad)) << changed;
  });
  for (const char* more : {"&x=1", "&X-Amz-Expires=604800", "&versionId=v2", "&X-Amz-Security-Token=t"}) {
    HttpRequest bad = good;
    bad.query += more;
    EXPECT_FALSE(accepted(bad)) << more;
    bad.query = std::string(more + 1) + "&" + good.query;
    EXPECT_FALSE(accepted(bad)) << more;
  }
  HttpRequest bad = good;
  bad.method = "DELETE";
  EXPECT_FALSE(accepted(bad));
  EXPECT_GT(tried, 1000u);
}

class Collected final : public BodySink {
 public:
  Outcome<void> take(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  Outcome<void> end(const Headers& trailers) override {
    ended = true;
    trailer = trailers.get("x-amz-checksum-crc32");
    return {};
  }
  std::string text, trailer;
  bool ended = false;
};

std::string hex_sha256(std::string_view text) {
  return to_hex(as_bytes(sha256(text)));
}

// A body of two chunks and a trailer, signed as the API reference says ("Signature calculations for trailing
// headers").
std::string chunked_body(const Claim& claim) {
  const std::string key = signing_key(claim, kSecret);
  std::string previous = claim.signature, body;
  const auto sign_next = [&](const std::string& algorithm, const std::string& hashes) {
    previous = to_hex(as_bytes(hmac_sha256(
        key, algorithm + "\n" + claim.time_text + "\n" + scope_of(claim) + "\n" + previous + "\n" + hashes)));
    return previous;
  };
  for (const std::string chunk : {"hello", "world", ""}) {
    const std::string signature =
        sign_next("AWS4-HMAC-SHA256-PAYLOAD", hex_sha256("") + "\n" + hex_sha256(chunk));
    body += (chunk.empty() ? "0" : "5") + std::string(";chunk-signature=") + signature + "\r\n" + chunk;
    if (!chunk.empty()) body += "\r\n";
  }
  const std::string trailer = "x-amz-checksum-crc32:gVGn1Q==";
  body += trailer +
          "\r\nx-amz-trailer-signature:" + sign_next("AWS4-HMAC-SHA256-TRAILER", hex_sha256(trailer + "\n")) +
          "\r\n\r\n";
  return body;
}

// Whether it is taken as the same body, or as another.
bool taken(const HttpRequest& request, const Claim& claim, const std::string& body) {
  auto payload = Payload::of(request, &claim, kSecret);
  if (!payload) return false;
  Collected sink;
  if (!payload->take(body, sink) || !payload->end(sink) || !sink.ended) return false;
  EXPECT_EQ(sink.text, "helloworld");
  EXPECT_EQ(sink.trailer, "gVGn1Q==");
  return true;
}

TEST(MutatedSignatures, OfChunksAreRefused) {
  const HttpRequest request = put();
  const Claim claim = **read_claim(request);
  const std::string good = chunked_body(claim);
  ASSERT_TRUE(taken(request, claim, good));
  // Only spelling that says the same is taken: the case or zeros of a size, of a trailer's name, blanks
  // around a value.
  std::size_t refused = 0, same = 0;
  for_each_mutation(good,
                    [&](const std::string& changed) { ++(taken(request, claim, changed) ? same : refused); });
  EXPECT_GT(refused, 1000u);
  EXPECT_LT(same, 20u);
  // Whole chunks left out, doubled, in another order, or of another request.
  const std::size_t first = good.find("\r\nworld"), second = good.rfind("5;", first);
  const std::string one = good.substr(0, second), two = good.substr(second, good.find("0;chunk") - second);
  const std::string rest = good.substr(good.find("0;chunk"));
  ASSERT_EQ(one + two + rest, good);
  EXPECT_FALSE(taken(request, claim, two + one + rest));
  EXPECT_FALSE(taken(request, claim, one + one + rest));
  EXPECT_FALSE(taken(request, claim, one + rest));
  EXPECT_FALSE(taken(request, claim, rest));
  EXPECT_FALSE(taken(request, claim, one + two));
  HttpRequest other = put();
  other.query = "partNumber=2&uploadId=abc";
  sign(other, {kKeyId, kSecret, ""}, "us-east-1", s3_rules(), kNow);
  const Claim other_claim = **read_claim(other);
  EXPECT_FALSE(taken(other, other_claim, good));
}

}  // namespace
}  // namespace meridian::aws::sigv4
