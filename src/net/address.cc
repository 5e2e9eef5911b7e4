#include "net/address.h"

#include <charconv>
#include <optional>

namespace meridian::net {
namespace {
// Decimal without sign or leading zeros, at most `max`.
std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

bool parse_v4(std::string_view text, std::uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    auto value = parse_number(text.substr(0, dot), 255);
    if (!value) return false;
    out[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return true;
}

// Groups of 16 bits between colons, the last perhaps a dotted quad; returns the number of bytes or nothing.
std::optional<std::size_t> parse_groups(std::string_view text, std::array<std::uint8_t, 16>& out) {
  std::size_t size = 0;
  while (!text.empty()) {
    std::size_t colon = text.find(':');
    std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      if (size > 12 || !parse_v4(group, out.data() + size)) return std::nullopt;
      return size + 4;
    }
    unsigned value = 0;
    auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (group.empty() || group.size() > 4 || group[0] == '-' || error != std::errc() ||
        end != group.data() + group.size() || size > 14)
      return std::nullopt;
    out[size++] = static_cast<std::uint8_t>(value >> 8);
    out[size++] = static_cast<std::uint8_t>(value);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return size;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) {
  std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto size = parse_groups(text, out);
    return size && *size == 16;
  }
  std::array<std::uint8_t, 16> head{}, tail{};
  std::string_view left = text.substr(0, gap), right = text.substr(gap + 2);
  if (left.find('.') != std::string_view::npos || right.starts_with(':')) return false;
  auto head_size = parse_groups(left, head), tail_size = parse_groups(right, tail);
  // "::" stands for at least one group of zeros.
  if (!head_size || !tail_size || *head_size + *tail_size > 14) return false;
  out.fill(0);
  std::copy_n(head.begin(), *head_size, out.begin());
  std::copy_n(tail.begin(), *tail_size, out.end() - static_cast<std::ptrdiff_t>(*tail_size));
  return true;
}

std::string v4_text(const std::uint8_t* bytes) {
  std::string out;
  for (int i = 0; i < 4; ++i) {
    if (i) out.push_back('.');
    out += std::to_string(bytes[i]);
  }
  return out;
}

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

struct Run {
  int start = -1, size = 0;
};
// The first longest run of zero groups; RFC 5952 §4.2.2 shortens no single group.
Run longest_zeros(const std::array<unsigned, 8>& groups) {
  Run best, run;
  for (int i = 0; i < 8; ++i) {
    if (groups[static_cast<std::size_t>(i)]) {
      run = {};
      continue;
    }
    if (run.size++ == 0) run.start = i;
    if (run.size > best.size) best = run;
  }
  return best.size > 1 ? best : Run{};
}

std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  if (is_mapped(bytes)) return "::ffff:" + v4_text(bytes.data() + 12);
  std::array<unsigned, 8> groups;
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  Run zeros = longest_zeros(groups);
  std::string out;
  for (int i = 0; i < 8; ++i) {
    if (i == zeros.start) {
      out += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out.push_back(':');
    char text[4];
    auto [end, error] = std::to_chars(text, text + 4, groups[static_cast<std::size_t>(i)], 16);
    out.append(text, end);
  }
  return out;
}

bool bit_is_set(std::string_view bytes, unsigned bit) {
  return static_cast<std::uint8_t>(bytes[bit / 8]) >> (7 - bit % 8) & 1;
}

std::unexpected<Error> not_an(std::string_view what, std::string_view text) {
  return invalid("'" + std::string(text.substr(0, 64)) + "' is not an " + std::string(what));
}
}  // namespace

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.v4_ = false;
  address.bytes_ = bytes;
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  address.v4_ = text.find(':') == std::string_view::npos;
  bool good = address.v4_ ? parse_v4(text, address.bytes_.data()) : parse_v6(text, address.bytes_);
  if (!good) return not_an("IP address", text);
  return address;
}

std::string IpAddress::to_string() const {
  return v4_ ? v4_text(bytes_.data()) : v6_text(bytes_);
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  if (is_mapped(bytes_)) return bytes_[12] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return bytes_ == one;
}

Result<Address> Address::parse(std::string_view text) {
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an("address and port", text);
  std::string_view host = text.substr(0, colon);
  auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port) return not_an("address and port", text);
  Address address;
  address.port = static_cast<std::uint16_t>(*port);
  if (host.empty()) return address;
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto ip = IpAddress::parse(bracketed ? host.substr(1, host.size() - 2) : host);
  // Without brackets the end of an IPv6 address would be read as the port.
  if (!ip || ip->is_v4() == bracketed) return not_an("address and port", text);
  address.ip = *ip;
  return address;
}

std::string Address::to_string() const {
  std::string host = ip.is_v4() ? ip.to_string() : "[" + ip.to_string() + "]";
  return host + ":" + std::to_string(port);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return not_an("address block: the prefix length is missing", text);
  Cidr block;
  block.base = TRY(IpAddress::parse(text.substr(0, slash)));
  unsigned size = block.base.is_v4() ? 32 : 128;
  auto bits = parse_number(text.substr(slash + 1), size);
  if (!bits) return not_an("address block: the prefix length is out of range", text);
  block.bits = static_cast<std::uint8_t>(*bits);
  for (unsigned bit = block.bits; bit < size; ++bit)
    if (bit_is_set(block.base.bytes(), bit))
      return not_an("address block: bits are set beyond the prefix", text);
  return block;
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.is_v4() != base.is_v4()) return false;
  std::string_view a = address.bytes(), b = base.bytes();
  std::size_t whole = bits / 8, rest = bits % 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  return rest == 0 || static_cast<std::uint8_t>(a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

std::string Cidr::to_string() const {
  return base.to_string() + "/" + std::to_string(bits);
}

}  // namespace meridian::net
