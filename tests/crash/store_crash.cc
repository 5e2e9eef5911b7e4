// Kills a process that commits to an embedded store, again and again, on one directory: nothing acknowledged
// may be lost, nothing may be there in part. The killed process itself checks what its predecessor left
// before it goes on, so that recoveries are interrupted too and no store is ever closed. usage: store_crash
// --kills N --seed S [--directory DIR]
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <thread>

#include "base/check.h"
#include "base/random.h"
#include "store/crash_workload.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/scratch_directory.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWriters = 6;
constexpr std::size_t kFiller = 1500;  // bytes of a value: tables are flushed every few hundred commits
constexpr std::size_t kHistoryRevisions = 2000;      // so that history is trimmed under load as well
constexpr std::uint64_t kAfterReadyMillisMax = 120;  // how long a child may commit before it is killed
constexpr std::uint64_t kAfterForkMillisMax = 40;    // every fourth child is killed this soon: while it opens

const CrashWorkload kLoad(kWriters, kFiller);

// What a child tells its parent, in one write each (atomic: it is smaller than PIPE_BUF).
struct Message {
  enum class Kind : std::uint32_t { Ready, Acknowledged, Wrong } kind;
  std::uint32_t writer;
  std::uint64_t number;
};

void tell(int pipe, const Message& message) {
  CHECK(write(pipe, &message, sizeof message) == sizeof message);
}

Result<std::unique_ptr<EmbeddedStore>> open_store(const std::string& directory, const Clock& clock) {
  EmbeddedOptions options{.directory = directory, .clock = clock};
  options.history_revisions = kHistoryRevisions;
  return EmbeddedStore::open(options);
}

// Opens, checks, then commits until it is killed.
[[noreturn]] void live(const std::string& directory, int pipe,
                       const std::vector<std::uint64_t>& acknowledged) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  RealClock clock;
  auto give_up = [&](const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    tell(pipe, {Message::Kind::Wrong, 0, 0});
    _exit(1);
  };
  auto opened = open_store(directory, clock);
  if (!opened) give_up(opened.error());
  EmbeddedStore& store = **opened;
  auto found = kLoad.check(store, acknowledged);
  if (!found) give_up(found.error());
  for (std::uint32_t writer = 0; writer < kWriters; ++writer)
    tell(pipe, {Message::Kind::Acknowledged, writer, (*found)[writer]});
  tell(pipe, {Message::Kind::Ready, 0, 0});

  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < kWriters; ++writer)
    writers.emplace_back([&, writer, done = (*found)[writer]]() mutable {
      for (;;) {
        auto next = kLoad.commit_next(store, writer, done);
        if (!next) give_up(next.error());
        done = *next;
        tell(pipe, {Message::Kind::Acknowledged, writer, done});
        if (writer == 0 && done % 64 == 0 && store.revision() > 1000)
          if (auto compacted = store.compact(store.revision() - 1000); !compacted) give_up(compacted.error());
      }
    });
  for (std::thread& writer : writers) writer.join();
  _exit(0);
}

struct Outcome {
  bool wrong = false, was_ready = false;
};

// Reads what the child says until `deadline`, or (after the kill) until the pipe is closed.
void listen(int pipe, std::vector<std::uint64_t>& acknowledged, Outcome& outcome, MonotonicTime deadline,
            const Clock& clock, bool until_ready) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock.monotonic()).count();
    if (left <= 0 || outcome.wrong || (until_ready && outcome.was_ready)) return;
    pollfd ready{pipe, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    Message message;
    ssize_t size = read(pipe, &message, sizeof message);
    if (size != sizeof message) return;
    if (message.kind == Message::Kind::Ready) outcome.was_ready = true;
    if (message.kind == Message::Kind::Wrong) outcome.wrong = true;
    if (message.kind == Message::Kind::Acknowledged) acknowledged[message.writer] = message.number;
  }
}

Outcome one_life(const std::string& directory, std::vector<std::uint64_t>& acknowledged, Random& random) {
  RealClock clock;
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) live(directory, ends[1], acknowledged);
  close(ends[1]);

  Outcome outcome;
  bool while_opening = random.below(4) == 0;
  MonotonicTime patience = clock.monotonic() + 60s;
  if (while_opening)
    patience = clock.monotonic() + std::chrono::microseconds(random.below(kAfterForkMillisMax * 1000));
  listen(ends[0], acknowledged, outcome, patience, clock, !while_opening);
  if (!while_opening) {
    CHECK(outcome.was_ready || outcome.wrong);
    MonotonicTime end =
        clock.monotonic() + std::chrono::microseconds(random.below(kAfterReadyMillisMax * 1000));
    listen(ends[0], acknowledged, outcome, end, clock, false);
  }
  kill(child, SIGKILL);
  listen(ends[0], acknowledged, outcome, clock.monotonic() + 10s, clock, false);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  return outcome;
}

int run(std::uint64_t kills, std::uint64_t seed, const std::string& directory) {
  SeededRandom random(seed);
  std::vector<std::uint64_t> acknowledged(kWriters);
  std::uint64_t under_load = 0;
  for (std::uint64_t life = 1; life <= kills; ++life) {
    Outcome outcome = one_life(directory, acknowledged, random);
    under_load += outcome.was_ready ? 1 : 0;
    if (outcome.wrong) {
      fmt::print("FAILED after kill {} (--seed {}; --directory DIR keeps the files)\n", life - 1, seed);
      return 1;
    }
  }
  RealClock clock;
  auto store = open_store(directory, clock);
  auto found = store ? kLoad.check(**store, acknowledged) : std::unexpected(store.error());
  if (!found) {
    fmt::print("FAILED after the last kill (--seed {}): {}\n", seed, found.error().message);
    return 1;
  }
  fmt::print(
      "{} kills ({} under load, {} while opening): {} acknowledged transactions, none lost, none in part\n",
      kills, under_load, kills - under_load, (*store)->revision());
  return 0;
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

}  // namespace
}  // namespace meridian::store

int main(int argc, char** argv) {
  std::uint64_t kills = 30, seed = 1;
  std::string directory;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string_view option = argv[i];
    if (option == "--kills") kills = meridian::store::number(argv[i + 1]);
    if (option == "--seed") seed = meridian::store::number(argv[i + 1]);
    if (option == "--directory") directory = argv[i + 1];
  }
  meridian::store::ScratchDirectory scratch;
  return meridian::store::run(kills, seed, directory.empty() ? scratch.path() + "/store" : directory);
}
