#include "formats/dns/name.h"

#include <bit>

namespace meridian::dns {
namespace {
constexpr std::uint64_t each_byte(std::uint8_t value) {
  return value * 0x0101010101010101u;
}

// Lower-cases the ASCII letters among eight bytes at once: names are compared and hashed for every query.
std::uint64_t lower8(std::uint64_t bytes) {
  std::uint64_t low7 = bytes & each_byte(0x7f);
  std::uint64_t above_z = low7 + each_byte(0x7f - 'Z');
  std::uint64_t from_a = low7 + each_byte(0x80 - 'A');
  std::uint64_t upper = ~bytes & (from_a ^ above_z) & each_byte(0x80);
  return bytes | upper >> 2;
}

// The next up to eight bytes, the missing ones zero. Short rests are pieced together from overlapping reads:
// a memcpy of unknown size is a call, and took longer than all the rest of a comparison.
std::uint64_t load8(const char* at, std::size_t left) {
  std::uint64_t bytes = 0;
  if (left >= 8) {
    std::memcpy(&bytes, at, 8);
  } else if (left >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + left - 4, 4);
    bytes = first | std::uint64_t{last} << 8 * (left - 4);
  } else if (left > 0) {
    auto byte = [at](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(at[i])} << 8 * i; };
    bytes = byte(0) | byte(left / 2) | byte(left - 1);
  }
  return bytes;
}
static_assert(std::endian::native == std::endian::little);

std::uint8_t lower1(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

bool is_digit(char c, Escapes escapes) {
  return c >= '0' && c <= (escapes == Escapes::Octal ? '7' : '9');
}

void append_number(std::string& out, std::uint8_t byte, Escapes escapes) {
  unsigned base = escapes == Escapes::Octal ? 8 : 10;
  out.push_back('\\');
  out.push_back(static_cast<char>('0' + byte / (base * base)));
  out.push_back(static_cast<char>('0' + byte / base % base));
  out.push_back(static_cast<char>('0' + byte % base));
}

void append_label_byte(std::string& out, std::uint8_t byte, Escapes escapes) {
  bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               byte == '-' || byte == '_';
  if (plain) {
    out.push_back(static_cast<char>(byte));
  } else if (escapes == Escapes::Octal || byte <= ' ' || byte >= 0x7f) {
    append_number(out, byte, escapes);
  } else {
    if (std::strchr(".\\\"();@$", byte)) out.push_back('\\');
    out.push_back(static_cast<char>(byte));
  }
}

// Where each label begins, from the left, without the root; returns how many.
std::size_t label_starts(std::string_view wire, std::array<std::uint8_t, kLabelsMax>& starts) {
  std::size_t count = 0;
  for (std::size_t at = 0; wire[at] != 0; at += 1 + static_cast<std::uint8_t>(wire[at]))
    starts[count++] = static_cast<std::uint8_t>(at);
  return count;
}
}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); i += 8) {
    std::uint64_t x = load8(a.data() + i, a.size() - i), y = load8(b.data() + i, a.size() - i);
    if (x != y && lower8(x) != lower8(y)) return false;
  }
  return true;
}

void copy_lower(std::string_view wire, std::uint8_t* out) {
  using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;
  const auto lower16 = [&](std::size_t at) {
    Sixteen bytes;
    std::memcpy(&bytes, wire.data() + at, 16);
    bytes |= static_cast<Sixteen>(bytes - 'A' < 26) & 0x20;
    std::memcpy(out + at, &bytes, 16);
  };
  if (wire.size() >= 16) {
    for (std::size_t i = 0; i + 16 < wire.size(); i += 16) lower16(i);
    return lower16(wire.size() - 16);
  }
  for (std::size_t i = 0; i < wire.size(); i += 8) {
    const std::uint64_t bytes = lower8(load8(wire.data() + i, wire.size() - i));
    std::memcpy(out + i, &bytes, 8);
  }
}

