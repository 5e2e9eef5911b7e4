#include "apps/edge/edge_target.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/spare_memory.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

Duration processor_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// The second number of /proc/self/statm is the resident pages.
std::uint64_t resident_bytes() {
  FILE* const file = std::fopen("/proc/self/statm", "re");
  unsigned long total = 0, resident = 0;
  if (!file) return 0;
  const bool read = std::fscanf(file, "%lu %lu", &total, &resident) == 2;
  std::fclose(file);
  return read ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// What the crash file holds: a greeting that tells it.
std::string write(const feed::Crash& crash) {
  feed::Hello hello;
  hello.crash = crash;
  return feed::encode(hello);
}

// No crash when the file is damaged, or of another version.
feed::Crash read_crash(std::string_view text) {
  feed::FrameReader reader;
  reader.add(as_bytes(text));
  const auto frame = reader.next();
  if (!frame || !*frame) return {};
  const auto* hello = std::get_if<feed::Hello>(&**frame);
  return hello ? hello->crash : feed::Crash{};
}

}  // namespace

EdgeTarget::EdgeTarget(DnsSide& dns, const std::string& data_dir, const World& world)
    : dns_(dns),
      world_(world),
      refused_(world, data_dir + "/refused"),
      crash_path_(data_dir + "/feed/crash"),
      loaded_(world.clock.monotonic()),
      processor_time_(processor_time()) {
  if (const auto& suspect = dns.service().suspect()) {
    crash_ = {suspect->zone_id, suspect->since, suspect->seen, suspect->why};
    // The control may be gone for longer than this process lives.
    if (auto kept = world.disk.replace(crash_path_, as_bytes(write(crash_))); !kept)
      world.logger.error("feed", "a crash could not be noted", {{"why", kept.error().message}});
  } else if (auto noted = world.disk.read(crash_path_)) {
    crash_ = read_crash(*noted);
  }
}

void EdgeTarget::crash_was_heard() {
  crash_ = {};
  if (auto removed = world_.disk.remove(crash_path_); !removed)
    world_.logger.error("feed", "a crash will be told again", {{"why", removed.error().message}});
}

feed::Position EdgeTarget::holds() const {
  return {dns_.service().store(), dns_.service().latest().revision()};
}

Result<void> EdgeTarget::apply(const snapshots::StoreId& store, std::uint64_t from, std::uint64_t to,
                               std::string_view plain) {
  DnsService& service = dns_.service();
  std::optional<GivesBackMemory> afterwards;
  if (from == 0) afterwards.emplace();
  const auto delta = TRY(snapshots::dns::decode(plain));
  if (delta.from != from || delta.to != to) return invalid("it is not the delta that its package says");
  auto next = TRY(snapshots::dns::apply(service.latest(), delta));
  TRY(service.examine(delta));
  service.set_store(store);
  service.publish(delta, std::move(next));
  return {};
}

feed::Load EdgeTarget::load() {
  const MonotonicTime now = world_.clock.monotonic();
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now - loaded_).count());
  const std::uint64_t queries = dns_.engine().queries();
  const Duration used = processor_time();
  feed::Load load;
  load.queries_per_s = static_cast<std::uint32_t>(static_cast<double>(queries - queries_) / seconds);
  load.cpu_permille = static_cast<std::uint32_t>(
      std::chrono::duration<double, std::milli>(used - processor_time_).count() / seconds);
  load.memory_bytes = resident_bytes();
  loaded_ = now;
  queries_ = queries;
  processor_time_ = used;
  return load;
}

}  // namespace meridian::apps
