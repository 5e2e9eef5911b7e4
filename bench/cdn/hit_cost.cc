// What a hit costs of our own code, without kernel and TLS: processor time and allocations a request, from
// the bytes of requests to the bytes of replies. Good on a busy machine, and under callgrind. usage:
// cdn_hit_cost [http1|http2] [objects] [requests]
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <new>
#include <random>

#include "engines/cdn/viewer_session.h"
#include "formats/http2/session.h"
#include "sim/cdn/virtual_cdn.h"

namespace {

std::uint64_t allocations = 0;  // of the one thread that there is

}  // namespace

__attribute__((noinline)) void* operator new(std::size_t size) {
  ++allocations;
  if (void* const made = std::malloc(size)) return made;
  std::abort();
}
__attribute__((noinline)) void operator delete(void* gone) noexcept {
  std::free(gone);
}
__attribute__((noinline)) void operator delete(void* gone, std::size_t) noexcept {
  std::free(gone);
}

namespace meridian {
namespace {

using namespace engines::cdn;

constexpr std::size_t kAtOnce = 32;  // requests that come in one piece
constexpr std::size_t kBodyBytes = 1024;

// Keeps what is written.
class MemoryTcp final : public net::TcpConnection {
 public:
  explicit MemoryTcp(std::vector<Piece>& out) : out_(out) {}
  void start(net::TcpHandler&) override {}
  void write(std::string bytes) override { out_.emplace_back(std::move(bytes)); }
  void write_piece(Piece piece) override { out_.push_back(std::move(piece)); }
  std::size_t pending() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close_after_flush() override {}
  const net::Address& peer() const override { return peer_; }
  const net::Address& local() const override { return peer_; }
  std::string_view server_name() const override { return "d1.cloudfront.net"; }

 private:
  std::vector<Piece>& out_;
  net::Address peer_{net::IpAddress::v4({203, 0, 113, 7}), 4321};
};

class Client {
 public:
  virtual ~Client() = default;
  virtual void ask(const std::string& target, std::string& out) = 0;
  virtual std::size_t hear(std::string_view bytes) = 0;  // replies
};

class Http1Client final : public Client {
 public:
  void ask(const std::string& target, std::string& out) override {
    out += "GET " + target + " HTTP/1.1\r\nHost: d1.cloudfront.net\r\nUser-Agent: bench\r\n\r\n";
  }
  std::size_t hear(std::string_view bytes) override {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = bytes.find("HTTP/1.1 200", at)) != bytes.npos; ++at) ++count;
    return count;
  }
};

class Http2Client final : public Client, public http2::SessionUser {
 public:
  void ask(const std::string& target, std::string& out) override {
    http2::Stream& stream = *streams_.emplace_back(std::make_unique<Asked>());
    session_.open(stream);
    session_.begin_head(stream);
    for (const auto& [name, value] : {std::pair<std::string, std::string>{":method", "GET"},
                                      {":scheme", "https"},
                                      {":authority", "d1.cloudfront.net"},
                                      {":path", target},
                                      {"user-agent", "bench"}})
      session_.add_field(name, value);
    session_.end_head(true);
    out += std::exchange(session_.output(), {});
  }
  std::size_t hear(std::string_view bytes) override {
    ended_ = 0;
    session_.receive(bytes, MonotonicTime(std::chrono::hours(1)));
    streams_.clear();
    return ended_;
  }

 private:
  struct Asked final : http2::Stream {};
  http2::Stream& open_stream() override { std::abort(); }
  void on_section(http2::Stream&, http2::Section) override {}
  void on_field(http2::Stream&, std::string_view, std::string_view) override {}
  void on_head(http2::Stream&, bool) override {}
  void on_data(http2::Stream& stream, std::string_view data) override { session_.take(stream, data.size()); }
  void on_end(http2::Stream&) override { ++ended_; }
  void on_room(http2::Stream&) override {}
  void on_closed(http2::Stream&, http2::ErrorCode) override {}

  http2::Session session_{http2::Session::Role::Client, {}, *this};
  std::vector<std::unique_ptr<Asked>> streams_;
  std::size_t ended_ = 0;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

// callgrind --toggle-collect
__attribute__((noinline)) void serve(net::VirtualLoop& loop, net::TcpHandler& handler,
                                     net::TcpConnection& tcp, std::string_view bytes) {
  handler.on_data(tcp, as_bytes(bytes));
  loop.run_posted();
}

}  // namespace meridian

int main(int argc, char** argv) {
  using namespace meridian;
  const std::string kind = argc > 1 ? argv[1] : "http2";
  const std::size_t objects = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const std::size_t requests = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'000'000;
  sim::VirtualCdn cdn;
  sim::PlayedOrigin origin(cdn.network, sim::VirtualCdn::kFirst, [](auto& visit, auto&) {
    visit.ok(
        std::string(kBodyBytes, 'x'),
        "Server: nginx/1.22.1\r\nContent-Type: application/octet-stream\r\nLast-Modified: Sun, 06 Nov 1994 "
        "08:49:37 GMT\r\nETag: \"65f1-400\"\r\nAccept-Ranges: bytes\r\nCache-Control: max-age=86400\r\n");
  });
  cdn.publish();
  std::vector<double> weights;
  for (std::size_t i = 0; i < objects; ++i) {
    cdn.get("/zipf/" + std::to_string(i));
    cdn.viewers.clear();
    weights.push_back(1 / static_cast<double>(i + 1));
  }
  Viewers viewers(cdn.network, cdn.worker->site(0), {}, cdn.metrics);
  std::vector<Piece> out;
  auto made = std::make_unique<MemoryTcp>(out);
  MemoryTcp& tcp = *made;
  const bool http1 = kind == "http1";
  const auto session = http1 ? make_http1_session(viewers, 1, std::move(made), false)
                             : make_http2_session(viewers, 1, std::move(made));
  std::unique_ptr<Client> client;
  if (http1)
    client = std::make_unique<Http1Client>();
  else
    client = std::make_unique<Http2Client>();
  std::mt19937_64 random(1);
  std::discrete_distribution<std::size_t> draw(weights.begin(), weights.end());
  double seconds = 0;
  std::uint64_t made_by_us = 0;
  std::size_t replies = 0, bytes_out = 0;
  for (std::size_t asked = 0; asked < requests; asked += kAtOnce) {
    std::string bytes;
    for (std::size_t i = 0; i < kAtOnce; ++i) client->ask("/zipf/" + std::to_string(draw(random)), bytes);
    const std::uint64_t before = allocations;
    const double began = cpu_seconds();
    serve(cdn.network, *session, tcp, bytes);
    seconds += cpu_seconds() - began;
    made_by_us += allocations - before;
    std::string heard;
    for (const Piece& piece : out) heard += piece.view();
    out.clear();
    bytes_out += heard.size();
    replies += client->hear(heard);
  }
  fmt::print("{}, {} objects: {} replies to {} requests, {:.0f} ns and {:.2f} allocations each, {} bytes\n",
             kind, objects, replies, requests, seconds * 1e9 / static_cast<double>(replies),
             static_cast<double>(made_by_us) / static_cast<double>(replies), bytes_out / replies);
  return replies >= requests ? 0 : 1;
}
