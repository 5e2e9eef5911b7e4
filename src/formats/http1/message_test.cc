#include "formats/http1/message.h"

#include <gtest/gtest.h>

namespace meridian::http1 {
namespace {

// Finds the head and parses it; a refusal as "status reason", success as "".
std::string refusal_of(std::string_view bytes, const Limits& limits = {}) {
  RequestHead head;
  auto size = HeadEnd(limits).find(bytes);
  if (!size) return std::to_string(size.error().status) + " " + size.error().reason;
  if (*size == 0) return "incomplete";
  auto parsed = parse_request(bytes.substr(0, *size), head);
  return parsed ? "" : std::to_string(parsed.error().status) + " " + parsed.error().reason;
}

RequestHead parse(std::string_view bytes) {
  RequestHead head;
  auto size = HeadEnd(Limits()).find(bytes);
  EXPECT_TRUE(size && *size == bytes.size());
  auto parsed = parse_request(bytes, head);
  EXPECT_TRUE(parsed) << parsed.error().reason;
  return head;
}

std::string request_with(std::string_view fields) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, GivesViewsOfItsParts) {
  const RequestHead head = parse(
      "GET /2013-04-01/hostedzone?marker=Z1&x HTTP/1.1\r\n"
      "host:  route53.localhost:4566 \r\n"
      "X-Empty:\r\n"
      "Accept: a, b\t\r\n\r\n");
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.path, "/2013-04-01/hostedzone");
  EXPECT_EQ(head.query, "marker=Z1&x");
  EXPECT_EQ(head.host, "route53.localhost:4566");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_TRUE(head.framing.keep_alive);
  EXPECT_FALSE(head.framing.content_length);
  ASSERT_EQ(head.fields.size(), 3u);
  EXPECT_EQ(head.fields[1].value, "");
  EXPECT_EQ(find_field(head.fields, "ACCEPT")->value, "a, b");
  EXPECT_EQ(find_field(head.fields, "cookie"), nullptr);
}

