#include "engines/dns/canary/keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "engines/dns/canary/confine.h"
#include "engines/dns/canary/examine.h"
#include "engines/dns/canary/frames.h"

namespace meridian::engines::dns {
namespace {

using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;

// Of processor time: a machine that stalls condemns no delta. The longest a megabyte may take is twenty times
// what it takes on an idle core.
constexpr int kProcessorSecondsMax = 1;
constexpr std::size_t kBytesASecond = 2'000'000;

int processor_seconds_max(std::size_t bytes) {
  return kProcessorSecondsMax + static_cast<int>(bytes / kBytesASecond);
}

void limit_processor_time(int seconds) {
  const itimerval timer{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

Result<std::unique_ptr<const DnsSnapshot>> load(std::string_view image) {
  SystemRandom random;
  const auto nothing = DnsSnapshot::empty(random);
  return apply(*nothing, TRY(snapshots::dns::decode(image)));
}

// The process that may die.
class CanaryProcess {
 public:
  CanaryProcess(int socket, std::unique_ptr<const DnsSnapshot> snapshot, ExaminerNote& note)
      : socket_(socket), snapshot_(std::move(snapshot)), note_(note), random_(SystemRandom().next()) {}

  [[noreturn]] void run() {
    for (;;) {
      auto frame = receive_frame(socket_);
      if (!frame) _exit(0);
      if (frame->kind == Frame::Kind::Keep) {
        if (next_) snapshot_ = std::move(next_);
        continue;
      }
      limit_processor_time(processor_seconds_max(frame->body.size()));
      const Result<void> good = try_out(frame->body);
      limit_processor_time(0);
      const Frame::Kind verdict = good                                       ? Frame::Kind::Good
                                  : good.error().code == ErrorCode::Conflict ? Frame::Kind::Failed
                                                                             : Frame::Kind::Bad;
      if (!send_frame(socket_, verdict, good ? "" : good.error().message)) _exit(0);
    }
  }

 private:
  Result<void> try_out(std::string_view bytes) {
    next_.reset();
    note_.step = ExaminerNote::Step::Decode;
    const Delta delta = TRY(snapshots::dns::decode(bytes));
    note_.step = ExaminerNote::Step::Apply;
    next_ = TRY(apply(*snapshot_, delta));
    TRY(examine(*next_, delta, random_, note_));
    return {};
  }

  int socket_;
  std::unique_ptr<const DnsSnapshot> snapshot_, next_;
  ExaminerNote& note_;
  SeededRandom random_;
};

std::string how_it_ended(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("the canary ended with status {}", WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  if (signal == SIGPROF) return "the canary took too much processor time";
  return fmt::format("the canary died of signal {} ({})", signal, strsignal(signal));
}

class Keeper {
 public:
  explicit Keeper(ExaminerNote& note) : note_(note) {}

  void run() {
    for (;;) {
      auto frame = receive_frame(kKeeperSocket);
      if (!frame) return;
      switch (frame->kind) {
        case Frame::Kind::Load:
          reply(start_over(frame->body));
          break;
        case Frame::Kind::Examine:
          pending_ = std::move(frame->body);
          reply(try_out());
          break;
        case Frame::Kind::Keep:
          keep();
          break;
        default:
          return;
      }
    }
  }
  ~Keeper() { end_canary(); }

 private:
  static Frame failed(std::string why) { return {Frame::Kind::Failed, std::move(why)}; }
  static void reply(const Frame& frame) { (void)send_frame(kKeeperSocket, frame.kind, frame.body); }

  Frame start_over(std::string_view image) {
    end_canary();
    auto loaded = load(image);
    if (!loaded) return failed(loaded.error().message);
    snapshot_ = *std::move(loaded);
    return fork_canary() ? Frame{} : failed("cannot fork");
  }

  Frame try_out() {
    if (!snapshot_ || (canary_ < 0 && !fork_canary())) return failed("there is no canary");
    int status = 0;
    for (int attempt = 1;; ++attempt) {
      note_ = {};
      auto sent = send_frame(canary_socket_, Frame::Kind::Examine, pending_);
      auto verdict = sent ? receive_frame(canary_socket_) : std::unexpected(sent.error());
      if (verdict) return *std::move(verdict);
      status = end_canary();
      const std::string why = fmt::format("{} while {}", how_it_ended(status), describe(note_));
      if (!fork_canary()) return failed("cannot fork");
      // SIGKILL comes from outside: an operator, or a kernel without memory.
      const bool from_outside = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      if (!from_outside || attempt == 2) return {Frame::Kind::Bad, why};
    }
  }

  // What the canary has survived is applied here too, so that the next fork has it.
  void keep() {
    auto delta = snapshots::dns::decode(pending_);
    auto next = delta ? apply(*snapshot_, *delta) : std::unexpected(delta.error());
    pending_.clear();
    pending_.shrink_to_fit();
    if (!next) _exit(1);  // the publisher starts another, from an image
    snapshot_ = *std::move(next);
    (void)send_frame(canary_socket_, Frame::Kind::Keep, "");
  }

  bool fork_canary() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
    canary_ = fork();
    if (canary_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      prctl(PR_SET_NAME, "dns-canary");
      close(kKeeperSocket);
      close(ends[0]);
      (void)confine(MayFork::No);
      CanaryProcess(ends[1], std::move(snapshot_), note_).run();
    }
    close(ends[1]);
    canary_socket_ = ends[0];
    if (canary_ < 0) close(std::exchange(canary_socket_, -1));
    return canary_ > 0;
  }

  // The status it ended with: its own, when it had ended already.
  int end_canary() {
    if (canary_ < 0) return 0;
    close(std::exchange(canary_socket_, -1));
    int status = 0;
    // Its socket is closed, so it ends by itself if it has not; a hanging one is ended by its timer.
    waitpid(std::exchange(canary_, -1), &status, 0);
    return status;
  }

  ExaminerNote& note_;  // shared with the canary
  std::unique_ptr<const DnsSnapshot> snapshot_;
  std::string pending_;
  pid_t canary_ = -1;
  int canary_socket_ = -1;
};

}  // namespace

int run_canary_keeper() {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(kKeeperSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    fmt::print(stderr, "meridian: the canary is started by a server, not by hand\n");
    return 2;
  }
  // The end of the publisher ends it, by the socket; a signal to the whole group of processes must not come
  // first.
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) signal(ignored, SIG_IGN);
  prctl(PR_SET_NAME, "dns-keeper");
  give_up_resources(kKeeperSocket + 1);
  void* shared =
      mmap(nullptr, sizeof(ExaminerNote), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  if (auto confined = confine(MayFork::Yes); !confined)
    fmt::print(stderr, "meridian: the canary is not confined: {}\n", confined.error().message);
  Keeper(*new (shared) ExaminerNote).run();
  return 0;
}

}  // namespace meridian::engines::dns
