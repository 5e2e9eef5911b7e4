// XML from outside. Besides not crashing, every text read is legal and reads back after being written.
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/xml/xml.h"

namespace {

void rewrite(meridian::xml::Element element, meridian::xml::Writer& writer) {
  writer.open("e");
  writer.text(element.text());
  for (auto child = element.first_child(); child; child = child.next_sibling()) rewrite(child, writer);
  writer.close();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  auto document = xml::Document::parse(as_text({data, size}));
  if (!document) return 0;
  std::string out;
  xml::Writer writer(out);
  rewrite(document->root(), writer);
  auto again = xml::Document::parse(out);
  CHECK(again);
  CHECK(again->root().text() == document->root().text());
  return 0;
}