TEST(RequestHead, ReadsTheFourFormsOfTargets) {
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
  const RequestHead absolute = parse("GET HTTP://b.test:81?q=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(absolute.host, "b.test:81");
  EXPECT_EQ(find_field(absolute.fields, "host")->value, "b.test:81");
  EXPECT_EQ(absolute.path, "/");
  EXPECT_EQ(absolute.query, "q=1");
  EXPECT_FALSE(parse("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
  EXPECT_TRUE(parse("GET /a? HTTP/1.1\r\nHost: a\r\n\r\n").has_query);
  EXPECT_EQ(refusal_of("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), "501 CONNECT is not served here");
  EXPECT_EQ(refusal_of("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
}

TEST(RequestHead, EveryByteOfATargetCounts) {
  const std::string plain = "/a|b^c{d}e?f=%20&g=~h;i";
  for (std::size_t at = 1; at < plain.size(); ++at)
    for (const auto& [byte, refused] : {std::pair('#', true),
                                        {'\t', true},
                                        {'\x01', true},
                                        {'\x7f', true},
                                        {'\x80', true},
                                        {'\xff', true},
                                        {'!', false},
                                        {'~', false},
                                        {'"', false},
                                        {'$', false}}) {
      std::string target = plain;
      target[at] = byte;
      EXPECT_EQ(refusal_of("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"),
                refused ? "400 malformed request target" : "")
          << at << " " << int{byte};
    }
}

TEST(RequestHead, KeepsConnectionsAsEachVersionSays) {
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").framing.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").framing.keep_alive);
  EXPECT_FALSE(parse(request_with("Connection: upgrade , CLOSE\r\n")).framing.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.2\r\nHost: a\r\n\r\n").framing.keep_alive);
}

TEST(RequestHead, ExpectsContinueOnlyFromHttp11) {
  EXPECT_TRUE(parse(request_with("Expect: 100-Continue\r\n")).expect_continue);
  EXPECT_FALSE(parse("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expect_continue);
  EXPECT_EQ(refusal_of(request_with("Expect: cookies\r\n")), "417 unknown expectation");
}

TEST(RequestHead, RefusesWhatTwoReadersCouldFrameDifferently) {
  const std::pair<const char*, const char*> cases[] = {
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
       "400 both Content-Length and Transfer-Encoding"},
      {"Content-Length: 3\r\nContent-Length: 4\r\n", "400 two different Content-Lengths"},
      {"Content-Length: 3, 3\r\n", "400 malformed Content-Length"},
      {"Content-Length: +3\r\n", "400 malformed Content-Length"},
      {"Content-Length: 0x3\r\n", "400 malformed Content-Length"},
      {"Content-Length: \r\n", "400 malformed Content-Length"},
      {"Content-Length: 1234567890123456789\r\n", "400 malformed Content-Length"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400 more than one Transfer-Encoding"},
      {"Transfer-Encoding: chunked, identity\r\n", "400 malformed Transfer-Encoding"},
      {"Transfer-Encoding: gzip, chunked\r\n", "400 malformed Transfer-Encoding"},
      {"Transfer-Encoding: xchunked\r\n", "501 unknown transfer coding"},
      {"Transfer-Encoding: gzip\r\n", "501 unknown transfer coding"},
      {"Transfer-Encoding : chunked\r\n", "400 malformed header field name"},
      {"Content-Length\t: 3\r\n", "400 malformed header field name"},
      {"X: a\r\n b\r\n", "400 folded header field"},
      {" X: a\r\n", "400 folded header field"},
      {"X: a\rb\r\n", "400 control character in a header field"},
      {"X: a\nY: b\r\n", "400 line without CR LF"},
      {"Host: b\r\n", "400 more than one Host"},
      {": a\r\n", "400 malformed header field name"},
      {"X\r\n", "400 malformed header field name"},
      {"X(: a\r\n", "400 malformed header field name"},
  };
  for (const auto& [fields, expected] : cases)
    EXPECT_EQ(refusal_of(request_with(fields)), expected) << fields;
  EXPECT_EQ(refusal_of(request_with(std::string_view("X: a\0b\r\n", 8))),
            "400 control character in a header field");
  EXPECT_EQ(refusal_of("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            "400 Transfer-Encoding in HTTP/1.0");
}

TEST(RequestHead, AcceptsARepeatedEqualLengthAndOpaqueBytes) {
  EXPECT_EQ(parse(request_with("Content-Length: 3\r\ncontent-length: 3\r\n")).framing.content_length, 3u);
  EXPECT_EQ(find_field(parse(request_with("X: caf\xc3\xa9\r\n")).fields, "x")->value, "caf\xc3\xa9");
}

TEST(RequestHead, RefusesMalformedRequestLines) {
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), "400 no Host");
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "400 malformed Host");
  EXPECT_EQ(refusal_of("GET /\r\n\r\n"), "400 malformed request line");
  EXPECT_EQ(refusal_of("GET  HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("GET / / HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed request target");
  EXPECT_EQ(refusal_of("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"), "400 malformed method");
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
            "505 only HTTP/1.0 and HTTP/1.1 are spoken here");
  EXPECT_EQ(refusal_of("GET / http/1.1\r\nHost: a\r\n\r\n"), "400 malformed version");
  EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\n"), "505 only HTTP/1.0 and HTTP/1.1 are spoken here");
}

TEST(HeadEnd, HoldsTheLimits) {
  Limits limits;
  limits.line_bytes_max = 64;
  limits.head_bytes_max = 200;
  limits.fields_max = 3;
  EXPECT_EQ(refusal_of("GET /" + std::string(100, 'x'), limits), "414 line too long");
  EXPECT_EQ(refusal_of("GET /" + std::string(100, 'x') + " HTTP/1.1\r\n\r\n", limits), "414 line too long");
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(refusal_of(start + "X: " + std::string(100, 'x'), limits), "431 line too long");
  EXPECT_EQ(refusal_of(start + "A: 1\r\nB: 2\r\n\r\n", limits), "");
  EXPECT_EQ(refusal_of(start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits), "431 too many header fields");
  limits.fields_max = 100;
  std::string many = start;
  for (int i = 0; i < 20; ++i) many += "Name: 1234567890\r\n";
  EXPECT_EQ(refusal_of(many + "\r\n", limits), "431 head too large");
}

TEST(HeadEnd, FindsTheEndWhereverTheBytesAreCut) {
  const std::string bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nnext";
  HeadEnd end{Limits()};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    auto found = end.find(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, size < bytes.size() - 4 ? 0 : bytes.size() - 4);
    if (*found > 0) break;
  }
  EXPECT_EQ(refusal_of("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "400 empty lines before the request");
  EXPECT_EQ(refusal_of("\n"), "400 line without CR LF");
}

TEST(ResponseHead, ReadsTheStatusAndHowTheBodyEnds) {
  ResponseHead head;
  ASSERT_TRUE(parse_response("HTTP/1.1 200 Very OK\r\nContent-Length: 5\r\n\r\n", head));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "Very OK");
  EXPECT_EQ(response_body(head, "GET"), BodyEnd::Length);
  EXPECT_EQ(response_body(head, "HEAD"), BodyEnd::None);
  ASSERT_TRUE(parse_response("HTTP/1.1 304\r\nContent-Length: 5\r\n\r\n", head));
  EXPECT_EQ(response_body(head, "GET"), BodyEnd::None);
  ASSERT_TRUE(parse_response("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", head));
  EXPECT_EQ(response_body(head, "GET"), BodyEnd::Chunked);
  ASSERT_TRUE(parse_response("HTTP/1.0 200 OK\r\n\r\n", head));
  EXPECT_EQ(response_body(head, "GET"), BodyEnd::Close);
}

TEST(ResponseHead, RefusesMalformedStatusLines) {
  ResponseHead head;
  for (const char* bytes :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1  200\r\n\r\n", "ICY 200 OK\r\n\r\n", "x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"})
    EXPECT_FALSE(parse_response(bytes, head)) << bytes;
}

}  // namespace
}  // namespace meridian::http1
