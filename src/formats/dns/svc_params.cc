#include "formats/dns/svc_params.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "formats/dns/fields.h"
#include "net/address.h"

namespace meridian::dns {
namespace {
enum Key : std::uint16_t {
  Mandatory,
  Alpn,
  NoDefaultAlpn,
  Port,
  Ipv4Hint,
  Ech,
  Ipv6Hint,
  DohPath,
  Ohttp,
  Invalid = 65535
};
constexpr std::string_view kKeyNames[] = {"mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
                                          "ech",       "ipv6hint", "dohpath",         "ohttp"};

std::string key_name(std::uint16_t key) {
  return key < std::size(kKeyNames) ? std::string(kKeyNames[key]) : "key" + std::to_string(key);
}

// Keys are lower-case by their grammar (RFC 9460 §2.1); "key1" is another way to write alpn, its value then
// raw bytes.
struct KeyText {
  std::uint16_t key;
  bool by_number;
};
std::optional<KeyText> parse_key(std::string_view text) {
  for (std::uint16_t i = 0; i < std::size(kKeyNames); ++i)
    if (text == kKeyNames[i]) return KeyText{i, false};
  if (!text.starts_with("key") || text.size() == 3 || (text[3] == '0' && text.size() > 4))
    return std::nullopt;
  std::uint16_t value = 0;
  auto [end, error] = std::from_chars(text.data() + 3, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == Invalid) return std::nullopt;
  return KeyText{value, true};
}

// Items between commas; a backslash before a comma or backslash makes it part of the item (RFC 9460 appendix
// A.1).
Result<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      items.emplace_back();
      continue;
    }
    if (text[i] == '\\') {
      if (++i == text.size() || (text[i] != ',' && text[i] != '\\'))
        return invalid("has a bad escape in its list");
    }
    items.back().push_back(text[i]);
  }
  for (const std::string& item : items)
    if (item.empty()) return invalid("has an empty item");
  return items;
}

Result<std::string> parse_mandatory(const std::vector<std::string>& items) {
  std::vector<std::uint16_t> keys;
  for (const std::string& item : items) {
    auto key = parse_key(item);
    if (!key) return invalid("names the unknown key '" + item + "'");
    keys.push_back(key->key);
  }
  std::sort(keys.begin(), keys.end());
  std::string wire;
  for (std::uint16_t key : keys) append_u16(wire, key);
  return wire;
}

Result<std::string> parse_hints(const std::vector<std::string>& items, bool v4) {
  std::string wire;
  for (const std::string& item : items) {
    auto address = net::IpAddress::parse(item);
    if (!address || address->is_v4() != v4)
      return invalid("has '" + item + "', which is not an address of its kind");
    wire += address->bytes();
  }
  return wire;
}

Result<std::string> parse_value(std::uint16_t key, const std::string& value) {
  switch (key) {
    case Mandatory:
      return parse_mandatory(TRY(split_list(value)));
    case Alpn: {
      std::string wire;
      for (const std::string& item : TRY(split_list(value))) {
        if (item.size() > 255) return invalid("has a protocol longer than 255 bytes");
        append_u8(wire, static_cast<std::uint8_t>(item.size()));
        wire += item;
      }
      return wire;
    }
    case Port: {
      std::uint16_t port = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
      if (error != std::errc() || end != value.data() + value.size())
        return invalid("'" + value + "' is not a number between 0 and 65535");
      std::string wire;
      append_u16(wire, port);
      return wire;
    }
    case Ipv4Hint:
      return parse_hints(TRY(split_list(value)), true);
    case Ipv6Hint:
      return parse_hints(TRY(split_list(value)), false);
    case Ech: {
      auto bytes = from_base64(value);
      if (!bytes) return invalid("is not base64");
      return *bytes;
    }
    default:
      return value;
  }
}

// RFC 9460 §8: ascending, without itself. Whether the keys are there is seen at the end.
bool is_mandatory_list(std::string_view value) {
  if (value.empty() || value.size() % 2) return false;
  ByteReader reader(value);
  for (std::uint16_t last = Mandatory; !reader.at_end();) {
    std::uint16_t key = reader.u16();
    if (key <= last) return false;
    last = key;
  }
  return true;
}

bool is_alpn_list(std::string_view value) {
  std::size_t at = 0;
  while (at < value.size()) {
    std::size_t length = static_cast<std::uint8_t>(value[at]);
    if (length == 0 || length >= value.size() - at) return false;
    at += 1 + length;
  }
  return at > 0;
}

bool is_value(std::uint16_t key, std::string_view value) {
  switch (key) {
    case Mandatory:
      return is_mandatory_list(value);
    case Alpn:
      return is_alpn_list(value);
    case NoDefaultAlpn:
    case Ohttp:
      return value.empty();
    case Port:
      return value.size() == 2;
    case Ipv4Hint:
      return !value.empty() && value.size() % 4 == 0;
    case Ipv6Hint:
      return !value.empty() && value.size() % 16 == 0;
    case Ech:
    case DohPath:
      return !value.empty();
    default:
      return key != Invalid;
  }
}

