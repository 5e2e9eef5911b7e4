#include "engines/dns/crash_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "engines/dns/worker.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {
namespace {

constexpr std::uint64_t kMagic = 0x4d444e5343524831;  // "MDNSCRH1"
constexpr std::size_t kQuerySizeMax = 512;
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

using ZoneId = std::array<char, snapshots::dns::kZoneIdSizeMax>;

struct Taken {
  std::uint64_t revision;
  std::int64_t at;  // nanoseconds since the epoch
  ZoneId zone_id;
  std::uint32_t name_count;  // more than there is room for: any name
  std::array<std::uint32_t, 7> names;

  bool touched(std::uint32_t name) const {
    return name_count > names.size() || std::ranges::count(std::span(names).first(name_count), name) > 0;
  }
};

void assign(ZoneId& to, std::string_view id) {
  to.fill('\0');
  std::ranges::copy(id.substr(0, to.size()), to.begin());
}

// Of a lower-case wire name. That it takes another for it only suspects a change more.
std::uint32_t hash_of(std::string_view name) {
  return crc32c(as_bytes(name));
}

std::int64_t nanoseconds(SystemTime time) {
  return time.time_since_epoch().count();
}

std::string text_of(std::span<const char> padded) {
  return {padded.begin(), std::ranges::find(padded, '\0')};
}

}  // namespace

struct CrashRecord::Page {
  std::uint64_t magic;
  std::uint64_t taken_count;  // ever; entry i stands at i % kTakenMax
  std::array<Taken, kTakenMax> taken;

  ZoneId blamed;  // after the death before; empty: none
  std::int64_t blamed_at;

  std::int32_t signal;  // 0: none
  std::int64_t died_at;
  std::uint32_t query_size;  // 0: it was answering nothing
  std::array<std::uint8_t, kQuerySizeMax> query;
};

CrashRecord::Page* CrashRecord::caught_ = nullptr;

Result<std::unique_ptr<CrashRecord>> CrashRecord::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, std::strerror(errno)),
                ErrorSource::Storage);
  void* mapped = MAP_FAILED;
  // Allocated, so that no store to the mapping can find the disk full.
  if (posix_fallocate(file, 0, sizeof(Page)) == 0)
    mapped = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED)
    return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, std::strerror(errno)),
                ErrorSource::Storage);
  auto* page = static_cast<Page*>(mapped);
  if (page->magic != kMagic) std::memset(static_cast<void*>(page), 0, sizeof(Page));
  page->magic = kMagic;
  return std::unique_ptr<CrashRecord>(new CrashRecord(page));
}

CrashRecord::~CrashRecord() {
  if (caught_ == page_) {
    for (const int number : kFatal) signal(number, SIG_DFL);
    caught_ = nullptr;
  }
  munmap(page_, sizeof(Page));
}

std::string CrashRecord::previous() const {
  if (page_->signal == 0) return "";
  const char* name = sigabbrev_np(page_->signal);
  std::string out = fmt::format("the process before died of SIG{}", name ? name : "?");
  const std::size_t size = std::min<std::size_t>(page_->query_size, kQuerySizeMax);
  if (size == 0) return out + " while it was not answering a query";
  const auto query = meridian::dns::parse_query(Bytes(page_->query).first(size));
  if (!query)
    return fmt::format("{} while answering the malformed query {}", out,
                       to_hex(Bytes(page_->query).first(size)));
  return fmt::format("{} while answering {} {}", out, query->question.name.to_string(),
                     to_string(query->question.type));
}

std::optional<Suspect> CrashRecord::suspect(const snapshots::dns::DnsSnapshot& snapshot,
                                            Duration window) const {
  const std::size_t size = std::min<std::size_t>(page_->query_size, kQuerySizeMax);
  if (page_->signal == 0 || size == 0) return std::nullopt;
  const auto query = meridian::dns::parse_query(Bytes(page_->query).first(size));
  if (!query) return std::nullopt;
  snapshots::dns::LookupName name(snapshot.hash_key(), query->question.name.wire());
  const snapshots::dns::DnsZone* zone = snapshot.find_zone(name, name.labels());
  if (!zone) return std::nullopt;
  // Unsigned: what is read back may be as far apart as it likes.
  auto recent = [&](std::int64_t at) {
    return at <= page_->died_at &&
           static_cast<std::uint64_t>(page_->died_at) - static_cast<std::uint64_t>(at) <=
               static_cast<std::uint64_t>(window.count());
  };
  const bool blamed_before = text_of(page_->blamed) == zone->id() && recent(page_->blamed_at);
  const std::uint32_t asked = hash_of(name.wire());
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::uint64_t first = kNone, first_of_name = kNone, last = 0;
  for (const Taken& taken : page_->taken) {
    if (taken.revision == 0 || text_of(taken.zone_id) != zone->id() || !recent(taken.at)) continue;
    first = std::min(first, taken.revision);
    last = std::max(last, taken.revision);
    if (taken.touched(asked)) first_of_name = std::min(first_of_name, taken.revision);
  }
  if (last == 0) return std::nullopt;
  const bool by_name = first_of_name != kNone && !blamed_before;
  return Suspect{zone->id(), by_name ? first_of_name : first, last, previous()};
}

void CrashRecord::begin(const std::optional<Suspect>& blamed) {
  assign(page_->blamed, blamed ? blamed->zone_id : "");
  page_->blamed_at = page_->died_at;
  page_->signal = 0;
  page_->query_size = 0;
  caught_ = page_;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESETHAND | SA_ONSTACK;
  for (const int number : kFatal) sigaction(number, &action, nullptr);
}

void CrashRecord::took(const snapshots::dns::Delta& delta, SystemTime now) {
  if (delta.from == 0) return;
  for (const snapshots::dns::ZoneChange& change : delta.zones) {
    Taken& taken = page_->taken[page_->taken_count++ % kTakenMax];
    taken.revision = delta.to;
    taken.at = nanoseconds(now);
    assign(taken.zone_id, change.zone_id);
    taken.name_count = 0;
    auto touch = [&taken](std::string_view owner) {
      const std::uint32_t place = taken.name_count++;
      if (place < taken.names.size()) taken.names[place] = hash_of(owner);
    };
    for (const auto& set : change.puts) touch(set.owner);
    for (const auto& key : change.removes) touch(key.owner);
  }
}

// The signal has its default action again, and is raised once more when this returns.
void CrashRecord::on_signal(int signal) {
  if (Page* page = caught_) {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    page->died_at = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    page->signal = signal;
    // Last: whatever it points to, the rest is written.
    const Bytes query = query_under_way();
    const std::size_t size = std::min(query.size(), kQuerySizeMax);
    if (size > 0) std::memcpy(page->query.data(), query.data(), size);
    page->query_size = static_cast<std::uint32_t>(size);
  }
  raise(signal);
}

}  // namespace meridian::engines::dns
