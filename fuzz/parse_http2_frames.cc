// What a peer sends on a connection of HTTP/2, to a server and to a client with a request under way, cut at a
// place of the input's choosing. They answer all they hear; what they say stays within bounds.
#include <deque>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/http2/session.h"

using namespace meridian;
using namespace meridian::http2;

namespace {

using ErrorCode = http2::ErrorCode;  // not base's

struct Streaming final : Stream {};

class Player final : public SessionUser {
 public:
  explicit Player(Session::Role role) : session(role, {.streams_max = 8}, *this) {}
  Stream& open_stream() override { return streams.emplace_back(); }
  void on_section(Stream&, Section) override {}
  void on_field(Stream&, std::string_view name, std::string_view) override {
    for (const char c : name) CHECK(c < 'A' || c > 'Z');
  }
  void on_head(Stream& stream, bool) override {
    if (stream.id() % 4 == 3) return session.reset(stream, ErrorCode::Cancel);
    session.begin_head(stream);
    session.add_status(200);
    session.add_field("X-Cache", "Hit from cloudfront");
    session.end_head(stream.id() % 8 == 1);
    session.send(stream, Piece(std::string(70'000, 'x')));
  }
  void on_data(Stream& stream, std::string_view bytes) override { session.take(stream, bytes.size()); }
  void on_end(Stream& stream) override { session.finish(stream); }
  void on_room(Stream& stream) override { session.finish(stream); }
  void on_closed(Stream& stream, ErrorCode) override { CHECK(!stream.is_open()); }

  void hear(std::string_view bytes) {
    (void)session.receive(bytes, MonotonicTime(std::chrono::hours(1)));
    session.produce(64 * 1024);
    CHECK(session.output().size() < 1024 * 1024);
    session.output().clear();
    CHECK(session.streams().size() <= 8);
  }

  std::deque<Streaming> streams;
  Session session;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = as_text({data + 1, size - 1});
  const std::size_t cut = std::min<std::size_t>(data[0], bytes.size());
  Player server(Session::Role::Server), client(Session::Role::Client);
  server.hear(kPreface);
  Stream& asked = client.open_stream();
  CHECK(client.session.open(asked));
  client.session.begin_head(asked);
  client.session.add_field(":method", "GET");
  client.session.end_head(true);
  for (Player* const each : {&server, &client})
    for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)}) each->hear(part);
  return 0;
}
