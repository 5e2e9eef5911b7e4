// The one file that knows PCRE2.
#include "aws/protocols/patterns.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <mutex>
#include <unordered_map>

namespace meridian::aws {

namespace {

constexpr std::uint32_t kMatchStepsMax = 1'000'000;
constexpr std::uint32_t kHeapKilobytesMax = 20'000;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

}  // namespace

struct Patterns::Cache {
  std::mutex mutex;
  std::unordered_map<const char*, std::unique_ptr<pcre2_code, FreeCode>> compiled;
  std::unique_ptr<pcre2_match_context, FreeContext> limits{pcre2_match_context_create(nullptr)};

  const pcre2_code* find(const char* pattern) {
    std::scoped_lock lock(mutex);
    auto [place, fresh] = compiled.try_emplace(pattern);
    if (fresh) {
      int error = 0;
      PCRE2_SIZE offset = 0;
      place->second.reset(pcre2_compile(
          reinterpret_cast<PCRE2_SPTR>(pattern), PCRE2_ZERO_TERMINATED,
          PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
          &error, &offset, nullptr));
    }
    return place->second.get();
  }
};

Patterns::Patterns() : cache_(std::make_unique<Cache>()) {
  pcre2_set_match_limit(cache_->limits.get(), kMatchStepsMax);
  pcre2_set_heap_limit(cache_->limits.get(), kHeapKilobytesMax);
}

Patterns::~Patterns() = default;

bool Patterns::match(const char* pattern, std::string_view text) const {
  const pcre2_code* code = cache_->find(pattern);
  if (!code) return false;
  std::unique_ptr<pcre2_match_data, FreeMatch> match(pcre2_match_data_create(1, nullptr));
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, match.get(),
                     cache_->limits.get()) >= 0;
}

}  // namespace meridian::aws