std::optional<std::uint8_t> take_escape(std::string_view text, std::size_t& position, Escapes escapes) {
  if (position + 1 >= text.size()) return std::nullopt;
  char first = text[position + 1];
  if (first < '0' || first > '9') {
    position += 2;
    return static_cast<std::uint8_t>(first);
  }
  if (position + 3 >= text.size()) return std::nullopt;
  unsigned base = escapes == Escapes::Octal ? 8 : 10, value = 0;
  for (std::size_t i = 1; i <= 3; ++i) {
    char c = text[position + i];
    if (!is_digit(c, escapes)) return std::nullopt;
    value = value * base + static_cast<unsigned>(c - '0');
  }
  if (value > 255) return std::nullopt;
  position += 4;
  return static_cast<std::uint8_t>(value);
}

std::string bad_escape(Escapes escapes) {
  return escapes == Escapes::Octal ? "escape is not \\ and three octal digits up to 377"
                                   : "escape is not \\ and three decimal digits up to 255";
}

void append_quoted(std::string& out, std::string_view bytes, Escapes escapes) {
  for (char c : bytes) {
    auto byte = static_cast<std::uint8_t>(c);
    if (byte < ' ' || byte >= 0x7f) {
      append_number(out, byte, escapes);
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
}

Result<Name> Name::parse(std::string_view text, const Name& origin, Escapes escapes) {
  if (text.empty()) return invalid("name is empty");
  if (text == ".") return Name();
  Name name{Blank()};
  std::size_t size = 1, label = 0;  // of name.wire_, and where the length of the label being read stands
  for (std::size_t i = 0; i < text.size();) {
    char c = text[i];
    if (c == '.') {
      if (size == label + 1) return invalid("label is empty");
      name.wire_[label] = static_cast<std::uint8_t>(size - label - 1);
      label = size++;
      ++i;
      if (size > kNameSizeMax) return invalid("name is longer than 255 bytes");
      continue;
    }
    auto byte = static_cast<std::uint8_t>(c);
    if (c == '\\') {
      auto escaped = take_escape(text, i, escapes);
      if (!escaped) return invalid(bad_escape(escapes));
      byte = *escaped;
    } else {
      ++i;
    }
    if (size - label > kLabelSizeMax) return invalid("label is longer than 63 bytes");
    // The root label still has to follow.
    if (size + 1 >= kNameSizeMax) return invalid("name is longer than 255 bytes");
    name.wire_[size++] = byte;
  }
  if (size == label + 1) {
    name.wire_[label] = 0;
    name.size_ = static_cast<std::uint8_t>(size);
    return name;
  }
  name.wire_[label] = static_cast<std::uint8_t>(size - label - 1);
  if (size + origin.size_ > kNameSizeMax) return invalid("name is longer than 255 bytes");
  std::memcpy(name.wire_.data() + size, origin.wire_.data(), origin.size_);
  name.size_ = static_cast<std::uint8_t>(size + origin.size_);
  return name;
}

Result<Name> Name::read(Bytes message, std::size_t& position) {
  Name name{Blank()};
  std::size_t size = 0, at = position, bound = position, end = 0, pointers = 0;
  for (;;) {
    if (at >= message.size()) return invalid("name runs past the end");
    std::size_t length = message[at];
    if ((length & 0xc0) == 0xc0) {
      if (at + 1 >= message.size()) return invalid("name runs past the end");
      std::size_t target = (length & 0x3f) << 8 | message[at + 1];
      if (!end) end = at + 2;
      if (target >= bound) return invalid("compression pointer does not go backwards");
      if (++pointers > kPointersMax) return invalid("name has too many compression pointers");
      at = bound = target;
      continue;
    }
    if (length > kLabelSizeMax) return invalid("label has an unknown type");
    if (length >= message.size() - at) return invalid("name runs past the end");
    // A label may end at byte 254 at most, the root label being the 255th.
    if (size + 1 + length > kNameSizeMax - (length ? 1 : 0)) return invalid("name is longer than 255 bytes");
    std::memcpy(name.wire_.data() + size, message.data() + at, 1 + length);
    size += 1 + length;
    at += 1 + length;
    if (length == 0) break;
  }
  position = end ? end : at;
  name.size_ = static_cast<std::uint8_t>(size);
  return name;
}

Result<Name> Name::from_wire(std::string_view wire) {
  Name name{Blank()};
  if (!name.assign_prefix(wire)) return invalid("not an uncompressed name");
  if (name.size_ != wire.size()) return invalid("bytes follow the name");
  return name;
}

Name Name::lower() const {
  Name name{Blank()};
  copy_lower(wire(), name.wire_.data());
  name.size_ = size_;
  return name;
}

void Name::append_to(std::string& out, Escapes escapes) const {
  if (is_root()) out.push_back('.');
  for (std::size_t at = 0; wire_[at] != 0;) {
    std::size_t end = at + 1 + wire_[at];
    while (++at < end) append_label_byte(out, wire_[at], escapes);
    out.push_back('.');
  }
}

std::string Name::to_string(Escapes escapes) const {
  std::string out;
  out.reserve(size_ + 1);
  append_to(out, escapes);
  return out;
}

std::size_t Name::label_count() const {
  std::size_t count = 0;
  for (std::size_t at = 0; wire_[at] != 0; at += 1 + wire_[at]) ++count;
  return count;
}

Name Name::parent() const {
  if (is_root()) return *this;
  Name name{Blank()};
  std::size_t skipped = 1 + wire_[0];
  name.size_ = static_cast<std::uint8_t>(size_ - skipped);
  std::memcpy(name.wire_.data(), wire_.data() + skipped, name.size_);
  return name;
}

Name Name::suffix(std::size_t labels) const {
  std::size_t count = label_count(), at = 0;
  for (; count > labels; --count) at += 1 + wire_[at];
  Name name{Blank()};
  name.size_ = static_cast<std::uint8_t>(size_ - at);
  std::memcpy(name.wire_.data(), wire_.data() + at, name.size_);
  return name;
}

bool Name::is_under(const Name& ancestor) const {
  std::size_t at = 0;
  while (size_ - at > ancestor.size_) at += 1 + wire_[at];
  return same_name(wire().substr(at), ancestor.wire());
}

Result<Name> Name::prepend(std::string_view label) const {
  if (label.empty()) return invalid("label is empty");
  if (label.size() > kLabelSizeMax) return invalid("label is longer than 63 bytes");
  if (size_ + 1 + label.size() > kNameSizeMax) return invalid("name is longer than 255 bytes");
  Name name{Blank()};
  name.wire_[0] = static_cast<std::uint8_t>(label.size());
  std::memcpy(name.wire_.data() + 1, label.data(), label.size());
  std::memcpy(name.wire_.data() + 1 + label.size(), wire_.data(), size_);
  name.size_ = static_cast<std::uint8_t>(size_ + 1 + label.size());
  return name;
}

std::size_t Name::hash() const {
  std::uint64_t value = size_;
  for (std::size_t i = 0; i < size_; i += 8) {
    value = (value ^ lower8(load8(wire().data() + i, size_ - i))) * 0x9e3779b97f4a7c15u;
    value ^= value >> 32;
  }
  return value;
}

bool operator==(const Name& a, const Name& b) {
  return same_name(a.wire(), b.wire());
}

std::strong_ordering operator<=>(const Name& a, const Name& b) {
  std::array<std::uint8_t, kLabelsMax> starts_a, starts_b;
  std::size_t count_a = label_starts(a.wire(), starts_a), count_b = label_starts(b.wire(), starts_b);
  while (count_a && count_b) {
    const std::uint8_t* x = a.wire_.data() + starts_a[--count_a];
    const std::uint8_t* y = b.wire_.data() + starts_b[--count_b];
    std::size_t shorter = *x < *y ? *x : *y;
    for (std::size_t i = 1; i <= shorter; ++i)
      if (auto order = lower1(x[i]) <=> lower1(y[i]); order != 0) return order;
    if (auto order = *x <=> *y; order != 0) return order;
  }
  return count_a <=> count_b;
}

}  // namespace meridian::dns
