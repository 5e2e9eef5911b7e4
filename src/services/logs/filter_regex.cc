// The one file of this room that knows PCRE2.
#include "services/logs/filter_regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

namespace meridian::services::logs {
namespace {

constexpr std::uint32_t kMatchStepsMax = 100'000, kHeapKilobytesMax = 2000;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool is_hexadecimal(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

constexpr std::string_view kSymbols = " _#=@/;,-", kOperators = "^$?[]{}|\\*+.", kClasses = "dDsSwW";

// No subpatterns, and with them no back references, look-arounds or options.
Result<void> check(std::string_view text) {
  if (text.empty()) return invalid("A regular expression is empty.");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\') {
      if (!is_alphanumeric(c) && kSymbols.find(c) == kSymbols.npos && kOperators.find(c) == kOperators.npos)
        return invalid(fmt::format("A regular expression has a character that is not supported, at {}.", i));
      continue;
    }
    const char escaped = ++i < text.size() ? text[i] : '\0';
    if (escaped == 'x' && i + 2 < text.size() && is_hexadecimal(text[i + 1]) && is_hexadecimal(text[i + 2])) {
      i += 2;
      continue;
    }
    if (escaped == '\0' ||
        (kClasses.find(escaped) == kClasses.npos && kSymbols.find(escaped) == kSymbols.npos &&
         kOperators.find(escaped) == kOperators.npos))
      return invalid(fmt::format("A regular expression has an escape that is not supported, at {}.", i - 1));
  }
  return {};
}

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

}  // namespace

struct FilterRegex::Code {
  Code() = default;
  ~Code() {
    pcre2_code_free(code);
    pcre2_match_context_free(limits);
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  pcre2_code* code = nullptr;
  pcre2_match_context* limits = pcre2_match_context_create(nullptr);
};

Result<FilterRegex> FilterRegex::parse(std::string_view text) {
  TRY(check(text));
  auto compiled = std::make_shared<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  // PCRE2 reads "[:name:]" and the like inside brackets; the characters for that are refused above.
  compiled->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                 PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  if (compiled->code == nullptr)
    return invalid(fmt::format("A regular expression cannot be read, at {}.", offset));
  pcre2_set_match_limit(compiled->limits, kMatchStepsMax);
  pcre2_set_heap_limit(compiled->limits, kHeapKilobytesMax);
  FilterRegex regex;
  regex.code_ = std::move(compiled);
  return regex;
}

bool FilterRegex::found_in(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  return pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, match.get(),
                     code_->limits) >= 0;
}

}  // namespace meridian::services::logs
