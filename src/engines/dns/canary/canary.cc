#include "engines/dns/canary/canary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/spare_memory.h"
#include "engines/dns/canary/frames.h"
#include "engines/dns/canary/keeper.h"

namespace meridian::engines::dns {
namespace {

constexpr std::size_t kBytesASecond = 1'000'000;  // of a large delta, on a machine that is busy

Deadline deadline_for(const Clock& clock, std::size_t bytes) {
  return {&clock, clock.monotonic() + kCanaryTimeMax + std::chrono::seconds(bytes / kBytesASecond)};
}

}  // namespace

Canary::Canary(std::string program, std::function<std::string()> image, const Clock& clock, Logger& logger,
               Metrics& metrics)
    : program_(std::move(program)),
      image_(std::move(image)),
      clock_(clock),
      logger_(logger),
      seconds_(metrics.histogram("meridian_dns_canary_seconds", "What the canary adds to a change.",
                                 {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1, 1, 10})),
      refused_(
          metrics.counter("meridian_dns_canary_refusals_total", "Deltas that the canary did not survive.")),
      started_(metrics.counter("meridian_dns_canary_starts_total", "Starts of the canary's process.")) {}

Canary::~Canary() {
  if (starter_.joinable()) starter_.join();
  end();
}

void Canary::start() {
  starter_ = std::thread([this] {
    if (auto launched = launch(); !launched)
      logger_.warn("canary", "cannot be started yet", {{"why", launched.error().message}});
  });
}

Result<void> Canary::examine(const snapshots::dns::Delta& delta) {
  const MonotonicTime began = clock_.monotonic();
  const std::string encoded = encode(delta);
  auto verdict = ask(delta, encoded);
  // Once more, with a fresh process: it may have been ended by somebody, or by a machine that stalled.
  if (!verdict) {
    logger_.warn("canary", "is started again", {{"why", verdict.error().message}});
    end();
    verdict = ask(delta, encoded);
  }
  if (!verdict) {
    end();
    return fail(ErrorCode::Unavailable, fmt::format("the canary: {}", verdict.error().message),
                ErrorSource::Self, true);
  }
  seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - began).count());
  if (verdict->good) return {};
  refused_.add();
  return fail(ErrorCode::Invalid, verdict->why);
}

void Canary::keep() {
  if (socket_ >= 0 && !send_frame(socket_, Frame::Kind::Keep, "", deadline_for(clock_, 0))) end();
}

Result<Canary::Verdict> Canary::ask(const snapshots::dns::Delta& delta, std::string_view encoded) {
  TRY(ready());
  const Deadline deadline = deadline_for(clock_, encoded.size());
  TRY(send_frame(socket_, Frame::Kind::Examine, encoded, deadline));
  Frame reply = TRY(receive_frame(socket_, deadline));
  if (reply.kind == Frame::Kind::Failed)
    return fail(ErrorCode::Unavailable, fmt::format("revision {}: {}", delta.to, reply.body));
  return Verdict{reply.kind == Frame::Kind::Good, std::move(reply.body)};
}

Result<void> Canary::ready() {
  if (starter_.joinable()) starter_.join();
  return socket_ >= 0 ? Result<void>{} : launch();
}

Result<void> Canary::launch() {
  TRY(spawn());
  auto loaded = [this]() -> Result<void> {
    const GivesBackMemory afterwards;
    const std::string image = image_();
    const Deadline deadline = deadline_for(clock_, image.size());
    TRY(send_frame(socket_, Frame::Kind::Load, image, deadline));
    const Frame reply = TRY(receive_frame(socket_, deadline));
    if (reply.kind != Frame::Kind::Good) return fail(ErrorCode::Unavailable, reply.body);
    return {};
  }();
  if (!loaded) end();
  return loaded;
}

Result<void> Canary::spawn() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(ErrorCode::Unavailable, fmt::format("no socket: {}", std::strerror(errno)));
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], kKeeperSocket);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = "meridian", role(kCanaryCommand);
  char* words[] = {name.data(), role.data(), nullptr};
  char* environment[] = {nullptr};  // whatever secrets it holds are not the canary's
  const int failure = posix_spawn(&process_, program_.c_str(), &files, &attributes, words, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  if (failure != 0) {
    process_ = -1;
    close(ends[0]);
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", program_, std::strerror(failure)));
  }
  socket_ = ends[0];
  started_.add();
  return {};
}

void Canary::end() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  if (process_ < 0) return;
  kill(process_, SIGKILL);  // the canary goes with its keeper
  waitpid(std::exchange(process_, -1), nullptr, 0);
}

}  // namespace meridian::engines::dns
