// A form of a browser: the first byte says how it is cut. Whatever comes, its parts are the same however it
// was cut, and no more of it is kept than a part's head.
#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/form_data/form_data.h"

namespace {

using namespace meridian;
using namespace meridian::form_data;

std::string run(std::string_view body, std::size_t piece) {
  Reader reader("b");
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    reader.feed(body.substr(0, piece));
    for (;;) {
      const auto event = reader.next();
      if (!event) return out + "refused";
      if (event->kind == Event::Kind::NeedsMore) break;
      if (event->kind == Event::Kind::End) return out + "end";
      if (event->kind == Event::Kind::Part) {
        CHECK(event->part.name.size() <= kHeadBytesMax);
        out += "<" + event->part.name + "|" + event->part.file_name.value_or("-") + ">";
      }
      if (event->kind == Event::Kind::PartEnd) out += ";";
      out += event->data;
    }
  }
  return out + "more";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Where a head is too long shows only when enough of it has come.
  if (size == 0 || size > kHeadBytesMax) return 0;
  const std::string_view body = as_text({data + 1, size - 1});
  (void)boundary_of(body);
  const std::string whole = run(body, body.size() + 1), cut = run(body, 1 + data[0] % 32);
  // What is refused is so at the same place, but its last part may have been cut before.
  if (!whole.ends_with("more")) CHECK(whole == cut);
  return 0;
}
