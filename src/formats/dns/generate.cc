#include "formats/dns/generate.h"

#include <charconv>
#include <optional>

namespace meridian::dns {
namespace {
constexpr std::uint32_t kNumberMax = 0x7fffffff;
constexpr std::uint32_t kWidthMax = 255;

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Modifier {
  std::int64_t offset = 0;
  std::uint32_t width = 0;
  char base = 'd';
};

std::optional<Modifier> parse_modifier(std::string_view text) {
  Modifier modifier;
  std::size_t comma = text.find(',');
  auto offset = parse_number<std::int32_t>(text.substr(0, comma));
  if (!offset) return std::nullopt;
  modifier.offset = *offset;
  if (comma == std::string_view::npos) return modifier;
  text.remove_prefix(comma + 1);
  comma = text.find(',');
  auto width = parse_number<std::uint32_t>(text.substr(0, comma));
  if (!width || *width > kWidthMax) return std::nullopt;
  modifier.width = *width;
  if (comma == std::string_view::npos) return modifier;
  text.remove_prefix(comma + 1);
  if (text.size() != 1 || std::string_view("doxXnN").find(text[0]) == std::string_view::npos)
    return std::nullopt;
  modifier.base = text[0];
  return modifier;
}

// The width counts the dots.
void append_nibbles(std::string& out, std::uint64_t value, std::size_t width, bool upper) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::size_t start = out.size();
  do {
    if (out.size() > start) out.push_back('.');
    if (value == 0 && out.size() - start >= width && out.size() > start) break;
    out.push_back(digits[value & 15]);
    value >>= 4;
  } while (value != 0 || out.size() - start < width);
}

void append_value(std::string& out, std::uint64_t value, const Modifier& modifier) {
  if (modifier.base == 'n' || modifier.base == 'N') {
    append_nibbles(out, value, modifier.width, modifier.base == 'N');
    return;
  }
  char digits[24];
  int base = modifier.base == 'd' ? 10 : modifier.base == 'o' ? 8 : 16;
  std::size_t size =
      static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value, base).ptr - digits);
  if (modifier.width > size) out.append(modifier.width - size, '0');
  for (char c : std::string_view(digits, size))
    out.push_back(modifier.base == 'X' && c >= 'a' ? static_cast<char>(c - 32) : c);
}
}  // namespace

Result<GenerateRange> parse_generate_range(std::string_view text) {
  auto refuse = [text] {
    return invalid("$GENERATE range '" + std::string(text.substr(0, 64)) + "' is not start-stop/step");
  };
  std::size_t dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos) return refuse();
  std::size_t end = slash == std::string_view::npos ? text.size() : slash;
  if (end < dash) return refuse();
  auto start = parse_number<std::uint32_t>(text.substr(0, dash));
  auto stop = parse_number<std::uint32_t>(text.substr(dash + 1, end - dash - 1));
  auto step = slash == std::string_view::npos ? std::optional(1u)
                                              : parse_number<std::uint32_t>(text.substr(slash + 1));
  if (!start || !stop || !step || *start > *stop || *stop > kNumberMax || *step == 0 || *step > kNumberMax)
    return refuse();
  return GenerateRange{*start, *stop, *step};
}

Result<void> expand_generate(std::string_view text, std::uint32_t value, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() > kGeneratedSizeMax) break;
    if (text[at] == '\\' && at + 1 < text.size()) {
      out.append(text.substr(at, 2));
      at += 2;
    } else if (text[at] != '$') {
      out.push_back(text[at++]);
    } else if (text.substr(at, 2) == "$$") {
      out.push_back('$');
      at += 2;
    } else if (text.substr(at, 2) == "${") {
      std::size_t end = text.find('}', at);
      auto modifier =
          end == std::string_view::npos ? std::nullopt : parse_modifier(text.substr(at + 2, end - at - 2));
      if (!modifier) return invalid("$GENERATE modifier is not ${offset,width,base}");
      std::int64_t shifted = std::int64_t{value} + modifier->offset;
      if (shifted < 0) return invalid("$GENERATE makes a number below zero");
      append_value(out, static_cast<std::uint64_t>(shifted), *modifier);
      at = end + 1;
    } else {
      append_value(out, value, Modifier{});
      ++at;
    }
  }
  if (out.size() > kGeneratedSizeMax) return invalid("$GENERATE makes a field longer than 4096 bytes");
  return {};
}

}  // namespace meridian::dns
