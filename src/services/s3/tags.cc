#include "services/s3/tags.h"

#include <fmt/format.h>

#include <set>

#include "base/percent.h"
#include "services/s3/errors.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kTagsOfObjectMax = 10, kTagsOfBucketMax = 50;
constexpr std::size_t kKeyCharactersMax = 128, kValueCharactersMax = 256;

// Nothing: not UTF-8 (RFC 3629 §4), or a character that AWS takes in no tag: of ASCII it takes letters,
// digits, spaces and these.
std::optional<std::size_t> characters_in(std::string_view text) {
  constexpr std::string_view kTaken = "+-=._:/@ \t\n\r";
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      const bool alphanumeric =
          (first >= '0' && first <= '9') || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
      if (!alphanumeric && kTaken.find(text[i]) == std::string_view::npos) return std::nullopt;
      ++i;
      continue;
    }
    const std::size_t size = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
    if (size == 0 || size > text.size() - i) return std::nullopt;
    std::uint32_t point = first & (0xFFu >> (size + 1));
    for (std::size_t j = 1; j < size; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      if ((next & 0xC0) != 0x80) return std::nullopt;
      point = point << 6 | (next & 0x3Fu);
    }
    const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    i += size;
  }
  return count;
}

aws::Failure invalid_tag(const char* message, std::string_view key) {
  aws::Failure failure = aws::refuse("InvalidTag", message);
  failure.error().facts = {{"TagKey", std::string(key)}};
  return failure;
}

aws::Outcome<void> check_tags(const TextPairs& tags, Tagged of) {
  const bool object = of == Tagged::Object;
  if (object && tags.size() > kTagsOfObjectMax)
    return aws::refuse("BadRequest", "Object tags cannot be greater than 10");
  if (!object && tags.size() > kTagsOfBucketMax)
    return aws::refuse("BadRequest", "Bucket tag count cannot be greater than 50");
  std::set<std::string_view> keys;
  for (const auto& [key, value] : tags) {
    const auto of_key = characters_in(key), of_value = characters_in(value);
    if (!of_key || *of_key == 0 || *of_key > kKeyCharactersMax)
      return invalid_tag("The TagKey you have provided is invalid", key);
    if (!of_value || *of_value > kValueCharactersMax)
      return invalid_tag("The TagValue you have provided is invalid", key);
    if (key.starts_with("aws:"))
      return invalid_tag(object ? "Your TagKey cannot be prefixed with aws:"
                                : "System tags cannot be added/updated by requester",
                         key);
    if (!keys.insert(key).second) return invalid_tag("Cannot provide multiple Tags with the same key", key);
  }
  return {};
}

}  // namespace

aws::Outcome<TextPairs> tags_of(const std::vector<gen::s3::Tag>& tags, Tagged of) {
  TextPairs pairs;
  for (const gen::s3::Tag& tag : tags) pairs.emplace_back(tag.Key, tag.Value);
  TRY(check_tags(pairs, of));
  return pairs;
}

aws::Outcome<TextPairs> tags_in_header(const std::optional<std::string>& header) {
  TextPairs pairs;
  for (std::string_view rest = header ? *header : std::string_view(); !rest.empty();) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const std::size_t equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value =
        percent_decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value || key->empty())
      return errors::invalid_argument(
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
          "tag name duplicates.",
          "x-amz-tagging", *header);
    pairs.emplace_back(*std::move(key), *std::move(value));
  }
  TRY(check_tags(pairs, Tagged::Object));
  return pairs;
}

std::vector<gen::s3::Tag> as_tags(const TextPairs& tags) {
  std::vector<gen::s3::Tag> list;
  for (const auto& [key, value] : tags) {
    gen::s3::Tag& tag = list.emplace_back();
    tag.Key = key;
    tag.Value = value;
  }
  return list;
}

}  // namespace meridian::services::s3
