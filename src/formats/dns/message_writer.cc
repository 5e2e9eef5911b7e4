// Rule: a name is remembered for compression only where a 14-bit pointer reaches it, and everything that is
// remembered lies below size_, so that cutting the buffer back also forgets.
#include "base/check.h"
#include "formats/dns/message.h"
#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {
constexpr std::size_t kPointerMax = 0x3fff;

std::uint8_t lower(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

// Whether the name at `at` of our own message, pointers and all, is `wire`. What we wrote ourselves needs no
// checks.
bool is_name(const std::uint8_t* message, std::size_t at, std::string_view wire) {
  const auto* name = reinterpret_cast<const std::uint8_t*>(wire.data());
  for (;;) {
    while (message[at] >= 0xc0) at = (message[at] & 0x3fu) << 8 | message[at + 1];
    std::size_t length = message[at];
    if (length != *name) return false;
    if (length == 0) return true;
    for (std::size_t i = 1; i <= length; ++i)
      if (message[at + i] != name[i] && lower(message[at + i]) != lower(name[i])) return false;
    at += 1 + length;
    name += 1 + length;
  }
}

std::uint8_t check_of(std::string_view wire) {
  auto length = static_cast<std::uint8_t>(wire[0]);
  return static_cast<std::uint8_t>(length << 2 ^ lower(static_cast<std::uint8_t>(wire[length])));
}
}  // namespace

MessageWriter::MessageWriter(MutableBytes buffer, std::size_t limit) : buffer_(buffer), limit_(limit) {
  CHECK(limit >= kHeaderSize && limit <= buffer.size());
  std::memset(buffer_.data(), 0, kHeaderSize);
}

void MessageWriter::set_header(const Header& header) {
  std::uint8_t* out = buffer_.data();
  store_u16(out, header.id);
  out[2] = static_cast<std::uint8_t>(header.qr << 7 | (static_cast<unsigned>(header.opcode) & 15) << 3 |
                                     header.aa << 2 | header.tc << 1 | static_cast<int>(header.rd));
  out[3] = static_cast<std::uint8_t>(header.ra << 7 | header.ad << 5 | header.cd << 4 | (header.rcode & 15));
}

bool MessageWriter::put(std::string_view bytes) {
  if (bytes.size() > limit_ - size_) return false;
  std::memcpy(buffer_.data() + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  return true;
}

std::size_t MessageWriter::find_target(std::string_view wire) const {
  const std::uint8_t check = check_of(wire);
  for (std::size_t i = 0; i < target_count_; ++i)
    if (targets_[i].size == wire.size() && targets_[i].check == check &&
        is_name(buffer_.data(), targets_[i].at, wire))
      return targets_[i].at;
  return 0;
}

// `labels` of the name `wire` were written at `start`. Where there is no room for all their endings, the
// middle ones are left out: later names share the whole name or a cut shortly above it, or else the apex.
void MessageWriter::remember(std::string_view labels, std::string_view wire, std::size_t start) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < labels.size(); at += 1 + static_cast<std::uint8_t>(labels[at])) ++count;
  const std::size_t room = kTargetsMax - target_count_, left = count > room ? room / 2 : count;
  const std::size_t right_from = count > room ? count - (room - left) : left;
  std::size_t at = 0;
  for (std::size_t i = 0; i < count && start + at <= kPointerMax;
       ++i, at += 1 + static_cast<std::uint8_t>(labels[at])) {
    if (i >= left && i < right_from) continue;
    targets_[target_count_++] = {static_cast<std::uint16_t>(start + at),
                                 static_cast<std::uint8_t>(wire.size() - at), check_of(wire.substr(at))};
  }
}

// Looks for the longest ending of the name that the message already has. The whole name comes first, for most
// owners are the name asked for; then the last label, for if that is new, no ending is known.
bool MessageWriter::put_name(std::string_view wire) {
  std::size_t start = size_, at = 0, last = 0, pointer = 0;
  for (std::size_t label = 0; wire[label] != 0; label += 1 + static_cast<std::uint8_t>(wire[label]))
    last = label;
  while (wire[at] != 0 && !(pointer = find_target(wire.substr(at)))) {
    if (at == 0 && last > 0 && !find_target(wire.substr(last))) at = last;
    at += 1 + static_cast<std::uint8_t>(wire[at]);
  }
  if (!put(wire.substr(0, pointer ? at : at + 1))) return false;
  if (pointer) {
    if (limit_ - size_ < 2) return false;
    store_u16(buffer_.data() + size_, static_cast<std::uint16_t>(0xc000 | pointer));
    size_ += 2;
  }
  remember(wire.substr(0, at), wire, start);
  return true;
}

// RDATA that is not what its type says (of another class, or of an update) goes out as it came: a name that
// is none must not become a target.
bool MessageWriter::put_rdata(Type type, Class klass, std::string_view rdata) {
  CompressibleNames names = klass == Class::IN ? compressible_names(type) : CompressibleNames{};
  if (names.count) {
    if (!put(rdata.substr(0, names.offset))) return false;
    rdata.remove_prefix(std::min<std::size_t>(names.offset, rdata.size()));
  }
  for (unsigned i = 0; i < names.count; ++i) {
    std::size_t size = wire_name_size(rdata);
    if (size == 0) break;
    if (!put_name(rdata.substr(0, size))) return false;
    rdata.remove_prefix(size);
  }
  return put(rdata);
}

bool MessageWriter::add_question(std::string_view name_wire, Type type, Class klass) {
  Mark before = mark();
  if (!put_name(name_wire) || limit_ - size_ < 4) {
    rollback(before);
    return false;
  }
  store_u16(buffer_.data() + size_, static_cast<std::uint16_t>(type));
  store_u16(buffer_.data() + size_ + 2, static_cast<std::uint16_t>(klass));
  size_ += 4;
  ++counts_[0];
  return true;
}

bool MessageWriter::add_record(Section section, std::string_view owner_wire, Type type, Class klass,
                               std::uint32_t ttl, std::string_view rdata) {
  Mark before = mark();
  if (!put_name(owner_wire) || limit_ - size_ < 10) {
    rollback(before);
    return false;
  }
  std::uint8_t* fixed = buffer_.data() + size_;
  store_u16(fixed, static_cast<std::uint16_t>(type));
  store_u16(fixed + 2, static_cast<std::uint16_t>(klass));
  store_u32(fixed + 4, ttl);
  size_ += 10;
  std::size_t start = size_;
  if (!put_rdata(type, klass, rdata)) {
    rollback(before);
    return false;
  }
  store_u16(fixed + 8, static_cast<std::uint16_t>(size_ - start));
  ++counts_[1 + static_cast<std::size_t>(section)];
  return true;
}

MessageWriter::Mark MessageWriter::mark() const {
  return {size_, target_count_, counts_};
}

void MessageWriter::rollback(const Mark& mark) {
  size_ = mark.size;
  target_count_ = mark.targets;
  counts_ = mark.counts;
}

bool MessageWriter::reserve(std::size_t bytes) {
  if (bytes > limit_ - size_) return false;
  limit_ -= bytes;
  reserved_ += bytes;
  return true;
}

void MessageWriter::release_reserved() {
  limit_ += reserved_;
  reserved_ = 0;
}

std::size_t MessageWriter::size() const {
  return size_;
}

std::size_t MessageWriter::finish() {
  for (std::size_t i = 0; i < counts_.size(); ++i) store_u16(buffer_.data() + 4 + 2 * i, counts_[i]);
  return size_;
}

}  // namespace meridian::dns
