// What tells two objects apart: a request's canonical bytes, and their hash.
//
// Rule: requests of one behavior have the same bytes exactly when they may be answered with the same object;
// the bytes are the same in every process and in every later version, for caches on disk and for choosing
// between machines by them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "engines/cdn/rules/accept_encoding.h"
#include "engines/cdn/rules/selection.h"

namespace meridian::engines::cdn::rules {

struct KeyRequest {
  std::string_view distribution_id;
  bool is_options = false;  // has an object of its own; GET and HEAD share one
  std::string_view path;    // as it came
  std::string_view query;
  // The viewer's, and those that the edge generates (CloudFront-Viewer-Country, …).
  Fields fields;
};

// Writes the canonical bytes over `bytes`. With `trace`, a line for each part.
void write_cache_key(const KeyRequest& request, const snapshots::cdn::CacheKeyRule& rule, std::string& bytes,
                     std::vector<std::string>* trace = nullptr);

// `secret` keeps strangers from making two requests that collide. Machines that share objects share it.
inline Hash128 hash_cache_key(const SipKey& secret, std::string_view bytes) {
  return siphash128<2, 4>(secret, bytes);
}

// The part of the bytes that all objects of a path begin with: what an invalidation of the path is about.
void write_path_key(std::string_view distribution_id, std::string_view path, std::string& bytes);

// CF: "Request collapsing" and caching itself are off for such a behavior.
bool is_caching_disabled(const snapshots::cdn::Behavior& behavior);

}  // namespace meridian::engines::cdn::rules
