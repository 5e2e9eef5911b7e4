// The whole engine on threads and sockets of its own: what a network in virtual time cannot show.
#include "engines/cdn/cdn_engine.h"

#include <gtest/gtest.h>

#include <thread>

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
  engine.begin();
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

}  // namespace
}  // namespace meridian::engines::cdn
