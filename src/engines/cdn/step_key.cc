// What tells the object from others.
#include "engines/cdn/request.h"
#include "engines/cdn/rules/cache_key.h"
#include "engines/cdn/rules/method_rules.h"

namespace meridian::engines::cdn {

std::string uri_of(const snapshots::cdn::Behavior& behavior, std::string_view path, std::string_view query) {
  std::string buffer, uri(path);
  const std::string_view selected = rules::select_query(query, behavior.key.query_strings, {}, buffer);
  if (!selected.empty()) {
    uri += '?';
    uri += selected;
  }
  return uri;
}

Request::Next Request::make_key() {
  const std::string_view method = page_ ? std::string_view("GET") : request_.method;
  for_cache_ = rules::is_cached_method(*behavior_, method) && !rules::is_caching_disabled(*behavior_) &&
               (page_ || (!request_.has_body && !request_.wants_upgrade));
  const std::string_view query = page_ ? std::string_view() : query_;
  rules::write_cache_key({.distribution_id = served_->distribution->id,
                          .is_options = method == "OPTIONS",
                          .path = path_,
                          .query = query,
                          .fields = fields_},
                         behavior_->key, key_bytes_);
  key_ = rules::hash_cache_key(site_.settings.key_secret, key_bytes_);
  return Next::Step;
}

}  // namespace meridian::engines::cdn
