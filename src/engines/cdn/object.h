// A response as it is kept and shared: its head never changes, its body grows until it is whole or cut.
// Rule: who holds an object may read it whatever becomes of it in a cache.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/cdn/body.h"
#include "engines/cdn/prepared_head.h"
#include "engines/cdn/purge_log.h"
#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/freshness.h"
#include "engines/cdn/rules/ranges.h"
#include "engines/cdn/rules/refusals.h"

namespace meridian::engines::cdn {

// Copies of fields, in one piece.
class StoredFields {
 public:
  StoredFields() = default;
  explicit StoredFields(rules::Fields fields);
  operator rules::Fields() const { return fields_; }
  rules::Fields fields() const { return fields_; }

 private:
  std::vector<rules::Field> fields_;
  std::unique_ptr<char[]> bytes_;
};

struct Object {
  int status = 200;
  StoredFields fields;  // what frames a message is not among them
  // Of the body as GET would send it; of an answer to HEAD the origin's word.
  std::optional<std::uint64_t> length;
  std::shared_ptr<Body> body;
  rules::StoredLife life;
  rules::LifetimeRule rule = rules::LifetimeRule::NotKept;
  bool kept = false;                          // may be given to others
  bool too_large = false;                     // for any cache
  std::optional<rules::ByteRange> part = {};  // all that the body has of the whole, which is not kept
  std::string_view compression = {};          // how it is compressed, or why not; a literal, for explain
  // There was no response: the page is made when it is sent.
  std::optional<rules::Refusal> failed;
  std::string uri;  // path and query of the key, as purges name them
  std::vector<std::string> tags;
  std::shared_ptr<const PurgeLog> purges;
  mutable std::atomic<std::uint64_t> purges_seen{0};
  // What the origin's answer took, for the logs: from when it was asked. The last byte has come when it is
  // not 0.
  MonotonicTime origin_asked{};
  Duration origin_first_byte{};
  std::atomic<Duration::rep> origin_last_byte{0};
  // Not in its charge: what is packed has none, and what is not may cost a half more than it says.
  mutable PreparedHeads heads;

  // What has come of it: also what a body that breaks off has made of it.
  Purged purged() const {
    if (body->state() == Body::State::Cut) return {.how = Purged::How::Gone};
    return purges ? purges->purged(uri, tags, purges_seen) : Purged();
  }
  bool gone() const { return purged().gone(); }
  // Its times as that has left them.
  rules::StoredLife life_as(const Purged& purged, rules::Time now) const;
  // Content-Length of the whole, when it is known by now.
  std::optional<std::uint64_t> length_now() const { return length ? length : body->length(); }
  std::size_t charge() const;  // what it costs a cache
  // Nobody is going to read it.
  void let_go() const {
    if (!kept && body->state() == Body::State::Growing) body->abandon();
  }
};

// How a request was answered, as x-edge-result-type counts it.
enum class Outcome : std::uint8_t { Hit, RefreshHit, Miss, Error };

struct Answer {
  std::shared_ptr<const Object> object;
  Outcome outcome = Outcome::Miss;
  bool stale = false;  // the copy has expired
  // The origin failed: until then the copy stands in without asking again.
  rules::Time stands_in_until{};
  bool collapsed = false;    // another request had asked
  bool from_shield = false;  // of the origin, which had it
};

}  // namespace meridian::engines::cdn
