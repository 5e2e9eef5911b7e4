// An origin for replays: "/KEY/SIZE" is an object of that size that may be kept for a day. It counts what it
// is asked for and says so at "/count". usage: cdn_sized_origin (prints its port, ends when its input does)
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <thread>

#include "net/loop.h"

namespace {

using namespace meridian;

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::uint64_t kObjectBytesMax = 64 * 1024 * 1024;

struct Counts {
  std::uint64_t requests = 0, bytes = 0;
};

class Asker final : public net::TcpHandler {
 public:
  Asker(std::unique_ptr<net::TcpConnection> tcp, Counts& counts, std::function<void()> done)
      : tcp_(std::move(tcp)), counts_(counts), done_(std::move(done)) {
    tcp_->start(*this);
  }
  void on_data(net::TcpConnection&, Bytes data) override {
    head_ += as_text(data);
    for (std::size_t end; (end = head_.find("\r\n\r\n")) != std::string::npos; head_.erase(0, end + 4))
      answer(std::string_view(head_).substr(0, end + 2));
    if (head_.size() > kHeadBytesMax) done_();
  }
  void on_closed(net::TcpConnection&, const Error*) override { done_(); }

 private:
  // "Range: bytes=A-B" of what has `size`; whatever else is asked for is all of it.
  static std::pair<std::uint64_t, std::uint64_t> range_of(std::string_view head, std::uint64_t size) {
    const std::string fields = to_lower(head);
    const auto at = fields.find("\r\nrange: bytes=");
    if (at == std::string::npos || size == 0) return {0, size};
    std::uint64_t first = 0, last = 0;
    const char* const end = fields.data() + fields.size();
    const auto from = std::from_chars(fields.data() + at + 15, end, first);
    const auto to = from.ec == std::errc() ? std::from_chars(from.ptr + 1, end, last) : from;
    if (to.ec != std::errc() || first > last || first >= size) return {0, size};
    return {first, std::min(last, size - 1) + 1};
  }

  void answer(std::string_view head) {
    const std::string_view line = head.substr(0, head.find('\r'));
    const std::string_view target = line.substr(0, line.rfind(' '));
    if (target.ends_with("/count")) {
      const std::string text =
          fmt::format("{{\"requests\": {}, \"bytes\": {}}}", counts_.requests, counts_.bytes);
      return tcp_->write(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", text.size(), text));
    }
    const std::string_view digits = target.substr(target.rfind('/') + 1);
    std::uint64_t size = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), size);
    size = std::min(size, kObjectBytesMax);
    const auto [first, end] = range_of(head, size);
    const bool is_part = end - first != size;
    ++counts_.requests;
    counts_.bytes += end - first;
    tcp_->write(fmt::format(
        "HTTP/1.1 {}\r\nCache-Control: max-age=86400\r\nContent-Type: application/octet-stream\r\n"
        "ETag: \"{}\"\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n",
        is_part ? "206 Partial Content" : "200 OK", size, end - first));
    tcp_->write(is_part ? fmt::format("Content-Range: bytes {}-{}/{}\r\n\r\n", first, end - 1, size)
                        : "\r\n");
    static const auto body = std::make_shared<const std::string>(1024 * 1024, 'x');
    for (std::uint64_t left = end - first; left > 0;) {
      const auto part = std::min<std::uint64_t>(left, body->size());
      tcp_->write_piece(SharedBytes{.owner = body, .bytes = std::string_view(*body).substr(0, part)});
      left -= part;
    }
  }

  std::unique_ptr<net::TcpConnection> tcp_;
  Counts& counts_;
  std::function<void()> done_;
  std::string head_;
};

}  // namespace

int main() {
  const auto loop = net::make_loop();
  Counts counts;
  std::map<std::uint64_t, std::unique_ptr<Asker>> askers;
  std::uint64_t last = 0;
  const auto listener = loop->listen_tcp(
      {net::IpAddress::v4({127, 0, 0, 1}), 0}, {}, nullptr, [&](std::unique_ptr<net::TcpConnection> tcp) {
        const std::uint64_t id = ++last;
        askers[id] = std::make_unique<Asker>(std::move(tcp), counts,
                                             [&, id] { loop->post([&, id] { askers.erase(id); }); });
      });
  if (!listener) return 1;
  fmt::print("{}\n", (*listener)->local().port);
  std::fflush(stdout);
  std::thread waiting([&] {
    char byte;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    loop->stop();
  });
  loop->run();
  waiting.join();
  return 0;
}
