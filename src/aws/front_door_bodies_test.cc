// Streaming bodies through the front door on loopback: a service that counts what it is sent and makes up
// what it sends.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "aws/front_door.h"
#include "aws/virtual_host.h"
#include "gen/s3/api.h"
#include "http/client.h"

namespace meridian::aws {
namespace {

namespace s3 = gen::s3;

class Counted final : public BodySink {
 public:
  explicit Counted(std::size_t& largest) : largest_(largest) {}
  Outcome<void> take(std::string_view bytes) override {
    if (bytes.find('!') != std::string_view::npos) return refuse("BadDigest", "no exclamation");
    largest_ = std::max(largest_, bytes.size());
    count += bytes.size();
    return {};
  }
  Outcome<void> end(const Headers&) override {
    ended = true;
    return {};
  }
  std::size_t count = 0;
  bool ended = false;

 private:
  std::size_t& largest_;
};

class MadeUp final : public BodySource {
 public:
  MadeUp(std::uint64_t size, std::uint64_t broken_at) : size_(size), left_(size), broken_at_(broken_at) {}
  std::uint64_t size() const override { return size_; }
  Result<std::string> read() override {
    if (size_ - left_ >= broken_at_) return fail(ErrorCode::Corrupt, "flipped");
    const std::uint64_t piece = std::min<std::uint64_t>(left_, 100'000);
    left_ -= piece;
    return std::string(piece, 'z');
  }

 private:
  std::uint64_t size_, left_, broken_at_;
};

// The length of what was put is its ETag; what is got is as long as its key says.
class Counting final : public s3::Api {
 public:
  Outcome<std::shared_ptr<BodySink>> receive(Call&, const Operation& operation, const Value& input) override {
    EXPECT_STREQ(operation.name, "PutObject");
    if (input.as<s3::PutObjectRequest>().Bucket == "none")
      return refuse("NoSuchBucket", "The specified bucket does not exist", 404);
    return std::make_shared<Counted>(largest);
  }
  Outcome<s3::PutObjectOutput> PutObject(Call& call, const s3::PutObjectRequest& input) override {
    const auto& body = static_cast<const Counted&>(*call.body);
    EXPECT_TRUE(body.ended);
    EXPECT_FALSE(input.Body && !input.Body->empty()) << "it went to the sink";
    s3::PutObjectOutput output;
    output.ETag = input.Bucket + " " + std::to_string(body.count);
    return output;
  }
  Outcome<s3::GetObjectOutput> GetObject(Call& call, const s3::GetObjectRequest& input) override {
    call.answer =
        std::make_shared<MadeUp>(std::stoull(input.Key), input.Bucket == "broken" ? 100'000 : ~0ULL);
    return s3::GetObjectOutput{};
  }
  Outcome<s3::HeadObjectOutput> HeadObject(Call&, const s3::HeadObjectRequest&) override {
    s3::HeadObjectOutput output;
    output.ContentLength = 12'345;
    return output;
  }
  std::size_t largest = 0;
};

class BodiesAtTheFrontDoor : public testing::Test {
 protected:
  BodiesAtTheFrontDoor() {
    Service* services[] = {&service};
    FrontDoorOptions options;
    options.development = true;
    options.threads = 2;
    door = std::make_unique<FrontDoor>(FrontDoorParts{*loop, clock, random, logger, metrics}, services,
                                       std::vector<const Credentials*>{}, options);
    auto address = door->listen({net::IpAddress::v4({127, 0, 0, 1}), 0});
    EXPECT_TRUE(address) << address.error().message;
    authority = address->to_string();
    thread = std::thread([this] { loop->run(); });
  }
  ~BodiesAtTheFrontDoor() override {
    loop->stop();
    thread.join();
    door.reset();
  }

