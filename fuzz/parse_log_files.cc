// The files of a log store, as a broken disk may hand them back: a journal when the first byte is 'j',
// otherwise a segment. Nothing is read outside, and what a store acknowledges over such files can be read
// back.
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "base/fake_disk.h"
#include "store/log_store/log_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  if (size == 0) return 0;
  static ManualClock clock(SystemTime(std::chrono::seconds(1'800'000'000)));
  static Logger silent(clock, 2, LogFormat::Text, static_cast<LogLevel>(100));
  FakeDisk disk;
  disk.file(data[0] == 'j' ? "logs/000000000001.journal" : "logs/000000000001-0.segment") =
      std::string(as_text({data + 1, size - 1}));
  Metrics metrics;
  const store::LogStoreOptions options{
      .bytes_max = 1 << 24, .journal_bytes_max = 1 << 20, .sorting = store::LogStoreOptions::Sorting::Here};
  auto opened = store::LogStore::open(disk, "logs", clock, silent, metrics, options);
  CHECK(opened);
  const store::LogEvent event{0, "new"};
  CHECK((*opened)->append({1, 1}, {&event, 1}));
  const std::uint64_t streams[] = {1};
  store::LogRead read{.group = 1, .streams = streams, .to = {1, 0}};
  read.events_max = 10'000;
  const auto page = (*opened)->read(read);
  CHECK(page);
  bool found = page->more;
  for (const store::StoredLogEvent& each : page->events) found = found || each.message == "new";
  CHECK(found);
  return 0;
}
