// CDN-Cache-Control: as much of structured fields (RFC 8941) as telling a well-formed dictionary from another
// takes. Only integers and booleans are used; all other values are checked and skipped.
#include <algorithm>

#include "engines/cdn/rules/cache_control.h"

namespace meridian::engines::cdn::rules {
namespace {

struct Item {
  enum class Kind : std::uint8_t { Integer, Boolean, Other } kind = Kind::Boolean;
  std::int64_t integer = 0;
  bool boolean = true;
};

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) {}

  // Calls `each(key, item)`; false when the text is malformed (RFC 8941 §4.2.2).
  template <typename Each>
  bool read(Each each) {
    skip_spaces();
    while (!rest_.empty()) {
      const std::string_view key = take_key();
      if (key.empty()) return false;
      Item item;
      if (take('=')) {
        if (!take_member(item)) return false;
      } else if (!take_parameters()) {
        return false;
      }
      each(key, item);
      skip_white();
      if (rest_.empty()) return true;
      if (!take(',')) return false;
      skip_white();
      if (rest_.empty()) return false;  // a trailing comma
    }
    return true;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }
  void skip_white() {
    while (take(' ') || take('\t')) {
    }
  }
  template <typename Condition>
  std::string_view take_while(Condition condition) {
    std::size_t size = 0;
    while (size < rest_.size() && condition(rest_[size])) ++size;
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view take_key() {
    if (rest_.empty() || !(is_lower(rest_[0]) || rest_[0] == '*')) return {};
    return take_while(
        [](char c) { return is_lower(c) || is_digit(c) || std::string_view("_-.*").contains(c); });
  }
  bool take_member(Item& item) {
    if (!take('(')) return take_bare_item(item) && take_parameters();
    item.kind = Item::Kind::Other;
    for (;;) {
      skip_spaces();
      if (take(')')) return take_parameters();
      Item inner;
      if (!take_bare_item(inner) || !take_parameters()) return false;
      if (rest_.empty() || (rest_[0] != ' ' && rest_[0] != ')')) return false;
    }
  }
  bool take_parameters() {
    while (take(';')) {
      skip_spaces();
      if (take_key().empty()) return false;
      Item value;
      if (take('=') && !take_bare_item(value)) return false;
    }
    return true;
  }
  bool take_bare_item(Item& item) {
    item.kind = Item::Kind::Other;
    if (rest_.empty()) return false;
    const char first = rest_[0];
    if (is_digit(first) || first == '-') return take_number(item);
    if (first == '?') {
      rest_.remove_prefix(1);
      item.kind = Item::Kind::Boolean;
      item.boolean = rest_.starts_with('1');
      return take('1') || take('0');
    }
    if (first == '"') return take_string();
    if (first == ':') return take_byte_sequence();
    if (!is_alpha(first) && first != '*') return false;
    take_while([](char c) {
      return is_alpha(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~:/").contains(c);
    });
    return true;
  }
  bool take_number(Item& item) {
    const bool negative = take('-');
    const std::string_view digits = take_while(is_digit);
    if (digits.empty() || digits.size() > 15) return false;
    if (take('.')) {
      const std::string_view fraction = take_while(is_digit);
      return digits.size() <= 12 && !fraction.empty() && fraction.size() <= 3;
    }
    item.kind = Item::Kind::Integer;
    for (const char c : digits) item.integer = item.integer * 10 + (c - '0');
    if (negative) item.integer = -item.integer;
    return true;
  }
  bool take_string() {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c < 0x20 || c > 0x7E) return false;
      if (c == '\\' && !take('"') && !take('\\')) return false;
    }
    return false;
  }
  bool take_byte_sequence() {
    rest_.remove_prefix(1);
    take_while([](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '='; });
    return take(':');
  }

  std::string_view rest_;
};

// Of several of one key the last counts (RFC 8941 §3.2). A number where none may be, or none where one must
// be, is a directive that was not sent (RFC 9213 §2.1 leaves them to the directive).
void read_member(std::string_view key, const Item& item, CacheControl& out) {
  const auto seconds = [&](std::optional<Seconds>& value) {
    if (item.kind != Item::Kind::Integer) return;
    value = Seconds(std::clamp<std::int64_t>(item.integer, 0, kDeltaSecondsMax.count()));
  };
  const auto flag = [&](bool& value) { value = item.kind != Item::Kind::Boolean || item.boolean; };
  if (key == "max-age") {
    seconds(out.max_age);
  } else if (key == "s-maxage") {
    seconds(out.s_maxage);
  } else if (key == "no-cache") {
    flag(out.no_cache);
  } else if (key == "no-store") {
    flag(out.no_store);
  } else if (key == "private") {
    flag(out.is_private);
  } else if (key == "must-revalidate") {
    flag(out.must_revalidate);
  } else if (key == "proxy-revalidate") {
    flag(out.proxy_revalidate);
  } else if (key == "stale-while-revalidate") {
    seconds(out.stale_while_revalidate);
  } else if (key == "stale-if-error") {
    seconds(out.stale_if_error);
  }
}

}  // namespace

std::optional<CacheControl> read_cdn_cache_control(Fields response) {
  CacheControl control;
  bool any = false;
  for (const Field& field : response) {
    if (!same_name(field.name, "cdn-cache-control")) continue;
    const bool well_formed = DictionaryReader(field.value).read([&](std::string_view key, const Item& item) {
      any = true;
      read_member(key, item, control);
    });
    if (!well_formed) return std::nullopt;
  }
  if (!any) return std::nullopt;
  return control;
}

}  // namespace meridian::engines::cdn::rules
