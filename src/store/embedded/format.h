// The rows of the embedded store: how keys and values look on disk.
// Rule: every value starts with its version, so that a later format can tell; numbers in keys are big-endian,
// so that rows sort by them. Bytes that do not decode are Corrupt, never a CHECK.
//
//   c <key>            the current version of a key
//   l <revision>       the event log: what one commit changed, with the new values; watches replay it
//   u <revision>       the undo log: what was there before that commit; reads at older revisions walk it
//   backwards e <lease>          a lease and its time to live k <lease> <key>    a key that hangs on the
//   lease m format|head|compacted
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"
#include "store/transaction.h"

namespace meridian::store::format {

inline constexpr std::uint32_t kVersion = 1;  // of the whole directory; a newer one is refused at open

inline constexpr std::string_view kVersionKey = "mformat";
inline constexpr std::string_view kHeadKey = "mhead";
inline constexpr std::string_view kCompactedKey = "mcompacted";
inline constexpr std::string_view kLeasesFirst = "e", kLeasesEnd = "f";
inline constexpr std::string_view kLeaseKeysFirst = "k", kLeaseKeysEnd = "l";

std::string current_key(std::string_view key);
std::string log_key(Revision revision);
std::string undo_key(Revision revision);
std::string lease_key(LeaseId lease);
std::string lease_member_key(LeaseId lease, std::string_view key);

std::string encode_version(std::uint32_t version);
Result<std::uint32_t> decode_version(std::string_view bytes);

// The newest commit, and what is counted from the first commit on.
struct Head {
  Revision revision = 0;
  std::uint64_t log_bytes = 0;  // ever written to both logs; differences tell how much history is kept
  LeaseId last_lease = 0;
};
std::string encode_head(const Head& head);
Result<Head> decode_head(std::string_view bytes);

struct Compacted {
  Revision revision = 0;
  std::uint64_t log_bytes = 0;  // Head::log_bytes as of that revision
};
std::string encode_compacted(const Compacted& compacted);
Result<Compacted> decode_compacted(std::string_view bytes);

std::string encode_current(const KeyValue& item);
Result<KeyValue> decode_current(std::string_view key, std::string_view bytes);

// Head::log_bytes as of the batch stands in front of the events: it counts this very row, so it is set
// afterwards, and retention reads it without decoding the rest.
std::string encode_log(const EventBatch& batch);
void set_log_bytes(std::string& row, std::uint64_t log_bytes);
Result<std::uint64_t> decode_log_bytes(std::string_view bytes);
Result<EventBatch> decode_log(Revision revision, std::string_view bytes);
Result<Revision> decode_log_key(std::string_view row);

// What a key was before a commit; nothing when it did not exist.
using Undo = std::map<std::string, std::optional<KeyValue>, std::less<>>;
std::string encode_undo(const Undo& undo);
Result<Undo> decode_undo(std::string_view bytes, const KeySpan& span);  // the keys of the span only

std::string encode_lease(Duration ttl);
struct LeaseRow {
  LeaseId lease = 0;
  Duration ttl{};
};
Result<LeaseRow> decode_lease(std::string_view row, std::string_view bytes);
struct LeaseMember {
  LeaseId lease = 0;
  std::string key;
};
Result<LeaseMember> decode_lease_member(std::string_view row);

}  // namespace meridian::store::format
