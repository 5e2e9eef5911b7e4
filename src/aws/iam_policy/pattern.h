// Patterns of policies: `*` and `?` in what the author wrote, and variables whose values are taken literally.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/iam_policy/request.h"

namespace meridian::aws::iam_policy {

// Wildcards are beyond every byte, so that no value can contain one.
using Pattern = std::u16string;
inline constexpr char16_t kAnyRun = 0x100, kAnyOne = 0x101;

enum class Wildcards : bool { Literal, Meant };

// `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}` are replaced where `context` is given. Nothing: a
// variable has no value here, or several.
std::optional<Pattern> pattern_of(std::string_view text, Wildcards wildcards, const Context* context);

enum class Case : bool { Counts, Ignored };
bool matches(std::u16string_view pattern, std::string_view text, Case letters = Case::Counts);
// Each of the six parts by itself (IAM User Guide, "ARN condition operators"). False when either is no ARN.
bool matches_arn(std::u16string_view pattern, std::string_view arn);

// Whether `${` has its `}` and a name; for checking a document.
bool has_sound_variables(std::string_view text);

}  // namespace meridian::aws::iam_policy
