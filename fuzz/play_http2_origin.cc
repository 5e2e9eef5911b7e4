// What an origin says over HTTP/2 to calls that send, pause, resume and give up as the input has it. Each
// call hears of one end, unless it gave up, and of nothing behind it; no connection is left over.
#include "base/bytes.h"
#include "base/check.h"
#include "formats/http2/frame.h"
#include "sim/played_origin.h"
#include "sim/virtual_network.h"
#include "upstream/origin_client.h"

using namespace meridian;
using namespace std::chrono_literals;

namespace {

const net::Address kOrigin{net::IpAddress::v4({192, 0, 2, 10}), 50051};
constexpr std::size_t kCalls = 4;

// Says the input, piece by piece, to whoever comes; what it hears it forgets.
class Origin final : public net::TcpHandler {
 public:
  explicit Origin(std::unique_ptr<net::TcpConnection> tcp) : tcp_(std::move(tcp)) {
    tcp_->start(*this);
    std::string settings;
    http2::append_frame_head(settings, {.type = http2::FrameType::Settings});
    say(settings);
  }
  void say(std::string_view bytes) {
    if (tcp_) tcp_->write(std::string(bytes));
  }

 private:
  void on_data(net::TcpConnection&, Bytes) override {}
  void on_closed(net::TcpConnection&, const Error*) override { tcp_.reset(); }
  std::unique_ptr<net::TcpConnection> tcp_;
};

struct Asked final : upstream::Reply {
  void on_head(const http1::ResponseHead& head, http1::BodyEnd) override {
    CHECK(!over && !head_came && head.status >= 200 && head.status <= 599);
    for (const http1::Field& field : head.fields)
      for (const char c : field.value) CHECK(c != '\r' && c != '\n' && c != '\0');
    head_came = true;
    length = head.framing.content_length;
    if (gives_up == 1) call.reset();
  }
  void on_data(std::string_view piece) override {
    CHECK(!over && head_came);
    size += piece.size();
    CHECK(!to_head && (!length || size <= *length));
    if (gives_up == 2) return call.reset();
    if (pauses) call->pause();
  }
  void on_trailers(std::span<const http1::Field>) override {
    CHECK(!over && head_came);
    if (gives_up == 3) call.reset();
  }
  void on_end() override {
    CHECK(!over && head_came && (!length || size == *length || to_head));
    over = true;
    call.reset();
  }
  void on_failure(const upstream::CallFailure& failure) override {
    CHECK(!over && failure.head_came == head_came);
    over = true;
    call.reset();
  }
  void on_connected(bool) override {
    CHECK(!std::exchange(connected, true));
    if (!to_head) call->send(std::string(100'000, 'u'));
  }
  void on_room() override {
    CHECK(!over);
    if (rooms++ == 0) return call->send(std::string(1000, 'u'));
    call->finish_sending();
  }

  std::unique_ptr<upstream::Call> call;
  bool over = false, head_came = false, connected = false, pauses = false, to_head = false;
  unsigned gives_up = 0, rooms = 0;
  std::optional<std::uint64_t> length;
  std::size_t size = 0;
};

}  // namespace

// The first bytes: how each call behaves; then where the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kCalls + 1) return 0;
  const std::string_view bytes = as_text({data + kCalls + 1, size - kCalls - 1});
  const std::size_t cut = std::min<std::size_t>(data[kCalls], bytes.size());

  sim::VirtualNetwork network;
  std::vector<std::unique_ptr<Origin>> visits;
  const auto listener = network.listen_tcp(kOrigin, {}, nullptr, [&](auto tcp) {
    visits.push_back(std::make_unique<Origin>(std::move(tcp)));
    if (visits.size() > 1) visits.back()->say(bytes.substr(0, 16 * 1024));  // who was refused comes again
  });
  sim::PlayedNames names(network);
  Metrics metrics;
  upstream::OriginClient client(network, names, {}, metrics);
  std::vector<Asked> calls(kCalls);
  for (std::size_t i = 0; i < kCalls; ++i) {
    Asked& each = calls[i];
    each.gives_up = data[i] & 3;
    each.pauses = data[i] & 4;
    each.to_head = data[i] & 8;
    upstream::CallRequest request;
    request.peer.host = kOrigin.ip.to_string();
    request.peer.port = kOrigin.port;
    request.method = each.to_head ? "HEAD" : "POST";
    request.http2 = {"origin.test", "/", {}};
    if (!each.to_head) request.body = upstream::CallRequest::Body::Chunked;
    request.times.keep_alive = 2s;
    each.call = client.start(std::move(request), each);
    network.advance(i == 0 ? 100ms : 1ms);
  }
  network.advance(100ms);
  for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (!visits.empty()) visits.front()->say(part);
    network.advance(100ms);
    for (Asked& each : calls)
      if (each.call) each.call->resume();
    network.advance(100ms);
  }
  for (Asked& each : calls) {
    each.pauses = false;
    if (each.call) each.call->resume();
  }
  network.advance(200s);
  for (const Asked& each : calls) CHECK(each.over || !each.call);
  CHECK(client.connections() == 0);
  return 0;
}
