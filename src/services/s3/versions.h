// The versions of a key: where each lies in the store, and the change that puts a new one on top or takes one
// away.
//
// Rules: the newest version is the key's head, an object under s3/object or a delete marker under s3/marker;
// all others lie under s3/version, so a listing of objects never meets them. Whatever changes the head has
// both of its places as preconditions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "base/random.h"
#include "services/s3/resources.h"
#include "store/store.h"

namespace meridian::services::s3 {

inline constexpr std::string_view kNullVersion = "null";

using StoredObject = aws::Stored<ObjectResource>;

struct KeyName {
  std::string_view bucket, key;
};

// At most one of the two.
struct Head {
  std::optional<StoredObject> object, marker;
  const StoredObject* version() const { return object ? &*object : marker ? &*marker : nullptr; }
};
aws::Outcome<Head> head_of(store::Store& store, const KeyName& name, Versioning versioning);

// A version and the key of its record.
struct PlacedVersion {
  std::string place;
  StoredObject stored;
};
// Of an id that callers know: "null" or version_id. The failure: it is no id of any version.
aws::Outcome<std::optional<PlacedVersion>> find_version(store::Store& store, const KeyName& name,
                                                        std::string_view id);

// What is to be committed, and the objects that nothing refers to when it is: their blobs are the caller's to
// discard.
struct VersionChange {
  store::Transaction transaction;
  std::vector<ObjectResource> dropped;
};
// Makes `version`, an object or a delete marker, the head, and gives it its number and its id. In a bucket
// without versions it replaces the head; where versioning is suspended, the null version.
aws::Outcome<VersionChange> put_on_top(store::Store& store, const KeyName& name, Versioning versioning,
                                       const Head& head, ObjectResource& version, Random& random);
// Takes a version away; when it was the head, the newest of the others becomes that.
aws::Outcome<VersionChange> take_away(store::Store& store, const KeyName& name, const PlacedVersion& version);

// A part of every id but "null". Nothing: it is no id.
std::optional<std::uint64_t> sequence_of(std::string_view id);

// What answers call a version.
std::string shown_id(const ObjectResource& version);

}  // namespace meridian::services::s3
