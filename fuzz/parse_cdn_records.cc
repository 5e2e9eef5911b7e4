// What edges tell of the requests that they served: any bytes are records or refused whole, and what was read
// is written as what is read again as the same lines of logs.
#include "base/check.h"
#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/access_log/record_wire.h"

using namespace meridian;
using namespace meridian::engines::cdn;
using namespace meridian::engines::cdn::access_log;

namespace {

const std::vector<std::string> kFields = {"timestamp", "cs-headers", "c-country", "origin-fbl",
                                          "cache-behavior-path-pattern"};

struct Read {
  std::string lines, written;
};

Result<Read> read(Bytes bytes) {
  Read out;
  RecordWriter writer;
  const auto realtime = RealtimeLines::of(kFields).value();
  const auto find = [](std::string_view id) {
    auto distribution = std::make_shared<snapshots::cdn::Distribution>();
    distribution->id = id;
    distribution->behaviors.emplace_back().path_pattern = "*";
    return distribution;
  };
  const auto unknown = read_records(bytes, find, [&](const RequestRecord& record) {
    append_standard_line(out.lines, record);
    realtime.append(out.lines, record);
    writer.add(record);
  });
  if (!unknown) return std::unexpected(unknown.error());
  out.written = writer.take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = read({data, size});
  if (!first || first->written.empty()) return 0;
  const auto second = read(as_bytes(first->written));
  CHECK(second && second->lines == first->lines && second->written == first->written);
  return 0;
}