  Result<http::Response> send(std::string method, const std::string& path, std::string body = "",
                              std::vector<http::Header> headers = {}) {
    http::ClientRequest request;
    request.method = std::move(method);
    request.url = *http::Url::parse("http://" + authority + path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return http::fetch(request);
  }
  static std::string header(const http::Response& response, std::string_view name) {
    const http::Header* found = http::find_header(response.headers, name);
    return found != nullptr ? found->value : "";
  }

  RealClock clock;
  SystemRandom random;
  Metrics metrics;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  Counting service;
  std::unique_ptr<net::Loop> loop = net::make_loop();
  std::unique_ptr<FrontDoor> door;
  std::string authority;
  std::thread thread;
};

TEST_F(BodiesAtTheFrontDoor, ABodyOfAnySizeReachesItsSink) {
  for (std::size_t size : {0u, 10u, 65'536u, 65'537u, 30'000'000u}) {
    const auto response = send("PUT", "/b/k", std::string(size, 'x'));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(header(*response, "etag"), "b " + std::to_string(size));
  }
  EXPECT_LT(service.largest, 2'000'000u) << "in pieces";
}

TEST_F(BodiesAtTheFrontDoor, ACallThatIsRefusedEarlyDoesNotTakeItsBody) {
  for (std::size_t size : {10u, 5'000'000u}) {
    const auto response = send("PUT", "/none/k", std::string(size, 'x'));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 404);
    EXPECT_NE(response->body.find("<Code>NoSuchBucket</Code>"), std::string::npos);
    EXPECT_NE(response->body.find("<Resource>/none/k</Resource>"), std::string::npos) << response->body;
  }
}

TEST_F(BodiesAtTheFrontDoor, WhatTheSinkRefusesIsTheAnswer) {
  for (std::size_t size : {10u, 5'000'000u}) {
    const auto response = send("PUT", "/b/k", std::string(size, '!'));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_NE(response->body.find("<Code>BadDigest</Code>"), std::string::npos);
  }
}

TEST_F(BodiesAtTheFrontDoor, ABodyIsHeldToItsHash) {
  const std::string wrong(64, '0');
  for (std::size_t size : {10u, 5'000'000u}) {
    const auto response = send("PUT", "/b/k", std::string(size, 'x'), {{"x-amz-content-sha256", wrong}});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_NE(response->body.find("<Code>XAmzContentSHA256Mismatch</Code>"), std::string::npos);
  }
}

TEST_F(BodiesAtTheFrontDoor, AnAnswerIsStreamedWithItsLength) {
  for (const std::string size : {"0", "1", "100000", "12345678"}) {
    const auto response = send("GET", "/b/" + size);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(header(*response, "content-length"), size);
    EXPECT_EQ(std::to_string(response->body.size()), size);
  }
}

TEST_F(BodiesAtTheFrontDoor, AnAnswerThatBreaksOffIsNotTakenForWhole) {
  EXPECT_FALSE(send("GET", "/broken/12345678"));
}

TEST_F(BodiesAtTheFrontDoor, HeadSaysHowLongGetWouldBe) {
  const auto response = send("HEAD", "/b/k");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(header(*response, "content-length"), "12345");
}

TEST_F(BodiesAtTheFrontDoor, AnAnswerNamesTheRequestAsS3Does) {
  const auto response = send("PUT", "/b/k", "x");
  ASSERT_TRUE(response);
  EXPECT_EQ(header(*response, "x-amz-request-id").size(), 36u);
  EXPECT_NE(header(*response, "x-amz-id-2"), "");
  EXPECT_EQ(header(*response, "x-amzn-requestid"), "");
}

TEST(VirtualHost, TheBucketStandsBeforeTheService) {
  EXPECT_EQ(bucket_of_host("photos.s3.localhost:4566"), "photos");
  EXPECT_EQ(bucket_of_host("a.b.S3.eu-west-1.amazonaws.com"), "a.b");
  EXPECT_EQ(bucket_of_host("x.s3.y.s3.localhost"), "x.s3.y");
  EXPECT_EQ(bucket_of_host("photos.s3-eu-west-1.amazonaws.com"), "photos");
  EXPECT_EQ(bucket_of_host("photos.localhost:4566"), "photos");
  EXPECT_EQ(bucket_of_host("my.s3-photos.localhost:4566"), "my.s3-photos");
  EXPECT_EQ(bucket_of_host("s3.eu-west-1.localhost"), std::nullopt);
  EXPECT_EQ(bucket_of_host("localhost:4566"), std::nullopt);
  EXPECT_EQ(bucket_of_host("s3.localhost:4566"), std::nullopt);
  EXPECT_EQ(bucket_of_host("127.0.0.1:4566"), std::nullopt);
  EXPECT_EQ(path_with_bucket("photos", "/a%20b"), "/photos/a%20b");
}

}  // namespace
}  // namespace meridian::aws