std::string hints_text(std::string_view value, bool v4) {
  std::string out;
  std::size_t size = v4 ? 4 : 16;
  for (std::size_t at = 0; at < value.size(); at += size) {
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), value.data() + at, size);
    if (at) out.push_back(',');
    out += (v4 ? net::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : net::IpAddress::v6(bytes))
               .to_string();
  }
  return out;
}

std::string alpn_text(std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    std::size_t end = at + 1 + static_cast<std::uint8_t>(value[at]);
    if (at) out.push_back(',');
    while (++at < end) {
      if (value[at] == ',' || value[at] == '\\') out.push_back('\\');
      out.push_back(value[at]);
    }
  }
  return out;
}

std::string mandatory_text(std::string_view value) {
  std::string out;
  for (ByteReader reader(value); !reader.at_end();) {
    if (!out.empty()) out.push_back(',');
    out += key_name(reader.u16());
  }
  return out;
}

void append_text(std::string& out, std::string_view bytes, Escapes escapes) {
  out.push_back('"');
  append_quoted(out, bytes, escapes);
  out.push_back('"');
}
}  // namespace

Result<void> check_svc_params(std::string_view wire) {
  ByteReader reader(wire);
  std::string_view mandatory;
  std::vector<std::uint16_t> keys;
  while (!reader.at_end()) {
    std::uint16_t key = reader.u16();
    std::string_view value = as_text(reader.take(reader.u16()));
    if (!reader.ok()) return invalid("are cut short");
    if (!keys.empty() && key <= keys.back())
      return invalid("have a key twice or out of order: " + key_name(key));
    if (!is_value(key, value)) return invalid("have a malformed " + key_name(key));
    if (key == Mandatory) mandatory = value;
    keys.push_back(key);
  }
  auto has = [&keys](std::uint16_t key) { return std::binary_search(keys.begin(), keys.end(), key); };
  for (ByteReader list(mandatory); !list.at_end();)
    if (std::uint16_t key = list.u16(); !has(key)) return invalid("lack the mandatory " + key_name(key));
  if (has(NoDefaultAlpn) && !has(Alpn))
    return invalid("have no-default-alpn without alpn");  // RFC 9460 §7.1.1
  return {};
}

Result<std::string> parse_svc_params(const std::vector<std::string_view>& fields, Escapes escapes) {
  std::map<std::uint16_t, std::string> params;
  for (std::string_view field : fields) {
    std::size_t equals = field.find('=');
    std::string_view name = field.substr(0, equals);
    auto key = parse_key(name);
    if (!key) return invalid("have the unknown key '" + std::string(name.substr(0, 64)) + "'");
    std::string value;
    if (equals != std::string_view::npos) {
      std::string_view text = field.substr(equals + 1);
      if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
      value = TRY(resolve_escapes(text, escapes));
    }
    // A key without a value has none to parse; whether it may is seen by the check of the whole.
    if (!value.empty() && !key->by_number) {
      auto parsed = parse_value(key->key, value);
      if (!parsed) return invalid(std::string(name) + " " + parsed.error().message);
      value = *std::move(parsed);
    }
    if (value.size() > 65535) return invalid(std::string(name) + " is longer than 65535 bytes");
    if (!params.emplace(key->key, std::move(value)).second)
      return invalid("have a key twice or out of order: " + std::string(name));
  }
  std::string wire;
  for (const auto& [key, value] : params) {
    append_u16(wire, key);
    append_u16(wire, static_cast<std::uint16_t>(value.size()));
    wire += value;
  }
  TRY(check_svc_params(wire));
  return wire;
}

void print_svc_params(std::string& out, std::string_view wire, Escapes escapes) {
  for (ByteReader reader(wire); !reader.at_end();) {
    std::uint16_t key = reader.u16();
    std::string_view value = as_text(reader.take(reader.u16()));
    out.push_back(' ');
    out += key_name(key);
    if (value.empty()) continue;
    out.push_back('=');
    switch (key) {
      case Mandatory:
        out += mandatory_text(value);
        break;
      case Alpn:
        append_text(out, alpn_text(value), escapes);
        break;
      case Port:
        out += std::to_string(load_u16(as_bytes(value).data()));
        break;
      case Ipv4Hint:
        out += hints_text(value, true);
        break;
      case Ipv6Hint:
        out += hints_text(value, false);
        break;
      case Ech:
        out += to_base64(as_bytes(value));
        break;
      default:
        append_text(out, value, escapes);
    }
  }
}

}  // namespace meridian::dns
