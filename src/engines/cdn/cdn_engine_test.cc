// The whole engine on threads and sockets of its own: what a network in virtual time cannot show.
#include "engines/cdn/cdn_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/bytes.h"
#include "http/client.h"
#include "http/server.h"

namespace meridian::engines::cdn {
namespace {

const net::Address kLoopback{net::IpAddress::v4({127, 0, 0, 1}), 0};

// Answers with its path many times over, and counts.
class Origin final : public http::Handler {
 public:
  static constexpr std::size_t kBytes = 300'000;
  static std::string body_of(std::string_view path) {
    std::string body;
    while (body.size() < kBytes) body += path;
    return body;
  }
  Origin() : server_(*loop_, *this, {}, metrics_, "origin") {
    address = *server_.listen(kLoopback, {}, nullptr);
    thread_ = std::thread([this] { loop_->run(); });
  }
  ~Origin() override {
    loop_->stop();
    thread_.join();
  }
  void handle(http::Request request, http::Responder responder) override {
    ++asked;
    responder.send({200, {{"Cache-Control", "max-age=600"}}, body_of(request.head.path)});
  }
  net::Address address;
  std::atomic<int> asked{0};

 private:
  Metrics metrics_;
  std::unique_ptr<net::Loop> loop_ = net::make_loop();
  http::Server server_;
  std::thread thread_;
};

snapshots::cdn::SharedDistribution distribution(std::uint16_t port) {
  auto made = std::make_shared<snapshots::cdn::Distribution>();
  made->id = "E1";
  made->domain_name = "localhost";
  snapshots::cdn::Origin origin;
  origin.id = origin.domain_name = "localhost";
  origin.protocol = snapshots::cdn::OriginProtocol::HttpOnly;
  origin.http_port = port;
  made->origins.push_back(origin);
  snapshots::cdn::Behavior behavior;
  behavior.is_default = true;
  behavior.origin = 0;
  made->behaviors.push_back(behavior);
  return made;
}

TEST(CdnEngine, WorkersShareWhatTheyFetchAndWhatIsPublished) {
  constexpr int kViewers = 4, kObjects = 10;
  Origin origin;
  SystemRandom random;
  Metrics metrics;
  CdnEngineOptions options;
  options.workers = 3;
  options.locations.push_back({"TST50-C1", {kLoopback}, {}, "us-east-1"});
  CdnEngine engine(std::move(options), std::make_unique<const snapshots::cdn::CdnSnapshot>(), random, metrics,
                   [] { return net::make_loop(); });
  ASSERT_TRUE(engine.start());
  ASSERT_TRUE(engine.begin());
  const std::string base = "http://localhost:" + std::to_string(engine.addresses().at(0).port);
  const auto get = [&](const std::string& path) {
    http::ClientRequest request;
    request.url = *http::Url::parse(base + path);
    return http::fetch(request);
  };
  EXPECT_EQ(get("/")->status, 403) << "nothing is published yet";
  const snapshots::cdn::SharedDistribution puts[] = {distribution(origin.address.port)};
  engine.publish(engine.latest().next(1, puts, {}));

  std::atomic<int> wrong{0};
  const auto visit_all = [&] {
    std::vector<std::thread> viewers;
    for (int viewer = 0; viewer < kViewers; ++viewer)
      viewers.emplace_back([&] {
        for (int i = 0; i < kObjects; ++i) {
          const std::string path = "/object-" + std::to_string(i);
          const auto got = get(path);
          if (!got || got->status != 200 || got->body != Origin::body_of(path)) ++wrong;
        }
      });
    for (std::thread& viewer : viewers) viewer.join();
  };
  visit_all();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(origin.asked, kObjects) << "one viewer of each object asked the origin";
  EXPECT_EQ(engine.served_revision(), 1u);
  engine.purge("E1", "/*");
  visit_all();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(origin.asked, 2 * kObjects);
}

class TestFolder {
 public:
  TestFolder() : path_(testing::TempDir() + "cdn-disk-" + std::to_string(getpid())) {
    (void)std::filesystem::remove_all(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class EngineOnDisk : public testing::Test {
 protected:
  static constexpr int kObjects = 10;

  void start() {
    engine.reset();
    metrics = std::make_unique<Metrics>();
    CdnEngineOptions options;
    options.workers = 2;
    options.locations.push_back({"TST50-C1", {kLoopback}, {}, ""});
    engine =
        std::make_unique<CdnEngine>(std::move(options), std::make_unique<const snapshots::cdn::CdnSnapshot>(),
                                    random, *metrics, [] { return net::make_loop(); });
    ASSERT_TRUE(engine->keep_on_disk(disk, folder.path(), 64 * 1024 * 1024));
    ASSERT_TRUE(engine->start());
    const snapshots::cdn::SharedDistribution puts[] = {distribution(origin.address.port)};
    engine->publish(engine->latest().next(1, puts, {}));
    ASSERT_TRUE(engine->begin());
    origin.asked = 0;
  }
  std::string get(int object) {
    const std::string path = "/object-" + std::to_string(object);
    http::ClientRequest request;
    request.url =
        *http::Url::parse("http://localhost:" + std::to_string(engine->addresses().at(0).port) + path);
    const auto got = http::fetch(request);
    EXPECT_TRUE(got && got->status == 200 && got->body == Origin::body_of(path)) << path;
    if (!got) return "";
    const auto field =
        std::ranges::find_if(got->headers, [](const auto& each) { return to_lower(each.name) == "x-cache"; });
    return field == got->headers.end() ? "" : field->value;
  }
  // Whatever was kept is on disk: writing is another thread's.
  void wait_for_disk() {
    while (metrics->gauge("meridian_cdn_disk_objects", "", {{"location", "TST50-C1"}}).value() < kObjects)
      std::this_thread::yield();
  }

  TestFolder folder;
  RealDisk disk;
  Origin origin;
  SystemRandom random;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<CdnEngine> engine;
};

TEST_F(EngineOnDisk, ARestartServesWhatWasKeptAndNotWhatWasPurged) {
  start();
  EXPECT_EQ(engine->purged_revision(), std::nullopt) << "it begins empty";
  for (int i = 0; i < kObjects; ++i) EXPECT_EQ(get(i), "Miss from cloudfront");
  wait_for_disk();
  engine->purge("E1", "/object-3");
  engine->purges_told(7);
  start();
  EXPECT_EQ(engine->purged_revision(), 7u);
  for (int i = 0; i < kObjects; ++i)
    EXPECT_EQ(get(i), i == 3 ? "Miss from cloudfront" : "Hit from cloudfront") << i;
  EXPECT_EQ(origin.asked, 1);
  for (int i = 0; i < kObjects; ++i) EXPECT_EQ(get(i), "Hit from cloudfront") << "from memory";
  EXPECT_EQ(origin.asked, 1);
  const auto purged = [this] { return metrics->counter("meridian_cdn_purged_copies_total", "").value(); };
  EXPECT_EQ(purged(), 0u);
  engine->purge("E1", "/object-*");
  EXPECT_EQ(purged(), 0u) << "nobody has looked";
  for (int i = 0; i < 4; ++i) (void)get(i);
  EXPECT_EQ(purged(), 4u);
}

TEST_F(EngineOnDisk, WithoutItsJournalNothingOnDiskIsUsed) {
  start();
  for (int i = 0; i < kObjects; ++i) (void)get(i);
  wait_for_disk();
  engine.reset();
  ASSERT_TRUE(disk.remove(folder.path() + "/purges"));
  start();
  for (int i = 0; i < kObjects; ++i) EXPECT_EQ(get(i), "Miss from cloudfront");
  EXPECT_EQ(origin.asked, kObjects);
}

TEST_F(EngineOnDisk, IsRefusedToASecondProcessAndWithoutRoom) {
  start();
  CdnEngineOptions options;
  options.locations.push_back({"TST50-C1", {kLoopback}, {}, ""});
  CdnEngine second(std::move(options), std::make_unique<const snapshots::cdn::CdnSnapshot>(), random,
                   *metrics, [] { return net::make_loop(); });
  EXPECT_FALSE(second.keep_on_disk(disk, folder.path(), 64 * 1024 * 1024));
  const auto refused = second.keep_on_disk(disk, folder.path() + "/other", std::uint64_t{1} << 55);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("has room for"));
}

}  // namespace
}  // namespace meridian::engines::cdn
