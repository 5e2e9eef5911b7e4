// DNS messages from outside. Besides not crashing: what is parsed prints, and written again it parses to the
// same.
#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/dns/message.h"
#include "formats/dns/rdata.h"

namespace {

using namespace meridian;
using namespace meridian::dns;
using Section = MessageWriter::Section;

bool write(MessageWriter& writer, Section section, const std::vector<Record>& records) {
  for (const Record& r : records)
    if (!writer.add_record(section, r.owner.wire(), r.type, r.klass, r.ttl, r.rdata)) return false;
  return true;
}

bool write(MessageWriter& writer, const Message& message) {
  writer.set_header(message.header);
  for (const Question& q : message.questions)
    if (!writer.add_question(q.name.wire(), q.type, q.klass)) return false;
  return write(writer, Section::Answer, message.answers) &&
         write(writer, Section::Authority, message.authorities) &&
         write(writer, Section::Additional, message.additionals);
}

void check_same(const std::vector<Record>& a, const std::vector<Record>& b) {
  CHECK(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].owner == b[i].owner && a[i].type == b[i].type && a[i].klass == b[i].klass &&
          a[i].ttl == b[i].ttl);
    // A name compressed takes the case of the one it points to.
    bool compressed = compressible_names(a[i].type).count > 0;
    CHECK(compressed ? to_lower(a[i].rdata) == to_lower(b[i].rdata) : a[i].rdata == b[i].rdata);
  }
}

void check_rewritten(const Message& message) {
  static std::vector<std::uint8_t> buffer(65535);
  MessageWriter writer(buffer, buffer.size());
  // Decompressed, a message may be longer than messages can be.
  if (!write(writer, message)) return;
  auto again = parse_message({buffer.data(), writer.finish()});
  CHECK(again.has_value());
  CHECK(again->header.id == message.header.id && again->header.opcode == message.header.opcode);
  CHECK(again->questions.size() == message.questions.size());
  for (std::size_t i = 0; i < message.questions.size(); ++i)
    CHECK(again->questions[i].name == message.questions[i].name &&
          again->questions[i].type == message.questions[i].type);
  check_same(message.answers, again->answers);
  check_same(message.authorities, again->authorities);
  check_same(message.additionals, again->additionals);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  auto query = parse_query(bytes);
  auto message = parse_message(bytes);
  if (query && message) {
    CHECK(message->questions.size() == 1 && message->questions[0].name == query->question.name);
    bool opt = std::ranges::any_of(message->additionals, [](const Record& r) { return r.type == Type::OPT; });
    CHECK(query->edns.has_value() == opt);
  }
  if (message) {
    CHECK(!to_string(*message).empty());
    check_rewritten(*message);
  }
  return 0;
}
