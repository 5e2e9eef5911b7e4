// Methods.
#include "engines/cdn/rules/method_rules.h"

namespace meridian::engines::cdn::rules {

std::uint8_t method_bit(std::string_view method) {
  using namespace snapshots::cdn;
  if (method == "GET") return kGet;
  if (method == "HEAD") return kHead;
  if (method == "POST") return kPost;
  if (method == "OPTIONS") return kOptions;
  if (method == "PUT") return kPut;
  if (method == "PATCH") return kPatch;
  if (method == "DELETE") return kDelete;
  return 0;
}

std::optional<Refusal> refuse_method(const snapshots::cdn::Behavior& behavior, std::string_view method,
                                     bool has_body) {
  const std::uint8_t bit = method_bit(method);
  if (!(bit & behavior.allowed_methods)) return Refusal::MethodNotAllowed;
  if (bit == snapshots::cdn::kGet && has_body) return Refusal::GetWithBody;
  return std::nullopt;
}

bool is_cached_method(const snapshots::cdn::Behavior& behavior, std::string_view method) {
  const std::uint8_t bit = method_bit(method);
  return (bit & snapshots::cdn::kReadMethods) || (bit == snapshots::cdn::kOptions && behavior.cache_options);
}

std::optional<Refusal> refuse_length(std::size_t head_bytes, std::size_t url_bytes) {
  if (head_bytes > kRequestBytesMax || url_bytes > kUrlBytesMax) return Refusal::RequestTooLong;
  return std::nullopt;
}

}  // namespace meridian::engines::cdn::rules
