// The CBOR reader: one recursive descent, bounded by Limits::depth.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "formats/cbor/cbor.h"

namespace meridian::cbor {

namespace {

enum Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xff;

struct Head {
  std::uint8_t major;
  std::uint8_t info;  // the low five bits
  std::uint64_t argument = 0;
  bool indefinite() const { return info == kIndefinite; }
};

// RFC 8949, appendix D.
double from_half(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1f;
  const int fraction = half & 0x3ff;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else if (exponent != 31)
    value = std::ldexp(fraction + 1024, exponent - 25);
  else
    value =
        fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return half & 0x8000 ? -value : value;
}

// Well-formed UTF-8 by the table of the Unicode standard (3-7): no overlong forms, no surrogates.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t offset) -> std::uint8_t {
      return i + offset < text.size() ? static_cast<std::uint8_t>(text[i + offset]) : 0;
    };
    const std::uint8_t lead = at(0);
    std::size_t tail = 0;
    std::uint8_t low = 0x80, high = 0xbf;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
      tail = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      tail = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      tail = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (at(1) < low || at(1) > high) return false;
    for (std::size_t k = 2; k <= tail; ++k)
      if (at(k) < 0x80 || at(k) > 0xbf) return false;
    i += tail + 1;
  }
  return true;
}

class Reader {
 public:
  Reader(Bytes bytes, const Limits& limits)
      : bytes_(bytes), in_(bytes), depth_left_(limits.depth), elements_left_(limits.elements) {}

  Result<Value> item() { return item(TRY(head())); }
  bool at_end() const { return in_.at_end(); }

 private:
  static std::unexpected<Error> malformed(std::string_view why) {
    return invalid("malformed CBOR: " + std::string(why));
  }

  Result<Head> head() {
    if (elements_left_ == 0) return fail(ErrorCode::Limit, "CBOR has too many items", ErrorSource::Caller);
    --elements_left_;
    const std::uint8_t initial = in_.u8();
    Head head{static_cast<std::uint8_t>(initial >> 5), static_cast<std::uint8_t>(initial & 0x1f)};
    switch (head.info) {
      case 24:
        head.argument = in_.u8();
        break;
      case 25:
        head.argument = in_.u16();
        break;
      case 26:
        head.argument = in_.u32();
        break;
      case 27:
        head.argument = in_.u64();
        break;
      case 28:
      case 29:
      case 30:
        return malformed("reserved additional information");
      case kIndefinite:
        break;
      default:
        head.argument = head.info;
    }
    if (!in_.ok()) return malformed("the input ends too early");
    return head;
  }

  Result<Value> item(Head head) {
    switch (head.major) {
      case kUnsigned:
      case kNegative:
        if (head.indefinite()) return malformed("an integer of indefinite length");
        if (head.major == kUnsigned) return head.argument;
        return Negative{head.argument};
      case kBytes:
        return ByteString{TRY(string(head))};
      case kText:
        return TRY(text(head));
      case kSimple:
        return simple(head);
      default:
        return nested(head);
    }
  }

  Result<Value> nested(Head head) {
    if (depth_left_ == 0) return fail(ErrorCode::Limit, "CBOR is nested too deeply", ErrorSource::Caller);
    --depth_left_;
    auto value = head.major == kArray ? array(head) : head.major == kMap ? map(head) : tag(head);
    ++depth_left_;
    return value;
  }

  Result<std::string> piece(std::uint64_t size) {
    if (size > in_.remaining()) return malformed("a string is longer than the input");
    return std::string(as_text(in_.take(static_cast<std::size_t>(size))));
  }

  // RFC 8949, section 3.2.3: pieces have the same major type and a definite length, and text is cut between
  // characters.
  Result<std::string> string(Head head) {
    if (!head.indefinite()) return piece(head.argument);
    std::string whole;
    while (!TRY(end_of_indefinite())) {
      const Head part = TRY(this->head());
      if (part.major != head.major || part.indefinite())
        return malformed("a piece of a string of another kind");
      const std::string more = TRY(piece(part.argument));
      if (head.major == kText && !is_utf8(more)) return malformed("text that is not UTF-8");
      whole += more;
    }
    return whole;
  }

  Result<std::string> text(Head head) {
    std::string whole = TRY(string(head));
    if (!is_utf8(whole)) return malformed("text that is not UTF-8");
    return whole;
  }

  // Takes the break when it is next.
  Result<bool> end_of_indefinite() {
    if (in_.at_end()) return malformed("the input ends too early");
    if (bytes_[in_.position()] != kBreak) return false;
    in_.u8();
    return true;
  }

  Result<bool> more(Head head, std::size_t done) {
    if (head.indefinite()) return !TRY(end_of_indefinite());
    return done < head.argument;
  }

  // An element takes at least one byte, so a longer count is a lie that must not become an allocation.
  Result<void> check_count(Head head, std::size_t bytes_each) {
    if (!head.indefinite() && head.argument > in_.remaining() / bytes_each)
      return malformed("more elements than bytes");
    return {};
  }

  Result<Value> array(Head head) {
    TRY(check_count(head, 1));
    Array array;
    while (TRY(more(head, array.size()))) array.push_back(TRY(item()));
    return array;
  }

  Result<Value> map(Head head) {
    TRY(check_count(head, 2));
    Map map;
    while (TRY(more(head, map.size()))) {
      const Head key = TRY(this->head());
      if (key.major != kText) return malformed("a key that is not text");
      std::string name = TRY(text(key));
      map.emplace_back(std::move(name), TRY(item()));
    }
    // RFC 8949, section 5.6: a map with equal keys is not valid.
    std::vector<std::string_view> names;
    for (const auto& [name, value] : map) names.push_back(name);
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) return malformed("equal keys in a map");
    return map;
  }

  Result<Value> tag(Head head) {
    if (head.indefinite()) return malformed("a tag of indefinite length");
    return make_tagged(head.argument, TRY(item()));
  }

  Result<Value> simple(Head head) {
    switch (head.info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return nullptr;
      case 23:
        return Undefined{};
      case 25:
        return from_half(static_cast<std::uint16_t>(head.argument));
      case 26:
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
      case 27:
        return std::bit_cast<double>(head.argument);
      case kIndefinite:
        return malformed("a break outside of an indefinite length");
      default:
        return malformed("an unknown simple value");
    }
  }

  Bytes bytes_;
  ByteReader in_;
  std::size_t depth_left_;
  std::size_t elements_left_;
};

}  // namespace

Result<Value> parse(Bytes bytes, const Limits& limits) {
  if (bytes.size() > limits.bytes) return fail(ErrorCode::Limit, "CBOR is too long", ErrorSource::Caller);
  Reader reader(bytes, limits);
  Value value = TRY(reader.item());
  if (!reader.at_end()) return invalid("malformed CBOR: bytes after the item");
  return value;
}

}  // namespace meridian::cbor
