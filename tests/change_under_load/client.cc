#include "client.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "base/check.h"

namespace meridian::change_under_load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSampledMax = 1'000'000;

struct Outstanding {
  Probe probe;
  Clock::time_point sent_at;
  std::uint64_t served = 0;
  std::uint16_t id = 0;
  bool waiting = false;
};

class Socket {
 public:
  Socket(const ClientOptions& options, Random& random, Findings& findings)
      : options_(options), random_(random), findings_(findings), slots_(options.outstanding) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options.server.port);
    std::memcpy(&to.sin_addr, options.server.ip.bytes().data(), 4);
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(fd_ >= 0 && connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }

  bool ask_more() {
    for (std::size_t n = 0; n < slots_.size(); ++n)
      if (!slots_[n].waiting) ask(n);
    return true;
  }

  void receive() {
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
      if (size < 2) return;
      const std::string_view reply(buffer.data(), static_cast<std::size_t>(size));
      const std::uint16_t id = load_u16(as_bytes(reply).data());
      Outstanding& slot = slots_[id % slots_.size()];
      if (slot.waiting && slot.id == id) take(slot, reply);
    }
  }

  bool give_up_old() {
    const auto oldest = Clock::now() - std::chrono::milliseconds(options_.timeout_ms);
    bool waiting = false;
    for (Outstanding& slot : slots_) {
      if (slot.waiting && slot.sent_at < oldest) {
        slot.waiting = false;
        ++findings_.lost;
      }
      waiting |= slot.waiting;
    }
    return waiting;
  }

 private:
  void ask(std::size_t n) {
    Outstanding& slot = slots_[n];
    // The slot is the remainder; what is above it tells a late reply from that of the next query.
    turn_ = (turn_ + 1) % (65536 / slots_.size());
    slot.id = static_cast<std::uint16_t>(turn_ * slots_.size() + n);
    slot.probe = {static_cast<Kind>(random_.below(kKinds)), random_.below(kGroups)};
    const std::string query = encode_probe(options_.origins, slot.probe, slot.id);
    slot.served = options_.served();
    slot.sent_at = Clock::now();
    slot.waiting = true;
    ++findings_.asked;
    send(fd_, query.data(), query.size(), 0);  // what does not go out is lost like what does not come back
  }

  void take(Outstanding& slot, std::string_view reply) {
    const std::uint64_t published = options_.published();
    slot.waiting = false;
    ++findings_.answered;
    if (findings_.latencies_us.size() < kSampledMax)
      findings_.latencies_us.push_back(
          std::chrono::duration<double, std::micro>(Clock::now() - slot.sent_at).count());
    const Verdict verdict = judge(slot.probe, reply);
    const Revisions& from = verdict.revisions;
    const char* wrong = verdict.wrong;
    if (!wrong && from.last < slot.served) wrong = "older than what was served when it was asked";
    if (!wrong && from.first > published) wrong = "newer than what was published";
    // One socket's queries go to one worker, whose snapshots only get newer.
    if (!wrong && from.last < lowest_) wrong = "older than an earlier reply on the same socket";
    if (wrong) {
      ++findings_.wrong;
      ++findings_.reasons[wrong];
      return;
    }
    lowest_ = std::max(lowest_, from.first);
    findings_.highest = std::max(findings_.highest, from.first);
    findings_.with_additional_data += verdict.has_additional_data;
    ++findings_.kinds[slot.probe.kind];
  }

  const ClientOptions& options_;
  Random& random_;
  Findings& findings_;
  int fd_;
  std::vector<Outstanding> slots_;
  std::size_t turn_ = 0;
  std::uint64_t lowest_ = 0;
};

}  // namespace

Findings ask_until(const ClientOptions& options, Random& random, const std::function<bool()>& ends) {
  Findings findings;
  std::vector<std::unique_ptr<Socket>> sockets;
  std::vector<pollfd> fds;
  for (std::size_t n = 0; n < options.sockets; ++n) {
    sockets.push_back(std::make_unique<Socket>(options, random, findings));
    fds.push_back({sockets.back()->fd(), POLLIN, 0});
  }
  for (bool waiting = true; waiting;) {
    const bool more = !ends();
    waiting = more;
    for (auto& socket : sockets) {
      if (more) socket->ask_more();
      waiting |= socket->give_up_old();
    }
    if (waiting) poll(fds.data(), fds.size(), 100);
    for (auto& socket : sockets) socket->receive();
  }
  return findings;
}

}  // namespace meridian::change_under_load
